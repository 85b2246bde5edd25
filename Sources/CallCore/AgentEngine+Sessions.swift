public import CoreTypes
import RTPCore
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
        self.core.update(id, now: now, input)
    }

    mutating func handle(_ output: Core.SessionOutput, of id: CallID, now: Instant) {
        switch output {
        case .event(let event): self.handle(event, of: id, now: now)
        case .byeReceived(let request): self.calls[id]?.cause = ReleaseCause(request)
        case .refreshed(let request, from: let source): self.noteParty(of: id, request, from: source)
        case .inviteRefused(let response): self.noteCause(of: id, response)
        case .leaving: self.endMedia(of: id)
        case .ended(let reason):
            guard let call = self.forget(id) else { return }
            self.events.append(.ended(id, call.endReason ?? CallEndReason(reason, cause: call.cause)))
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
        case .answered(let response):
            self.limits.cancel(id)
            self.handleAnswered(response, of: id, now: now)
        case .challenged(let response, let role): self.answerChallenge(response, role, of: id, now: now)
        case .acknowledged(body: let body):
            self.handleAcknowledged(body, of: id, now: now)
        case .reINVITEReceived(let transaction, body: let body):
            self.answerReINVITE(transaction, body, of: id, now: now)
        case .reINVITEAnswered(let response):
            self.calls[id]?.digest?.finished()
            let answer = response.sessionBody.map { Array($0) } ?? []
            if !self.takeAnswer(answer, of: id, isFinal: false, now: now) { self.takeBackOffer(of: id) }
        case .reINVITERejected:
            self.calls[id]?.digest?.finished()
            self.takeBackOffer(of: id)
        case .response: self.calls[id]?.digest?.finished()
        case .reINVITECancelled, .info, .notified, .request: break
        }
    }

    /// The ACK to a 2xx of ours came: to the first one it says that the caller is where the INVITE came from.
    private mutating func handleAcknowledged(_ body: [UInt8]?, of id: CallID, now: Instant) {
        let isFirst = self.calls[id]?.awaitsAcknowledgment == true
        self.calls[id]?.awaitsAcknowledgment = false
        if isFirst, let audio = self.calls[id]?.acceptedAudio {
            self.calls[id]?.acceptedAudio = nil
            self.tellMedia(audio, of: id)
        }
        // The ACK to an earlier 2xx may come after a re-INVITE that asked for an offer.
        if self.calls[id]?.awaitsAnswerInACK == true, self.core.session(id)?.awaitsAnswer == false {
            let isReINVITE = self.calls[id]?.isReINVITEInACK == true
            self.calls[id]?.awaitsAnswerInACK = false
            self.calls[id]?.isReINVITEInACK = false
            // What is no answer to a re-INVITE's offer leaves the session as it was, like none at all.
            let isTaken = body.map { self.takeAnswer($0, of: id, isFinal: !isReINVITE, now: now) } ?? false
            if isReINVITE, !isTaken { self.calls[id]?.negotiation?.offerFailed() }
            guard isTaken || isReINVITE else {
                if body == nil {
                    self.hangUp(id, reason: .incompatibleMedia("the ACK brought no answer to our offer"), now: now)
                }
                return
            }
            self.renewWaitingOffer(of: id, now: now)
        }
        guard isFirst, self.core.isLive(id) else { return }
        let nobody = AnsweredBy(contact: nil, product: nil, assertedIdentity: nil, wasForwarded: false, diversion: nil)
        self.events.append(.answered(id, nobody))
    }

    /// Goes on as before a re-INVITE of ours that came to nothing (RFC 3261 section 14.1).
    private mutating func takeBackOffer(of id: CallID) {
        guard let wasHolding = self.calls[id]?.wasHolding else { return }
        self.calls[id]?.negotiation?.offerFailed()
        self.calls[id]?.negotiation?.hold(wasHolding)
    }

    /// Makes the offer anew of a re-INVITE that met the peer's and waits to be sent again: the description has changed.
    private mutating func renewWaitingOffer(of id: CallID, now: Instant) {
        guard self.core.session(id)?.isReINVITEWaiting == true, var negotiation = self.calls[id]?.negotiation else {
            return
        }
        let offer = negotiation.makeOffer().serialized()
        self.calls[id]?.negotiation = negotiation
        self.withSession(id, now: now) { session in
            session.replaceWaitingReINVITE(body: offer)
            return []
        }
    }

    /// Keeps what the provisional responses say about who will answer.
    private mutating func noteProgress(of id: CallID, _ response: SIPMessage) {
        if response.statusCode == 181 { self.calls[id]?.wasForwarded = true }
        self.noteRingingParty(of: id, response)
        if self.calls[id]?.ringingTag == nil { self.calls[id]?.ringingTag = response.to.tag }
        self.calls[id]?.way.note(response)
    }

    private mutating func handleAnswered(_ response: SIPMessage, of id: CallID, now: Instant) {
        guard let call = self.calls[id] else { return }
        self.calls[id]?.digest?.finished()
        self.noteConnectedParty(of: id, response)
        let answeredBy = AnsweredBy(
            response,
            ringingTag: call.ringingTag,
            wasForwarded: call.wasForwarded,
            way: call.way
        )
        let answer = response.sessionBody.map { Array($0) }
        guard answer != nil || call.media != nil else {
            self.hangUp(id, reason: .incompatibleMedia("the 200 brought no description"), now: now)
            return
        }
        if let answer, !self.takeAnswer(answer, of: id, isFinal: true, now: now) { return }
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
            guard isFinal else { return false }
            var words = "\(error)"
            if let answer = try? SessionDescription(body) {
                words += ": " + CodecMismatch(answer, ours: self.configuration.codecs).ofOurOffer
            }
            self.hangUp(id, reason: .incompatibleMedia(words), now: now)
            return false
        }
    }

    mutating func tellMedia(_ audio: NegotiatedAudio, of id: CallID) {
        guard self.calls[id]?.awaitsAcknowledgment != true else {
            self.calls[id]?.acceptedAudio = audio
            return
        }
        let opus = OpusSettings(complexity: self.configuration.opusComplexity)
        let parameters = MediaNegotiation.parameters(
            audio,
            opus: opus,
            signalingHost: self.core.proxy(of: id)?.address.host
        )
        guard let parameters, let call = self.calls[id], call.media != parameters, !call.hasEndedMedia else { return }
        self.calls[id]?.media = parameters
        self.events.append(.media(id, parameters))
    }

    /// Tells that no more media flow, once, if they did.
    mutating func endMedia(of id: CallID) {
        guard let call = self.calls[id], !call.hasEndedMedia else { return }
        self.calls[id]?.hasEndedMedia = true
        self.events.append(.mediaEnded(id))
    }

    private mutating func answerReINVITE(
        _ transaction: ServerTransactionID,
        _ body: [UInt8]?,
        of id: CallID,
        now: Instant
    ) {
        guard var negotiation = self.calls[id]?.negotiation else { return }
        // The session refuses the peer's while ours is on its way: what is pending here met it and waits (section 14.1).
        negotiation.offerFailed()
        guard let body else {
            let offer = negotiation.makeOffer().serialized()
            self.calls[id]?.negotiation = negotiation
            self.calls[id]?.awaitsAnswerInACK = true
            self.calls[id]?.isReINVITEInACK = true
            self.withSession(id, now: now) {
                $0.answerReINVITE(transaction, body: offer, now: now)
            }
            return
        }
        do {
            let negotiated = try negotiation.receiveOffer(SessionDescription(body))
            self.calls[id]?.negotiation = negotiation
            self.withSession(id, now: now) {
                $0.answerReINVITE(transaction, body: negotiated.answer.serialized(), now: now)
            }
            self.tellMedia(negotiated.audio, of: id)
            self.renewWaitingOffer(of: id, now: now)
        } catch {
            self.withSession(id, now: now) { $0.rejectReINVITE(transaction, status: 488, now: now) }
        }
    }

    /// Ends a call and says why, where the application alone did not ask for it.
    public mutating func hangUp(_ id: CallID, reason: CallEndReason, now: Instant) {
        defer { self.drain(now: now) }
        if self.calls[id]?.endReason == nil { self.calls[id]?.endReason = reason }
        self.endMedia(of: id)
        self.withSession(id, now: now) { $0.hangUp(now: now) }
    }
}
