/// A cheap random number generator (xoshiro256**) for simulated networks, traces and noise: the same seed gives the same
/// numbers.
///
/// A few of its numbers tell all others, so nothing that a peer may see is drawn from it; that is what `SeededRandom`
/// is for.
public struct Xoshiro: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a generator from a small seed.
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

    /// Makes a generator with this state; one of zeros alone, which would stand still, is made another.
    public init(state: (UInt64, UInt64, UInt64, UInt64)) {
        self.state = state
        if state == (0, 0, 0, 0) { self.state.0 = 1 }
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
}
