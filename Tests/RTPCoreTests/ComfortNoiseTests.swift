import RTPCore
import Testing

struct ComfortNoiseTests {
    private func power(_ samples: some Collection<Int16>) -> Double {
        samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(samples.count, 1))
    }

    private func noise(_ payload: [UInt8], count: Int = 16_000) -> [Int16] {
        var noise = ComfortNoise()
        let isTaken = noise.update(payload.span)
        #expect(isTaken)
        var samples: [Int16] = []
        noise.generate(count: count, into: &samples)
        return Array(samples.dropFirst(2_000))
    }

    /// -dBov of each description is heard within 1 dB, whatever the color is.
    @Test(
        arguments: [20, 40, 60] as [UInt8],
        [[], [180], [60, 150], [200, 60, 140, 127, 127, 127, 127, 127, 127, 130]]
    )
    func theLevelIsHeard(level: UInt8, coefficients: [UInt8]) {
        let expected = 32_768.0 * 32_768 / Double((0..<level).reduce(1.0) { power, _ in power * 1.258_925_4 })
        let ratio = self.power(self.noise([level] + coefficients, count: 64_000)) / expected
        #expect(ratio > 0.79 && ratio < 1.26)
    }

    @Test func theColorIsHeard() {
        // A negative first coefficient is a low-pass: neighbors are alike; a positive one is the contrary.
        for (coefficient, isLow) in [(UInt8(40), true), (UInt8(214), false)] {
            let samples = self.noise([30, coefficient])
            let likeness = zip(samples, samples.dropFirst()).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect((likeness > 0) == isLow)
        }
    }

    @Test func whatIsNoDescriptionIsRefused() {
        var noise = ComfortNoise()
        let isEmptyTaken = noise.update(Span())
        let tooQuiet: [UInt8] = [128]
        let isReservedTaken = noise.update(tooQuiet.span)
        #expect(!isEmptyTaken && !isReservedTaken)
        var samples: [Int16] = [1]
        noise.generate(count: 100, into: &samples)
        #expect(samples == [Int16](repeating: 0, count: 100))
        for byte in UInt8.min...UInt8.max {
            let hostile = [0] + [UInt8](repeating: byte, count: 30)
            _ = noise.update(hostile.span)
            noise.generate(count: 400, into: &samples)
        }
        #expect(samples.count == 400)
    }

    @Test func describingWhatWasMade() {
        for level: UInt8 in [15, 33, 50, 70] {
            let samples = self.noise([level], count: 64_000)
            let told = ComfortNoise.payload(describing: samples.span)
            #expect(abs(Int(told) - Int(level)) <= 1)
        }
        let silence = [Int16](repeating: 0, count: 160)
        #expect(ComfortNoise.payload(describing: silence.span) == 127)
    }
}
