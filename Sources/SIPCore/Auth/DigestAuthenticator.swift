public import CoreTypes

/// The server's half of digest authentication (RFC 3261 section 22): makes challenges, judges credentials.
///
/// A nonce is a time and its HMAC under a key of our own, so that an unanswered challenge costs no memory. With a
/// quality of protection each nonce count is accepted once; without, as 3CX does it, a nonce may be used again until
/// it is too old.
public struct DigestAuthenticator: Sendable {
    /// What became of the credentials in a request.
    public enum Verdict: Hashable, Sendable {
        /// They are right.
        case accepted(username: String)
        /// There are none for our realm, or their nonce is no longer good (`stale`, when they were right otherwise).
        case challenge(stale: Bool)
        /// They are wrong.
        case refused(username: String)
    }

    private let realm: String
    private let algorithm: DigestAlgorithm
    private let offersProtection: Bool
    private let key: [UInt8]
    private let lifetime: Duration
    // The highest nonce count of each nonce that was used, bounded: the oldest is forgotten, and then refused as
    // stale, for its time is before `oldestKept`.
    private var counts: [String: UInt32] = [:]
    private var order: [String] = []
    private let limit: Int

    /// Makes an authenticator; `key` is 32 random bytes that nobody else knows.
    public init(
        realm: String,
        key: [UInt8],
        algorithm: DigestAlgorithm = .md5,
        offersProtection: Bool = false,
        lifetime: Duration = .seconds(60),
        limit: Int = 4096
    ) {
        self.realm = realm
        self.key = key
        self.algorithm = algorithm
        self.offersProtection = offersProtection
        self.lifetime = lifetime
        self.limit = max(limit, 1)
    }

    /// A challenge for a WWW-Authenticate or Proxy-Authenticate.
    public func challenge(now: Instant, stale: Bool = false) -> DigestChallenge {
        DigestChallenge(
            realm: self.realm,
            nonce: self.nonce(at: now.nanoseconds),
            stale: stale,
            algorithm: self.algorithm,
            qop: self.offersProtection ? ["auth"] : []
        )
    }

    /// Judges the credentials for our realm in `header` (.authorization or .proxyAuthorization) of a request.
    ///
    /// `password` gives the password of a user name, or `nil` when there is no such user.
    public mutating func verify(
        _ request: SIPMessage,
        header: HeaderName,
        now: Instant,
        password: (String) -> String?
    ) -> Verdict {
        let all = request.lines(header).flatMap { AuthorizationFields.all(in: $0) }
        guard
            let fields = all.first(where: { equalIgnoringCase($0.scheme, "Digest") && $0["realm"] == self.realm }),
            let rawName = fields["username"], let nonce = fields["nonce"], let uri = fields["uri"],
            let response = fields["response"]
        else { return .challenge(stale: false) }
        guard let age = self.age(of: nonce, now: now) else { return .challenge(stale: false) }
        let username = unescaped(rawName)
        guard let secret = password(username), self.isOurs(uri, request),
            self.expected(fields, DigestCredentials(username: username, password: secret), nonce, uri, request)
                .map({ DigestAuthenticator.isSame($0, lowercased(response)) }) == true
        else { return .refused(username: username) }
        guard age <= self.lifetime, self.count(fields, nonce) else { return .challenge(stale: true) }
        return .accepted(username: username)
    }

    /// The response that right credentials have; `nil` when what they claim does not fit our challenge.
    private func expected(
        _ fields: AuthorizationFields,
        _ credentials: DigestCredentials,
        _ nonce: String,
        _ uri: String,
        _ request: SIPMessage
    ) -> String? {
        if let name = fields["algorithm"], DigestAlgorithm(name: name) != self.algorithm { return nil }
        var protection: DigestResponse.Protection?
        if let qop = fields["qop"] {
            guard self.offersProtection, qop == "auth", let count = fields["nc"], let client = fields["cnonce"] else {
                return nil
            }
            protection = DigestResponse.Protection(qop: qop, count: count, clientNonce: client)
        }
        return DigestResponse.compute(
            algorithm: self.algorithm,
            credentials: credentials,
            realm: self.realm,
            nonce: nonce,
            method: request.method,
            uri: uri,
            protection: protection,
            clientNonce: fields["cnonce"]
        )
    }

    /// Whether the credentials were made for this request and not for another (RFC 7616 section 3.4.6).
    private func isOurs(_ uri: String, _ request: SIPMessage) -> Bool {
        if uri == request.requestURIText { return true }
        guard let theirs = SIPURI(uri), let ours = request.requestURI else { return false }
        return theirs.isEquivalent(to: ours)
    }

    /// Whether the nonce count was not seen before; without one there is nothing to count.
    private mutating func count(_ fields: AuthorizationFields, _ nonce: String) -> Bool {
        guard fields["qop"] != nil else { return true }
        guard let text = fields["nc"], let count = UInt32(text, radix: 16), count > self.counts[nonce] ?? 0 else {
            return false
        }
        if self.counts[nonce] == nil {
            if self.order.count >= self.limit {
                for old in self.order.prefix(self.limit / 2 + 1) { self.counts[old] = nil }
                self.order.removeFirst(self.limit / 2 + 1)
            }
            self.order.append(nonce)
        }
        self.counts[nonce] = count
        return true
    }

    // MARK: - Nonces

    private func nonce(at time: Int64) -> String {
        let digits = String(UInt64(bitPattern: time), radix: 16)
        let stamp = String(repeating: "0", count: max(0, 16 - digits.count)) + digits
        let code = HashFunction.authenticationCode(key: self.key, Array("\(self.realm):\(stamp)".utf8))
        return "\(stamp):\(hexadecimal(code.prefix(16)))"
    }

    /// How old a nonce is; `nil` when it is not one of ours.
    private func age(of nonce: String, now: Instant) -> Duration? {
        guard let stamp = UInt64(nonce.prefix(16), radix: 16) else { return nil }
        let time = Int64(bitPattern: stamp)
        guard DigestAuthenticator.isSame(self.nonce(at: time), nonce) else { return nil }
        return now - Instant(nanoseconds: time)
    }

    /// Whether two texts are the same, in a time that does not tell where they differ.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
