/// What the value of one parameter must be, where a header says so.
struct ParameterRule: Sendable {
    /// The kinds of values that headers ask for.
    enum Kind: Sendable {
        /// No value at all.
        case flag
        /// A number of 32 bits.
        case number
        /// A number of seconds; too large means 2^32 - 1.
        case seconds
        /// A number from 0 to 1 with three decimals.
        case quality
        /// A token.
        case token
        /// A quoted string.
        case quoted
        /// A token or a quoted string.
        case tokenOrQuoted
        /// A quoted string, or words without quotes as some peers send them.
        case words
        /// One of these tokens, in any case.
        case oneOf([String])
        /// Numbers with dots between them (RFC 7044 section 10.3.1).
        case index
    }

    var name: String
    var kind: Kind
    var isRequired = false

    init(_ name: String, _ kind: Kind, required: Bool = false) {
        self.name = name
        self.kind = kind
        self.isRequired = required
    }
}

extension HeaderScanner {
    /// Parameters up to the end or a comma, each `;name` or `;name=value`, as the rules of their header ask.
    ///
    /// A parameter that has a rule may stand only once: what would the second one mean?
    mutating func parameters(_ rules: [ParameterRule] = []) throws(ScanFailure) -> Parameters {
        var parameters = Parameters()
        while self.separator(UInt8(ascii: ";")) {
            // A semicolon too many means nothing.
            if self.isAtEnd || self.next == UInt8(ascii: ";") || self.next == UInt8(ascii: ",") { continue }
            let start = self.position
            let name = try self.token("the name of a parameter is expected")
            let rule = rules.first { equalIgnoringCase($0.name, name) }
            if rule != nil, parameters.contains(name) { throw ScanFailure(start, "the parameter may stand only once") }
            var raw: String?
            if self.separator(UInt8(ascii: "=")) {
                raw = try self.value(rule?.kind)
            } else {
                switch rule?.kind {
                case nil, .flag: break
                default: throw ScanFailure(self.position, "the parameter needs a value")
                }
            }
            parameters.items.append(Parameters.Item(name: name, rawValue: raw))
        }
        for rule in rules where rule.isRequired && !parameters.contains(rule.name) {
            throw ScanFailure(self.position, "a parameter that must be here is missing")
        }
        return parameters
    }

    /// The value of a parameter as it is written, checked by its rule.
    private mutating func value(_ kind: ParameterRule.Kind?) throws(ScanFailure) -> String {
        let start = self.position
        switch kind {
        case .flag: throw ScanFailure(start, "the parameter has no value")
        case .number: _ = try self.number()
        case .seconds: _ = try self.seconds()
        case .quality: _ = try Quality(scanning: &self)
        case .token: _ = try self.token("a token is expected")
        case .quoted: _ = try self.quotedString()
        case .tokenOrQuoted:
            if self.next == UInt8(ascii: "\"") {
                _ = try self.quotedString()
            } else {
                _ = try self.token("a value is expected")
            }
        case .words:
            if self.next == UInt8(ascii: "\"") {
                _ = try self.quotedString()
            } else {
                return try self.unquotedWords()
            }
        case .oneOf(let tokens):
            let token = try self.token("a token is expected")
            guard tokens.contains(where: { equalIgnoringCase($0, token) }) else {
                throw ScanFailure(start, "this is none of the values that may stand here")
            }
        case .index: _ = try HistoryInfo.index(&self)
        case nil:
            if self.next == UInt8(ascii: "\"") {
                _ = try self.quotedString()
            } else {
                let range = self.run(HeaderScanner.isPlainValue)
                guard !range.isEmpty else { throw ScanFailure(start, "a value is expected") }
            }
        }
        return self.text(start..<self.position)
    }

    /// Words up to the next separator; given back in quotes, so that they leave as the grammar has them.
    private mutating func unquotedWords() throws(ScanFailure) -> String {
        let range = self.run { HeaderScanner.isPlainValue($0) || CharacterClass.space.contains($0) }
        let bytes = self.bytes[range]
        guard let last = bytes.lastIndex(where: { !CharacterClass.space.contains($0) }) else {
            throw ScanFailure(range.lowerBound, "a value is expected")
        }
        return quoted(self.text(range.lowerBound..<(last + 1)))
    }

    /// More than a token or a host, for peers send more; never what ends a value.
    private static func isPlainValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        case 0x21...0x7E, 0x80...: true
        default: false
        }
    }
}

extension Parameters {
    /// The number that a parameter has; `nil` when it is absent or none.
    func number(_ name: String) -> UInt32? {
        self[name].flatMap { text in HeaderScanner.read(text) { (scanner) throws(ScanFailure) in try scanner.number() }
        }
    }

    /// The seconds that a parameter has, 2^32 - 1 when there are more; `nil` when it is absent or no number.
    func seconds(_ name: String) -> UInt32? {
        self[name].flatMap { text in HeaderScanner.read(text) { (scanner) throws(ScanFailure) in try scanner.seconds() }
        }
    }

    /// Gives a parameter a value, or removes it for `nil`.
    mutating func assign(_ name: String, _ value: String?) {
        if let value { self.set(name, value) } else { self.remove(name) }
    }

    /// Gives a parameter a value in quotes, or removes it for `nil`.
    mutating func assignQuoted(_ name: String, _ value: String?) {
        if let value { self.set(Item(name: name, rawValue: quoted(value))) } else { self.remove(name) }
    }
}
