public import CallCore
public import CoreTypes
public import RTPCore
public import SIPCore

/// A socket that a ``UserAgent`` signals over.
public struct TransportConfiguration: Hashable, Sendable {
    /// The address to bind to; `nil` for all addresses of this machine.
    public var host: IPAddress?
    /// The port to bind to; 0 for any free one.
    public var port: UInt16

    /// SIP over UDP.
    public static func udp(host: IPAddress? = nil, port: UInt16) -> TransportConfiguration {
        TransportConfiguration(host: host, port: port)
    }
}

/// Where a call's handler runs.
public enum HandlerPlacement: Hashable, Sendable {
    /// On the thread that signals (SE-0417): no thread is woken for what the handler asks for, nor for what it waits for.
    ///
    /// For handlers that do little between two waits. One that blocks, or computes for more than a few milliseconds, keeps all
    /// messages waiting; it goes elsewhere with the work, to an actor or task with an executor of its own.
    case onSignalingLoop
    /// Where the task runs that serves, which is the cooperative pool unless that prefers another executor.
    case onCallerExecutor
}

/// The configuration of a ``UserAgent``.
public struct UserAgentConfiguration: Sendable {
    /// The socket that it signals over.
    public var transport: TransportConfiguration
    /// The accounts.
    public var identities: [Identity]
    /// Who else may call: trunks known by their address. Accounts' PBXs may always call.
    public var peers: [IPAddress]
    /// Names and addresses, beside those of the accounts and peers, whose users are the PBX's own: only there does
    /// From say who calls.
    public var domains: [String]
    /// The codecs, the preferred first.
    public var codecs: [AudioCodec]
    /// How hard Opus encoders think, 0 to 10: 5 costs half of 10, 0 two fifths of 5.
    public var opusComplexity: Int
    /// The ports for RTP and RTCP.
    public var rtpPorts: ClosedRange<UInt16>
    /// The address to advertise in Via, Contact and SDP; `nil` for that of the route to each peer.
    public var advertisedAddress: IPAddress?
    /// What User-Agent and Server say.
    public var productName: String
    /// More calls than this are answered 486.
    public var maximumCalls: Int
    /// How many threads carry media; a call stays on one. At least 1, and no more than there are processors makes sense.
    public var mediaThreads: Int
    /// How long nothing may be heard from a peer that should speak before its call is ended; `nil` for ever. Calls on
    /// hold are never ended for it.
    public var mediaInactivityLimit: Duration?
    /// The timers of RFC 3261.
    public var timers: TimerSettings
    /// Where the handlers of calls that come in run.
    public var handlers = HandlerPlacement.onSignalingLoop
    /// How long nothing may come from where a message could not be sent, or where the network reported that nobody listens,
    /// before requests to it fail. A PBX that restarts refuses its port for a moment.
    public var failureGrace = Duration.seconds(1)
    /// How long an agent waits for a server before it registers without one and refuses calls.
    var serverGrace = Duration.seconds(1)
    /// Sees every SIP message, for ladders and logs.
    public var trace: SIPTrace?

    /// Makes a configuration; the defaults are those of a phone on a local network.
    public init(
        transport: TransportConfiguration = .udp(port: 5_060),
        identities: [Identity] = [],
        peers: [IPAddress] = [],
        domains: [String] = [],
        codecs: [AudioCodec] = [.opus, .g722, .pcmu, .pcma],
        opusComplexity: Int = 5,
        rtpPorts: ClosedRange<UInt16> = 40_000...40_999,
        advertisedAddress: IPAddress? = nil,
        productName: String = "Svetlana",
        maximumCalls: Int = 100,
        mediaThreads: Int = 1,
        mediaInactivityLimit: Duration? = .seconds(90),
        timers: TimerSettings = TimerSettings(),
        trace: SIPTrace? = nil
    ) {
        self.transport = transport
        self.identities = identities
        self.peers = peers
        self.domains = domains
        self.codecs = codecs
        self.opusComplexity = opusComplexity
        self.rtpPorts = rtpPorts
        self.advertisedAddress = advertisedAddress
        self.productName = productName
        self.maximumCalls = maximumCalls
        self.mediaThreads = mediaThreads
        self.mediaInactivityLimit = mediaInactivityLimit
        self.timers = timers
        self.trace = trace
    }
}
