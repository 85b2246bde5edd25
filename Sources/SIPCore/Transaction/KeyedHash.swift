/// SipHash-2-4: a hash that nobody can foresee, or find collisions of, without its key of 128 bits.
///
/// By Aumasson and Bernstein. What a peer chooses (branches, Call-IDs, addresses) is looked up by it, so that no flood
/// of chosen values makes a table slow, and identifiers are made with it, of which many tell nothing of the next one.
struct KeyedHash: Sendable {
    /// The key.
    struct Key: Sendable {
        var low: UInt64
        var high: UInt64
    }

    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var pending: UInt64 = 0
    private var count: UInt64 = 0

    /// Starts a hash whose result has 64 bits, or, when it is `wide`, 128.
    init(_ key: Key, wide: Bool = false) {
        self.state = (
            key.low ^ 0x736F_6D65_7073_6575, key.high ^ 0x646F_7261_6E64_6F6D,
            key.low ^ 0x6C79_6765_6E65_7261, key.high ^ 0x7465_6462_7974_6573
        )
        if wide { self.state.1 ^= 0xEE }
    }

    /// Adds one byte.
    mutating func combine(_ byte: UInt8) {
        self.pending |= UInt64(byte) &<< (8 &* (self.count & 7))
        self.count &+= 1
        guard self.count & 7 == 0 else { return }
        self.absorb(self.pending)
        self.pending = 0
    }

    /// Adds the eight bytes of a word, the lowest first.
    @inline(__always)
    mutating func combine(_ word: UInt64) {
        let shift = 8 &* (self.count & 7)
        self.absorb(self.pending | word &<< shift)
        self.pending = shift == 0 ? 0 : word &>> (64 &- shift)
        self.count &+= 8
    }

    /// Adds a part of a message; one that is absent counts for nothing.
    mutating func combine(_ bytes: Span<UInt8>, _ range: ByteRange) {
        guard range.isPresent else { return }
        var position = range.start
        let end = min(range.end, bytes.count)
        while end &- position >= 8, let word = bytes.word(at: position) {
            self.combine(word)
            position &+= 8
        }
        while position < end {
            self.combine(bytes[position])
            position &+= 1
        }
    }

    /// The hash of 64 bits.
    consuming func finish() -> UInt64 {
        self.absorb(self.pending | self.count &<< 56)
        self.state.2 ^= 0xFF
        return self.output()
    }

    /// The hash of 128 bits; for one that was started `wide`.
    consuming func finishWide() -> (UInt64, UInt64) {
        self.absorb(self.pending | self.count &<< 56)
        self.state.2 ^= 0xEE
        let low = self.output()
        self.state.1 ^= 0xDD
        return (low, self.output())
    }

    private mutating func output() -> UInt64 {
        for _ in 0..<4 { self.round() }
        return self.state.0 ^ self.state.1 ^ self.state.2 ^ self.state.3
    }

    @inline(__always)
    private mutating func absorb(_ word: UInt64) {
        self.state.3 ^= word
        self.round()
        self.round()
        self.state.0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value &<< count | value &>> (64 &- count) }
        self.state.0 &+= self.state.1
        self.state.1 = rotated(self.state.1, 13) ^ self.state.0
        self.state.0 = rotated(self.state.0, 32)
        self.state.2 &+= self.state.3
        self.state.3 = rotated(self.state.3, 16) ^ self.state.2
        self.state.0 &+= self.state.3
        self.state.3 = rotated(self.state.3, 21) ^ self.state.0
        self.state.2 &+= self.state.1
        self.state.1 = rotated(self.state.1, 17) ^ self.state.2
        self.state.2 = rotated(self.state.2, 32)
    }
}
