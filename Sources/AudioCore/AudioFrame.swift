import CoreTypes

/// A stretch of mono 16-bit PCM at the rate that its source has, and says.
///
/// A stage that wants another rate converts at its own input with ``Resampler``; nothing resamples twice.
public struct AudioFrame: Sendable, Equatable {
    /// The samples, -32 768 to 32 767, in order.
    public var samples: [Int16]
    /// Samples a second, such as 8 000, 16 000, 24 000 or 48 000.
    public var sampleRate: Int
    /// Audio that is known to be missing just before this frame: lost packets, reported and not hidden.
    public var missingBefore: Duration

    /// Makes a frame.
    public init(samples: [Int16], sampleRate: Int, missingBefore: Duration = .zero) {
        self.samples = samples
        self.sampleRate = sampleRate
        self.missingBefore = missingBefore
    }

    /// How long the frame lasts.
    public var duration: Duration {
        guard self.sampleRate > 0 else { return .zero }
        return .nanoseconds(Int64(self.samples.count) * 1_000_000_000 / Int64(self.sampleRate))
    }

    /// Silence of the given length.
    public static func silence(_ duration: Duration, sampleRate: Int) -> AudioFrame {
        let count = max(0, Int(duration.inSeconds * Double(sampleRate)))
        return AudioFrame(samples: [Int16](repeating: 0, count: count), sampleRate: sampleRate)
    }
}
