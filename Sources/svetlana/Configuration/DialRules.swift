/// `dial:`, what may be called.
struct DialRules: Sendable, Equatable {
    /// One rule.
    enum Rule: Sendable, Equatable {
        /// Any number of one to five digits.
        case extensions
        /// Digits with `X` for any one digit, and `*` at the end for any number of digits.
        case pattern(String)
    }

    /// The rules; a number that fits none is refused.
    var allow: [Rule] = [.extensions]

    /// Whether a number, or the user part of a SIP URI, may be called.
    func allows(_ number: String) -> Bool {
        self.allow.contains { $0.fits(number) }
    }
}

extension DialRules.Rule {
    /// Reads `extensions`, or a pattern such as `+4930*`, `8XX`, `100`.
    init?(_ text: String) {
        if text.lowercased() == "extensions" {
            self = .extensions
            return
        }
        var body = Substring(text)
        if body.hasSuffix("*") { body = body.dropLast() }
        if body.hasPrefix("+") { body = body.dropFirst() }
        let isPattern = body.allSatisfy { ("0"..."9").contains($0) || $0 == "X" || $0 == "x" || $0 == "#" }
        guard isPattern, !text.isEmpty, text != "+" else { return nil }
        self = .pattern(text.uppercased())
    }

    /// Whether a number fits.
    func fits(_ number: String) -> Bool {
        let digits = number.hasPrefix("+") ? number.dropFirst() : number[...]
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) || $0 == "*" || $0 == "#" }) else {
            return false
        }
        switch self {
        case .extensions:
            return number.count <= 5 && number.allSatisfy { ("0"..."9").contains($0) }
        case .pattern(let pattern):
            let isOpen = pattern.hasSuffix("*")
            let body = isOpen ? pattern.dropLast() : pattern[...]
            guard isOpen ? number.count >= body.count : number.count == body.count else { return false }
            return zip(body, number).allSatisfy { wanted, found in
                wanted == found || (wanted == "X" && ("0"..."9").contains(found))
            }
        }
    }
}
