/// SipHash-2-4: a hash that nobody can foresee, or find collisions of, without its key of 128 bits.
///
/// By Aumasson and Bernstein. What a peer chooses (branches, Call-IDs, addresses) is looked up by it, so that no flood
/// of chosen values makes a table slow, and identifiers are made with it, of which many tell nothing of the next one.
@frozen
public struct KeyedHash: Sendable {
    /// The key, of which a peer must never learn anything.
    @frozen
    public struct Key: Sendable {
        /// The first 64 bits.
        public var low: UInt64
        /// The last 64 bits.
        public var high: UInt64

        /// Makes a key from its halves.
        @inlinable
        public init(low: UInt64, high: UInt64) {
            self.low = low
            self.high = high
        }
    }

    @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)
    @usableFromInline var pending: UInt64 = 0
    @usableFromInline var count: UInt64 = 0

    /// Starts a hash whose result has 64 bits, or, when it is `wide`, 128.
    @inlinable
    public init(_ key: Key, wide: Bool = false) {
        self.state = (
            key.low ^ 0x736F_6D65_7073_6575, key.high ^ 0x646F_7261_6E64_6F6D,
            key.low ^ 0x6C79_6765_6E65_7261, key.high ^ 0x7465_6462_7974_6573
        )
        if wide { self.state.1 ^= 0xEE }
    }

    /// Adds one byte.
    @inlinable
    public mutating func combine(_ byte: UInt8) {
        self.pending |= UInt64(byte) &<< (8 &* (self.count & 7))
        self.count &+= 1
        guard self.count & 7 == 0 else { return }
        self.absorb(self.pending)
        self.pending = 0
    }

    /// Adds the eight bytes of a word, the lowest first.
    @inlinable
    @inline(__always)
    public mutating func combine(_ word: UInt64) {
        let shift = 8 &* (self.count & 7)
        self.absorb(self.pending | word &<< shift)
        self.pending = shift == 0 ? 0 : word &>> (64 &- shift)
        self.count &+= 8
    }

    /// The hash of 64 bits.
    @inlinable
    public consuming func finish() -> UInt64 {
        self.absorb(self.pending | self.count &<< 56)
        self.state.2 ^= 0xFF
        return self.output()
    }

    /// The hash of 128 bits; for one that was started `wide`.
    @inlinable
    public consuming func finishWide() -> (UInt64, UInt64) {
        self.absorb(self.pending | self.count &<< 56)
        self.state.2 ^= 0xEE
        let low = self.output()
        self.state.1 ^= 0xDD
        return (low, self.output())
    }

    @inlinable
    mutating func output() -> UInt64 {
        for _ in 0..<4 { self.round() }
        return self.state.0 ^ self.state.1 ^ self.state.2 ^ self.state.3
    }

    @inlinable
    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        self.state.3 ^= word
        self.round()
        self.round()
        self.state.0 ^= word
    }

    @inlinable
    @inline(__always)
    mutating func round() {
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
