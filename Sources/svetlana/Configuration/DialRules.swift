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
    /// Emergency numbers that may be called all the same, each by itself.
    var emergency: [String] = []

    /// Whether a number, or the user part of a SIP URI, may be called. No pattern allows an emergency number: it must be
    /// listed as it is dialed. The owner's extension is named in the configuration, so it may be one that elsewhere brings
    /// the police, such as 110.
    func allows(_ number: String, owner: String? = nil) -> Bool {
        let isOwner = number == owner && !EmergencyNumbers.areKnownEverywhere(number)
        if EmergencyNumbers.contain(number), !isOwner { return self.listsByName(number) }
        return self.emergency.contains(number) || self.allow.contains { $0.fits(number) }
    }

    private func listsByName(_ number: String) -> Bool {
        self.emergency.contains(number) || self.allow.contains(.pattern(number))
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
        let isPattern = body.utf8.allSatisfy { byte in
            Self.isDigit(byte) || byte == UInt8(ascii: "X") || byte == UInt8(ascii: "x") || byte == UInt8(ascii: "#")
        }
        guard isPattern, !text.isEmpty, text != "+" else { return nil }
        self = .pattern(text.uppercased())
    }

    /// Whether a whole number fits.
    func fits(_ number: String) -> Bool {
        let bytes = Array(number.utf8)
        let digits = bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes[...]
        let isNumber = digits.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "#") }
        guard !digits.isEmpty, digits.count <= 64, isNumber else { return false }
        switch self {
        case .extensions:
            return bytes.count <= 5 && bytes.allSatisfy(Self.isDigit)
        case .pattern(let pattern):
            let isOpen = pattern.hasSuffix("*")
            let body = Array((isOpen ? pattern.dropLast() : pattern[...]).utf8)
            guard isOpen ? bytes.count >= body.count : bytes.count == body.count else { return false }
            // What an open end stands for are digits: a star or a number sign there would be a code of the PBX.
            guard bytes.dropFirst(body.count).allSatisfy(Self.isDigit) else { return false }
            return zip(body, bytes).allSatisfy { wanted, found in
                wanted == found || (wanted == UInt8(ascii: "X") && Self.isDigit(found))
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// The numbers that bring police, ambulance or fire brigade somewhere. Nothing calls them by a pattern.
enum EmergencyNumbers {
    /// Whether a number is one, however it is written: with separators, with a plus, or behind what a PBX wants
    /// dialed for an outside line.
    static func contain(_ number: String) -> Bool {
        let digits = String(decoding: number.utf8.filter { (0x30...0x39).contains($0) }, as: UTF8.self)
        if Self.all.contains(digits) { return true }
        return Self.outsideLine.contains {
            digits.hasPrefix($0) && Self.behindPrefix.contains(String(digits.dropFirst($0.count)))
        }
    }

    /// Whether a number brings help in most networks, mobile ones above all.
    static func areKnownEverywhere(_ number: String) -> Bool { ["112", "911", "999"].contains(number) }

    private static let outsideLine = ["0", "00", "9"]
    /// Only those that are known everywhere: an extension such as 9115 is none.
    private static let behindPrefix: Set<String> = ["112", "911", "999", "110", "000"]
    private static let all: Set<String> = [
        "112", "911", "999", "000", "110", "111", "113", "114", "115", "116", "117", "118", "119", "15", "17", "18",
        "120",
        "122", "133", "144", "155", "158", "190", "191", "192", "193", "060", "061", "062", "065", "080", "085", "088",
        "091",
        "092", "933", "988", "08", "10111", "10177",
    ]
}
