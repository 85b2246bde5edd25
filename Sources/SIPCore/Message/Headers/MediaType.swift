/// A media type, or a range of them: Content-Type and Accept (RFC 3261 section 20.1 and 20.15).
public struct MediaType: SIPHeaderValue {
    /// The type as written ("application"); `*` in a range of all.
    public var type: String
    /// The subtype as written ("sdp"); `*` in a range of a type.
    public var subtype: String
    /// The parameters: `boundary`, `charset`, and in Accept `q`.
    public var parameters: Parameters

    /// Makes a media type from its parts.
    public init(_ type: String, _ subtype: String, parameters: Parameters = Parameters()) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    /// Reads "multipart/mixed;boundary=unique"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, MediaType.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        try self.init(
            &scanner,
            [
                ParameterRule("boundary", .tokenOrQuoted), ParameterRule("charset", .tokenOrQuoted),
            ]
        )
    }

    /// A range of Accept, whose `q` is a quality.
    init(range scanner: inout HeaderScanner) throws(ScanFailure) {
        try self.init(&scanner, [ParameterRule("q", .quality)])
    }

    private init(_ scanner: inout HeaderScanner, _ rules: [ParameterRule]) throws(ScanFailure) {
        self.type = try scanner.token("a media type is expected")
        guard scanner.separator(UInt8(ascii: "/")) else { throw ScanFailure(scanner.position, "a slash is expected") }
        self.subtype = try scanner.token("a media subtype is expected")
        self.parameters = try scanner.parameters(rules)
    }

    /// Type and subtype in small letters, without parameters ("application/sdp").
    public var name: String { lowercased(self.type) + "/" + lowercased(self.subtype) }

    /// The `boundary` of a multipart type (RFC 2046 section 5.1.1).
    public var boundary: String? { self.parameters["boundary"] }

    /// The `charset` of a text type.
    public var charset: String? { self.parameters["charset"] }

    /// The `q` of a range in Accept; 1 when it is absent or malformed.
    public var quality: Quality { self.parameters.quality ?? .highest }

    /// Whether this range has the other type in it; parameters do not count.
    public func includes(_ other: MediaType) -> Bool {
        (self.type == "*" || equalIgnoringCase(self.type, other.type))
            && (self.subtype == "*" || equalIgnoringCase(self.subtype, other.subtype))
    }

    /// The header's value.
    public var description: String { "\(self.type)/\(self.subtype)\(self.parameters)" }

    /// Whether both name the same type with the same parameters; names without regard to case.
    public static func == (left: MediaType, right: MediaType) -> Bool {
        left.name == right.name && left.parameters == right.parameters
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.name)
        hasher.combine(self.parameters)
    }
}

extension SIPMessage {
    /// Content-Type with its parameters; `nil` when it is absent or malformed.
    public var mediaType: MediaType? { self.one(.contentType, MediaType.init(scanning:)) }

    /// Accept. `nil` when it is absent, which means `application/sdp`; empty, nothing is accepted (RFC 3261 section 20.1).
    public var accept: [MediaType]? { self.listIfPresent(.accept, MediaType.init(range:)) }

    /// Whether the peer takes a body of that type, after the most specific range of its Accept that has the type.
    public func accepts(_ type: MediaType) -> Bool {
        guard let ranges = self.accept else { return type.name == "application/sdp" }
        func weight(_ range: MediaType) -> Int { range.type == "*" ? 0 : range.subtype == "*" ? 1 : 2 }
        let best = ranges.filter { $0.includes(type) }.max { weight($0) < weight($1) }
        return best.map { $0.quality.thousandths > 0 } ?? false
    }
}
