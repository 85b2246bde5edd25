import AudioCore
import Testing

@Suite struct ToneTests {
    @Test(
        arguments: [("1", 697, 1_209), ("5", 770, 1_336), ("#", 941, 1_477), ("d", 941, 1_633)]
            as [(Character, Double, Double)]
    )
    func aKeyHasItsTwoFrequencies(key: Character, row: Double, column: Double) throws {
        var tone = try #require(Tone.dtmf(key, sampleRate: 8_000))
        let frame = tone.next(.milliseconds(500))
        #expect(abs(level(of: row, in: frame) + 14) < 0.5)
        #expect(abs(level(of: column, in: frame) + 12) < 0.5)
        #expect(level(of: 1_000, in: frame) < -40)
    }

    @Test func whatIsNoKeyHasNoTone() {
        #expect(Tone.dtmf("x", sampleRate: 8_000) == nil)
        #expect(Tone.dtmf("ß", sampleRate: 8_000) == nil)
    }

    @Test func piecesFitTogether() {
        var whole = Tone.sine(440, sampleRate: 8_000)
        var pieces = Tone.sine(440, sampleRate: 8_000)
        let expected = whole.next(.milliseconds(60)).samples
        let got = (0..<3).flatMap { _ in pieces.next(.milliseconds(20)).samples }
        #expect(got == expected)
    }

    @Test func ringingPauses() {
        var tone = Tone.ringback(sampleRate: 8_000)
        #expect(abs(Level.rms(tone.next(.seconds(1))) + 18) < 0.2)
        #expect(Level.rms(tone.next(.seconds(4))) == Level.silence)
        #expect(Level.rms(tone.next(.seconds(1))) > -19)
    }
}
