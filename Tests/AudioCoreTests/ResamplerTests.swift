import AudioCore
import Testing

@Suite struct ResamplerTests {
    @Test(arguments: [(8_000, 16_000), (16_000, 8_000), (24_000, 8_000), (22_050, 16_000), (48_000, 16_000)])
    func keepsFrequencyLevelAndLength(from: Int, to: Int) {
        var tone = Tone.sine(1_000, level: -12, sampleRate: from)
        let result = Resampler.convert(tone.next(.seconds(1)), to: to)
        #expect(result.sampleRate == to)
        #expect(abs(result.samples.count - to) <= 2)
        #expect(abs(level(of: 1_000, in: result, skipping: to / 100) + 12) < 0.1)
    }

    @Test(arguments: Resampler.Quality.allCases)
    func framesGiveWhatTheWholeGives(quality: Resampler.Quality) {
        var tone = Tone.sine(700, sampleRate: 8_000)
        let whole = tone.next(.milliseconds(400))
        var resampler = Resampler(to: 16_000, quality: quality)
        var pieces: [Int16] = []
        for start in stride(from: 0, to: whole.samples.count, by: 160) {
            let piece = AudioFrame(samples: Array(whole.samples[start..<start + 160]), sampleRate: 8_000)
            pieces += resampler.process(piece).samples
        }
        pieces += resampler.flush().samples
        let expected = Resampler.convert(whole, to: 16_000, quality: quality).samples
        #expect(abs(pieces.count - expected.count) <= 1)
        #expect(zip(pieces, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }

    @Test func aFrameOfSpeechLeavesWithLittleDelay() {
        var resampler = Resampler(to: 16_000)
        let frame = AudioFrame.silence(.milliseconds(20), sampleRate: 8_000)
        let first = resampler.process(frame)
        #expect(first.duration == .milliseconds(16))
        #expect(resampler.process(frame).samples.count == 320)
    }

    @Test func ratesThatAreNotTheTelephonesAreConvertedAsBefore() {
        var tone = Tone.sine(1_000, level: -12, sampleRate: 22_050)
        let frame = tone.next(.milliseconds(300))
        let usual = Resampler.convert(frame, to: 16_000, quality: .telephone)
        #expect(usual == Resampler.convert(frame, to: 16_000, quality: .medium))
        #expect(usual.samples.count == 4_800)
    }

    @Test func fromOurFilterToLibsamplerateAndBackNothingIsLost() {
        var resampler = Resampler(to: 16_000)
        var count = 0
        for rate in [8_000, 22_050, 48_000, 16_000, 24_000] {
            var tone = Tone.sine(500, level: -3.1, sampleRate: rate)
            count += resampler.process(tone.next(.milliseconds(100))).samples.count
        }
        count += resampler.flush().samples.count
        #expect(abs(count - 5 * 1_600) <= 2)
    }

    @Test func whatAliasesIsRemoved() {
        var tone = Tone.sine(6_000, level: -6, sampleRate: 48_000)
        let result = Resampler.convert(tone.next(.milliseconds(500)), to: 8_000, quality: .fast)
        #expect(
            Level.rms(AudioFrame(samples: Array(result.samples.dropFirst(80).dropLast(80)), sampleRate: 8_000)) < -70
        )
    }

    @Test func theWantedRatePassesUnchanged() {
        let frame = AudioFrame(samples: [1, -2, 3], sampleRate: 16_000, missingBefore: .milliseconds(20))
        var resampler = Resampler(to: 16_000)
        #expect(resampler.process(frame) == frame)
        #expect(resampler.flush().samples.isEmpty)
    }

    @Test func aNewRateLetsOutWhatWasInside() {
        var low = Tone.sine(500, sampleRate: 8_000)
        var high = Tone.sine(500, sampleRate: 48_000)
        var resampler = Resampler(to: 16_000)
        var count = resampler.process(low.next(.milliseconds(100))).samples.count
        count += resampler.process(high.next(.milliseconds(100))).samples.count
        count += resampler.flush().samples.count
        #expect(abs(count - 3_200) <= 2)
        #expect(resampler.inputRate == nil)
    }

    @Test func resetDropsWhatIsInside() {
        var tone = Tone.sine(500, level: -3.1, sampleRate: 8_000)
        var resampler = Resampler(to: 16_000)
        _ = resampler.process(tone.next(.milliseconds(100)))
        resampler.reset()
        let after = resampler.process(.silence(.milliseconds(20), sampleRate: 8_000))
        #expect(after.samples.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0, -8_000, 10, Int.max])
    func impossibleRatesGiveNothing(rate: Int) {
        var resampler = Resampler(to: 16_000)
        let result = resampler.process(AudioFrame(samples: [1, 2, 3], sampleRate: rate))
        #expect(result.samples.isEmpty)
        #expect(resampler.process(AudioFrame(samples: [7], sampleRate: 16_000)).samples == [7])
    }
}
