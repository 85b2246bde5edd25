/// A random number generator whose numbers tell nothing of each other, and that gives the same ones for the same seed.
///
/// The cores take their randomness from here, so that a test replays exactly. The shell makes one with ``system()``. Much of
/// what is drawn is shown to peers (SSRCs, the starts of sequence numbers and timestamps, ports, tokens), so each number is the
/// keyed hash of a count: who has seen any of them can neither work out the key nor foresee another. `Xoshiro` is cheaper
/// where nobody is to be kept in the dark.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private let key: KeyedHash.Key
    private let salt: UInt64
    private var count: UInt64

    /// Makes a generator for tests and simulations.
    public init(seed: UInt64) {
        self.init(entropy: (seed, 0, 0, 0))
    }

    /// Makes a generator with 256 bits of entropy, for production use.
    public init(entropy: (UInt64, UInt64, UInt64, UInt64)) {
        self.key = KeyedHash.Key(low: entropy.0, high: entropy.1)
        self.salt = entropy.2
        self.count = entropy.3
    }

    /// A generator with 256 bits of the system's entropy: where a program takes its randomness from, and nothing else does.
    public static func system() -> SeededRandom {
        var system = SystemRandomNumberGenerator()
        return SeededRandom(entropy: (system.next(), system.next(), system.next(), system.next()))
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        self.count &+= 1
        var hash = KeyedHash(self.key)
        hash.combine(self.salt)
        hash.combine(self.count)
        return hash.finish()
    }

    /// Another generator, seeded with 256 bits of this one: the numbers of either tell nothing of the other's.
    public mutating func split() -> SeededRandom {
        SeededRandom(entropy: (self.next(), self.next(), self.next(), self.next()))
    }

    /// A token of `characters` lower-case hexadecimal digits, for tags, branches and Call-IDs.
    public mutating func token(_ characters: Int) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(characters, 0))
        var bits: UInt64 = 0
        for index in 0..<max(characters, 0) {
            if index % 16 == 0 { bits = self.next() }
            bytes.append(digits[Int(bits & 15)])
            bits >>= 4
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
