/// Warning: more about the status of a response (RFC 3261 section 20.43).
public struct Warning: SIPHeaderValue {
    /// Three digits; those of SIP start with 3.
    public var code: Int
    /// Who warns: a host with its port, or a pseudonym.
    public var agent: String
    /// The warning in words.
    public var text: String

    /// Makes a warning from its parts.
    public init(code: Int, agent: String, text: String) {
        self.code = code
        self.agent = agent
        self.text = text
    }

    /// Reads "307 isi.edu \"Session parameter 'foo' not understood\""; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Warning.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        let digits = scanner.run { $0 >= 0x30 && $0 <= 0x39 }
        guard digits.count == 3 else { throw ScanFailure(digits.lowerBound, "a code of three digits is expected") }
        self.code = scanner.bytes[digits].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        try scanner.gap()
        let agent = scanner.run {
            CharacterClass.token.contains($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "[")
                || $0 == UInt8(ascii: "]")
        }
        guard !agent.isEmpty else { throw ScanFailure(agent.lowerBound, "a host or a name is expected") }
        self.agent = scanner.text(agent)
        try scanner.gap()
        self.text = try scanner.quotedString()
    }

    /// The value as one item of the header.
    public var description: String {
        // A code below 100 is none of SIP's, but keeps its three digits.
        let zeros = String(repeating: "0", count: self.code < 0 ? 0 : max(0, 3 - "\(self.code)".utf8.count))
        return "\(zeros)\(self.code) \(self.agent) \(quoted(self.text))"
    }
}

extension SIPMessage {
    /// The Warnings in order.
    public var warnings: [Warning] { self.list(.warning, Warning.init(scanning:)) }
}
