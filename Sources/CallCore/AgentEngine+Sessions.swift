import CoreTypes
import SDPCore
import SIPCore

/// Carries out what a session asks for.
extension AgentEngine {
    /// Gives a session an input and does what it wants done.
    mutating func withSession(
        _ id: CallID,
        now: Instant,
        _ input: (inout InviteSession) throws(SIPBuildError) -> [InviteSession.Action]
    ) {
        self.sessions.update(id, endpoint: &self.endpoint, now: now, input)
    }

    mutating func handle(_ output: SessionTable<CallID>.Output, of id: CallID, now: Instant) {
        switch output {
        case .event(let event): self.handle(event, of: id, now: now)
        case .ended(let reason):
            guard let call = self.calls.removeValue(forKey: id) else { return }
            self.events.append(.ended(id, call.endReason ?? CallEndReason(reason)))
        }
    }

    private mutating func handle(_ event: InviteSessionEvent, of id: CallID, now: Instant) {
        switch event {
        case .ringing(let response):
            self.noteProgress(of: id, response)
            self.events.append(.ringing(id, status: response.statusCode))
        case .progress(let response, body: let body):
            self.noteProgress(of: id, response)
            self.events.append(.ringing(id, status: response.statusCode))
            if let body { self.takeAnswer(body, of: id, isFinal: false, now: now) }
        case .answered(let response): self.handleAnswered(response, of: id, now: now)
        case .challenged(let response, let role): self.answerChallenge(response, role, of: id, now: now)
        case .acknowledged(body: let body):
            guard self.calls[id]?.awaitsAnswerInACK == true else { return }
            self.calls[id]?.awaitsAnswerInACK = false
            if let body {
                self.takeAnswer(body, of: id, isFinal: true, now: now)
            } else {
                self.hangUp(id, reason: .incompatibleMedia("the ACK brought no answer to our offer"), now: now)
            }
        case .reoffered(let transaction, body: let body):
            self.answerReoffer(transaction, body, of: id, now: now)
        case .reofferAnswered(let response):
            self.takeAnswer(Array(response.body), of: id, isFinal: false, now: now)
        case .reofferRejected: self.calls[id]?.negotiation?.offerFailed()
        case .reofferCancelled, .info, .notified, .request, .response: break
        }
    }

    /// Keeps what the provisional answers tell about who will answer.
    private mutating func noteProgress(of id: CallID, _ response: SIPMessage) {
        if response.statusCode == 181 { self.calls[id]?.wasForwarded = true }
        if self.calls[id]?.ringingTag == nil { self.calls[id]?.ringingTag = response.to.tag }
    }

    private mutating func handleAnswered(_ response: SIPMessage, of id: CallID, now: Instant) {
        guard let call = self.calls[id] else { return }
        if let index = call.identity, let realm = call.realm, self.accounts[index].pinnedRealm == nil {
            self.accounts[index].pinnedRealm = realm
        }
        let answeredBy = AnsweredBy(response, ringingTag: call.ringingTag, wasForwarded: call.wasForwarded)
        guard !response.body.isEmpty || call.media != nil else {
            self.hangUp(id, reason: .incompatibleMedia("the 200 brought no description"), now: now)
            return
        }
        if !response.body.isEmpty, !self.takeAnswer(Array(response.body), of: id, isFinal: true, now: now) { return }
        self.events.append(.answered(id, answeredBy))
    }

    /// Takes an answer to our offer; a final one that cannot be used ends the call.
    @discardableResult
    private mutating func takeAnswer(_ body: [UInt8], of id: CallID, isFinal: Bool, now: Instant) -> Bool {
        guard var negotiation = self.calls[id]?.negotiation else { return false }
        do {
            let negotiated = try negotiation.receiveAnswer(SessionDescription(body))
            self.calls[id]?.negotiation = negotiation
            self.tellMedia(negotiated.audio, of: id)
            return true
        } catch {
            if isFinal { self.hangUp(id, reason: .incompatibleMedia("\(error)"), now: now) }
            return false
        }
    }

    mutating func tellMedia(_ audio: NegotiatedAudio, of id: CallID) {
        guard let parameters = MediaNegotiation.parameters(audio), self.calls[id]?.media != parameters else { return }
        self.calls[id]?.media = parameters
        self.events.append(.media(id, parameters))
    }

    private mutating func answerReoffer(
        _ transaction: ServerTransactionID,
        _ body: [UInt8]?,
        of id: CallID,
        now: Instant
    ) {
        guard var negotiation = self.calls[id]?.negotiation else { return }
        guard let body else {
            let offer = negotiation.makeOffer().serialized()
            self.calls[id]?.negotiation = negotiation
            self.calls[id]?.awaitsAnswerInACK = true
            self.withSession(id, now: now) { $0.answerReoffer(transaction, body: offer, now: now)
            }
            return
        }
        do {
            let negotiated = try negotiation.receiveOffer(SessionDescription(body))
            self.calls[id]?.negotiation = negotiation
            self.withSession(id, now: now) { $0.answerReoffer(transaction, body: negotiated.answer.serialized(), now: now)
            }
            self.tellMedia(negotiated.audio, of: id)
        } catch {
            self.withSession(id, now: now) { $0.rejectReoffer(transaction, status: 488, now: now) }
        }
    }

    /// Answers a challenge of the exchange that the account is configured for, once; nobody else is told anything.
    private mutating func answerChallenge(
        _ challenge: SIPMessage,
        _ role: RequestRole,
        of id: CallID,
        now: Instant
    ) {
        guard let call = self.calls[id] else { return }
        guard var digest = call.digest else {
            self.calls[id]?.endReason = .unauthorized("it asks for credentials and there are none")
            self.withSession(id, now: now) { $0.abandon(challenge, role: role, now: now) }
            return
        }
        let method: SIPMethod = role == .bye ? .bye : .invite
        let uri = role == .invite ? call.target : self.sessions.session(id)?.dialog?.remoteTarget ?? call.target
        let answer = digest.answer(challenge, method: method, uri: uri, random: &self.random)
        self.calls[id]?.digest = digest
        self.calls[id]?.realm = DigestChallenge.all(in: challenge).first?.challenge.realm
        switch answer {
        case .retry(let headers):
            self.withSession(id, now: now) { session throws(SIPBuildError) in
                try session.restart(role, headers: headers, now: now)
            }
        case .refused(let reason):
            self.calls[id]?.endReason = .unauthorized("\(reason)")
            self.withSession(id, now: now) { $0.abandon(challenge, role: role, now: now) }
        }
    }

    /// Ends a call for a reason of our own.
    mutating func hangUp(_ id: CallID, reason: CallEndReason, now: Instant) {
        if self.calls[id]?.endReason == nil { self.calls[id]?.endReason = reason }
        self.withSession(id, now: now) { $0.hangUp(now: now) }
    }
}
