/// Who we are to a registrar: a name and a password. Never shown in a description.
public struct DigestCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The name that is hashed: 3CX calls it authentication ID, and it is not the extension.
    public var username: String
    /// The password.
    public var password: String

    /// Makes credentials.
    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// Nothing that a log may not have.
    public var description: String { "DigestCredentials(redacted)" }

    /// Nothing that a log may not have.
    public var debugDescription: String { self.description }
}

/// The computation of a digest response (RFC 2617 section 3.2.2, RFC 7616 section 3.4.1).
public struct DigestResponse: Sendable {
    /// What a quality of protection adds (RFC 7616 section 3.4).
    public struct Protection: Hashable, Sendable {
        /// "auth" or "auth-int".
        public var qop: String
        /// The nonce count, eight hexadecimal digits.
        public var count: String
        /// The client's nonce.
        public var clientNonce: String

        /// Makes a protection from its parts.
        public init(qop: String, count: String, clientNonce: String) {
            self.qop = qop
            self.count = count
            self.clientNonce = clientNonce
        }
    }

    /// The response in hexadecimal; without `protection` that of RFC 2069, which 3CX asks for.
    ///
    /// `clientNonce` enters the key of a `-sess` algorithm even without a quality of protection. `body` is hashed for
    /// `auth-int` alone.
    public static func compute(
        algorithm: DigestAlgorithm,
        credentials: DigestCredentials,
        realm: String,
        nonce: String,
        method: SIPMethod,
        uri: String,
        protection: Protection? = nil,
        clientNonce: String? = nil,
        body: ArraySlice<UInt8> = []
    ) -> String {
        var key = algorithm.hash("\(credentials.username):\(realm):\(credentials.password)".utf8)
        if algorithm.isSession {
            key = algorithm.hash("\(key):\(nonce):\(protection?.clientNonce ?? clientNonce ?? "")".utf8)
        }
        var request = "\(method):\(uri)"
        if protection?.qop == "auth-int" { request += ":" + algorithm.hash(body) }
        let hashed = algorithm.hash(request.utf8)
        guard let protection else { return algorithm.hash("\(key):\(nonce):\(hashed)".utf8) }
        let middle = "\(nonce):\(protection.count):\(protection.clientNonce):\(protection.qop)"
        return algorithm.hash("\(key):\(middle):\(hashed)".utf8)
    }
}
