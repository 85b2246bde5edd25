import CoreTypes
import Testing

@testable import RTPCore

struct ConcealmentTests {
    /// Sixteen harmonics of 125 Hz with a little noise.
    static func voice(_ count: Int, rate: Int = 8_000) -> [Int16] {
        var random = SeededRandom(seed: 2)
        return (0..<count).map { index in
            let place = index * 64_000 / rate % 512
            // Two straight flanks make a wave with all harmonics and no jump.
            let wave = place < 100 ? place * 120 - 6_000 : 6_000 - (place - 100) * 12_000 / 412
            return Int16(wave + Int.random(in: -60...60, using: &random))
        }
    }

    static func power(_ samples: some Sequence<Int16>) -> Double {
        samples.reduce(0) { $0 + Double($1) * Double($1) }
    }

    static func largestStep(_ samples: [Int16]) -> Int {
        zip(samples, samples.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
    }

    @Test(arguments: [8_000, 16_000])
    func voicedSpeechGoesOnBetterThanSilenceOrRepetition(rate: Int) {
        let frame = rate / 50
        let voice = ConcealmentTests.voice(frame * 12, rate: rate)
        var concealment = Concealment(sampleRate: rate)
        for packet in 0..<8 { concealment.heard(Array(voice[packet * frame..<(packet + 1) * frame])) }
        var made: [Int16] = []
        concealment.fill(count: frame, into: &made)
        let truth = voice[8 * frame..<9 * frame]
        let repeated = voice[7 * frame..<8 * frame]
        let error = { (guess: [Int16]) in
            zip(truth, guess).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        }
        let signal = ConcealmentTests.power(truth)
        // A quarter of the fade lies in these 20 ms; so much and no more may be missing: 9 dB.
        #expect(error(made) < signal / 8)
        #expect(error(made) < error(Array(repeated)) / 4)
    }

    @Test func noSampleJumps() {
        let voice = ConcealmentTests.voice(3_200)
        let natural = ConcealmentTests.largestStep(voice)
        for cut in [1_000, 1_013, 1_031, 1_050, 1_111] {
            for gap in [40, 160, 333, 480] {
                var concealment = Concealment(sampleRate: 8_000)
                concealment.heard(Array(voice[..<cut]))
                var made: [Int16] = []
                concealment.fill(count: gap, into: &made)
                var after = Array(voice[(cut + gap)..<(cut + gap + 160)])
                concealment.resume(&after)
                let all = Array(voice[(cut - 20)..<cut]) + made + after
                #expect(ConcealmentTests.largestStep(all) <= natural * 2, "cut \(cut) gap \(gap)")
            }
        }
    }

    @Test func thePitchStaysAndTheSoundFades() {
        let voice = ConcealmentTests.voice(1_600)
        var concealment = Concealment(sampleRate: 8_000)
        concealment.heard(voice)
        var made: [Int16] = []
        concealment.fill(count: 800, into: &made)
        let product = (0..<160).reduce(0.0) { $0 + Double(made[$1]) * Double(made[$1 + 64]) }
        let scale = (ConcealmentTests.power(made[0..<160]) * ConcealmentTests.power(made[64..<224])).squareRoot()
        #expect(product > 0.95 * scale)
        let energies = (0..<10).map { ConcealmentTests.power(made[$0 * 80..<($0 + 1) * 80]) }
        for index in 1..<6 { #expect(energies[index] < energies[index - 1]) }
        #expect(energies[6...].allSatisfy { $0 == 0 })
    }

    @Test func noiseStaysNoiseAndSilenceSilence() {
        var random = SeededRandom(seed: 3)
        let noise = (0..<1_600).map { _ in Int16.random(in: -2_000...2_000, using: &random) }
        var concealment = Concealment(sampleRate: 8_000)
        concealment.heard(noise)
        var made: [Int16] = []
        concealment.fill(count: 240, into: &made)
        // No period of 2.5 to 16 ms stands out: a repeated snippet would buzz.
        for lag in 20..<100 {
            let product = (0..<120).reduce(0.0) { $0 + Double(made[$1]) * Double(made[$1 + lag]) }
            let scale = ConcealmentTests.power(made[0..<120]) * ConcealmentTests.power(made[lag..<lag + 120])
            #expect(product < 0.75 * scale.squareRoot())
        }
        let level = ConcealmentTests.power(made[0..<80]) / ConcealmentTests.power(noise[0..<80])
        #expect(level > 0.3 && level < 2)
        concealment.reset()
        concealment.fill(count: 160, into: &made)
        #expect(made.allSatisfy { $0 == 0 })
    }

    @Test func shorteningTakesWholePeriodsAndLeavesNoSeam() {
        let voice = ConcealmentTests.voice(1_600)
        let stretch = TimeStretch(sampleRate: 8_000)
        let natural = ConcealmentTests.largestStep(voice)
        for start in stride(from: 400, to: 460, by: 7) {
            var line = voice
            let removed = stretch.shorten(
                &line,
                from: start,
                to: 1_200,
                most: 200,
                .init(likeness: 0.8, isPause: false)
            )
            #expect(abs(removed - 64) <= 1)
            let heard = Array(line[..<(1_200 - removed)])
            #expect(ConcealmentTests.largestStep(heard) <= natural * 3 / 2)
            #expect(Array(line[(start + 64)..<(1_200 - removed)]) == Array(voice[(start + 64 + removed)..<1_200]))
        }
    }

    @Test func lengtheningRepeatsAPeriodAndLeavesNoSeam() {
        let voice = ConcealmentTests.voice(1_600)
        let stretch = TimeStretch(sampleRate: 8_000)
        let natural = ConcealmentTests.largestStep(voice)
        for start in stride(from: 400, to: 460, by: 7) {
            var line = voice
            let added = stretch.lengthen(&line, from: start, to: 560, most: 120, .init(likeness: 0.8, isPause: false))
            #expect(abs(added - 64) <= 1)
            #expect(ConcealmentTests.largestStep(Array(line[..<(560 + added)])) <= natural * 3 / 2)
            #expect(Array(line[(start + added)..<(560 + added)]) == Array(voice[start..<560]))
        }
    }

    /// Whatever is asked of it, it neither traps nor touches what lies outside.
    @Test(arguments: 0..<10)
    func stretchingIsTotal(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let stretch = TimeStretch(sampleRate: 8_000)
        for _ in 0..<60 {
            var line = (0..<600).map { _ in Int16.random(in: .min ... .max, using: &random) }
            let start = Int.random(in: -5...600, using: &random)
            let end = Int.random(in: start...605, using: &random)
            let permission = TimeStretch.Permission(likeness: 0, isPause: Bool.random(using: &random))
            let most = Int.random(in: -3...400, using: &random)
            let before = line
            let removed = stretch.shorten(&line, from: start, to: end, most: most, permission)
            #expect(removed >= 0 && removed <= max(most, 0) && removed <= max(end - start, 0))
            if start > 0 { #expect(line[..<min(start, 600)] == before[..<min(start, 600)]) }
            let added = stretch.lengthen(&line, from: start, to: end, most: most, permission)
            #expect(added >= 0 && added <= max(most, 0))
            #expect(line.count == 600)
        }
    }
}
