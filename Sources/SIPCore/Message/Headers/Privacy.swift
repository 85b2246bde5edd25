/// Privacy: what a user wants hidden (RFC 3323 section 4.2).
public struct Privacy: SIPHeaderValue {
    /// The values as written: `id`, `user`, `header`, `session`, `critical`, `history`, `none` or another token.
    public var values: [String]

    /// Makes a privacy from its values.
    public init(_ values: [String]) {
        self.values = values
    }

    /// Reads "id;user;critical"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Privacy.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.values = []
        // The RFC has semicolons; some peers send commas.
        repeat {
            self.values.append(try scanner.token("a kind of privacy is expected"))
        } while scanner.separator(UInt8(ascii: ";")) || scanner.separator(UInt8(ascii: ","))
    }

    /// Whether a kind of privacy is asked for, in any case.
    public func contains(_ value: String) -> Bool {
        self.values.contains { equalIgnoringCase($0, value) }
    }

    /// Whether the asserted identity must not leave the trust domain (RFC 3325 section 9.3).
    public var hidesIdentity: Bool { self.contains("id") }

    /// The header's value.
    public var description: String { self.values.joined(separator: ";") }
}

extension SIPMessage {
    /// Privacy; several lines count as one. `nil` when it is absent or malformed.
    public var privacy: Privacy? {
        var values: [String] = []
        for range in self.valueRanges(.privacy) {
            var scanner = HeaderScanner(self.storage, range)
            guard let privacy = try? scanner.whole(Privacy.init(scanning:)) else { return nil }
            values += privacy.values
        }
        return values.isEmpty ? nil : Privacy(values)
    }
}
