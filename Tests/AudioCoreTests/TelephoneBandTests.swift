import AudioCore
import Testing

@Suite struct TelephoneBandTests {
    /// The output of `sox -D -v 0.5 in out upsample 2 vol 2 treble -24 5000`, sox 14.4.2.
    @Test func makesWhatSoxMakes() {
        let input: [Int16] = [10_000, -5_000, 3_000, 0, 0, 7_000, .min, .max, 0, 0, 1, -1]
        let expected: [Int16] = [
            3_191, 3_721, 92, -1_095, 461, 891, 404, 183, 83, 38, 2_251, 2_612, -9_271, -11_655, 5_169, 9_794, 4_442,
            2_015, 914, 414, 188, 86, 39, 17,
        ]
        var band = TelephoneBand()
        let output = band.process(input.span)
        #expect(output.count == expected.count)
        for (got, wanted) in zip(output, expected) { #expect(abs(Int(got) - Int(wanted)) <= 1) }
    }

    @Test func piecesGiveWhatTheWholeGives() {
        var tone = Tone.sine(900, sampleRate: 8_000)
        let first = tone.next(.milliseconds(20))
        let second = tone.next(.milliseconds(20))
        var band = TelephoneBand()
        let pieces = band.process(first.samples.span) + band.process(second.samples.span)
        let whole = AudioFrame(samples: first.samples + second.samples, sampleRate: 8_000)
        #expect(pieces == TelephoneBand.widen(whole).samples)
    }

    @Test func theMirrorImageIsFarBelowTheVoice() {
        var tone = Tone.sine(500, level: -6, sampleRate: 8_000)
        let wide = TelephoneBand.widen(tone.next(.seconds(1)))
        #expect(wide.sampleRate == 16_000)
        let voice = level(of: 500, in: wide)
        let image = level(of: 7_500, in: wide)
        #expect(abs(voice + 12) < 0.5)
        #expect(image < voice - 20)
        #expect(image > voice - 27)
    }

    @Test func otherRatesAreResampled() {
        var tone = Tone.sine(500, sampleRate: 48_000)
        let result = TelephoneBand.widen(tone.next(.milliseconds(300)))
        #expect(result.sampleRate == 16_000)
        #expect(abs(result.samples.count - 4_800) <= 1)
    }
}
