import CoreTypes
import Foundation

/// Something like speech, the same on every machine: harmonics of a gliding pitch, pauses, and a little noise.
enum Speech {
    /// A second in frames of 20 ms.
    static func frames(_ rate: Int) -> [[Int16]] {
        var random = SeededRandom(seed: 7)
        var angle = 0.0
        let samples = (0..<rate).map { index in
            let time = Double(index) / Double(rate)
            let pitch = 120 + 30 * sin(2 * .pi * 1.3 * time)
            angle += 2 * .pi * pitch / Double(rate)
            let loudness = max(0.02, sin(2 * .pi * 2.1 * time))
            var sum = 0.0
            for harmonic in 1...20 {
                sum += sin(Double(harmonic) * angle + Double(harmonic * harmonic)) / Double(harmonic)
            }
            return Int16(6_000 * loudness * sum) + Int16.random(in: -30...30, using: &random)
        }
        let length = rate / 50
        return (0..<50).map { Array(samples[($0 * length)..<(($0 + 1) * length)]) }
    }
}
