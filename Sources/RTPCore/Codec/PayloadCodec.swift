/// PCM to payloads, of whatever codec was negotiated.
struct PayloadEncoder: ~Copyable, Sendable {
    let codec: AudioCodec
    private var g722 = G722Encoder()
    private var l16 = L16()
    private var opus: OpusEncoder?

    init(_ codec: AudioCodec, opus: OpusSettings = OpusSettings()) {
        self.codec = codec
        self.opus = codec == .opus ? OpusEncoder(opus) : nil
    }

    /// Takes other settings for Opus; another codec has none.
    mutating func apply(_ settings: OpusSettings) {
        self.opus?.apply(settings)
    }

    /// Appends the payload of one packet; `false` when the codec cannot encode that many samples, or need not.
    mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        switch self.codec {
        case .pcmu, .pcma:
            var g711 = G711Codec(self.codec == .pcmu ? .mu : .a)
            return g711.encode(samples, appendingTo: &bytes)
        case .g722: return self.g722.encode(samples, appendingTo: &bytes)
        case .l16Narrowband, .l16Wideband: return self.l16.encode(samples, appendingTo: &bytes)
        case .opus: return self.opus?.encode(samples, appendingTo: &bytes) ?? false
        }
    }
}

/// Payloads to PCM, and something in place of those that were lost.
struct PayloadDecoder: ~Copyable, Sendable {
    let codec: AudioCodec
    private var g722 = G722Decoder()
    private var l16 = L16()
    // Made with the first payload: a leg has a decoder for each way of reading, and uses one.
    private var opus: OpusDecoder?
    private var concealment: Concealment?
    private var isMade = false
    private let conceals: Bool

    /// Makes a decoder; who conceals the gaps of waveform codecs himself says so.
    init(_ codec: AudioCodec, conceals: Bool = true) {
        self.codec = codec
        self.conceals = conceals
    }

    private mutating func makeOnce() {
        guard !self.isMade else { return }
        self.isMade = true
        if self.codec == .opus {
            self.opus = OpusDecoder()
        } else if self.conceals {
            self.concealment = Concealment(sampleRate: self.codec.audioRate)
        }
    }

    /// Replaces `samples` by those of a payload; `false` when it cannot be read.
    mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        self.makeOnce()
        let isDecoded: Bool
        switch self.codec {
        case .pcmu, .pcma:
            var g711 = G711Codec(self.codec == .pcmu ? .mu : .a)
            isDecoded = g711.decode(payload, into: &samples)
        case .g722: isDecoded = self.g722.decode(payload, into: &samples)
        case .l16Narrowband, .l16Wideband: isDecoded = self.l16.decode(payload, into: &samples)
        case .opus: return self.opus?.decode(payload, into: &samples) ?? false
        }
        if isDecoded { self.concealment?.resume(&samples) }
        return isDecoded
    }

    /// Whether a payload knows something of the one before it.
    var recovers: Bool {
        self.codec == .opus
    }

    /// Gaps are filled in steps of so many samples.
    var concealmentStep: Int {
        switch self.codec {
        case .opus: OpusDecoder.concealmentStep
        // Half a tick of its clock cannot be expressed.
        case .g722: 2
        case .pcmu, .pcma, .l16Narrowband, .l16Wideband: 1
        }
    }

    /// Replaces `samples` by `count` of the packet that was lost just before `payload`.
    mutating func recover(_ payload: Span<UInt8>, count: Int, into samples: inout [Int16]) -> Bool {
        self.makeOnce()
        return self.opus?.recover(payload, count: count, into: &samples) ?? false
    }

    /// Replaces `samples` by `count` made-up ones.
    mutating func conceal(count: Int, into samples: inout [Int16]) -> Bool {
        self.makeOnce()
        switch self.codec {
        case .pcmu, .pcma, .g722, .l16Narrowband, .l16Wideband:
            guard self.conceals else { return false }
            self.concealment?.fill(count: count, into: &samples)
            return true
        case .opus:
            return self.opus?.conceal(count: count, into: &samples) ?? false
        }
    }

    /// Forgets the stream.
    mutating func reset() {
        self.concealment?.reset()
        self.g722.reset()
        self.opus?.reset()
    }
}
