/// Referred-By (compact "b"): who asked for this request (RFC 3892 section 3).
public struct ReferredBy: SIPHeaderValue {
    /// The referrer, with all parameters.
    public var address: NameAddress

    /// Makes a value; `contentID` names the part of the body that proves it, without angle brackets.
    public init(uri: SIPURI, contentID: String? = nil) {
        self.address = NameAddress(uri: uri)
        self.address.parameters.assignQuoted("cid", contentID)
    }

    /// Reads "<sip:r@ref.example>;cid=\"20398823.2UWQFN309shb3@ref.example\""; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, ReferredBy.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.address = try scanner.nameAddress([ParameterRule("cid", .tokenOrQuoted)])
    }

    /// The referrer's URI.
    public var uri: SIPURI { self.address.uri }

    /// The Content-ID of the referrer's proof in the body.
    public var contentID: String? { self.address.parameters["cid"] }

    /// The header's value.
    public var description: String { self.address.description }
}

extension SIPMessage {
    /// Referred-By; `nil` when it is absent or malformed.
    public var referredBy: ReferredBy? { self.one(.referredBy, ReferredBy.init(scanning:)) }
}
