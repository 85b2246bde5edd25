/// A scheme with its parameters: Authorization, WWW-Authenticate and their two for proxies (RFC 3261 section 25.1).
///
/// The view for a reader of messages. What a digest client and server compute with is `DigestChallenge`,
/// `DigestClient` and `DigestAuthenticator`.
public struct AuthorizationValue: SIPHeaderValue {
    /// The scheme as written ("Digest").
    public var scheme: String
    /// The parameters in order, values with their quotes.
    public var parameters: Parameters

    /// Makes a value from its parts.
    public init(scheme: String, parameters: Parameters) {
        self.scheme = scheme
        self.parameters = parameters
    }

    /// Reads "Digest realm=\"atlanta.example\", nonce=\"84a4\""; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, AuthorizationValue.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.scheme = try scanner.token("a scheme is expected")
        try scanner.gap()
        self.parameters = try AuthorizationValue.parameters(&scanner)
    }

    /// `name=value` with commas between them.
    static func parameters(_ scanner: inout HeaderScanner) throws(ScanFailure) -> Parameters {
        var parameters = Parameters()
        repeat {
            let name = try scanner.token("the name of a parameter is expected")
            guard scanner.separator(UInt8(ascii: "=")) else {
                throw ScanFailure(scanner.position, "an equals sign is expected")
            }
            let start = scanner.position
            if scanner.next == UInt8(ascii: "\"") {
                _ = try scanner.quotedString()
            } else {
                // More than a token: a Basic-like value in Base64, a URI that a peer forgot to quote.
                let range = scanner.run { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != 0x22 }
                guard !range.isEmpty else { throw ScanFailure(start, "a value is expected") }
            }
            let raw = scanner.text(start..<scanner.position)
            parameters.items.append(Parameters.Item(name: name, rawValue: raw))
        } while scanner.separator(UInt8(ascii: ","))
        return parameters
    }

    static func text(_ parameters: Parameters) -> String {
        parameters.items.map { "\($0.name)=\($0.rawValue ?? "\"\"")" }.joined(separator: ", ")
    }

    /// The realm without its quotes.
    public var realm: String? { self.parameters["realm"] }

    /// The header's value.
    public var description: String { "\(self.scheme) \(AuthorizationValue.text(self.parameters))" }
}

extension SIPMessage {
    /// The values of a header of authorization, one a line: `.authorization`, `.proxyAuthorization`,
    /// `.wwwAuthenticate` or `.proxyAuthenticate`.
    public func authorizationValues(_ name: HeaderName) -> [AuthorizationValue] {
        self.valueRanges(name).compactMap { range in
            var scanner = HeaderScanner(self.storage, range)
            return try? scanner.whole(AuthorizationValue.init(scanning:))
        }
    }
}
