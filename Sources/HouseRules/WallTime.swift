internal import Glibc

/// A date and a time of day where the house is.
public struct WallTime: Sendable, Hashable {
    /// The year, such as 2026.
    public var year: Int
    /// The month, 1 to 12.
    public var month: Int
    /// The day of the month, 1 to 31.
    public var day: Int
    /// The hour, 0 to 23.
    public var hour: Int
    /// The minute, 0 to 59.
    public var minute: Int

    /// Makes a time; it is not checked whether the calendar has it.
    public init(year: Int, month: Int, day: Int, hour: Int, minute: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
    }

    /// The time now, in the time zone of this process (`TZ`, or the system's).
    public static func now() -> WallTime {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return WallTime(
            year: Int(parts.tm_year) + 1_900,
            month: Int(parts.tm_mon) + 1,
            day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour),
            minute: Int(parts.tm_min)
        )
    }

    /// The day of the week, 0 for Sunday, by Sakamoto's method.
    var weekday: Int {
        let offsets = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
        let month = min(12, max(1, self.month))
        let year = month < 3 ? self.year - 1 : self.year
        let sum = year + year / 4 - year / 100 + year / 400 + offsets[month - 1] + self.day
        return ((sum % 7) + 7) % 7
    }
}
