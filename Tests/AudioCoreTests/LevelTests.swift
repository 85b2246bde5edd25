import AudioCore
import Testing

@Suite struct LevelTests {
    @Test func fullScaleIsNothingAndAFullSineThreeLess() {
        let square = AudioFrame(samples: [Int16](repeating: .min, count: 100), sampleRate: 8_000)
        #expect(abs(Level.rms(square)) < 0.001)
        var sine = Tone.sine(1_000, level: -3.02, sampleRate: 8_000)
        let frame = sine.next(.milliseconds(100))
        #expect(abs(Level.rms(frame) + 3.02) < 0.01)
        #expect(abs(Level.peak(frame)) < 0.05)
    }

    @Test func silenceHasANumber() {
        #expect(Level.rms(AudioFrame(samples: [], sampleRate: 8_000)) == Level.silence)
        #expect(Level.rms(.silence(.milliseconds(20), sampleRate: 8_000)) == Level.silence)
        #expect(Level.peak(.silence(.milliseconds(20), sampleRate: 8_000)) == Level.silence)
    }

    @Test func amplifyingIsLimited() {
        let frame = AudioFrame(samples: [1_000, -20_000], sampleRate: 8_000)
        #expect(frame.amplified(by: 20).samples == [10_000, .min])
        #expect(frame.amplified(by: 0).samples == frame.samples)
    }

    @Test func normalizingBringsThePeakButDoesNotBlowUpNoise() {
        let speech = AudioFrame(samples: [100, -2_000, 300], sampleRate: 8_000)
        #expect(abs(Level.peak(speech.normalized(peak: -6)) + 6) < 0.01)
        let hiss = AudioFrame(samples: [1, -1], sampleRate: 8_000)
        #expect(hiss.normalized(peak: -6, limit: 20).samples == [10, -10])
        let silence = AudioFrame(samples: [0, 0], sampleRate: 8_000)
        #expect(silence.normalized() == silence)
    }
}

@Suite struct MixerTests {
    @Test func sumsAreLimitedAndTheLongestCounts() {
        let first = AudioFrame(samples: [30_000, 1], sampleRate: 8_000)
        let second = AudioFrame(samples: [30_000, 2, -5], sampleRate: 8_000)
        #expect(Mixer.mix([first, second]).samples == [.max, 3, -5])
        #expect(Mixer.mix([]).samples.isEmpty)
    }

    @Test func aPieceIsAddedWhereItBelongs() {
        var target: [Int16] = [1, 1]
        let source: [Int16] = [100, 100]
        Mixer.add(source.span, to: &target, at: 1, gain: -20)
        #expect(target == [1, 11, 10])
        Mixer.add(source.span, to: &target, at: -5)
        #expect(target == [101, 111, 10])
    }

    @Test func otherRatesAreConverted() {
        var low = Tone.sine(500, sampleRate: 8_000)
        var high = Tone.sine(500, sampleRate: 16_000)
        let mixed = Mixer.mix([low.next(.milliseconds(500)), high.next(.milliseconds(500))])
        #expect(mixed.sampleRate == 8_000)
        #expect(abs(mixed.samples.count - 4_000) <= 1)
        #expect(abs(level(of: 500, in: mixed, skipping: 80) + 6) < 0.2)
    }
}
