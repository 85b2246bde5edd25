import CallCore
import CoreTypes
import SIPCore
import Telephony

/// Calls between two legs.
extension PBXEngine {
    mutating func invite(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        guard let caller = request.from.uri.user, let called = request.requestURI?.user,
            self.admit(id, request, as: caller, now: now)
        else { return }
        guard self.configuration.accounts[called] != nil else {
            self.respond(id, status: 404, now: now)
            return
        }
        let contact = SIPURI(user: called, host: binding.address.host.hostText, port: binding.address.port)
        let session = InviteSession(
            incoming: request,
            transaction: id,
            localTag: self.random.token(16),
            contact: contact,
            random: self.random.split(),
            now: now
        )
        guard let session else {
            self.respond(id, status: 400, now: now)
            return
        }
        let call = self.makeCall()
        let phone = Destination(address: source, binding: binding)
        self.core.add(session, as: LegID(call: call, number: 0), proxy: phone, transaction: id)
        self.calls[call] = BridgedCall(
            caller: caller,
            called: called,
            offer: request.sessionBody.map { Array($0) },
            invite: request
        )
        self.events.append(.calling(caller: caller, called: called))
        // Phones may know the PBX by several names: where it was called, and where it lives.
        let hosts = [request.requestURI?.host, request.to.uri.host, self.configuration.host.hostText]
        var contacts: [RegistrarBinding] = []
        for host in hosts where contacts.isEmpty {
            if let host { contacts = self.registrar.bindings(of: SIPURI(user: called, host: host), now: now) }
        }
        if contacts.isEmpty {
            self.unanswered(call, status: 480, now: now)
            return
        }
        self.timers.schedule(call, at: now + self.configuration.ringTime)
        for contact in contacts { self.ring(call, at: contact.contact.uri, binding: binding, now: now) }
        // Contacts by name are not looked up here.
        if self.calls[call]?.ringing.isEmpty == true { self.unanswered(call, status: 480, now: now) }
    }

    /// Rings one contact of the called extension on a leg of its own.
    private mutating func ring(_ id: UInt64, at target: SIPURI, binding: LocalBinding, now: Instant) {
        guard var call = self.calls[id], let address = target.address else { return }
        let leg = LegID(call: id, number: call.nextLeg)
        call.nextLeg += 1
        call.ringing.insert(leg.number)
        self.calls[id] = call
        var from = call.invite.from
        from.parameters.remove("tag")
        let session = InviteSession(
            calling: target,
            from: from,
            to: NameAddress(uri: call.invite.to.uri),
            callID: self.random.token(32) + "..",
            localTag: self.random.token(16),
            contact: SIPURI(user: call.caller, host: binding.address.host.hostText, port: binding.address.port),
            random: self.random.split()
        )
        let destination = TransportAddress(host: address, port: target.port ?? 5_060)
        self.core.add(session, as: leg, proxy: Destination(address: destination, binding: binding))
        self.update(leg, now: now) { session throws(SIPBuildError) in try session.start(offer: call.offer, now: now) }
    }

    mutating func ringingTimedOut(_ id: UInt64, now: Instant) {
        guard let call = self.calls[id], call.answered == nil else { return }
        for leg in call.ringing { self.update(LegID(call: id, number: leg), now: now) { $0.hangUp(now: now) } }
        self.calls[id]?.ringing = []
        self.unanswered(id, status: 408, now: now)
    }

    /// Nobody answers: voicemail does, or the caller gets the status.
    private mutating func unanswered(_ id: UInt64, status: Int, now: Instant) {
        guard let call = self.calls[id], call.answered == nil else { return }
        let caller = LegID(call: id, number: 0)
        guard let voicemail = self.configuration.voicemail, !call.isVoicemail else {
            self.update(caller, now: now) { session throws(SIPBuildError) in try session.reject(status, now: now) }
            return
        }
        self.calls[id]?.isVoicemail = true
        self.timers.cancel(id)
        self.events.append(.voicemail(called: call.called, status: status))
        let target = SIPURI(user: call.called, host: voicemail.host.hostText, port: voicemail.port)
        guard let binding = self.core.proxy(of: caller)?.binding else { return }
        self.ring(id, at: target, binding: binding, now: now)
    }

    mutating func update(
        _ leg: LegID,
        now: Instant,
        _ input: (inout InviteSession) throws(SIPBuildError) -> [InviteSession.Action]
    ) {
        self.core.update(leg, now: now, input)
    }

    /// The leg at the other end of an answered call.
    private func peer(of leg: LegID) -> LegID? {
        guard let answered = self.calls[leg.call]?.answered else { return nil }
        if leg.number == 0 { return LegID(call: leg.call, number: answered) }
        return leg.number == answered ? LegID(call: leg.call, number: 0) : nil
    }

    mutating func handle(_ output: Core.SessionOutput, of leg: LegID, now: Instant) {
        switch output {
        case .event(let event): self.handle(event, of: leg, now: now)
        case .byeReceived, .refreshed, .inviteRefused, .leaving: break
        case .ended(let reason): self.legEnded(leg, reason, now: now)
        }
    }

    private mutating func handle(_ event: InviteSessionEvent, of leg: LegID, now: Instant) {
        let caller = LegID(call: leg.call, number: 0)
        switch event {
        case .ringing:
            self.update(caller, now: now) { $0.ring(now: now) }
        case .progress(_, body: let body):
            guard let body else { return }
            self.update(caller, now: now) {
                $0.ring(status: 183, body: body, now: now)
            }
        case .answered(let response): self.legAnswered(leg, response, now: now)
        case .challenged(let response, let role):
            self.update(leg, now: now) { $0.abandon(response, role: role, now: now) }
        case .acknowledged(body: let body):
            guard let body, let peer = self.peer(of: leg) else { return }
            self.update(peer, now: now) {
                $0.acknowledge(answer: body, now: now)
            }
        case .reINVITEReceived(let transaction, body: let body):
            guard let peer = self.peer(of: leg), self.core.session(peer)?.canReINVITE == true else {
                // The other leg is busy with an INVITE of its own: tried again later (RFC 3261 section 14.1).
                self.update(leg, now: now) { $0.rejectReINVITE(transaction, status: 491, now: now) }
                return
            }
            self.calls[leg.call]?.reINVITE = (leg.number, transaction)
            self.update(peer, now: now) { $0.reINVITE(body: body, now: now) }
        case .reINVITEAnswered(let response):
            guard let reINVITE = self.calls[leg.call]?.reINVITE else { return }
            self.calls[leg.call]?.reINVITE = nil
            let body = response.sessionBody.map { Array($0) }
            self.update(LegID(call: leg.call, number: reINVITE.from), now: now) {
                $0.answerReINVITE(reINVITE.transaction, body: body, now: now)
            }
        case .reINVITERejected(status: let status):
            guard let reINVITE = self.calls[leg.call]?.reINVITE else { return }
            self.calls[leg.call]?.reINVITE = nil
            self.update(LegID(call: leg.call, number: reINVITE.from), now: now) {
                $0.rejectReINVITE(reINVITE.transaction, status: status, now: now)
            }
        case .reINVITECancelled: self.calls[leg.call]?.reINVITE = nil
        case .info, .notified, .request, .response: break
        }
    }

    private mutating func legAnswered(_ leg: LegID, _ response: SIPMessage, now: Instant) {
        guard var call = self.calls[leg.call], call.answered == nil else {
            // Two phones picked up at once: the second one gets a BYE at once.
            self.update(leg, now: now) { $0.hangUp(now: now) }
            return
        }
        call.answered = leg.number
        call.ringing.remove(leg.number)
        let others = call.ringing
        call.ringing = []
        self.calls[leg.call] = call
        self.timers.cancel(leg.call)
        let body = response.sessionBody.map { Array($0) }
        self.update(LegID(call: leg.call, number: 0), now: now) {
            $0.accept(body: body, now: now)
        }
        for other in others { self.update(LegID(call: leg.call, number: other), now: now) { $0.hangUp(now: now) } }
        if !call.isVoicemail { self.events.append(.answered(caller: call.caller, called: call.called)) }
    }

    private mutating func legEnded(_ leg: LegID, _ reason: InviteSession.EndReason, now: Instant) {
        guard var call = self.calls[leg.call] else { return }
        if leg.number == 0 {
            // The caller is gone: so is the call.
            self.calls[leg.call] = nil
            self.timers.cancel(leg.call)
            for other in call.ringing.union(call.answered.map { [$0] } ?? []) {
                self.update(LegID(call: leg.call, number: other), now: now) { $0.hangUp(now: now) }
            }
            self.events.append(.ended(caller: call.caller, called: call.called))
        } else if call.answered == leg.number {
            self.update(LegID(call: leg.call, number: 0), now: now) { $0.hangUp(now: now) }
        } else if call.ringing.remove(leg.number) != nil {
            if case .rejected(let status, _) = reason { call.refusal = status }
            self.calls[leg.call] = call
            if call.ringing.isEmpty { self.unanswered(leg.call, status: call.refusal, now: now) }
        }
    }
}
