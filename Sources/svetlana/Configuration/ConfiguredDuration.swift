extension Duration {
    /// Reads seconds, or a number with a unit: `0.8`, `800 ms`, `30s`, `15 min`, `1 h`.
    init?(configured text: String) {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop(while: \.isWhitespace)
        guard let value = Double(number), value.isFinite, value < 1e9 else { return nil }
        switch unit {
        case "", "s", "sec", "seconds": self = .seconds(value)
        case "ms": self = .milliseconds(value)
        case "min", "m", "minutes": self = .seconds(value * 60)
        case "h", "hours": self = .seconds(value * 3_600)
        default: return nil
        }
    }

    /// The duration in the form that a configuration has.
    var configured: String {
        let milliseconds = Int(self / .milliseconds(1))
        return milliseconds.isMultiple(of: 1_000) ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }
}
