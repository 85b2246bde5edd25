/// Decoders of a stream that may change its codec from packet to packet: the one in use, and those that were used before.
///
/// A decoder is made when its codec first comes and kept, so that a peer that goes to and fro costs no memory.
struct PayloadDecoders: ~Copyable, Sendable {
    private var current: PayloadDecoder
    private var others: [Owned<PayloadDecoder>] = []
    private let conceals: Bool

    /// Makes decoders that begin with a codec; who conceals the gaps of waveform codecs himself says so.
    init(_ codec: AudioCodec, conceals: Bool = true) {
        self.current = PayloadDecoder(codec, conceals: conceals)
        self.conceals = conceals
    }

    /// The codec of the packet that was decoded last.
    var codec: AudioCodec { self.current.codec }

    /// Goes on with another codec, or with the same.
    @inline(__always)
    mutating func use(_ codec: AudioCodec) {
        if codec != self.current.codec { self.change(to: codec) }
    }

    private mutating func change(to codec: AudioCodec) {
        let kept: Owned<PayloadDecoder>
        if let index = self.others.firstIndex(where: { $0.value.codec == codec }) {
            kept = self.others[index]
        } else {
            kept = Owned(PayloadDecoder(codec, conceals: self.conceals))
            self.others.append(kept)
        }
        swap(&self.current, &kept.value)
        // What it decoded before is not what comes before.
        self.current.reset()
    }

    /// Replaces `samples` by those of a payload; `false` when it cannot be read.
    @inline(__always)
    mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        self.current.decode(payload, into: &samples)
    }

    /// Whether a payload knows something of the one before it.
    var recovers: Bool { self.current.recovers }

    /// Gaps are filled in steps of so many samples.
    var concealmentStep: Int { self.current.concealmentStep }

    /// Replaces `samples` by `count` of the packet that was lost just before `payload`.
    mutating func recover(_ payload: Span<UInt8>, count: Int, into samples: inout [Int16]) -> Bool {
        self.current.recover(payload, count: count, into: &samples)
    }

    /// Replaces `samples` by `count` made-up ones.
    mutating func conceal(count: Int, into samples: inout [Int16]) -> Bool {
        self.current.conceal(count: count, into: &samples)
    }

    /// Forgets the stream.
    mutating func reset() {
        self.current.reset()
    }
}
