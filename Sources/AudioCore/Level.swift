internal import Glibc

/// How loud samples are, in dBFS: decibels below a square wave of full scale, which is 0; a full sine is -3.01.
public enum Level {
    /// What is said of perfect silence, so that no infinity gets into sums and logs.
    public static let silence: Double = -100

    /// The root mean square in dBFS, not below ``silence``.
    public static func rms(_ samples: Span<Int16>) -> Double {
        var meter = LevelMeter()
        meter.add(samples)
        return meter.rms
    }

    /// The root mean square of a frame in dBFS, not below ``silence``.
    public static func rms(_ frame: AudioFrame) -> Double {
        self.rms(frame.samples.span)
    }

    /// The highest sample's magnitude in dBFS, not below ``silence``.
    public static func peak(_ samples: Span<Int16>) -> Double {
        var highest = 0
        for index in samples.indices { highest = max(highest, abs(Int(samples[index]))) }
        return self.decibels(Double(highest) / 32_768)
    }

    /// The highest sample's magnitude of a frame in dBFS, not below ``silence``.
    public static func peak(_ frame: AudioFrame) -> Double {
        self.peak(frame.samples.span)
    }

    /// Twenty times the logarithm of an amplitude, not below ``silence``.
    public static func decibels(_ amplitude: Double) -> Double {
        guard amplitude > 1e-5 else { return self.silence }
        return max(self.silence, 20 * log10(amplitude))
    }

    /// The amplitude that a number of decibels stands for.
    public static func amplitude(_ decibels: Double) -> Double {
        pow(10, decibels / 20)
    }

    /// Rounds and limits to 16 bits; what is not a number becomes 0.
    static func clamped(_ value: Double) -> Int16 {
        guard !value.isNaN else { return 0 }
        guard value > -32_768 else { return .min }
        guard value < 32_767 else { return .max }
        return Int16(value.rounded())
    }
}

/// How loud a stream was in all, without the stream.
public struct LevelMeter: Sendable, Equatable {
    /// How many samples were added.
    public private(set) var count = 0
    private var sum = 0.0

    /// Makes a meter that has heard nothing.
    public init() {}

    /// Adds the next samples.
    public mutating func add(_ samples: Span<Int16>) {
        for index in samples.indices {
            let sample = Double(samples[index])
            self.sum += sample * sample
        }
        self.count += samples.count
    }

    /// The root mean square in dBFS, not below ``Level/silence``, which is also that of nothing.
    public var rms: Double {
        guard self.count > 0 else { return Level.silence }
        return Level.decibels((self.sum / Double(self.count)).squareRoot() / 32_768)
    }
}

extension AudioFrame {
    /// The frame made louder or softer by a number of decibels; samples beyond 16 bits are limited.
    public func amplified(by decibels: Double) -> AudioFrame {
        let factor = Level.amplitude(decibels)
        var result = self
        for index in result.samples.indices {
            result.samples[index] = Level.clamped(Double(result.samples[index]) * factor)
        }
        return result
    }

    /// The frame made as loud as it may be so that its highest sample is at `peak` dBFS, but by no more than `limit`
    /// decibels, so that the noise of a silent line is not blown up. Perfect silence stays as it is.
    public func normalized(peak: Double = -6, limit: Double = 40) -> AudioFrame {
        let present = Level.peak(self)
        guard present > Level.silence else { return self }
        return self.amplified(by: min(limit, peak - present))
    }
}
