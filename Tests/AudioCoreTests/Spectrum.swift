import AudioCore
import Foundation

/// The level of one frequency in a frame, in dBFS by `Level`'s measure.
func level(of frequency: Double, in frame: AudioFrame, skipping skipped: Int = 0) -> Double {
    let samples = frame.samples.dropFirst(skipped).dropLast(skipped)
    var real = 0.0
    var imaginary = 0.0
    for (index, sample) in samples.enumerated() {
        let angle = 2 * Double.pi * frequency * Double(index) / Double(frame.sampleRate)
        real += Double(sample) * cos(angle)
        imaginary += Double(sample) * sin(angle)
    }
    let amplitude = 2 * (real * real + imaginary * imaginary).squareRoot() / Double(max(1, samples.count))
    return Level.decibels(amplitude / 2.0.squareRoot() / 32_768)
}
