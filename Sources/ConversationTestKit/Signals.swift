import AudioCore
public import CoreTypes

/// Sounds for tests that have the shape of speech: voiced syllables of changing strength, with gaps between them.
public enum VoiceSignals {
    /// Syllables of four a second; their level is the root mean square of the whole.
    public static func speech(
        _ duration: Duration,
        level: Double = -20,
        pitch: Double = 140,
        sampleRate: Int = 8000
    ) -> [Int16] {
        let count = Int(duration.inSeconds * Double(sampleRate))
        var values = [Double](repeating: 0, count: count)
        var phase = 0.0
        for index in 0..<count {
            let time = Double(index) / Double(sampleRate)
            phase += pitch / Double(sampleRate)
            // A sawtooth has the harmonics of a voice; the square of a raised sine has its syllables.
            let saw = 2 * (phase - phase.rounded(.down)) - 1
            let beat = time * 4
            let syllable = beat - beat.rounded(.down)
            let envelope = syllable < 0.75 ? 4 * (syllable / 0.75) * (1 - syllable / 0.75) : 0
            let accent = Int(beat) % 3 == 0 ? 1.0 : 0.6
            values[index] = saw * envelope * accent
        }
        return self.scaled(values, to: level)
    }

    /// Noise as of a room.
    public static func noise(
        _ duration: Duration,
        level: Double,
        random: inout SeededRandom,
        sampleRate: Int = 8000
    ) -> [Int16] {
        let count = Int(duration.inSeconds * Double(sampleRate))
        return self.scaled((0..<count).map { _ in Double.random(in: -1...1, using: &random) }, to: level)
    }

    private static func scaled(_ values: [Double], to level: Double) -> [Int16] {
        let mean = values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))
        let factor = mean > 0 ? 32_768 * Level.amplitude(level) / mean.squareRoot() : 0
        return values.map { Int16(min(max(($0 * factor).rounded(), -32_768), 32_767)) }
    }
}
