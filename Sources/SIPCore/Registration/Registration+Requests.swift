import CoreTypes

extension Registration {
    // MARK: Requests

    enum Purpose: Sendable {
        case bind
        case remove
        case query
    }

    struct Request: Sendable {
        var purpose: Purpose
        var cSeq: UInt32 = 0
        var sentAt: Instant
        var giveUp: Instant
        var credentials: [(HeaderName, String)]
        var challenges = 0
        var isLengthened = false
    }

    mutating func move(_ input: Input) -> Bool {
        guard let next = self.state.next(on: input) else { return false }
        self.state = next
        return true
    }

    /// Sends a first REGISTER for the purpose, or remembers it while another is under way.
    mutating func begin(_ purpose: Purpose, now: Instant) -> [Action] {
        guard self.request == nil else {
            if purpose != .query || self.waiting == nil { self.waiting = purpose }
            return []
        }
        if purpose == .bind {
            guard self.move(.register) else { return [] }
            self.wakeAt = nil
        }
        let request = Request(purpose: purpose, sentAt: now, giveUp: now, credentials: self.credentialsAhead())
        return self.send(request, now: now)
    }

    /// Credentials for the nonce of an earlier challenge, which spares the next one.
    private mutating func credentialsAhead() -> [(HeaderName, String)] {
        let uri = self.addressing.requestURI
        return self.digest?.authorization(for: .register, uri: uri) ?? []
    }

    private var addressing: RouteSet.Addressing {
        self.configuration.routeSet.addressing(of: self.configuration.registrar)
    }

    private mutating func send(_ request: Request, now: Instant) -> [Action] {
        var request = request
        self.cSeq = Dialog.number(after: self.cSeq)
        request.cSeq = self.cSeq
        request.sentAt = now
        request.giveUp = now + self.configuration.timers.transactionTimeout * 2
        self.request = request
        if request.purpose == .bind { self.mayBeBound = true }
        let addressing = self.addressing
        var builder = SIPMessageBuilder(request: .register, uri: addressing.requestURI)
        builder.put(.maxForwards, "70")
        for route in addressing.routes { builder.append(.route, route) }
        let user = self.configuration.addressOfRecord
        builder.put(.from, user.withTag(self.localTag).description)
        builder.put(.to, user.description)
        builder.put(.callID, self.callID)
        builder.put(.cSeq, "\(request.cSeq) REGISTER")
        if request.purpose != .query {
            let seconds = request.purpose == .bind ? self.requestedExpires : 0
            var contact = self.configuration.contact
            contact.parameters.set("expires", "\(seconds)")
            builder.put(.contact, contact.description)
            builder.put(.expires, "\(seconds)")
        }
        for (name, value) in self.configuration.headers where !builder.hasHeader(name) { builder.append(name, value) }
        for (name, value) in request.credentials { builder.append(name, value) }
        return [.sendRegister(builder, nextHop: addressing.nextHop)]
    }

    // MARK: Responses

    mutating func answerChallenge(_ request: Request, _ response: SIPMessage, now: Instant) -> [Action] {
        guard var digest = self.digest else { return self.fail(request, .noCredentials, after: nil, now: now) }
        guard request.challenges < Registration.challengeLimit else {
            return self.fail(request, .challengeLoop, after: nil, now: now)
        }
        let uri = self.addressing.requestURI
        let answer = digest.answer(response, method: .register, uri: uri, trust: self.trust, random: &self.random)
        self.digest = digest
        switch answer {
        case .retry(let headers):
            var next = request
            next.challenges += 1
            next.credentials = headers.replacing(request.credentials)
            // A challenge left without credentials looks like an attack to a PBX: a waiting removal takes its response.
            if self.waiting == .remove {
                next.purpose = .remove
                self.waiting = nil
            }
            return self.send(next, now: now)
        case .refused(let reason):
            self.digest?.reset()
            let failure: FailureReason =
                switch reason {
                case .wrongCredentials: .wrongCredentials
                case .staleNonces: .staleNonces
                case .foreignRealm(let realm): .foreignRealm(realm)
                case .unsupportedAlgorithm, .noChallenge: .unsupportedChallenge
                }
            return self.fail(request, failure, after: nil, now: now)
        }
    }

    /// Who may ask: the configured realms, else what the registrar was accepted in before, and one new realm a header, for
    /// the registrar is who we chose, and its realm is its own to change.
    private var trust: RealmTrust? {
        guard self.configuration.realms.isEmpty else { return nil }
        return RealmTrust(
            realms: Set(self.acceptedRealms.map(\.name)),
            strangers: [.authorization, .proxyAuthorization]
        )
    }

    /// Notes the realms of the credentials that a 2xx just accepted.
    mutating func learnRealms() {
        for realm in self.digest?.sentRealms ?? [] {
            self.acceptedRealms.removeAll { $0 == realm }
            self.acceptedRealms.append(realm)
        }
        self.acceptedRealms.removeFirst(max(0, self.acceptedRealms.count - Registration.realmLimit))
    }

    /// 423: asks for what the registrar takes, once (RFC 3261 section 10.2.8).
    mutating func lengthen(_ request: Request, _ response: SIPMessage, now: Instant) -> [Action] {
        guard request.purpose == .bind, self.waiting != .remove, !request.isLengthened,
            let minimum = response.minExpires, minimum > self.requestedExpires,
            minimum <= Registration.longestRequestedExpires
        else {
            let reason = FailureReason.rejected(status: 423, reason: response.reasonPhrase)
            return self.fail(request, reason, after: nil, now: now)
        }
        self.requestedExpires = minimum
        var next = request
        next.isLengthened = true
        next.credentials = self.credentialsAhead()
        return self.send(next, now: now)
    }

    mutating func succeed(_ request: Request, _ response: SIPMessage, now: Instant) -> [Action] {
        self.request = nil
        self.seenAs = SourceHint(response)
        let contacts = self.liveContacts(of: response)
        switch request.purpose {
        case .query:
            return [.event(.bindings(contacts))] + self.proceed(now: now)
        case .remove:
            self.mayBeBound = false
            self.boundUntil = nil
            return self.finishRemoval()
        case .bind:
            guard self.waiting != .remove else { return self.proceed(now: now) }
            let granted = self.granted(response)
            guard granted > .zero else { return self.fail(request, .notGranted, after: nil, now: now) }
            self.failures = 0
            self.refusals = 0
            self.boundUntil = request.sentAt + granted
            guard self.move(.granted) else { return self.proceed(now: now) }
            // The registrar counts from when the request reached it, so we count from when it was sent.
            self.wakeAt = max(request.sentAt + granted - Registration.lead(granted), now + .seconds(1))
            return [.event(.registered(granted: granted, contacts: contacts))] + self.proceed(now: now)
        }
    }

    mutating func fail(_ request: Request, _ reason: FailureReason, after: Duration?, now: Instant) -> [Action] {
        self.request = nil
        switch request.purpose {
        case .query:
            return [.event(.failed(reason, retryAt: nil))] + self.proceed(now: now)
        case .remove:
            return [.event(.failed(reason, retryAt: nil))] + self.finishRemoval()
        case .bind:
            // A refusal bound nothing; what an earlier REGISTER bound may stand still.
            if case .noResponse = reason {} else if !self.isBound(now: now) { self.mayBeBound = false }
            if self.waiting == .remove {
                // Whoever does not respond will not respond to the removal either.
                guard self.mayBeBound, !reason.isSilence else {
                    self.waiting = nil
                    return [.event(.failed(reason, retryAt: nil))] + self.finishRemoval()
                }
                return self.proceed(now: now)
            }
            guard self.move(.failed) else { return self.proceed(now: now) }
            self.failures += 1
            self.refusals = reason == .wrongCredentials ? self.refusals + 1 : 0
            let policy = reason.policy(refusals: self.refusals)
            let delay = policy.delay(failures: self.failures, random: &self.random)
            let retryAt = now + max(delay, after ?? .zero)
            self.wakeAt = retryAt
            return [.event(.failed(reason, retryAt: retryAt))] + self.proceed(now: now)
        }
    }

    private mutating func finishRemoval() -> [Action] {
        self.waiting = nil
        self.wakeAt = nil
        return self.move(.removed) ? [.event(.unregistered)] : []
    }

    /// Does what was asked for while a request was under way.
    private mutating func proceed(now: Instant) -> [Action] {
        guard let purpose = self.waiting else { return [] }
        self.waiting = nil
        return self.begin(purpose, now: now)
    }

    /// A registrar and a proxy may both challenge, and some nonces may be stale.
    private static let challengeLimit = 8
    /// How many realms are remembered: the nodes of a cluster may have one each.
    private static let realmLimit = 4
    /// The longest expiry that a 423 can make us ask for: a day.
    private static let longestRequestedExpires: UInt32 = 86_400
}

extension Registration.FailureReason {
    /// Whether nothing came back at all.
    var isSilence: Bool {
        if case .noResponse = self { true } else { false }
    }

    /// How soon another try makes sense, after `refusals` wrong passwords in a row, this one included.
    func policy(refusals: Int) -> RetryPolicy {
        switch self {
        case .noResponse, .staleNonces: .transient
        case .rejected(let status, _): status == 408 || (500..<600).contains(status) ? .transient : .refusal
        case .wrongCredentials: refusals < 3 ? .refusal : .wrongPassword
        case .noCredentials, .foreignRealm, .unsupportedChallenge, .challengeLoop, .notGranted: .refusal
        }
    }
}
