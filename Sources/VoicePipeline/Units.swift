/// Signs and units after numbers, as they are spoken in English.
enum Units {
    /// The text with its units in words: "21 °C" becomes "21 degrees Celsius".
    static func spoken(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let previous = index > 0 ? scalars[index - 1] : " "
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            if let (words, length) = self.money(scalars, at: index) {
                result.append(contentsOf: words.unicodeScalars)
                index += length
            } else if let words = self.sign(scalars[index], previous: previous, next: next) {
                result.append(contentsOf: words.unicodeScalars)
                index += 1
            } else if isDigit(previous) || (previous == " " && index > 1 && isDigit(scalars[index - 2])),
                let (words, length) = self.unit(scalars, at: index)
            {
                if previous != " " { result.append(" ") }
                let isOne = self.isOne(scalars, before: index)
                result.append(contentsOf: (isOne ? words.one : words.many).unicodeScalars)
                index += length
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return String(result)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// Whether the number before `index` is just 1.
    private static func isOne(_ scalars: [Unicode.Scalar], before index: Int) -> Bool {
        let number = scalars[..<index].reversed().drop { $0 == " " }.prefix {
            self.isDigit($0) || $0 == "." || $0 == ","
        }
        return number.elementsEqual(["1"])
    }

    /// "$5.20" and "€5" have their word after the number.
    private static func money(_ scalars: [Unicode.Scalar], at index: Int) -> (String, Int)? {
        guard let name = self.currencies[scalars[index]], index + 1 < scalars.count, self.isDigit(scalars[index + 1])
        else { return nil }
        var end = index + 1
        while end < scalars.count, self.isDigit(scalars[end]) || self.isInNumber(scalars, at: end) { end += 1 }
        var number = String.UnicodeScalarView()
        number.append(contentsOf: scalars[(index + 1)..<end])
        let text = String(number)
        return ("\(text) \(text == "1" ? String(name.dropLast()) : name)", end - index)
    }

    private static func isInNumber(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        (scalars[index] == "." || scalars[index] == ",") && index + 1 < scalars.count
            && self.isDigit(scalars[index + 1])
    }

    private static func sign(_ scalar: Unicode.Scalar, previous: Unicode.Scalar, next: Unicode.Scalar) -> String? {
        switch scalar {
        case "-", "−": self.isDigit(next) && (previous == " " || previous == "(") ? "minus " : nil
        case "–": self.isDigit(next) && self.isDigit(previous) ? " to " : ", "
        case "~", "≈": self.isDigit(next) || next == " " ? "about " : nil
        case "#": self.isDigit(next) ? "number " : ""
        case "&": " and "
        case "+": self.isDigit(next) && previous == " " ? "plus " : nil
        case "=": " equals "
        case "@": previous == " " ? "at " : nil
        case "±": "plus or minus "
        case "×": " times "
        case "½": " and a half"
        default: nil
        }
    }

    private static func unit(
        _ scalars: [Unicode.Scalar],
        at index: Int
    ) -> (words: (one: String, many: String), length: Int)? {
        for (symbol, words) in self.table {
            let end = index + symbol.count
            guard end <= scalars.count, scalars[index..<end].elementsEqual(symbol) else { continue }
            // "5 mm" is millimetres, "5 mmore" is not.
            if let last = symbol.last, last.properties.isAlphabetic, end < scalars.count,
                scalars[end].properties.isAlphabetic || self.isDigit(scalars[end])
            {
                continue
            }
            return (words, symbol.count)
        }
        return nil
    }

    private static let currencies: [Unicode.Scalar: String] = ["$": "dollars", "€": "euros", "£": "pounds"]

    /// Longer symbols first, so that "kWh" is not a kW and an h.
    private static let table: [(symbol: [Unicode.Scalar], words: (one: String, many: String))] = [
        ("µg/m³", "microgram per cubic meter", "micrograms per cubic meter"),
        ("kWh", "kilowatt hour", "kilowatt hours"),
        ("MWh", "megawatt hour", "megawatt hours"), ("Wh", "watt hour", "watt hours"), ("kW", "kilowatt", "kilowatts"),
        ("MW", "megawatt", "megawatts"), ("W", "watt", "watts"), ("°C", "degree Celsius", "degrees Celsius"),
        ("°F", "degree Fahrenheit", "degrees Fahrenheit"), ("℃", "degree Celsius", "degrees Celsius"),
        ("°", "degree", "degrees"), ("%", "percent", "percent"), ("km/h", "kilometer per hour", "kilometers per hour"),
        ("m/s", "meter per second", "meters per second"), ("Mbit/s", "megabit per second", "megabits per second"),
        ("Mbps", "megabit per second", "megabits per second"), ("Gbps", "gigabit per second", "gigabits per second"),
        ("TB", "terabyte", "terabytes"), ("GB", "gigabyte", "gigabytes"), ("MB", "megabyte", "megabytes"),
        ("kB", "kilobyte", "kilobytes"), ("GHz", "gigahertz", "gigahertz"), ("MHz", "megahertz", "megahertz"),
        ("kHz", "kilohertz", "kilohertz"), ("Hz", "hertz", "hertz"), ("hPa", "hectopascal", "hectopascals"),
        ("ppm", "part per million", "parts per million"), ("ppb", "part per billion", "parts per billion"),
        ("lx", "lux", "lux"), ("m³", "cubic meter", "cubic meters"), ("m²", "square meter", "square meters"),
        ("km", "kilometer", "kilometers"), ("cm", "centimeter", "centimeters"), ("mm", "millimeter", "millimeters"),
        ("kg", "kilogram", "kilograms"), ("ms", "millisecond", "milliseconds"), ("mV", "millivolt", "millivolts"),
        ("mA", "milliampere", "milliamperes"), ("V", "volt", "volts"), ("€", "euro", "euros"),
    ].map { (Array($0.0.unicodeScalars), (one: $0.1, many: $0.2)) }
}
