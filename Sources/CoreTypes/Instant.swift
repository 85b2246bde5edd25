/// A point on a monotonic clock, in nanoseconds since an origin that only its source knows.
///
/// The cores never read a clock: whoever drives them says what time it is. Nothing but differences has a meaning.
public struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the origin of the clock.
    public var nanoseconds: Int64

    /// The origin of the clock.
    public static let zero = Instant(nanoseconds: 0)

    /// Makes an instant from nanoseconds since the origin of the clock.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Orders two instants of the same clock.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant that comes `duration` later; saturates at the ends of the range.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: duration.nanoseconds < 0 ? .min : .max)
    }

    /// The instant that came `duration` earlier; saturates at the ends of the range.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        let (difference, overflow) = instant.nanoseconds.subtractingReportingOverflow(duration.nanoseconds)
        guard overflow else { return Instant(nanoseconds: difference) }
        return Instant(nanoseconds: duration.nanoseconds < 0 ? .max : .min)
    }

    /// The time from `right` to `left`.
    public static func - (left: Instant, right: Instant) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }

    /// Moves the instant by `duration`.
    public static func += (instant: inout Instant, duration: Duration) {
        instant = instant + duration
    }
}

extension Duration {
    /// The duration in whole nanoseconds, saturating at ±292 years.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard overflow || overflowed else { return sum }
        return seconds < 0 ? .min : .max
    }

    /// The duration in whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 {
        self.nanoseconds / 1_000_000
    }

    /// The duration in seconds as a floating-point number.
    public var inSeconds: Double {
        Double(self.nanoseconds) / 1e9
    }
}
