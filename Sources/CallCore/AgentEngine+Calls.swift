public import CoreTypes
import SDPCore
public import SIPCore

/// What the application wants done with calls.
extension AgentEngine {
    /// Calls `target` from an account; its PBX is the next hop. `nil` when there are too many calls already.
    ///
    /// After `noAnswerLimit`, when it is given, the call is given up as by ``giveUp(_:now:)``.
    ///
    /// Events follow: ``AgentEvent/ringing(_:status:)``, ``AgentEvent/media(_:_:)``, ``AgentEvent/answered(_:_:)``,
    /// and at last ``AgentEvent/ended(_:_:)``.
    public mutating func call(
        _ target: SIPURI,
        from identity: IdentityID,
        media: LocalMedia,
        headers: [(HeaderName, String)] = [],
        noAnswerLimit: Duration? = nil,
        now: Instant
    ) -> CallID? {
        defer { self.drain(now: now) }
        guard self.hasRoom, self.accounts.indices.contains(identity.index) else { return nil }
        let account = self.accounts[identity.index]
        let id = self.makeCallID()
        let session = InviteSession(
            calling: target,
            from: NameAddress(displayName: account.identity.displayName, uri: account.identity.addressOfRecord),
            callID: self.random.token(32),
            localTag: self.random.token(16),
            contact: account.contact,
            initialCSeq: UInt32(truncatingIfNeeded: self.random.next() & 0xFFFF) + 1,
            capabilities: self.capabilities,
            random: self.random.split()
        )
        var negotiation = self.makeNegotiation(media)
        let offer = negotiation.makeOffer().serialized()
        self.calls[id] = CallRecord(
            target: target,
            identity: identity.index,
            digest: self.makeDigest(for: account),
            negotiation: negotiation,
            party: PartyIdentity(called: target),
            home: self.homeDomains(
                of: identity.index,
                source: account.destination.address,
                binding: account.destination.binding
            )
        )
        self.core.add(
            session,
            as: id,
            proxy: account.destination(of: target),
            proxyNames: [account.identity.addressOfRecord.host],
            alternatives: account.alternatives
        )
        self.limits.schedule(id, at: noAnswerLimit.map { now + $0 })
        self.withSession(id, now: now) { session throws(SIPBuildError) in
            try session.start(offer: offer, headers: headers, now: now)
        }
        return id
    }

    /// Tells a caller that it rings (180).
    public mutating func ring(_ id: CallID, now: Instant) {
        defer { self.drain(now: now) }
        self.withSession(id, now: now) { $0.ring(now: now) }
    }

    /// Answers a call that came in; ``AgentEvent/media(_:_:)`` and ``AgentEvent/answered(_:_:)`` follow with the ACK.
    ///
    /// Not before: an INVITE is one datagram, and whoever forges its source could have media sent to somebody else, or be
    /// taken for the PBX. The ACK has our To tag, so that its sender has read our response (RFC 3261 section 13.3.1.4).
    public mutating func answer(_ id: CallID, media: LocalMedia, now: Instant) {
        defer { self.drain(now: now) }
        guard let call = self.calls[id], call.isIncoming, call.negotiation == nil else {
            return
        }
        var negotiation = self.makeNegotiation(media)
        do {
            let body: [UInt8]
            var audio: NegotiatedAudio?
            if let offer = call.offer {
                let negotiated = try negotiation.receiveOffer(offer)
                body = negotiated.answer.serialized()
                audio = negotiated.audio
            } else {
                body = negotiation.makeOffer().serialized()
                self.calls[id]?.awaitsAnswerInACK = true
            }
            self.calls[id]?.negotiation = negotiation
            self.calls[id]?.awaitsAcknowledgment = true
            self.calls[id]?.acceptedAudio = audio
            self.withSession(id, now: now) { $0.accept(body: body, now: now) }
        } catch {
            self.calls[id]?.endReason = .incompatibleMedia("\(error)")
            self.reject(id, status: 488, now: now)
        }
    }

    /// Refuses a call that came in.
    public mutating func reject(_ id: CallID, status: Int, now: Instant) {
        defer { self.drain(now: now) }
        let headers: [(HeaderName, String)] = status == 503 ? [(.retryAfter, "5")] : []
        self.withSession(id, now: now) { session throws(SIPBuildError) in
            try session.reject(status, headers: headers, now: now)
        }
    }

    /// Ends a call in whatever way its state asks for: BYE, CANCEL or a refusal.
    public mutating func hangUp(_ id: CallID, now: Instant) {
        defer { self.drain(now: now) }
        self.endMedia(of: id)
        self.withSession(id, now: now) { $0.hangUp(now: now) }
    }

    /// Holds a call or resumes it by a re-INVITE; `false` while another one is on its way or the call is not up.
    @discardableResult
    public mutating func hold(_ id: CallID, _ isHolding: Bool, now: Instant) -> Bool {
        defer { self.drain(now: now) }
        guard var negotiation = self.calls[id]?.negotiation, self.core.session(id)?.canReINVITE == true else {
            return false
        }
        self.calls[id]?.wasHolding = negotiation.isHolding
        negotiation.hold(isHolding)
        let offer = negotiation.makeOffer().serialized()
        self.calls[id]?.negotiation = negotiation
        self.withSession(id, now: now) { $0.reINVITE(body: offer, now: now) }
        return true
    }

    /// Gives up a call that nobody answered in time. Where nothing at all came back from the PBX the call ends at
    /// once, as a timeout: there is nothing that a CANCEL could be for (RFC 3261 section 9.1), and who waits has waited
    /// for as long as it wanted to. A response that comes all the same is still dealt with.
    ///
    /// Elsewhere the PBX may need half a minute to answer the CANCEL, or never do: two seconds later
    /// ``AgentEvent/unanswered(_:)`` tells that nobody need wait for ``AgentEvent/ended(_:_:)``.
    public mutating func giveUp(_ id: CallID, now: Instant) {
        defer { self.drain(now: now) }
        guard let call = self.calls[id], !call.isIncoming, !call.isGivenUp else { return }
        self.calls[id]?.isGivenUp = true
        let isUnheard = self.core.session(id)?.state == .calling
        self.hangUp(id, reason: .noAnswer, now: now)
        self.limits.schedule(id, at: now + Self.cancelGrace)
        guard isUnheard, self.calls[id] != nil else { return }
        self.forget(id)
        self.events.append(.ended(id, .timeout))
    }

    /// The time for an answer is over, or that for what becomes of the CANCEL.
    mutating func handleLimit(of id: CallID, now: Instant) {
        guard let call = self.calls[id] else { return }
        if call.isGivenUp {
            self.events.append(.unanswered(id))
        } else {
            self.giveUp(id, now: now)
        }
    }

    /// Forgets a call that is over.
    @discardableResult
    mutating func forget(_ id: CallID) -> CallRecord? {
        self.limits.cancel(id)
        return self.calls.removeValue(forKey: id)
    }

    /// How long a call that was given up may wait for what becomes of its CANCEL before that is reported.
    private static var cancelGrace: Duration { .seconds(2) }

    // MARK: Shared

    var capabilities: InviteSession.Capabilities {
        InviteSession.Capabilities(timers: self.configuration.timers)
    }

    mutating func makeNegotiation(_ media: LocalMedia) -> OfferAnswer {
        OfferAnswer(
            sessionID: self.random.next() >> 2,
            address: media.address,
            port: media.port,
            capabilities: MediaNegotiation.capabilities(self.configuration.codecs)
        )
    }

    func makeDigest(for account: Account) -> DigestClient? {
        account.identity.credentials.map { DigestClient(credentials: $0, realms: account.identity.realms) }
    }
}
