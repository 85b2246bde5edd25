/// A deterministic random number generator (xoshiro256**): the same seed gives the same numbers.
///
/// The cores take their randomness from here, so that a test replays exactly. The shell seeds it from the system's
/// generator with 256 bits. A few of its numbers tell all others, so what a peer gets to see is a `token`, never a
/// number; secrets are not made with it.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a generator for tests and simulations.
    public init(seed: UInt64) {
        // SplitMix64 spreads a small seed over the state, as the authors of xoshiro advise.
        var mixed = seed
        func next() -> UInt64 {
            mixed &+= 0x9E37_79B9_7F4A_7C15
            var value = mixed
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
        self.state = (next(), next(), next(), next())
    }

    /// Makes a generator with 256 bits of entropy, for production use.
    public init(entropy: (UInt64, UInt64, UInt64, UInt64)) {
        self.state = entropy
        if entropy == (0, 0, 0, 0) { self.state.0 = 1 }
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        let result = rotate(self.state.1 &* 5, 7) &* 9
        let shifted = self.state.1 << 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = rotate(self.state.3, 45)
        return result
    }

    /// A token of `characters` lower-case hexadecimal digits, for tags, branches and Call-IDs.
    ///
    /// The digits are a keyed hash under numbers that are not shown: the generator's own would tell all others.
    public mutating func token(_ characters: Int) -> String {
        let key = KeyedHash.Key(low: self.next(), high: self.next())
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(characters, 0))
        var bits: UInt64 = 0
        for index in 0..<max(characters, 0) {
            if index % 16 == 0 {
                var hash = KeyedHash(key)
                hash.combine(UInt64(index))
                bits = hash.finish()
            }
            bytes.append(digits[Int(bits & 15)])
            bits >>= 4
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
