import CoreTypes
import SIPCore

// Who gets credentials (RFC 3261 sections 22.1 to 22.3).
//
// A challenge that comes through the PBX may be the PBX's own or that of whoever is called, and looks the same.
// Only the registrar is sure to be who we chose: the realms of an account are those that are configured, or those that its
// registrar asked in and then accepted. One challenge of a call may be answered without: a 407 that comes first of all, for
// a 407 is a proxy's, and the first proxy is ours. A 401 may be that of the phone that is called; where its realm is not
// known the registrar is asked, by a REGISTER that binds nothing, and its realm counts.

extension AgentEngine.Account {
    /// The realms that may ask, whatever they ask for.
    var knownRealms: Set<String> {
        guard self.identity.realms.isEmpty else { return Set(self.identity.realms) }
        return Set(self.acceptedRealms.map(\.name))
    }

    /// Whether a realm may be taken for that of our proxy without having been seen: not when one is configured, nor when the
    /// registrar has shown the proxy's by a 407 of its own.
    var mayLearnProxyRealm: Bool {
        self.identity.realms.isEmpty && !self.acceptedRealms.contains { $0.header == .proxyAuthorization }
    }

    private var acceptedRealms: [DigestRealm] {
        (self.registration?.acceptedRealms ?? []) + (self.inquiry?.acceptedRealms ?? [])
    }
}

extension AgentEngine {
    /// Answers a challenge of the account's PBX; nobody else gets credentials.
    mutating func answerChallenge(_ challenge: SIPMessage, _ role: RequestRole, of id: CallID, now: Instant) {
        guard let call = self.calls[id] else { return }
        guard let index = call.identity, var digest = call.digest else {
            self.abandon(challenge, role, of: id, .unauthorized("it asks for credentials and there are none"), now: now)
            return
        }
        guard let request = self.core.session(id)?.challengedRequest(role, challenge) else {
            self.abandon(challenge, role, of: id, nil, now: now)
            return
        }
        if call.challengedRole != role { digest.finished() }
        self.calls[id]?.challengedRole = role
        let answer = digest.answer(
            challenge,
            method: request.method,
            uri: request.uri,
            body: request.body[...],
            trust: Self.trust(in: challenge, role, call, self.accounts[index]),
            random: &self.random
        )
        self.calls[id]?.digest = digest
        switch answer {
        case .retry(let headers):
            self.calls[id]?.realms.formUnion(digest.sentRealms.map(\.name))
            self.withSession(id, now: now) { session throws(SIPBuildError) in
                try session.restart(role, after: challenge, headers: headers, now: now)
            }
        case .refused(.foreignRealm) where self.mayInquire(role, call, self.accounts[index]):
            self.calls[id]?.hasInquired = true
            self.calls[id]?.waitingChallenge = (challenge, role)
            self.inquire(index, now: now)
        case .refused(let reason):
            self.abandon(challenge, role, of: id, Self.endReason(reason, challenge), now: now)
        }
    }

    private mutating func abandon(
        _ challenge: SIPMessage,
        _ role: RequestRole,
        of id: CallID,
        _ reason: CallEndReason?,
        now: Instant
    ) {
        if role == .invite, let reason { self.calls[id]?.endReason = reason }
        self.withSession(id, now: now) { $0.abandon(challenge, role: role, now: now) }
    }

    /// Who may ask now.
    private static func trust(
        in challenge: SIPMessage,
        _ role: RequestRole,
        _ call: CallRecord,
        _ account: Account
    ) -> RealmTrust {
        var trust = RealmTrust(realms: account.knownRealms.union(call.realms))
        // Later the phone at the other end may be who asks: it rings, or what asked before was already satisfied.
        guard role == .invite, call.realms.isEmpty, call.ringingTag == nil, account.identity.realms.isEmpty,
            !DigestChallenge.all(in: challenge).contains(where: { trust.realms.contains($0.challenge.realm) })
        else { return trust }
        if account.identity.answersFirstChallenge {
            trust.strangers = [challenge.statusCode == 401 ? .authorization : .proxyAuthorization]
        } else if challenge.statusCode == 407, account.mayLearnProxyRealm {
            trust.strangers = [.proxyAuthorization]
        }
        return trust
    }

    private static func endReason(_ reason: DigestClient.Reason, _ challenge: SIPMessage) -> CallEndReason {
        switch reason {
        case .wrongCredentials: .unauthorized("the authentication ID or the password is wrong")
        case .staleNonces:
            .rejected(
                status: challenge.statusCode,
                reason: "(the password is right, but one nonce after another was called stale: try again later)"
            )
        case .foreignRealm(let realm):
            .unauthorized(
                "it was challenged for the realm \"\(PlainText.line(realm, limit: 64))\", which is not known to be the PBX's, "
                    + "and got no answer; if it is, add it to the realms of the account (sip.realm)"
            )
        case .unsupportedAlgorithm: .unauthorized("it asks for an algorithm that is not known here")
        case .noChallenge: .unauthorized("it gave no challenge to answer")
        }
    }

    // MARK: Asking the registrar

    /// Whether the registrar is asked for its realm: once a call, where something depends on it, and never for a call by hand.
    private func mayInquire(_ role: RequestRole, _ call: CallRecord, _ account: Account) -> Bool {
        account.identity.realms.isEmpty && !account.identity.answersFirstChallenge && !call.hasInquired
            && (role == .invite || call.isIncoming)
    }

    /// Asks the registrar what it holds for an account, and so has it show its realm; one question serves all that wait.
    private mutating func inquire(_ index: Int, now: Instant) {
        let account = self.accounts[index]
        if account.inquiry == nil {
            self.accounts[index].inquiry = self.makeRegistration(account.identity, contact: account.contact)
        }
        self.withRegistration(RegistrationSlot(account: index, isInquiry: true), now: now) { inquiry in
            inquiry.isBusy ? [] : inquiry.query(now: now)
        }
    }

    /// Goes on with the challenges that waited for the registrar.
    mutating func handleInquiry(_ event: Registration.Event, of index: Int, now: Instant) {
        var isRefused = false
        switch event {
        case .failed(.wrongCredentials, retryAt: _): isRefused = true
        case .failed, .bindings: break
        case .registered, .unregistered: return
        }
        let waiting = self.calls.filter { $0.value.identity == index && $0.value.waitingChallenge != nil }
        for id in waiting.keys.sorted(by: { $0.number < $1.number }) {
            guard let (challenge, role) = self.calls[id]?.waitingChallenge else { continue }
            self.calls[id]?.waitingChallenge = nil
            if isRefused {
                self.abandon(challenge, role, of: id, Self.endReason(.wrongCredentials, challenge), now: now)
            } else {
                self.answerChallenge(challenge, role, of: id, now: now)
            }
        }
    }
}
