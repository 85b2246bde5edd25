/// Adds streams of samples, and lays two side by side.
public enum Mixer {
    /// Adds `source`, made louder by `gain` decibels, to `target` from `offset` on; limits to 16 bits and grows
    /// `target` with silence where it is too short.
    public static func add(_ source: Span<Int16>, to target: inout [Int16], at offset: Int = 0, gain: Double = 0) {
        let start = max(0, offset)
        let missing = start + source.count - target.count
        if missing > 0 { target.append(contentsOf: repeatElement(0, count: missing)) }
        guard gain != 0 else {
            for index in source.indices {
                target[start + index] = self.sum(Int(target[start + index]), Int(source[index]))
            }
            return
        }
        let factor = Level.amplitude(gain)
        for index in source.indices {
            target[start + index] = self.sum(
                Int(target[start + index]),
                Int(Level.clamped(Double(source[index]) * factor))
            )
        }
    }

    /// The sum of frames of one rate, as long as the longest; frames of another rate than the first are converted.
    public static func mix(_ frames: [AudioFrame]) -> AudioFrame {
        guard let rate = frames.first?.sampleRate else { return AudioFrame(samples: [], sampleRate: 8_000) }
        var samples: [Int16] = []
        for frame in frames {
            self.add(Resampler.convert(frame, to: rate, quality: .telephone).samples.span, to: &samples)
        }
        return AudioFrame(samples: samples, sampleRate: rate)
    }

    /// Left and right alternating, as stereo files want them; the shorter side is filled up with silence.
    public static func interleave(left: Span<Int16>, right: Span<Int16>) -> [Int16] {
        let count = max(left.count, right.count)
        var result = [Int16](repeating: 0, count: 2 * count)
        for index in left.indices { result[2 * index] = left[index] }
        for index in right.indices { result[2 * index + 1] = right[index] }
        return result
    }

    private static func sum(_ first: Int, _ second: Int) -> Int16 {
        Int16(clamping: first + second)
    }
}
