/// Numbers, times and lists in words that any voice reads aloud as a person would.
enum SpokenEnglish {
    /// A whole number from 0 to 9 999 in words; others in digits.
    static func number(_ value: Int) -> String {
        switch value {
        case 0..<20: return self.small[value]
        case 20..<100:
            let rest = value % 10
            return self.tens[value / 10] + (rest == 0 ? "" : "-" + self.small[rest])
        case 100..<1_000:
            let rest = value % 100
            return self.small[value / 100] + " hundred" + (rest == 0 ? "" : " and " + self.number(rest))
        case 1_000..<10_000:
            let rest = value % 1_000
            let joint = rest < 100 ? " and " : " "
            return self.small[value / 1_000] + " thousand" + (rest == 0 ? "" : joint + self.number(rest))
        case -9_999..<0: return "minus " + self.number(-value)
        default: return String(value)
        }
    }

    /// "first", "twenty-second", for 1 to 31.
    static func ordinal(_ value: Int) -> String {
        let special = [1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"]
        if let word = special[value] { return word }
        switch value {
        case 20: return "twentieth"
        case 30: return "thirtieth"
        case 21..<30: return "twenty-" + self.ordinal(value - 20)
        case 31: return "thirty-first"
        default: return self.number(value) + "th"
        }
    }

    /// A measured value in digits with at most one decimal, such as `21.5`; voices read these well.
    static func measure(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard abs(tenths) < 1e15 else { return "very many" }
        let whole = Int(tenths)
        let sign = whole < 0 ? "minus " : ""
        let (units, rest) = abs(whole).quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(units)" : "\(sign)\(units).\(rest)"
    }

    /// "ten fifteen in the morning", "noon", "five past midnight", "five o'clock in the afternoon".
    static func time(_ time: WallTime) -> String {
        let hour = ((time.hour % 24) + 24) % 24
        if time.minute == 0, hour == 0 { return "midnight" }
        if time.minute == 0, hour == 12 { return "noon" }
        // The first hour has no number that is not taken for noon's.
        if hour == 0, time.minute <= 30 {
            return (time.minute == 30 ? "half" : self.number(time.minute)) + " past midnight"
        }
        let spoken = self.number(hour % 12 == 0 ? 12 : hour % 12)
        let minutes =
            switch time.minute {
            case 0: " o'clock"
            case 1...9: " oh " + self.number(time.minute)
            default: " " + self.number(time.minute)
            }
        return spoken + minutes + " " + self.partOfDay(hour)
    }

    /// "Monday, the third of August".
    static func date(_ time: WallTime) -> String {
        "\(self.weekdays[time.weekday]), the \(self.ordinal(time.day)) of \(self.months[min(12, max(1, time.month)) - 1])"
    }

    /// "twenty twenty-six", "two thousand and five".
    static func year(_ year: Int) -> String {
        guard (1_100..<2_000).contains(year) || (2_010..<2_100).contains(year) else { return self.number(year) }
        let rest = year % 100
        switch rest {
        case 0: return self.number(year / 100) + " hundred"
        case 1...9: return self.number(year / 100) + " oh " + self.number(rest)
        default: return self.number(year / 100) + " " + self.number(rest)
        }
    }

    /// "ten minutes", "an hour and a half", "two hours and five minutes", "thirty seconds".
    static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        guard seconds >= 60 else { return self.count(Int(seconds), "second") }
        let (hours, minutes) = Int(min(seconds, 31_536_000) / 60).quotientAndRemainder(dividingBy: 60)
        if hours >= 48 { return self.count(hours / 24, "day") }
        if hours == 0 { return minutes == 30 ? "half an hour" : self.count(minutes, "minute") }
        let whole = hours == 1 ? "an hour" : self.count(hours, "hour")
        if minutes == 0 { return whole }
        return whole + " and " + (minutes == 30 ? "a half" : self.count(minutes, "minute"))
    }

    /// "one server", "three servers".
    static func count(_ count: Int, _ noun: String) -> String {
        "\(self.number(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// "a", "a and b", "a, b and c".
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// A whole number said in words or digits, such as "twenty five" or "25", at the beginning of some words;
    /// with the number of words that it takes.
    static func parseNumber(_ words: ArraySlice<String>) -> (value: Int, length: Int)? {
        guard let first = words.first else { return nil }
        if let value = Int(first), (0...100_000).contains(value) { return (value, 1) }
        if first == "a" || first == "an" { return (1, 1) }
        if let value = self.small.firstIndex(of: first) { return (value, 1) }
        guard let ten = self.tens.firstIndex(of: first), ten >= 2 else { return nil }
        if let second = words.dropFirst().first, let unit = self.small.firstIndex(of: second), (1...9).contains(unit) {
            return (10 * ten + unit, 2)
        }
        return (10 * ten, 1)
    }

    /// "in the morning" and so on, for an hour of 0 to 23.
    static func partOfDay(_ hour: Int) -> String {
        switch hour {
        case 0..<12: "in the morning"
        case 12..<18: "in the afternoon"
        case 18..<22: "in the evening"
        default: "at night"
        }
    }

    private static let small = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    private static let tens = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
