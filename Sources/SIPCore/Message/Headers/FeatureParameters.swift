/// One thing that a feature parameter says of a device (RFC 3840 section 9, `tag-value`).
public struct FeatureItem: Hashable, Sendable, CustomStringConvertible {
    /// What is said.
    public enum Value: Hashable, Sendable {
        /// A word of a list.
        case token(String)
        /// TRUE or FALSE.
        case boolean(Bool)
        /// Numbers from the first to the second, both included; without end for `>=` and `<=`.
        case numbers(ClosedRange<Double>)
    }

    /// Whether it is denied, by an exclamation mark.
    public var isNegated: Bool
    /// What is said.
    public var value: Value

    /// Makes an item from its parts.
    public init(_ value: Value, isNegated: Bool = false) {
        self.value = value
        self.isNegated = isNegated
    }

    init?(_ text: some StringProtocol) {
        var text = Substring(text)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        self.isNegated = text.first == "!"
        if self.isNegated { text.removeFirst() }
        if text.first == "#" {
            guard let numbers = FeatureItem.numbers(text.dropFirst()) else { return nil }
            self.value = .numbers(numbers)
        } else if equalIgnoringCase(text, "TRUE") || equalIgnoringCase(text, "FALSE") {
            self.value = .boolean(equalIgnoringCase(text, "TRUE"))
        } else {
            guard !text.isEmpty, text.utf8.allSatisfy({ CharacterClass.token.contains($0) }) else { return nil }
            self.value = .token(String(text))
        }
    }

    private static func numbers(_ text: Substring) -> ClosedRange<Double>? {
        if text.hasPrefix(">=") { return FeatureItem.number(text.dropFirst(2)).map { $0...(.infinity) } }
        if text.hasPrefix("<=") { return FeatureItem.number(text.dropFirst(2)).map { (-.infinity)...$0 } }
        if text.hasPrefix("=") { return FeatureItem.number(text.dropFirst()).map { $0...$0 } }
        let ends = text.split(separator: ":", omittingEmptySubsequences: false).map { FeatureItem.number($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
        return first...last
    }

    private static func number(_ text: Substring) -> Double? {
        // No exponents, no names of numbers that are none; no more digits than a Double gives back.
        let digits = text.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }.count
        let isNumber = text.utf8.allSatisfy { byte in
            (byte >= 0x30 && byte <= 0x39) || byte == 0x2E || byte == 0x2D || byte == 0x2B
        }
        let decimals = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.utf8.count ?? 0
        guard isNumber, (1...15).contains(digits), decimals <= 9 else { return nil }
        return Double(text)
    }

    /// The item as it stands between the quotes.
    public var description: String {
        let text =
            switch self.value {
            case .token(let token): token
            case .boolean(let value): value ? "TRUE" : "FALSE"
            case .numbers(let numbers): FeatureItem.text(numbers)
            }
        return self.isNegated ? "!" + text : text
    }

    private static func text(_ numbers: ClosedRange<Double>) -> String {
        if numbers.upperBound == .infinity { return "#>=\(FeatureItem.text(numbers.lowerBound))" }
        if numbers.lowerBound == -.infinity { return "#<=\(FeatureItem.text(numbers.upperBound))" }
        guard numbers.lowerBound < numbers.upperBound else { return "#=\(FeatureItem.text(numbers.lowerBound))" }
        return "#\(FeatureItem.text(numbers.lowerBound)):\(FeatureItem.text(numbers.upperBound))"
    }

    private static func text(_ number: Double) -> String {
        if let integer = Int64(exactly: number) { return "\(integer)" }
        let text = "\(number)"
        // Only numbers below a ten-thousandth are written with an exponent, and they have nine decimals at most.
        guard text.contains("e") else { return text }
        let billionths = "\(1_000_000_000 + (Int64(exactly: (number.magnitude * 1e9).rounded()) ?? 0))"
        return (number < 0 ? "-0." : "0.") + billionths.dropFirst()
    }

    /// Whether a device that says this has the word or the truth; of numbers, whether the number is among them.
    func matches(_ text: String) -> Bool {
        let matches =
            switch self.value {
            case .token(let token): equalIgnoringCase(token, text)
            case .boolean(let value): equalIgnoringCase(value ? "TRUE" : "FALSE", text)
            case .numbers(let numbers): Double(text).map { numbers.contains($0) } ?? false
            }
        return matches != self.isNegated
    }
}

/// The value of a feature parameter (RFC 3840 section 9).
public enum FeatureValue: Hashable, Sendable, CustomStringConvertible {
    /// A list, any of which is true; a parameter without a value is the list of TRUE alone.
    case list([FeatureItem])
    /// Text that is compared byte by byte, given in angle brackets.
    case string(String)

    /// Reads what stands between the quotes of a parameter; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        if text.hasPrefix("<") {
            guard text.hasSuffix(">"), text.utf8.count >= 2 else { return nil }
            self = .string(String(text.dropFirst().dropLast()))
            return
        }
        var items: [FeatureItem] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let item = FeatureItem(piece) else { return nil }
            items.append(item)
        }
        self = .list(items)
    }

    /// Whether the device has the word: any item of the list, or the text itself.
    public func contains(_ text: String) -> Bool {
        switch self {
        case .list(let items): items.contains { $0.matches(text) }
        case .string(let string): string == text
        }
    }

    /// The value as it stands between the quotes.
    public var description: String {
        switch self {
        case .list(let items): items.map(\.description).joined(separator: ",")
        case .string(let text): "<\(text)>"
        }
    }
}

extension Parameters {
    // The tags of RFC 3840 section 9 that need no plus sign.
    private static let baseFeatures: Set<String> = [
        "audio", "automata", "class", "duplex", "data", "control", "mobility", "description", "events", "priority",
        "methods", "schemes", "application", "video", "language", "type", "isfocus", "actor", "text", "extensions",
    ]

    /// Whether a parameter describes the device: a base tag, or a name with a plus sign (RFC 3840 section 9).
    static func isFeature(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: "+") || Parameters.baseFeatures.contains(lowercased(name))
    }

    /// What a Contact, Accept-Contact or Reject-Contact says of a device, in order; malformed features are left out.
    public var features: [(name: String, value: FeatureValue)] {
        self.items.compactMap { item in
            guard Parameters.isFeature(item.name) else { return nil }
            guard let text = item.value else { return (item.name, .list([FeatureItem(.boolean(true))])) }
            return FeatureValue(text).map { (item.name, $0) }
        }
    }

    /// The value of one feature (`audio`, `+sip.rendering`); `nil` when it is absent or malformed.
    public func feature(_ name: String) -> FeatureValue? {
        self.features.first { equalIgnoringCase($0.name, name) }?.value
    }

    /// Says a feature of a device; TRUE alone is written as a name without a value.
    public mutating func setFeature(_ name: String, _ value: FeatureValue = .list([FeatureItem(.boolean(true))])) {
        if value == .list([FeatureItem(.boolean(true))]) {
            self.set(name)
        } else {
            self.assignQuoted(name, value.description)
        }
    }
}
