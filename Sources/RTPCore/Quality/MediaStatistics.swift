public import CoreTypes

/// What a session has counted so far.
public struct MediaStatistics: Sendable, Equatable {
    /// RTP packets sent, telephone-events included.
    public var packetsSent: UInt64 = 0
    /// Bytes of payload sent.
    public var bytesSent: UInt64 = 0
    /// RTP packets accepted, duplicates not counted.
    public var packetsReceived: UInt64 = 0
    /// Bytes of payload accepted.
    public var bytesReceived: UInt64 = 0
    /// Packets that never came: expected less received (RFC 3550 appendix A.3), of all streams so far.
    public var packetsLost: UInt64 = 0
    /// Packets that came twice.
    public var duplicates: UInt64 = 0
    /// Packets that came after one with a higher sequence number.
    public var reordered: UInt64 = 0
    /// Packets that came after their gap had been given up.
    public var late: UInt64 = 0
    /// Packets dropped because the reader did not keep up.
    public var overflowed: UInt64 = 0
    /// Interarrival jitter (RFC 3550 appendix A.8).
    public var jitter: Duration = .zero
    /// The longest time that the reorder buffer waits for a packet that was overtaken.
    public var reorderHold: Duration = .zero
    /// Times that the peer's stream began anew, with another SSRC or a jump of its numbers.
    public var streamRestarts: UInt64 = 0
    /// Datagrams that are no valid RTP or RTCP.
    public var malformed: UInt64 = 0
    /// RTP packets of a payload type that was not negotiated.
    public var unknownPayloadTypes: UInt64 = 0
    /// Packets from a source that the latch refused.
    public var rejectedSources: UInt64 = 0
    /// Datagrams that the system dropped before they were read: from hosts that have nothing to do with the call, or for
    /// want of room. `MediaSession` does not know; who owns the socket says so.
    public var droppedBySystem: UInt64 = 0
    /// Packets that came while the direction forbade them.
    public var unexpected: UInt64 = 0
    /// Payloads that the decoder could not read.
    public var undecodable: UInt64 = 0
    /// Comfort noise packets (RFC 3389).
    public var comfortNoisePackets: UInt64 = 0
    /// DTMF digits received as telephone-events.
    public var digitsReceived: UInt64 = 0
    /// Audio that was decoded, filled gaps not counted.
    public var audioReceived: Duration = .zero
    /// Lost audio that was filled by concealment.
    public var audioConcealed: Duration = .zero
    /// Lost audio that was only reported and not filled.
    public var audioMissing: Duration = .zero
    /// Time in which the peer sent no audio on purpose.
    public var audioSuppressed: Duration = .zero
    /// RTCP compound packets sent.
    public var reportsSent: UInt64 = 0
    /// RTCP compound packets received.
    public var reportsReceived: UInt64 = 0
    /// The latest round trip that RTCP measured.
    public var roundTrip: Duration?
    /// The fraction of our packets that the peer did not get, 0 to 1, by its latest report.
    public var remoteFractionLost: Double?
    /// The jitter of our packets at the peer, by its latest report.
    public var remoteJitter: Duration?
    /// What the peer says of how it hears us, by its latest extended report (RFC 3611).
    public var remoteMetrics: VoIPMetrics?
    /// Packets heard and not heard since `MediaSession.restartQuality`, and whether they came in bursts.
    public var bursts = LossBursts()
    /// Whether the peer said BYE in RTCP; the call itself ends by signaling only.
    public var peerSaidGoodbye = false
    /// When the last accepted packet came.
    public var lastReceived: Instant?

    /// Makes statistics of a session that has seen nothing yet.
    public init() {}
}
