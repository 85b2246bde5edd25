internal import CoreTypes

/// Something like speech: vowels with a pitch that glides, hisses, and pauses with the noise of a room.
///
/// Enough to see what a buffer does to voiced, unvoiced and silent audio, without anybody's voice.
public enum SyntheticSpeech {
    /// Samples at `rate` a second.
    public static func make(seconds: Double, rate: Int = 8_000, seed: UInt64 = 7) -> [Int16] {
        var random = Xoshiro(seed: seed)
        let count = Int(seconds * Double(rate))
        var samples: [Int16] = []
        samples.reserveCapacity(count)
        var phase = 0.0
        var last = 0.0
        while samples.count < count {
            let kind = random.unit()
            let length = Int(Double(rate) * (0.08 + 0.3 * random.unit()))
            let pitch = 90 + 130 * random.unit()
            let glide = 0.8 + 0.4 * random.unit()
            let loudness = 3_000 + 6_000 * random.unit()
            let formants = (300 + 500 * random.unit(), 900 + 1_300 * random.unit(), 2_400 + 600 * random.unit())
            for index in 0..<length {
                let progress = Double(index) / Double(length)
                let envelope = min(progress * 8, 1, (1 - progress) * 8)
                let noise = random.normal()
                var value = noise * 12
                if kind < 0.52 {
                    let frequency = pitch * (1 + (glide - 1) * progress)
                    phase += frequency / Double(rate)
                    phase -= phase.rounded(.down)
                    var voice = 0.0
                    var harmonic = 1
                    while Double(harmonic) * frequency < min(3_400, Double(rate) * 0.45) {
                        let place = Double(harmonic) * frequency
                        let level =
                            self.peak(place, formants.0) + 0.6 * self.peak(place, formants.1)
                            + 0.3 * self.peak(place, formants.2)
                        voice += level * sine(2 * .pi * phase * Double(harmonic) + Double(harmonic * harmonic))
                        harmonic += 1
                    }
                    value += envelope * loudness * (voice * 0.5 + noise * 0.02)
                } else if kind < 0.7 {
                    value += envelope * loudness * 0.12 * (noise - 0.7 * last)
                }
                last = noise
                samples.append(Int16(max(-32_000, min(32_000, value))))
            }
            // A pause after every few sounds.
            if random.unit() < 0.35 {
                for _ in 0..<Int(Double(rate) * (0.15 + 0.55 * random.unit())) {
                    samples.append(Int16(random.normal() * 12))
                }
            }
        }
        samples.removeLast(samples.count - count)
        return samples
    }

    private static func peak(_ frequency: Double, _ center: Double) -> Double {
        let distance = (frequency - center) / 120
        return 1 / (1 + distance * distance)
    }
}
