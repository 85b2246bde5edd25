/// How an ``OpusEncoder`` works: what the application chose, and what the peer requested in its description (RFC 7587).
public struct OpusSettings: Sendable, Hashable {
    /// How hard the encoder thinks, 0 to 10; 5 costs half of 10 and is the default of a server.
    public var complexity: Int
    /// Bits a second on average, 6 000 to 510 000.
    public var bitRate: Int
    /// The loss that packets are prepared for at least, in percent; a session adds what it learns of the line.
    public var expectedLossPercent: Int
    /// Whether packets carry the speech of the one before once more, coarsely, when loss is expected (in-band FEC).
    public var carriesForwardErrorCorrection: Bool
    /// Whether silence is not sent but for a packet every 400 ms (DTX).
    public var pausesInSilence: Bool
    /// Whether all packets have one length.
    public var hasConstantBitRate: Bool
    /// The highest rate in samples a second that the peer plays; above half of it nothing has to be sent.
    public var maximumPlaybackRate: Int

    /// Makes settings; the defaults are those for telephone speech of 16 kHz.
    public init(
        complexity: Int = 5,
        bitRate: Int = 24_000,
        expectedLossPercent: Int = 0,
        carriesForwardErrorCorrection: Bool = true,
        pausesInSilence: Bool = false,
        hasConstantBitRate: Bool = false,
        maximumPlaybackRate: Int = 48_000
    ) {
        self.complexity = complexity
        self.bitRate = bitRate
        self.expectedLossPercent = expectedLossPercent
        self.carriesForwardErrorCorrection = carriesForwardErrorCorrection
        self.pausesInSilence = pausesInSilence
        self.hasConstantBitRate = hasConstantBitRate
        self.maximumPlaybackRate = maximumPlaybackRate
    }

    /// The same, with what a peer wants to receive (RFC 7587 section 6.1); `parameter` gives the values of its a=fmtp.
    ///
    /// What is absent or cannot be read has the default of the RFC. `stereo` changes nothing, for we send one channel,
    /// which every decoder takes; the `sprop-` parameters tell of what the peer sends, and every decoder takes that.
    public func honoring(_ parameter: (String) -> String?) -> OpusSettings {
        func number(_ name: String, within range: ClosedRange<Int>) -> Int? {
            guard let value = parameter(name).flatMap({ Int($0) }), value > 0 else { return nil }
            return min(max(value, range.lowerBound), range.upperBound)
        }
        var settings = self
        settings.carriesForwardErrorCorrection = parameter("useinbandfec") == "1"
        settings.pausesInSilence = parameter("usedtx") == "1"
        settings.hasConstantBitRate = parameter("cbr") == "1"
        settings.maximumPlaybackRate = number("maxplaybackrate", within: 8_000...48_000) ?? 48_000
        if let limit = number("maxaveragebitrate", within: 6_000...510_000) {
            settings.bitRate = min(settings.bitRate, limit)
        }
        return settings
    }
}
