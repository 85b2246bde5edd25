/// Authentication-Info: what a server tells after it has accepted credentials (RFC 3261 section 20.6).
public struct AuthenticationInfo: SIPHeaderValue {
    /// The parameters in order, values with their quotes.
    public var parameters: Parameters

    /// Makes a value that only gives the next nonce.
    public init(nextNonce: String) {
        self.parameters = Parameters()
        self.parameters.assignQuoted("nextnonce", nextNonce)
    }

    /// Reads "nextnonce=\"47364c23432d2e131a5fb210812c\""; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, AuthenticationInfo.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.parameters = try AuthorizationValue.parameters(&scanner)
    }

    /// The nonce to use for the next request.
    public var nextNonce: String? { self.parameters["nextnonce"] }
    /// The quality of protection that the server applied.
    public var qop: String? { self.parameters["qop"] }
    /// The server's own proof that it knows the password, in hexadecimal.
    public var responseAuthentication: String? { self.parameters["rspauth"] }
    /// The client's nonce.
    public var clientNonce: String? { self.parameters["cnonce"] }
    /// The nonce count, eight hexadecimal digits.
    public var nonceCount: UInt32? { self.parameters["nc"].flatMap { UInt32($0, radix: 16) } }

    /// The header's value.
    public var description: String { AuthorizationValue.text(self.parameters) }
}

extension SIPMessage {
    /// Authentication-Info; `nil` when it is absent or malformed.
    public var authenticationInfo: AuthenticationInfo? {
        self.one(.authenticationInfo, AuthenticationInfo.init(scanning:))
    }
}
