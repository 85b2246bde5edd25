/// A date and time in GMT, to the second (RFC 3261 section 20.17, after RFC 1123).
public struct SIPDate: SIPHeaderValue, Comparable {
    /// Seconds since the first of January 1970, leap seconds not counted.
    public let secondsSince1970: Int64

    // From the year 0000 to the end of the year 9999: what four digits can write.
    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// Makes a date; `nil` for a year that four digits cannot write.
    public init?(secondsSince1970: Int64) {
        guard SIPDate.range.contains(secondsSince1970) else { return nil }
        self.secondsSince1970 = secondsSince1970
    }

    /// Reads "Sat, 13 Nov 2010 23:29:00 GMT", as strictly as RFC 3261 section 20.17 asks: case matters, and no zone but
    /// GMT will do. A weekday that is not that of the date is borne with. `nil` for anything else.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, SIPDate.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        _ = try SIPDate.name(&scanner, SIPDate.weekdays, "a weekday is expected")
        try scanner.expect(UInt8(ascii: ","), "a comma is expected behind the weekday")
        try SIPDate.space(&scanner)
        let dayStart = scanner.position
        let day = try SIPDate.digits(&scanner, 2)
        try SIPDate.space(&scanner)
        let month = try SIPDate.name(&scanner, SIPDate.months, "a month is expected")
        try SIPDate.space(&scanner)
        let year = try SIPDate.digits(&scanner, 4)
        guard (1...SIPDate.days(inMonth: month, of: year)).contains(day) else {
            throw ScanFailure(dayStart, "the month does not have this day")
        }
        try SIPDate.space(&scanner)
        let time = scanner.position
        let hour = try SIPDate.digits(&scanner, 2)
        try scanner.expect(UInt8(ascii: ":"), "a colon is expected")
        let minute = try SIPDate.digits(&scanner, 2)
        try scanner.expect(UInt8(ascii: ":"), "a colon is expected")
        let second = try SIPDate.digits(&scanner, 2)
        guard hour < 24, minute < 60, second < 60 else { throw ScanFailure(time, "a time of day is expected") }
        try SIPDate.space(&scanner)
        for letter in "GMT".utf8 { try scanner.expect(letter, "the only time zone is GMT") }
        let days = SIPDate.days(year: year, month: month, day: day)
        self.secondsSince1970 = days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// The header's value.
    public var description: String {
        let days = (self.secondsSince1970 - (self.secondsSince1970 < 0 ? 86_399 : 0)) / 86_400
        let second = self.secondsSince1970 - days * 86_400
        let (year, month, day) = SIPDate.civil(days)
        // The first of January 1970 was a Thursday, the fourth of the names.
        let weekday = SIPDate.weekdays[Int(((days + 3) % 7 + 7) % 7)]
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(day, 2)) \(SIPDate.months[Int(month - 1)]) \(padded(year, 4))"
        let time = "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(weekday), \(date) \(time) GMT"
    }

    /// Orders by time.
    public static func < (left: SIPDate, right: SIPDate) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    // MARK: - Grammar

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// One space, or the line end of a folded header with what is around it.
    private static func space(_ scanner: inout HeaderScanner) throws(ScanFailure) {
        let range = scanner.run { CharacterClass.space.contains($0) }
        guard scanner.text(range) == " " || scanner.bytes[range].contains(0x0A) else {
            throw ScanFailure(range.lowerBound, "one space is expected")
        }
    }

    private static func digits(_ scanner: inout HeaderScanner, _ count: Int) throws(ScanFailure) -> Int64 {
        let range = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
        guard range.count == count else {
            throw ScanFailure(range.lowerBound, "a number of two or four digits is expected")
        }
        return scanner.bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// The place of a name among others, counted from 1.
    private static func name(
        _ scanner: inout HeaderScanner,
        _ names: [String],
        _ reason: StaticString
    ) throws(ScanFailure) -> Int64 {
        let range = scanner.run { CharacterClass.token.contains($0) }
        guard let index = names.firstIndex(of: scanner.text(range)) else { throw ScanFailure(range.lowerBound, reason) }
        return Int64(index + 1)
    }

    // MARK: - Calendar

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: SIPDate.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of a day of the Gregorian calendar. Years start in March here, so that a leap day ends one.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = (month <= 2 ? year - 1 : year) + 400
        let monthOfYear = (month + 9) % 12
        let dayOfYear = (153 * monthOfYear + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468 - 146_097
    }

    /// The day of the calendar that is so many days after the first of January 1970.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Counted from the first of March of the year -400, a multiple of the 146 097 days of 400 years.
        let shifted = days + 719_468 + 146_097
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthOfYear = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthOfYear + 2) / 5 + 1
        let month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9
        return (yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension SIPMessage {
    /// Date; `nil` when it is absent or malformed.
    public var date: SIPDate? { self.one(.date, SIPDate.init(scanning:)) }
}
