/// PCM to payloads, of whatever codec was negotiated.
struct PayloadEncoder: ~Copyable, Sendable {
    let codec: AudioCodec
    private var opus: OpusEncoder?

    init(_ codec: AudioCodec) {
        self.codec = codec
        switch codec {
        case .pcmu, .pcma: self.opus = nil
        case .opus: self.opus = OpusEncoder()
        }
    }

    /// Appends the payload of one packet; `false` when the codec cannot encode that many samples.
    mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        switch self.codec {
        case .pcmu, .pcma:
            let start = bytes.count
            bytes.resize(to: start + samples.count)
            G711.encode(samples, law: self.codec == .pcmu ? .mu : .a, into: &bytes, at: start)
            return true
        case .opus:
            return self.opus?.encode(samples, appendingTo: &bytes) ?? false
        }
    }
}

/// Payloads to PCM, and something in place of those that were lost.
struct PayloadDecoder: ~Copyable, Sendable {
    let codec: AudioCodec
    private var opus: OpusDecoder?
    private var concealment: Concealment

    init(_ codec: AudioCodec) {
        self.codec = codec
        self.concealment = Concealment(sampleRate: codec.audioRate)
        switch codec {
        case .pcmu, .pcma: self.opus = nil
        case .opus: self.opus = OpusDecoder()
        }
    }

    /// Replaces `samples` by those of a payload; `false` when it cannot be read.
    mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        switch self.codec {
        case .pcmu, .pcma:
            G711.decode(payload, law: self.codec == .pcmu ? .mu : .a, into: &samples)
            self.concealment.heard(samples)
            return !samples.isEmpty
        case .opus:
            return self.opus?.decode(payload, into: &samples) ?? false
        }
    }

    /// Whether a payload knows something of the one before it.
    var recovers: Bool {
        self.codec == .opus
    }

    /// Gaps are filled in steps of so many samples.
    var concealmentStep: Int {
        self.codec == .opus ? OpusDecoder.concealmentStep : 1
    }

    /// Replaces `samples` by `count` of the packet that was lost just before `payload`.
    mutating func recover(_ payload: Span<UInt8>, count: Int, into samples: inout [Int16]) -> Bool {
        self.opus?.recover(payload, count: count, into: &samples) ?? false
    }

    /// Replaces `samples` by `count` made-up ones.
    mutating func conceal(count: Int, into samples: inout [Int16]) -> Bool {
        switch self.codec {
        case .pcmu, .pcma:
            self.concealment.fill(count: count, into: &samples)
            return true
        case .opus:
            return self.opus?.conceal(count: count, into: &samples) ?? false
        }
    }

    /// Forgets the stream.
    mutating func reset() {
        self.concealment.reset()
        self.opus?.reset()
    }
}
