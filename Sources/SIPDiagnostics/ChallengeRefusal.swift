package import SIPCore

/// Why a challenge is not answered.
package enum ChallengeRefusal: Hashable, Sendable {
    /// Name or password are wrong.
    case wrongCredentials
    /// The server calls each nonce stale at once.
    case staleAgain
    /// The challenge is none that can be computed.
    case unsupported
    /// The challenge is of another realm than those that were given.
    case foreignRealm(String)
    /// One realm after another asks.
    case loop
}

extension ChallengeRefusal {
    /// Why a challenge to `request` was not answered, by the credentials that the request carried.
    package init(_ challenge: SIPMessage, of request: SIPMessage?) {
        let headers: [HeaderName] = [.authorization, .proxyAuthorization]
        let sent = headers.flatMap { header in
            (request?.lines(header) ?? []).flatMap { DigestChallenge.all(in: $0) }.map {
                DigestRealm(header: header, name: $0.realm)
            }
        }
        self.init(challenge, sent: sent)
    }

    /// Why a challenge was not answered to a request that carried credentials for these realms.
    ///
    /// A realm of a registrar and one of a proxy may have the same name, and both may be asked for at once: a challenge that
    /// names one more that got no credentials says nothing of the others' (RFC 3261 section 22.3).
    package init(_ challenge: SIPMessage, sent: [DigestRealm]) {
        let all = DigestChallenge.all(in: challenge)
        func isAnswered(_ header: HeaderName, _ challenge: DigestChallenge) -> Bool {
            sent.contains(DigestRealm(header: header, name: challenge.realm))
        }
        let refused = all.filter { isAnswered($0.header, $0.challenge) }
        let ignored = all.first { !isAnswered($0.header, $0.challenge) && $0.challenge.isComputable }
        // An algorithm that is not known, beside one that is, asks for nothing more.
        let isMore = ignored.map { one in !refused.contains { $0.challenge.realm == one.challenge.realm } } ?? false
        if refused.contains(where: { $0.challenge.stale }) {
            self = .staleAgain
        } else if let ignored, isMore || refused.isEmpty {
            self = .foreignRealm(ignored.challenge.realm)
        } else {
            self = refused.isEmpty ? .unsupported : .wrongCredentials
        }
    }
}
