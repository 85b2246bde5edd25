public import CoreTypes

extension InviteSession {
    /// Tells the caller how it stands: 180, or 183 with a description (RFC 3261 section 13.3.1.1).
    ///
    /// The response is given again every minute, so that no proxy gives up.
    public mutating func ring(
        status: Int = 180,
        body: [UInt8]? = nil,
        contentType: String = "application/sdp",
        now: Instant
    ) -> [Action] {
        guard (101...199).contains(status), self.state.next(on: .ring) != nil, let invite = self.incoming else {
            return []
        }
        var response = self.makeResponse(status, to: invite.request)
        self.introduce(&response)
        if let body { response.setBody(body, contentType: contentType) }
        guard self.move(.ring) else { return [] }
        self.incoming?.provisional = response
        self.timers.schedule(.provisional, at: now + InviteSession.provisionalInterval)
        return [.respond(invite.transaction, response)]
    }

    /// Accepts the call with a 200, which is retransmitted until its ACK comes (RFC 3261 section 13.3.1.4).
    ///
    /// - Parameters:
    ///   - body: the answer to the INVITE's offer, or our offer when it had none.
    ///   - contentType: what the body is.
    public mutating func accept(
        body: [UInt8]?,
        contentType: String = "application/sdp",
        now: Instant
    ) -> [Action] {
        guard self.state.next(on: .accept) != nil, let invite = self.incoming else { return [] }
        var response = self.makeResponse(200, to: invite.request)
        self.introduce(&response)
        if let body { response.setBody(body, contentType: contentType) }
        guard self.move(.accept) else { return [] }
        self.timers.cancel(.provisional)
        self.timers.cancel(.inviteExpiry)
        return self.sendSuccess(response, to: invite.request, invite.transaction, now: now)
    }

    /// Refuses the call with a final status of 300 or higher.
    ///
    /// - Throws: `SIPBuildError` when a header is not possible; nothing has happened then.
    public mutating func reject(
        _ status: Int,
        reason: String? = nil,
        headers: [(HeaderName, String)] = [],
        now: Instant
    ) throws(SIPBuildError) -> [Action] {
        guard (300...699).contains(status), self.state.next(on: .reject) != nil, let invite = self.incoming else {
            return []
        }
        var response = SIPMessageBuilder(
            response: status,
            reason: reason,
            to: invite.request,
            toTag: self.localTag
        )
        for (name, value) in headers { try response.add(name, value) }
        guard self.move(.reject) else { return [] }
        return [.respond(invite.transaction, response)] + self.end(.declined(status: status))
    }

    /// Learns that the peer canceled the INVITE or re-INVITE of `transaction`: responds with 487 (RFC 3261 section 9.2).
    public mutating func handleCancel(_ transaction: ServerTransactionID, now: Instant) -> [Action] {
        if self.incoming?.transaction == transaction { return self.withdraw(.remoteCancel) }
        guard let pending = self.peerReINVITE, pending.transaction == transaction else { return [] }
        return self.refusePeerReINVITE(status: 487) + [.event(.reINVITECancelled(transaction))]
    }

    /// Learns that the endpoint is done with a transaction of the peer: a call that was never answered ends here.
    public mutating func handleTransactionEnded(_ transaction: ServerTransactionID, now: Instant) -> [Action] {
        if self.peerReINVITE?.transaction == transaction { self.peerReINVITE = nil }
        guard self.incoming?.transaction == transaction, self.move(.withdrawal) else { return [] }
        return self.end(.failed(.timeout))
    }

    /// Takes an ACK to a 2xx of ours; the endpoint keeps the ACKs to other responses to itself.
    public mutating func handleACK(_ acknowledgment: SIPMessage, now: Instant) -> [Action] {
        guard let dialog = self.dialog, dialog.matches(acknowledgment),
            self.unacknowledged.removeValue(forKey: acknowledgment.cSeq.number) != nil
        else { return [] }
        self.timers.cancel(.success(acknowledgment.cSeq.number))
        let body = acknowledgment.sessionBody.map { Array($0) }
        let wasReleasing = self.state == .releasing
        if acknowledgment.cSeq.number == self.incoming?.request.cSeq.number, self.move(.acknowledgment), wasReleasing {
            return self.sendBye(.localHangup, now: now)
        }
        switch self.state {
        case .accepted, .confirmed: return [.event(.acknowledged(body: body))]
        case .idle, .calling, .proceeding, .challenged, .cancelling, .answered, .incoming, .ringing, .releasing,
            .ending,
            .ended:
            return []
        }
    }

    // MARK: What the inputs share

    /// Sends a 2xx to an INVITE and keeps it to be retransmitted until its ACK comes, whatever the transport.
    mutating func sendSuccess(
        _ response: SIPMessageBuilder,
        to request: SIPMessage,
        _ transaction: ServerTransactionID,
        now: Instant
    ) -> [Action] {
        let timers = self.capabilities.timers
        let cSeq = request.cSeq.number
        self.unacknowledged[cSeq] = UnacknowledgedSuccess(
            response: response,
            transaction: transaction,
            awaitsDescription: request.sessionBody == nil,
            interval: timers.t1,
            giveUp: now + timers.transactionTimeout
        )
        self.timers.schedule(.success(cSeq), at: now + timers.t1)
        return [.respond(transaction, response)]
    }

    mutating func retransmitSuccess(_ cSeq: UInt32, now: Instant) -> [Action] {
        guard var success = self.unacknowledged[cSeq] else { return [] }
        guard now < success.giveUp else {
            self.unacknowledged[cSeq] = nil
            let reason: EndReason = self.state == .releasing ? .localHangup : .unacknowledged
            return self.move(.unacknowledged) ? self.sendBye(reason, now: now) : []
        }
        success.interval = min(success.interval * 2, self.capabilities.timers.t2)
        self.unacknowledged[cSeq] = success
        self.timers.schedule(.success(cSeq), at: min(now + success.interval, success.giveUp))
        return [.respond(success.transaction, success.response)]
    }

    mutating func resendProvisional(now: Instant) -> [Action] {
        guard self.state == .ringing, let invite = self.incoming, let response = invite.provisional else { return [] }
        self.timers.schedule(.provisional, at: now + InviteSession.provisionalInterval)
        return [.respond(invite.transaction, response)]
    }

    /// Responds to the INVITE with 487 because its caller does not want it any more.
    mutating func withdraw(_ reason: EndReason) -> [Action] {
        guard self.move(.withdrawal) else { return [] }
        return self.respondToInvite(487) + self.end(reason)
    }

    func respondToInvite(_ status: Int) -> [Action] {
        guard let invite = self.incoming else { return [] }
        return [.respond(invite.transaction, self.makeResponse(status, to: invite.request))]
    }

    func makeResponse(_ status: Int, to request: SIPMessage) -> SIPMessageBuilder {
        SIPMessageBuilder(response: status, to: request, toTag: self.localTag)
    }

    /// RFC 3261 section 13.3.1.1: a provisional response every minute.
    static let provisionalInterval = Duration.seconds(60)

    /// The INVITE of the peer.
    struct IncomingInvite: Sendable {
        let request: SIPMessage
        let transaction: ServerTransactionID
        var provisional: SIPMessageBuilder?
    }

    /// A 2xx of ours that waits for its ACK.
    struct UnacknowledgedSuccess: Sendable {
        let response: SIPMessageBuilder
        let transaction: ServerTransactionID
        /// Whether the INVITE made no offer, so that the ACK brings the answer to ours.
        let awaitsDescription: Bool
        var interval: Duration
        let giveUp: Instant
    }
}
