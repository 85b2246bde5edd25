public import CoreTypes
public import RTPCore
public import SIPCore

/// A telephone without sockets: accounts, registrations and calls over one signaling core.
///
/// Inputs are datagrams, the time, the addresses of names and the application's commands. After each input drain
/// ``pollEvent()``, ``pollTransmit()`` and ``pollQuestion()`` until all are empty, then arm ``deadline``.
public struct AgentEngine: ~Copyable {
    /// How an engine behaves; given at the start.
    public struct Configuration: Sendable {
        /// What User-Agent and Server say.
        public var productName: String
        /// The codecs, the preferred first.
        public var codecs: [AudioCodec]
        /// How hard Opus encoders think, 0 to 10.
        public var opusComplexity: Int
        /// Who may call besides the accounts' PBXs: trunks known by their address.
        public var peers: [IPAddress]
        /// Names and addresses, beside those of the accounts, whose users are the PBX's own.
        public var domains: [String]
        /// With so many calls further INVITE and OPTIONS get 503 with Retry-After.
        public var maximumCalls: Int
        /// The timers of RFC 3261.
        public var timers: TimerSettings

        /// Makes a configuration.
        public init(
            productName: String,
            codecs: [AudioCodec],
            opusComplexity: Int = 5,
            peers: [IPAddress] = [],
            domains: [String] = [],
            maximumCalls: Int = 100,
            timers: TimerSettings = TimerSettings()
        ) {
            self.productName = productName
            self.codecs = codecs
            self.opusComplexity = opusComplexity
            self.peers = peers
            self.domains = domains
            self.maximumCalls = maximumCalls
            self.timers = timers
        }
    }

    typealias Core = SignalingCore<CallID, RegistrationSlot>

    /// How it behaves.
    public let configuration: Configuration
    var core: Core
    var random: SeededRandom
    var accounts: [Account] = []
    var calls: [CallID: CallRecord] = [:]
    var timers = DeadlineQueue<RegistrationSlot>()
    /// Until when calls of ours wait for an answer, and then for what becomes of their CANCEL.
    var limits = DeadlineQueue<CallID>()
    var events = Outbox<AgentEvent>()
    private var nextCall: UInt64 = 0

    /// One account and its registration.
    struct Account {
        let identity: Identity
        /// Where the PBX is: the address that replied last.
        var destination: Destination
        /// Its other addresses, in the order in which they are tried.
        var alternatives: [TransportAddress] = []
        let contact: SIPURI
        var registration: Registration?
        /// Asks the registrar for its realm, for a call that is challenged in one that is not known.
        var inquiry: Registration?
        var isRegistered = false
    }

    /// Makes an engine; `random` makes its tags and identifiers, so seed it from the system outside of tests.
    public init(configuration: Configuration, random: SeededRandom) {
        var random = random
        var endpoint = SIPEndpoint.Configuration()
        endpoint.timers = configuration.timers
        endpoint.userAgent = configuration.productName
        endpoint.allowedMethods = [.invite, .ack, .cancel, .bye, .options, .info, .update, .notify]
        endpoint.supportedOptions = []
        endpoint.knowsDialogs = true
        endpoint.refusalInterval = .seconds(60)
        // Anybody may ask whether we are there; calls are for those we know.
        endpoint.admission = .only(Set(configuration.peers), everyone: [.options])
        self.configuration = configuration
        self.core = Core(
            configuration: endpoint,
            limits: Core.Limits(maximumCalls: configuration.maximumCalls),
            random: random.split()
        )
        self.random = random
    }

    // MARK: Inputs

    /// A datagram came from `source` on `binding`.
    public mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.core.receive(bytes, from: source, on: binding, now: now)
        self.drain(now: now)
    }

    /// Whether a host is the PBX of an account or one of the peers.
    public func isKnown(_ source: IPAddress) -> Bool {
        self.core.endpoint.isKnown(source)
    }

    /// The hosts whose datagrams matter, `nil` where everybody's do; not for each datagram.
    public var hostsThatMatter: Set<IPAddress>? { self.core.endpoint.hostsThatMatter }

    /// The deadline has come.
    public mutating func handleTimeout(now: Instant) {
        self.core.handleTimeout(now: now)
        self.drain(now: now)
        while let id = self.limits.popExpired(now) { self.handleLimit(of: id, now: now) }
        while let slot = self.timers.popExpired(now) { self.registrationTimeout(slot, now: now) }
        self.drain(now: now)
    }

    /// The transport reported that `address` cannot be reached, from one of our sockets when `binding` is given: what was
    /// on its way there ends at once, with the fault as its reason.
    public mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding? = nil,
        fault: TransportFault,
        now: Instant
    ) {
        self.core.handleTransportFailure(to: address, on: binding, fault: fault, now: now)
        self.drain(now: now)
    }

    /// The addresses of a name that ``pollQuestion()`` gave, the preferred first; none when it has none.
    public mutating func handleResolved(_ question: TargetQuestion, _ addresses: [IPAddress], now: Instant) {
        self.core.handleResolved(question, addresses, now: now)
        self.drain(now: now)
    }

    /// Takes no more calls: from now on INVITE and OPTIONS get 503 with Retry-After, so that the PBX goes elsewhere. Calls that
    /// are up and the registrations stay.
    public mutating func beginDraining() {
        self.core.isDraining = true
    }

    /// Takes calls again.
    public mutating func endDraining() {
        self.core.isDraining = false
    }

    // MARK: Outputs

    /// The next datagram to send.
    public mutating func pollTransmit() -> Transmit? {
        self.core.pollTransmit()
    }

    /// The next event.
    public mutating func pollEvent() -> AgentEvent? {
        self.events.pop()
    }

    /// The next name whose addresses are to be found; ``handleResolved(_:_:now:)`` takes them.
    public mutating func pollQuestion() -> TargetQuestion? {
        self.core.pollQuestion()
    }

    /// When ``handleTimeout(now:)`` is due.
    public var deadline: Instant? {
        [self.core.deadline, self.limits.earliest, self.timers.earliest].compactMap(\.self).min()
    }

    /// What the engine holds.
    public var gauges: AgentGauges {
        var gauges = AgentGauges()
        gauges.calls = self.calls.count
        gauges.dialogs = self.core.sessionCount
        gauges.clientTransactions = self.core.endpoint.gauges.clientTransactions
        gauges.serverTransactions = self.core.endpoint.gauges.serverTransactions
        for account in self.accounts where account.isRegistered { gauges.registrations += 1 }
        return gauges
    }

    /// What the endpoint counted since its start.
    public var counters: SIPEndpoint.Counters { self.core.endpoint.counters }

    // MARK: Shared by the other files

    mutating func makeCallID() -> CallID {
        self.nextCall += 1
        return CallID(number: self.nextCall)
    }

    /// Whether another call may begin.
    var hasRoom: Bool { self.calls.count < self.configuration.maximumCalls }

    mutating func drain(now: Instant) {
        while let output = self.core.pollOutput(holding: self.calls.count, now: now) { self.handle(output, now: now) }
    }

    private mutating func handle(_ output: Core.Output, now: Instant) {
        switch output {
        case .request(let id, let request, from: let source, on: let binding):
            self.handleRequest(id, request, from: source, on: binding, now: now)
        case .refusedCall(let request, from: let source, on: let binding, status: let status):
            self.tellRefused(request, from: source, on: binding, .declined(status: status))
        case .response(let slot, let response, by: let target):
            self.accounts[slot.account].prefer(target.address)
            self.registrationResponse(slot, response, now: now)
        case .failed(let slot, let failure): self.registrationFailure(slot, failure, now: now)
        case .session(let id, let output): self.handle(output, of: id, now: now)
        case .malformed(let error, from: let source):
            self.events.append(
                .refused(from: source, method: nil, status: error.status, reason: error.description, count: 1)
            )
        case .refused(let report):
            self.events.append(
                .refused(
                    from: report.source ?? .otherSources,
                    method: report.method,
                    status: report.status,
                    reason: report.source == nil ? "other sources" : report.reason.description,
                    count: report.count
                )
            )
        }
    }
}

extension TransportAddress {
    /// What ``AgentEvent/refused(from:method:status:reason:count:)`` names when it sums up sources that are too many to be
    /// reported one by one: no address of anybody.
    public static let otherSources = TransportAddress(host: .v4(0), port: 0)
}

/// What an agent holds at the moment; after a drain every figure is 0.
public struct AgentGauges: Sendable, Equatable, Codable {
    /// Calls that have not ended.
    public var calls = 0
    /// Dialogs, those included that wait for their BYE to be answered.
    public var dialogs = 0
    /// Requests of ours without a final response, or that still absorb retransmissions of it.
    public var clientTransactions = 0
    /// Requests of others that are not answered, or that still absorb retransmissions.
    public var serverTransactions = 0
    /// Accounts that hold a binding at their registrar.
    public var registrations = 0
    /// RTP ports in use.
    public var ports = 0
    /// Legs on the media loop.
    public var mediaLegs = 0

    /// Makes gauges that read 0.
    public init() {}
}
