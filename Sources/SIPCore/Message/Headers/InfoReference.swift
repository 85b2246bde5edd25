/// A URI that tells more: Alert-Info, Call-Info and Error-Info (RFC 3261 section 20.4, 20.9 and 20.18).
public struct InfoReference: SIPHeaderValue {
    /// Where to find it; any scheme.
    public var uri: SIPURI
    /// The parameters, `purpose` among them.
    public var parameters: Parameters

    /// Makes a reference from its parts.
    public init(uri: SIPURI, purpose: String? = nil) {
        self.uri = uri
        self.parameters = Parameters()
        self.parameters.assign("purpose", purpose)
    }

    /// Reads "<http://www.example.com/alice/photo.jpg>;purpose=icon"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, InfoReference.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.uri = try scanner.bracketedURI()
        self.parameters = try scanner.parameters([ParameterRule("purpose", .token)])
    }

    /// What a Call-Info is for: `icon`, `info`, `card` or another token.
    public var purpose: String? { self.parameters["purpose"] }

    /// The value as one item of the header.
    public var description: String { "<\(self.uri)>\(self.parameters)" }
}

extension SIPMessage {
    /// Alert-Info: what to ring with. A peer's choice, which nothing here ever fetches.
    public var alertInfo: [InfoReference] { self.list(.alertInfo, InfoReference.init(scanning:)) }

    /// Call-Info: more about the caller or the callee.
    public var callInfo: [InfoReference] { self.list(.callInfo, InfoReference.init(scanning:)) }

    /// Error-Info: more about a failure.
    public var errorInfo: [InfoReference] { self.list(.errorInfo, InfoReference.init(scanning:)) }
}
