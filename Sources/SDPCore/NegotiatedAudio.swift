public import CoreTypes

/// What both sides agreed on: the audio, and the answer that says so.
public struct Negotiated: Hashable, Sendable {
    /// The audio that flows from now on.
    public var audio: NegotiatedAudio
    /// The answer: ours, to be sent, or the peer's as it came.
    public var answer: SessionDescription

    /// Makes a result.
    public init(audio: NegotiatedAudio, answer: SessionDescription) {
        self.audio = audio
        self.answer = answer
    }
}

/// A codec that both sides have besides the agreed one.
public struct NegotiatedFormat: Hashable, Sendable {
    /// The name of the codec as our capability spells it.
    public var codecName: String
    /// The clock rate of the RTP timestamps in hertz.
    public var clockRate: Int
    /// The payload type that the peer gave.
    public var sendPayloadType: UInt8
    /// The payload types of packets that we accept, as `NegotiatedAudio.receivePayloadTypes`.
    public var receivePayloadTypes: [UInt8]
}

/// The audio that both sides agreed on, from our side.
public struct NegotiatedAudio: Hashable, Sendable {
    /// The name of the codec as our capability spells it: "PCMU", "opus".
    public var codecName: String
    /// The clock rate of the RTP timestamps in hertz.
    public var clockRate: Int
    /// The channels in the rtpmap.
    public var channels: Int
    /// The payload type of packets that we send: the number that the peer gave.
    public var sendPayloadType: UInt8
    /// The payload types of packets that we accept.
    ///
    /// First the number that we gave; then the peer's own where it differs and means nothing else to us, because some
    /// peers send by their own number (RFC 3264 section 5.1 lets both sides choose for what they receive).
    public var receivePayloadTypes: [UInt8]
    /// Further codecs of an answer, any of which may come (RFC 3264 section 6.1); the peer's order.
    public var alternatives: [NegotiatedFormat] = []
    /// The payload type of DTMF digits that we send (RFC 4733), or `nil` when the peer takes none.
    public var telephoneEventSend: UInt8?
    /// The payload type of DTMF digits that the peer sends, or `nil`.
    public var telephoneEventReceive: UInt8?
    /// Further payload types of DTMF digits that the peer may send: those of other clock rates.
    public var otherTelephoneEvents: [UInt8] = []
    /// The clock rate of DTMF digits in hertz; differs from `clockRate` when the peer has no better one.
    public var telephoneEventClockRate: Int
    /// Where our packets go.
    ///
    /// `nil` when the peer holds by 0.0.0.0 (RFC 3264 section 8.4), or `isRemoteUnknown`.
    public var remoteAddress: TransportAddress?
    /// Whether the peer gives no address that could be sent to, and this is no hold: a name (RFC 8866 section 5.7), a
    /// group, nonsense. Then only the source of its own packets tells.
    public var isRemoteUnknown: Bool = false
    /// Where our RTCP goes: RTP's address when multiplexed, that of a=rtcp (RFC 3605), else the next port.
    public var remoteControlAddress: TransportAddress?
    /// Whether RTCP shares RTP's port (RFC 5761): only when both sides said so.
    public var isControlMultiplexed: Bool
    /// Whether the peer asks for extended reports on the quality that we hear (RFC 3611 section 5).
    public var wantsExtendedReports: Bool = false
    /// Which ways the audio flows, from our side.
    public var direction: MediaDirection
    /// The audio in one packet, in milliseconds, that the peer asks for (a=ptime); 20 when it does not.
    public var packetTime: Int
    /// The peer's format parameters: what it wants to receive.
    public var formatParameters: String?

    /// The value of one of the peer's format parameters, without regard to case.
    public func formatParameter(_ name: String) -> String? {
        FormatParameters.value(of: name, in: self.formatParameters)
    }
}
