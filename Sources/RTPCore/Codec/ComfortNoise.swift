internal import CoreTypes

/// The noise of a silent line, made from what its sender described (RFC 3389).
///
/// A description is one octet of level and up to ten of reflection coefficients; noise of that color and level is made
/// for as long as no speech comes. Nothing is allocated.
public struct ComfortNoise: Sendable {
    /// The payload type of comfort noise at 8 000 ticks a second (RFC 3551 table 4).
    public static let payloadType: UInt8 = 13
    private static let maximumOrder = 10

    private var reflection = InlineArray<10, Float>(repeating: 0)
    private var memory = InlineArray<11, Float>(repeating: 0)
    private var order = 0
    private var excitation: Float = 0
    private var gain: Float = 0
    private var random = Xoshiro(seed: 3_389)

    /// Makes noise that is silent until it is described.
    public init() {}

    /// Takes a description; `false` and no change when the payload is empty or the level none.
    public mutating func update(_ payload: Span<UInt8>) -> Bool {
        guard !payload.isEmpty, payload[0] <= 127 else { return false }
        self.order = min(payload.count - 1, ComfortNoise.maximumOrder)
        // The filter makes the noise louder by this; the excitation is weakened in return.
        var left: Float = 1
        for index in 0..<self.order {
            // 255 is reserved.
            let coefficient = Float(258 * (Int(min(payload[index + 1], 254)) - 127)) / 32_768
            self.reflection[index] = coefficient
            left *= 1 - coefficient * coefficient
        }
        let level = ComfortNoise.amplitude(Int(payload[0]))
        // Uniform numbers from -1 to 1 have a power of a third.
        self.excitation = level * (3 * left).squareRoot()
        return true
    }

    /// Forgets the description, for a new stream.
    public mutating func reset() {
        self = ComfortNoise()
    }

    /// Replaces `samples`, which keep their storage, by `count` of noise.
    public mutating func generate(count: Int, into samples: inout [Int16]) {
        samples.resize(to: max(count, 0))
        var output = samples.mutableSpan
        var bits: UInt64 = 0
        for index in 0..<output.count {
            if index & 3 == 0 { bits = self.random.next() }
            let uniform = Float(Int16(truncatingIfNeeded: bits)) / 32_768
            bits >>= 16
            // A new level is approached within some ten milliseconds, so that no step is heard.
            self.gain += (self.excitation - self.gain) / 128
            let sample = self.filter(uniform * self.gain)
            output[index] = Int16(min(max(sample, -32_768), 32_767))
        }
    }

    /// The payload that describes `samples` by their level alone.
    public static func payload(describing samples: Span<Int16>) -> UInt8 {
        var power: Float = 0
        for index in 0..<samples.count { power += Float(samples[index]) * Float(samples[index]) }
        power /= Float(max(samples.count, 1))
        // The quietest level that is as loud, by steps of 1 dB.
        var level = 0
        while level < 127, ComfortNoise.amplitude(level) * ComfortNoise.amplitude(level) > power { level += 1 }
        return UInt8(level)
    }

    /// The root mean square of a level in -dBov, where 0 is that of a square wave of all bits.
    private static func amplitude(_ level: Int) -> Float {
        var amplitude: Float = 32_768
        for _ in 0..<level { amplitude *= 0.891_250_94 }
        return amplitude
    }

    /// One sample through the all-pole lattice of the reflection coefficients.
    private mutating func filter(_ input: Float) -> Float {
        var forward = input
        for index in stride(from: self.order - 1, through: 0, by: -1) {
            forward -= self.reflection[index] * self.memory[index]
            self.memory[index + 1] = self.memory[index] + self.reflection[index] * forward
        }
        self.memory[0] = forward
        return forward
    }
}
