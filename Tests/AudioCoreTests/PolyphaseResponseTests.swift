import AudioCore
import CoreTypes
import Foundation
import Testing

/// What the filter does to frequencies, measured by tones through ``Resampler`` as calls use it.
@Suite struct PolyphaseResponseTests {
    private static let level = -6.0

    private func converted(_ frequency: Double, _ pair: (from: Int, to: Int)) -> AudioFrame {
        var tone = Tone.sine(frequency, level: Self.level, sampleRate: pair.from)
        var resampler = Resampler(to: pair.to)
        return resampler.process(tone.next(.milliseconds(100)))
    }

    /// What is left of a frame without one frequency, in dB below the tone that went in; without its beginning.
    private func residue(_ frame: AudioFrame, without frequency: Double?) -> Double {
        let samples = frame.samples.dropFirst(frame.sampleRate / 40).map(Double.init)
        var rest = samples
        if let frequency {
            // Least squares: the sine and the cosine are only nearly at right angles over a stretch of any length.
            let angles = samples.indices.map { 2 * Double.pi * frequency * Double($0) / Double(frame.sampleRate) }
            let (sines, cosines) = (angles.map(sin), angles.map(cos))
            func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
            let (ss, cc, sc) = (product(sines, sines), product(cosines, cosines), product(sines, cosines))
            let (xs, xc) = (product(samples, sines), product(samples, cosines))
            let determinant = ss * cc - sc * sc
            let (a, b) = ((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant)
            rest = samples.indices.map { samples[$0] - a * sines[$0] - b * cosines[$0] }
        }
        let power = rest.reduce(0) { $0 + $1 * $1 } / Double(rest.count)
        return 10 * log10(max(power, 1e-9)) - 20 * log10(32_768) - Self.level
    }

    @Test(arguments: telephonePairs)
    func thePassBandIsFlat(pair: (from: Int, to: Int)) {
        let lower = Double(min(pair.from, pair.to))
        // 3.4 kHz of 8 kHz and 7 kHz of 16 kHz are 0.85 and 0.875 of half the rate. The lowest tones have few periods in
        // what is measured, and are measured less exactly.
        for (part, tolerance) in [
            (0.02, 0.2), (0.05, 0.1), (0.06, 0.1), (0.2, 0.05), (0.4, 0.05), (0.6, 0.05), (0.8, 0.05), (0.85, 0.1),
            (0.875, 0.3), (0.88, 0.5),
        ] {
            let frequency = part * lower / 2
            let result = self.converted(frequency, pair)
            let gain = AudioCoreTests.level(of: frequency, in: result, skipping: pair.to / 40) - Self.level
            #expect(abs(gain) < tolerance, "\(gain) dB at \(frequency) Hz")
        }
    }

    @Test(arguments: telephonePairs.filter { $0.from > $0.to })
    func whatWouldAliasIsGone(pair: (from: Int, to: Int)) {
        let (edge, limit) = (Double(pair.to) / 2, Double(pair.from) / 2)
        for step in 0..<20 {
            let frequency = edge + (limit - edge) * Double(step) / 20 + 3
            let residue = self.residue(self.converted(frequency, pair), without: nil)
            #expect(residue < -70, "\(residue) dB of \(frequency) Hz")
        }
    }

    @Test(arguments: telephonePairs.filter { $0.from < $0.to })
    func noImageComesIn(pair: (from: Int, to: Int)) {
        for step in 1..<20 {
            let frequency = Double(pair.from) / 2 * Double(step) / 20 + 3
            let residue = self.residue(self.converted(frequency, pair), without: frequency)
            #expect(residue < -70, "\(residue) dB with \(frequency) Hz")
        }
    }

    @Test(arguments: telephonePairs.filter { $0 == (24_000, 16_000) || $0 == (16_000, 24_000) })
    func nothingElseComesInByRatiosOfTwoNumbers(pair: (from: Int, to: Int)) {
        for step in 1..<20 {
            let frequency = 7_300 * Double(step) / 20
            let residue = self.residue(self.converted(frequency, pair), without: frequency)
            #expect(residue < -70, "\(residue) dB with \(frequency) Hz")
        }
    }

    /// Something like speech: harmonics of a gliding pitch up to the end of the pass band, that swell and fade.
    private func speech(_ rate: Int, upTo highest: Double) -> AudioFrame {
        var samples: [Int16] = []
        var angle = 0.0
        for index in 0..<(rate / 4) {
            let time = Double(index) / Double(rate)
            let pitch = 120 + 30 * sin(2 * .pi * 1.3 * time)
            angle += 2 * .pi * pitch / Double(rate)
            let loudness = 0.55 + 0.45 * sin(2 * .pi * 3.1 * time)
            // The pitch is at most 150 Hz.
            let harmonics = Int(highest / 150)
            let sum = (1...harmonics).reduce(0.0) {
                $0 + sin(Double($1) * angle + Double($1 * $1)) / Double($1).squareRoot()
            }
            samples.append(Int16(4_000 * loudness * sum))
        }
        return AudioFrame(samples: samples, sampleRate: rate)
    }

    @Test(arguments: telephonePairs)
    func speechComesOutAsByTheBestOfLibsamplerate(pair: (from: Int, to: Int)) {
        let frame = self.speech(pair.from, upTo: 0.85 / 2 * Double(min(pair.from, pair.to)))
        let ours = Resampler.convert(frame, to: pair.to, quality: .telephone).samples.map(Double.init)
        let theirs = Resampler.convert(frame, to: pair.to, quality: .best).samples.map(Double.init)
        #expect(abs(ours.count - theirs.count) <= 1)
        // Both put the first sample of the output where that of the input is: no alignment is wanted.
        var (signal, noise) = (0.0, 0.0)
        for index in 200..<(min(ours.count, theirs.count) - 200) {
            signal += theirs[index] * theirs[index]
            noise += (ours[index] - theirs[index]) * (ours[index] - theirs[index])
        }
        let ratio = 10 * log10(signal / noise)
        #expect(ratio > 70, "\(ratio) dB")
    }
}
