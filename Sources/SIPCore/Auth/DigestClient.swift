public import CoreTypes

/// Credentials for the 401 and 407 that one identity gets (RFC 3261 section 22): one retry for a nonce, a few more when it was stale.
///
/// Keep one for each usage (a registration, a call). Give each challenge to `answer`, and tell `finished()` when the
/// request got any other final response; between them at most one request may be under way. Each realm gets one digest a
/// header, and which realms get any at all is said by a `RealmTrust`.
public struct DigestClient: Sendable {
    /// What to do about a challenge.
    public enum Answer: Sendable {
        /// Send the request again with a higher CSeq and these headers in place of those of their name.
        case retry([(HeaderName, String)])
        /// Do not try again.
        case refused(Reason)
    }

    /// Why a challenge is not answered.
    public enum Reason: Hashable, Sendable {
        /// The server refused a digest, and did not call its nonce stale: name or password are wrong.
        case wrongCredentials
        /// The server called one nonce after another stale, which says that name and password are right (RFC 7616 section
        /// 3.3): another try later may work.
        case staleNonces
        /// The challenge is of another realm than those that may ask.
        case foreignRealm(String)
        /// No algorithm or quality of protection in it is supported.
        case unsupportedAlgorithm
        /// The response holds no digest challenge.
        case noChallenge
    }

    /// What was sent with the request whose response is awaited.
    private enum Attempt: Hashable, Sendable {
        /// No credentials.
        case none
        /// Credentials for a nonce from before: a fresh challenge may be answered.
        case ahead
        /// Credentials for a challenge, and how many stale nonces there were before it.
        case answered(stale: Int)
    }

    /// A nonce that a server gave, for one realm and one of the two headers.
    private struct Session: Sendable {
        var header: HeaderName
        var challenge: DigestChallenge
        var count: UInt32 = 0
        var clientNonce: String
        var attempt = Attempt.none

        func isFor(_ header: HeaderName, _ challenge: DigestChallenge) -> Bool {
            self.header == header && self.challenge.realm == challenge.realm
        }
    }

    private let credentials: DigestCredentials
    private let trust: RealmTrust
    private var sessions: [Session] = []
    // A forking proxy may hand on the challenges of several realms; more than these no honest one does.
    private static let limit = 4
    // Nodes that do not know each other's nonces may call a few stale; who does so for ever is in trouble.
    private static let staleLimit = 4

    /// Makes a client; with `realms` no other realm is ever answered, without any it is up to each challenge's trust.
    public init(credentials: DigestCredentials, realms: [String] = []) {
        self.credentials = credentials
        self.trust = realms.isEmpty ? .anyone : .only(realms)
    }

    /// The realms that the request under way carries credentials for, each with its header.
    public var sentRealms: [DigestRealm] {
        self.sessions.filter { $0.attempt != .none }.map { DigestRealm(header: $0.header, name: $0.challenge.realm) }
    }

    /// Answers a 401 or 407 to a request with that method and Request-URI; `body` matters to `auth-int` alone.
    ///
    /// `trust` says which realms may ask this time; without it those that the client was made for.
    public mutating func answer(
        _ response: SIPMessage,
        method: SIPMethod,
        uri: SIPURI,
        body: ArraySlice<UInt8> = [],
        trust: RealmTrust? = nil,
        random: inout SeededRandom
    ) -> Answer {
        let all = DigestChallenge.all(in: response)
        guard let first = all.first else { return .refused(.noChallenge) }
        let ours = (trust ?? self.trust).selection(of: all)
        guard !ours.isEmpty else { return .refused(.foreignRealm(first.challenge.realm)) }
        var answered: Set<DigestRealm> = []
        for (header, challenge) in ours where challenge.isComputable {
            let realm = DigestRealm(header: header, name: challenge.realm)
            // The server's order is its preference (RFC 8760 section 2.4): the first that we can compute is taken.
            guard !answered.contains(realm) else { continue }
            let next: Attempt
            switch self.nextAttempt(header, challenge) {
            case .success(let attempt): next = attempt
            case .failure(let refusal): return .refused(refusal.reason)
            }
            guard self.open(header, challenge, next, clientNonce: random.token(16)) else { continue }
            answered.insert(realm)
        }
        guard !answered.isEmpty else { return .refused(.unsupportedAlgorithm) }
        // A proxy's challenge that was answered before stays answered when the server behind it asks as well.
        let headers = self.sessions.indices.filter { self.sessions[$0].attempt != .none }.map { index in
            (self.sessions[index].header, self.credentialsText(index, method, uri.description, body))
        }
        return .retry(headers)
    }

    /// Credentials to send with a request before it is challenged, for the nonces that earlier challenges gave; empty
    /// before the first challenge.
    public mutating func authorization(
        for method: SIPMethod,
        uri: SIPURI,
        body: ArraySlice<UInt8> = []
    ) -> [(HeaderName, String)] {
        self.sessions.indices.map { index in
            self.sessions[index].attempt = .ahead
            return (self.sessions[index].header, self.credentialsText(index, method, uri.description, body))
        }
    }

    /// The request got another response than a challenge, or given up: the next challenge is a new one.
    public mutating func finished() {
        for index in self.sessions.indices { self.sessions[index].attempt = .none }
    }

    /// Forgets every nonce.
    public mutating func reset() {
        self.sessions.removeAll()
    }

    private struct Refusal: Error {
        let reason: Reason
    }

    /// The attempt that answering `challenge` would be, or why it is not answered.
    private func nextAttempt(_ header: HeaderName, _ challenge: DigestChallenge) -> Result<Attempt, Refusal> {
        guard let session = self.sessions.first(where: { $0.isFor(header, challenge) }) else {
            return .success(.answered(stale: 0))
        }
        // A nonce whose digest was refused is never used again, stale or not: that is how loops begin.
        let isRepeated = session.challenge.nonce == challenge.nonce
        let refusal = Refusal(reason: challenge.stale ? .staleNonces : .wrongCredentials)
        switch session.attempt {
        case .none: return .success(.answered(stale: 0))
        case .ahead: return isRepeated ? .failure(refusal) : .success(.answered(stale: 0))
        case .answered(let stale):
            guard challenge.stale, !isRepeated, stale < DigestClient.staleLimit else { return .failure(refusal) }
            return .success(.answered(stale: stale + 1))
        }
    }

    /// Opens or renews the session for a challenge, where a new nonce starts counting again; false when there are too many.
    private mutating func open(
        _ header: HeaderName,
        _ challenge: DigestChallenge,
        _ attempt: Attempt,
        clientNonce: String
    ) -> Bool {
        if let index = self.sessions.firstIndex(where: { $0.isFor(header, challenge) }) {
            if self.sessions[index].challenge.nonce != challenge.nonce {
                self.sessions[index].count = 0
                self.sessions[index].clientNonce = clientNonce
            }
            self.sessions[index].challenge = challenge
            self.sessions[index].attempt = attempt
            return true
        }
        // Who asks in a new realm has moved there: what was sent ahead for the old one did not count. Where both are needed
        // the old one asks again, and what was answered for this request stays.
        self.sessions.removeAll { $0.header == header && $0.attempt == .ahead }
        if self.sessions.count >= DigestClient.limit {
            guard let idle = self.sessions.firstIndex(where: { $0.attempt == .none }) else { return false }
            self.sessions.remove(at: idle)
        }
        self.sessions.append(
            Session(header: header, challenge: challenge, clientNonce: clientNonce, attempt: attempt)
        )
        return true
    }

    private mutating func credentialsText(
        _ index: Int,
        _ method: SIPMethod,
        _ uri: String,
        _ body: ArraySlice<UInt8>
    ) -> String {
        self.sessions[index].count &+= 1
        let session = self.sessions[index]
        let challenge = session.challenge
        let algorithm = challenge.algorithm ?? .md5
        var protection: DigestResponse.Protection?
        if case .some(.some(let qop)) = challenge.protection {
            let digits = String(session.count, radix: 16)
            let count = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            protection = DigestResponse.Protection(qop: qop, count: count, clientNonce: session.clientNonce)
        }
        let response = DigestResponse.compute(
            algorithm: algorithm,
            credentials: self.credentials,
            realm: challenge.realm,
            nonce: challenge.nonce,
            method: method,
            uri: uri,
            protection: protection,
            clientNonce: session.clientNonce,
            body: body
        )
        var text = "Digest username=\(quoted(self.credentials.username)),realm=\"\(challenge.realm)\""
        text += ",nonce=\"\(challenge.nonce)\",uri=\"\(uri)\",response=\"\(response)\""
        if let name = challenge.algorithmName { text += ",algorithm=\(name)" }
        if let opaque = challenge.opaque { text += ",opaque=\"\(opaque)\"" }
        if let protection {
            text += ",qop=\(protection.qop),nc=\(protection.count),cnonce=\"\(protection.clientNonce)\""
        } else if algorithm.isSession {
            text += ",cnonce=\"\(session.clientNonce)\""
        }
        return text
    }
}

extension DigestChallenge {
    /// Whether its algorithm and quality of protection are known.
    package var isComputable: Bool { self.algorithm != nil && self.protection != nil }

    /// The quality of protection to use: `.some(nil)` for none, as in RFC 2069; `nil` when none offered is known.
    fileprivate var protection: String?? {
        if self.qop.isEmpty { return .some(nil) }
        return ["auth", "auth-int"].first { self.qop.contains($0) }.map { .some($0) }
    }
}
