extension HeaderGrammar {
    /// "Sat, 13 Nov 2010 23:29:00 GMT", as strictly as RFC 3261 section 20.17 asks: case matters, and no zone but GMT will do. A
    /// weekday that is not that of the date is borne with.
    static func date(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Range<Int> {
        let start = scanner.position
        _ = try self.name(&scanner, self.weekdays, "a weekday is expected")
        try scanner.expect(UInt8(ascii: ","), "a comma is expected behind the weekday")
        try self.space(&scanner)
        let dayStart = scanner.position
        let day = try self.digits(&scanner, 2)
        try self.space(&scanner)
        let month = try self.name(&scanner, self.months, "a month is expected")
        try self.space(&scanner)
        let year = try self.digits(&scanner, 4)
        guard (1...self.days(inMonth: month, of: year)).contains(day) else {
            throw ScanFailure(dayStart, "the month does not have this day")
        }
        try self.space(&scanner)
        let time = scanner.position
        let hour = try self.digits(&scanner, 2)
        try scanner.expect(UInt8(ascii: ":"), "a colon is expected")
        let minute = try self.digits(&scanner, 2)
        try scanner.expect(UInt8(ascii: ":"), "a colon is expected")
        let second = try self.digits(&scanner, 2)
        guard hour < 24, minute < 60, second < 60 else { throw ScanFailure(time, "a time of day is expected") }
        try self.space(&scanner)
        for letter in "GMT".utf8 { try scanner.expect(letter, "the only time zone is GMT") }
        return start..<scanner.position
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// One space, or the line end of a folded header with what is around it.
    private static func space(_ scanner: inout HeaderScanner) throws(ScanFailure) {
        let range = scanner.run { CharacterClass.space.contains($0) }
        guard scanner.text(range) == " " || scanner.bytes[range].contains(0x0A) else {
            throw ScanFailure(range.lowerBound, "one space is expected")
        }
    }

    private static func digits(_ scanner: inout HeaderScanner, _ count: Int) throws(ScanFailure) -> Int {
        let range = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
        guard range.count == count else {
            throw ScanFailure(range.lowerBound, "a number of two or four digits is expected")
        }
        return scanner.bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The place of a name among others, counted from 1.
    private static func name(
        _ scanner: inout HeaderScanner,
        _ names: [String],
        _ reason: StaticString
    ) throws(ScanFailure) -> Int {
        let range = scanner.run { CharacterClass.token.contains($0) }
        guard let index = names.firstIndex(of: scanner.text(range)) else { throw ScanFailure(range.lowerBound, reason) }
        return index + 1
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }
}
