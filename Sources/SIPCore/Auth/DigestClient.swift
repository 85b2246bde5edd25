public import CoreTypes

/// Answers 401 and 407 for one identity (RFC 3261 section 22): one retry for a nonce, one more when it was stale.
///
/// Keep one for each usage (a registration, a call). Give each challenge to `answer`, and tell `finished()` when the
/// request got any other final response; between them at most one request may be under way. Credentials go to the
/// pinned realm alone, and to any realm when none is pinned.
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
        /// The server refused credentials that it was given: name or password are wrong.
        case wrongCredentials
        /// The challenge is of another realm than the one that is pinned.
        case foreignRealm(String)
        /// No algorithm or quality of protection in it is supported.
        case unsupportedAlgorithm
        /// The response holds no digest challenge.
        case noChallenge
    }

    /// What was sent with the request whose answer is awaited.
    private enum Attempt: Sendable {
        /// No credentials.
        case none
        /// Credentials for a nonce from before: a fresh challenge may be answered.
        case ahead
        /// The answer to a challenge: only a stale nonce may be answered once more.
        case answered
        /// The answer to a stale nonce: the last.
        case answeredStale
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
    private let realm: String?
    private var sessions: [Session] = []
    // A forking proxy may hand on the challenges of several realms; more than these no honest one does.
    private static let limit = 4

    /// Makes a client; with `realm` no other realm is ever answered.
    public init(credentials: DigestCredentials, realm: String? = nil) {
        self.credentials = credentials
        self.realm = realm
    }

    /// Answers a 401 or 407 to a request with that method and Request-URI; `body` matters to `auth-int` alone.
    public mutating func answer(
        _ response: SIPMessage,
        method: SIPMethod,
        uri: SIPURI,
        body: ArraySlice<UInt8> = [],
        random: inout SeededRandom
    ) -> Answer {
        let all = DigestChallenge.all(in: response)
        guard !all.isEmpty else { return .refused(.noChallenge) }
        let ours = all.filter { self.realm == nil || $0.challenge.realm == self.realm }
        guard !ours.isEmpty else { return .refused(.foreignRealm(all.first?.challenge.realm ?? "")) }
        var answered: Set<Int> = []
        for (header, challenge) in ours {
            // The server's order is its preference (RFC 8760 section 2.4): the first that we can compute is taken.
            guard !answered.contains(where: { self.sessions[$0].isFor(header, challenge) }),
                challenge.algorithm != nil, challenge.protection != nil
            else { continue }
            guard let next = self.nextAttempt(header, challenge) else { return .refused(.wrongCredentials) }
            guard let index = self.open(header, challenge, clientNonce: random.token(16)) else { continue }
            self.sessions[index].attempt = next
            answered.insert(index)
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

    /// The request was answered by something else than a challenge, or given up: the next challenge is a new one.
    public mutating func finished() {
        for index in self.sessions.indices { self.sessions[index].attempt = .none }
    }

    /// Forgets every nonce.
    public mutating func reset() {
        self.sessions.removeAll()
    }

    /// The attempt that answering `challenge` would be; `nil` when credentials were refused.
    private func nextAttempt(_ header: HeaderName, _ challenge: DigestChallenge) -> Attempt? {
        guard let session = self.sessions.first(where: { $0.isFor(header, challenge) }) else { return .answered }
        // A nonce whose answer was refused is never answered again, stale or not: that is how loops begin.
        let isRepeated = session.challenge.nonce == challenge.nonce
        switch session.attempt {
        case .none: return .answered
        case .ahead: return isRepeated ? nil : .answered
        case .answered: return challenge.stale && !isRepeated ? .answeredStale : nil
        case .answeredStale: return nil
        }
    }

    /// The place of the session for a challenge, where a new nonce starts counting again; `nil` when there are too many.
    private mutating func open(_ header: HeaderName, _ challenge: DigestChallenge, clientNonce: String) -> Int? {
        if let index = self.sessions.firstIndex(where: { $0.isFor(header, challenge) }) {
            if self.sessions[index].challenge.nonce != challenge.nonce {
                self.sessions[index].count = 0
                self.sessions[index].clientNonce = clientNonce
            }
            self.sessions[index].challenge = challenge
            return index
        }
        let session = Session(header: header, challenge: challenge, clientNonce: clientNonce)
        if self.sessions.count >= DigestClient.limit {
            guard let idle = self.sessions.firstIndex(where: { $0.attempt == .none }) else { return nil }
            self.sessions[idle] = session
            return idle
        }
        self.sessions.append(session)
        return self.sessions.count - 1
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
    /// The quality of protection to use: `.some(nil)` for none, as in RFC 2069; `nil` when none offered is known.
    fileprivate var protection: String?? {
        if self.qop.isEmpty { return .some(nil) }
        return ["auth", "auth-int"].first { self.qop.contains($0) }.map { .some($0) }
    }
}
