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
        var digest = MessageDigest(algorithm.function)
        digest.addPart(credentials.username)
        digest.addPart(realm)
        digest.add(credentials.password)
        var key = digest.finishHexadecimal()
        if algorithm.isSession {
            digest.add(key)
            digest.addColon()
            digest.addPart(nonce)
            digest.add(protection?.clientNonce ?? clientNonce ?? "")
            key = digest.finishHexadecimal()
        }
        var entity: MessageDigest.Digits?
        if protection?.qop == "auth-int" {
            digest.add(body.span)
            entity = digest.finishHexadecimal()
        }
        digest.addPart(method.rawValue)
        digest.add(uri)
        if let entity {
            digest.addColon()
            digest.add(entity)
        }
        let request = digest.finishHexadecimal()
        digest.add(key)
        digest.addColon()
        digest.addPart(nonce)
        if let protection {
            digest.addPart(protection.count)
            digest.addPart(protection.clientNonce)
            digest.addPart(protection.qop)
        }
        digest.add(request)
        return digest.finishHexadecimal().text
    }
}
