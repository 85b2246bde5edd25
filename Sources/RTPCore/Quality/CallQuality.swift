internal import CoreTypes

/// The E-model's estimate of how a call sounds (ITU-T G.107, in the form that needs delay and loss only).
public struct CallQuality: Sendable, Hashable {
    /// The rating R, 0 to 93.2 for narrowband.
    public let rating: Double

    /// Rates a call.
    ///
    /// - Parameters:
    ///   - lossPercent: Audio that was not heard as it was said, 0 to 100: lost and late together.
    ///   - delay: From mouth to ear in one direction.
    ///   - burstRatio: 1 for random loss, more when losses come together.
    ///   - isConcealed: Whether gaps are filled.
    public init(
        codec: AudioCodec,
        lossPercent: Double,
        delay: Duration,
        burstRatio: Double = 1,
        isConcealed: Bool = true
    ) {
        let impairment: Double
        let robustness: Double
        switch codec {
        case .pcmu, .pcma, .l16Narrowband, .l16Wideband: (impairment, robustness) = (0, isConcealed ? 25.1 : 4.3)
        // The wideband impairment of 13 on a scale to 129, brought to the narrowband scale.
        case .g722: (impairment, robustness) = (13 * 93.2 / 129, isConcealed ? 15 : 4.3)
        // The fullband impairment of 132 brought to the narrowband scale.
        case .opus: (impairment, robustness) = (10.2 * 93.2 / 132, 4.3)
        }
        let loss = min(max(lossPercent, 0), 100)
        let effective = impairment + (95 - impairment) * loss / (loss / max(burstRatio, 1) + robustness)
        let milliseconds = max(delay.inSeconds * 1_000, 0)
        let late = max(milliseconds - 177.3, 0)
        self.rating = min(max(93.2 - 0.024 * milliseconds - 0.11 * late - effective, 0), 100)
    }

    /// The mean opinion score, 1 to 4.5.
    public var meanOpinionScore: Double {
        let rating = self.rating
        let score = 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating)
        return min(max(score, 1), 4.5)
    }
}
