/// Content-Disposition: what a body is for (RFC 3261 section 20.11).
public struct ContentDisposition: SIPHeaderValue {
    /// The type as written: `session`, `render`, `early-session` (RFC 3959) or another token.
    public var type: String
    /// The parameters, `handling` among them.
    public var parameters: Parameters

    /// Makes a disposition; a body that may be passed over says so by `handling=optional`.
    public init(_ type: String, isOptional: Bool = false) {
        self.type = type
        self.parameters = Parameters()
        if isOptional { self.parameters.set("handling", "optional") }
    }

    /// Reads "session;handling=optional"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, ContentDisposition.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.type = try scanner.token("a disposition is expected")
        self.parameters = try scanner.parameters([ParameterRule("handling", .token)])
    }

    /// Whether a body of a type that is not known makes the message unacceptable (415); so without `handling`.
    public var isRequired: Bool {
        self.parameters["handling"].map { !equalIgnoringCase($0, "optional") } ?? true
    }

    /// The header's value.
    public var description: String { "\(self.type)\(self.parameters)" }
}

extension SIPMessage {
    /// Content-Disposition; `nil` when it is absent, where a description means `session` and anything else `render`.
    public var contentDisposition: ContentDisposition? {
        self.one(.contentDisposition, ContentDisposition.init(scanning:))
    }
}
