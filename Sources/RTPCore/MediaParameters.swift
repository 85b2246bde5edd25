public import CoreTypes

/// A codec that the peer may send besides the one of both directions: it lists several, and any of them may come
/// (RFC 3264 section 6.1).
public struct AlternativeCodec: Sendable, Hashable {
    /// The codec.
    public var codec: AudioCodec
    /// The payload type that the peer wants to receive it by.
    public var sendPayloadType: UInt8
    /// The payload types that it comes by.
    public var receivePayloadTypes: [UInt8]

    /// Makes an alternative.
    public init(codec: AudioCodec, sendPayloadType: UInt8, receivePayloadTypes: [UInt8]) {
        self.codec = codec
        self.sendPayloadType = sendPayloadType
        self.receivePayloadTypes = receivePayloadTypes
    }
}

/// What a description negotiated for one audio stream, as the session needs it.
public struct MediaParameters: Sendable, Equatable {
    /// The codec of both directions.
    public var codec: AudioCodec
    /// How Opus is encoded, as far as it is the codec.
    public var opus: OpusSettings
    /// The payload type that the peer wants to receive.
    public var sendPayloadType: UInt8
    /// The payload types that we offered for the codec; what is not in `alternatives` either is counted and dropped.
    public var receivePayloadTypes: [UInt8]
    /// Other codecs that the peer may send, and change to in mid-stream.
    public var alternatives: [AlternativeCodec] = []
    /// The payload type of telephone-events that we send, or `nil` when the peer takes none.
    public var telephoneEventSend: UInt8?
    /// The payload type of telephone-events that we receive, or `nil` when we offered none.
    public var telephoneEventReceive: UInt8?
    /// Further payload types of telephone-events that we receive: those of other clock rates.
    public var otherTelephoneEvents: [UInt8] = []
    /// Ticks per second in which telephone-events count their duration.
    public var telephoneEventClockRate: Int
    /// Where the description wants media sent; `nil` while it says 0.0.0.0, and when it gives no address of use.
    ///
    /// With a `latch` that learns any source media may also be exchanged without it, while `sends` allows that: they go where a
    /// steady stream comes from.
    public var remote: TransportAddress?
    /// Whether the description gives no address of use and this is no hold: media go where the peer's come from, once they
    /// come from the host that the signaling comes from.
    public var learnsRemote = false
    /// Where the description wants RTCP sent, when it says so (RFC 3605); the port above `remote` otherwise.
    public var remoteControl: TransportAddress?
    /// Whether the peer asked for extended reports (RFC 3611 section 5).
    public var sendsExtendedReports: Bool
    /// Whether we may send audio.
    public var sends: Bool
    /// Whether we expect audio.
    public var receives: Bool
    /// How much audio a packet that we send holds.
    public var packetTime: Duration
    /// How the source of the peer's media is learned.
    public var latch: SourceLatch.Policy
    /// Whether RTCP shares the port of RTP (RFC 5761).
    public var multiplexesRTCP: Bool

    /// Makes parameters; the defaults are those of a plain two-way call.
    public init(
        codec: AudioCodec,
        sendPayloadType: UInt8,
        receivePayloadTypes: [UInt8],
        telephoneEventSend: UInt8? = nil,
        telephoneEventReceive: UInt8? = nil,
        telephoneEventClockRate: Int? = nil,
        remote: TransportAddress?,
        sends: Bool = true,
        receives: Bool = true,
        packetTime: Duration = .milliseconds(20),
        latch: SourceLatch.Policy = .standard,
        multiplexesRTCP: Bool = false,
        remoteControl: TransportAddress? = nil,
        sendsExtendedReports: Bool = false,
        opus: OpusSettings = OpusSettings()
    ) {
        self.codec = codec
        self.opus = opus
        self.sendPayloadType = sendPayloadType
        self.receivePayloadTypes = receivePayloadTypes
        self.telephoneEventSend = telephoneEventSend
        self.telephoneEventReceive = telephoneEventReceive
        self.telephoneEventClockRate = telephoneEventClockRate ?? codec.clockRate
        self.remote = remote
        self.sends = sends
        self.receives = receives
        self.packetTime = packetTime
        self.latch = latch
        self.multiplexesRTCP = multiplexesRTCP
        self.remoteControl = remoteControl
        self.sendsExtendedReports = sendsExtendedReports
    }

    /// Whether media go to whoever is learned, as long as no address is known.
    @inline(__always)
    var learnsDestination: Bool { self.learnsRemote || (self.sends && self.latch.learning == .any) }

    /// Samples of PCM that one packet takes: what `MediaSession.send` must be given.
    public var samplesPerPacket: Int {
        self.codec.samples(in: self.packetTime)
    }

    /// All that may come, the codec of both directions first.
    var received: [AlternativeCodec] {
        let first = AlternativeCodec(
            codec: self.codec,
            sendPayloadType: self.sendPayloadType,
            receivePayloadTypes: self.receivePayloadTypes
        )
        return [first] + self.alternatives
    }

    /// Whether a codec may come.
    func receives(codec: AudioCodec) -> Bool {
        codec == self.codec || self.alternatives.contains { $0.codec == codec }
    }

    /// The payload type to send a codec by; `nil` when the peer does not take it.
    func sendPayloadType(for codec: AudioCodec) -> UInt8? {
        if codec == self.codec { return self.sendPayloadType }
        return self.alternatives.first { $0.codec == codec }?.sendPayloadType
    }
}
