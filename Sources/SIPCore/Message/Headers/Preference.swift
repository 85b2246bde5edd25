/// One choice of Accept-Encoding or Accept-Language with how much it is liked (RFC 3261 section 20.2 and 20.3).
public struct Preference: SIPHeaderValue {
    /// The coding or language, or `*` for any other.
    public var value: String
    /// The parameters, `q` among them.
    public var parameters: Parameters

    /// Makes a preference from its parts.
    public init(_ value: String, quality: Quality = .highest) {
        self.value = value
        self.parameters = Parameters()
        if quality != .highest { self.parameters.set("q", quality.description) }
    }

    /// Reads "gzip;q=0.5"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Preference.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.value = try scanner.token("a token is expected")
        self.parameters = try scanner.parameters([ParameterRule("q", .quality)])
    }

    init(language scanner: inout HeaderScanner) throws(ScanFailure) {
        self.value = scanner.separator(UInt8(ascii: "*")) ? "*" : try Preference.language(&scanner)
        self.parameters = try scanner.parameters([ParameterRule("q", .quality)])
    }

    /// A language tag: parts of one to eight characters with hyphens between them.
    static func language(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        let start = scanner.position
        repeat {
            let part = scanner.run { byte in
                (byte >= 0x30 && byte <= 0x39) || (lowercased(byte) >= 0x61 && lowercased(byte) <= 0x7A)
            }
            guard (1...8).contains(part.count) else { throw ScanFailure(part.lowerBound, "a language is expected") }
        } while !scanner.run { $0 == UInt8(ascii: "-") }.isEmpty
        return scanner.text(start..<scanner.position)
    }

    /// How much it is liked; 1 when `q` is absent.
    public var quality: Quality { self.parameters.quality ?? .highest }

    /// The value as one item of the header.
    public var description: String { "\(self.value)\(self.parameters)" }
}

extension SIPMessage {
    /// Accept-Encoding; `nil` when it is absent, which means no coding at all.
    public var acceptEncoding: [Preference]? { self.listIfPresent(.acceptEncoding, Preference.init(scanning:)) }

    /// Accept-Language; `nil` when it is absent, which means any language.
    public var acceptLanguage: [Preference]? { self.listIfPresent(.acceptLanguage, Preference.init(language:)) }

    /// Content-Encoding: the codings of the body in the order in which they were applied.
    public var contentEncoding: [String] { self.list(.contentEncoding, HeaderGrammar.token) }

    /// Content-Language: the languages of the body.
    public var contentLanguage: [String] { self.list(.contentLanguage, Preference.language) }
}
