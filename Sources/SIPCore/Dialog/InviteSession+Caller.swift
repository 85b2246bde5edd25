public import CoreTypes

extension InviteSession {
    /// Sends the INVITE (RFC 3261 section 13.2.1).
    ///
    /// - Parameters:
    ///   - offer: the description, or `nil` to let the callee make the offer.
    ///   - headers: further headers, credentials among them.
    ///   - contentType: what the body is.
    /// - Throws: `SIPBuildError` when a header is not possible; nothing has happened then.
    public mutating func start(
        offer: [UInt8]?,
        headers: [(HeaderName, String)] = [],
        contentType: String = "application/sdp",
        now: Instant
    ) throws(SIPBuildError) -> [Action] {
        guard self.state == .idle, var invite = self.outgoing else { return [] }
        invite.body = offer
        invite.contentType = contentType
        invite.headers = headers
        let action = try self.composeInvite(invite)
        guard self.move(.start) else { return [] }
        self.outgoing = invite
        return [action]
    }

    /// Answers the offer in a 2xx: sends the ACK with the answer (RFC 3261 section 13.2.2.4).
    ///
    public mutating func acknowledge(answer: [UInt8], now: Instant) -> [Action] {
        if self.state == .confirmed { return self.acknowledgeReINVITE(answer: answer) }
        return self.move(.acknowledge) ? self.sendAcknowledgment(body: answer) : []
    }

    /// Takes a response to a request of this session; `role` is what the request was sent with.
    public mutating func handleResponse(_ response: SIPMessage, role: RequestRole, now: Instant) -> [Action] {
        switch role {
        case .invite:
            return self.handleInviteResponse(response, now: now)
        case .reinvite:
            return self.handleReINVITEResponse(response, now: now)
        case .bye:
            return self.handleByeResponse(response)
        case .release:
            return self.handleReleaseResponse(response)
        case .other:
            return self.handleOtherResponse(response, now: now)
        case .ack, .cancel:
            return []
        }
    }

    /// Learns that a request of this session got no final response.
    public mutating func handleFailure(_ failure: TransactionFailure, role: RequestRole, now: Instant) -> [Action] {
        switch role {
        case .invite:
            let reason: EndReason = self.state == .cancelling ? .localCancel : .failed(failure)
            return self.move(.failure) ? self.end(reason) : []
        case .bye:
            return self.move(.byeDone) ? self.end(self.endingReason) : []
        case .reinvite, .other:
            // RFC 3261 section 8.1.3.1: what the transport could not deliver counts as refused with 503, which ends no dialog.
            if case .transport = failure { return role == .reinvite ? self.dropReINVITE(status: 503) : [] }
            // RFC 3261 section 12.2.1.2: no response at all does.
            return self.loseDialog(.failed(failure), now: now)
        case .ack, .cancel, .release:
            return []
        }
    }

    // MARK: Responses to the INVITE

    private mutating func handleInviteResponse(_ response: SIPMessage, now: Instant) -> [Action] {
        guard let invite = self.outgoing, response.cSeq.method == .invite, response.cSeq.number == invite.cSeq else {
            return []
        }
        switch response.statusCode {
        case 100..<200: return self.handleProvisional(response, invite, now: now)
        case 200..<300: return self.handleSuccess(response, invite, now: now)
        case 401, 407:
            if self.state == .cancelling { return self.move(.challenge) ? self.end(.localCancel) : [] }
            guard invite.challenges < InviteSession.challengeLimit else { return self.handleRefusal(response) }
            guard self.move(.challenge) else { return [] }
            self.outgoing?.challenges += 1
            // Whoever challenges has ended the forks that rang.
            self.early = []
            return [.event(.challenged(response, .invite))]
        default: return self.handleRefusal(response)
        }
    }

    private mutating func handleRefusal(_ response: SIPMessage) -> [Action] {
        let reason: EndReason =
            self.state == .cancelling
            ? .localCancel : .rejected(status: response.statusCode, reason: response.reasonPhrase)
        return self.move(.refusal) ? self.end(reason) : []
    }

    private mutating func handleProvisional(_ response: SIPMessage, _ invite: OutgoingInvite, now: Instant) -> [Action]
    {
        guard self.move(.provisional) else { return [] }
        if self.state == .cancelling {
            self.timers.schedule(.cancelLimit, at: now + self.capabilities.timers.transactionTimeout)
            return []
        }
        guard response.statusCode > 100 else { return [] }
        if let tag = response.to.tag, !self.early.contains(where: { $0.remoteTag == tag }),
            self.early.count < InviteSession.forkLimit
        {
            self.early.append(
                Dialog(calling: invite.from, localTag: self.localTag, target: invite.target, response: response)
            )
        }
        var actions: [Action] = []
        if response.statusCode == 180 { actions.append(.event(.ringing(response))) }
        let body = response.sessionBody.map { Array($0) }
        if response.statusCode != 180 || body != nil {
            actions.append(.event(.progress(response, body: body)))
        }
        return actions
    }

    private mutating func handleSuccess(_ response: SIPMessage, _ invite: OutgoingInvite, now: Instant) -> [Action] {
        let key = AcknowledgmentKey(of: response)
        if self.acknowledged.contains(key) { return [.resendACK(for: key)] }
        let isLate = invite.body == nil && response.sessionBody != nil
        let wasCancelling = self.state == .cancelling
        if self.state == .answered, self.dialog?.remoteTag == response.to.tag { return [] }
        guard self.move(isLate ? .lateOffer : .success) else { return self.release(response, invite) }
        // RFC 3261 section 13.2.2.4: the 2xx fixes route set and CSeq anew, whatever an early dialog held.
        let early = self.early.first { $0.remoteTag == response.to.tag }
        var dialog = Dialog(calling: invite.from, localTag: self.localTag, target: invite.target, response: response)
        if let early { dialog.resume(early) }
        self.dialog = dialog
        self.early = []
        self.timers.cancel(.cancelLimit)
        if wasCancelling {
            // The 2xx and the CANCEL crossed (section 15): what stands must be acknowledged, then ended.
            return self.sendAcknowledgment(body: nil) + self.sendBye(.localCancel, now: now)
        }
        let acknowledgment = isLate ? [] : self.sendAcknowledgment(body: nil)
        return acknowledgment + [.event(.answered(response))]
    }

    /// Acknowledges and ends a fork that answered after another one did (RFC 3261 section 13.2.2.4).
    private mutating func release(_ response: SIPMessage, _ invite: OutgoingInvite) -> [Action] {
        guard self.released < InviteSession.forkLimit else { return [] }
        self.released += 1
        var dialog = Dialog(calling: invite.from, localTag: self.localTag, target: invite.target, response: response)
        let acknowledgment = self.acknowledgment(in: dialog, invite)
        let (bye, nextHop) = dialog.makeRequest(.bye)
        self.forkReleases[dialog.remoteTag ?? ""] = ForkRelease(dialog: dialog)
        return [acknowledgment, .send(bye, .release, nextHop: nextHop)]
    }

    // MARK: Responses to other requests

    private mutating func handleByeResponse(_ response: SIPMessage) -> [Action] {
        guard response.statusCode >= 200, response.cSeq.number == self.dialog?.localCSeq else { return [] }
        if response.isChallenge, self.state == .ending, self.byeChallenges < InviteSession.challengeLimit {
            self.byeChallenges += 1
            return [.event(.challenged(response, .bye))]
        }
        return self.move(.byeDone) ? self.end(self.endingReason) : []
    }

    private mutating func handleOtherResponse(_ response: SIPMessage, now: Instant) -> [Action] {
        guard response.statusCode >= 200 else { return [] }
        if response.isChallenge, self.noteChallenge(of: response.cSeq.number) {
            return [.event(.challenged(response, .other))]
        }
        self.ownRequests[response.cSeq.number] = nil
        let event = Action.event(.response(response))
        guard response.statusCode == 408 || response.statusCode == 481 else { return [event] }
        return [event] + self.loseDialog(.dialogLost(status: response.statusCode), now: now)
    }

    /// Ends a dialog that the peer does not know any more, with a BYE all the same (RFC 3261 section 12.2.1.2).
    mutating func loseDialog(_ reason: EndReason, now: Instant) -> [Action] {
        guard self.move(.dialogLoss) else { return [] }
        self.ownReINVITE = nil
        return self.sendBye(reason, now: now)
    }

    // MARK: Composing

    func composeInvite(_ invite: OutgoingInvite) throws(SIPBuildError) -> Action {
        let addressing = invite.routeSet.addressing(of: invite.target)
        var request = SIPMessageBuilder(request: .invite, uri: addressing.requestURI)
        request.put(.maxForwards, "70")
        for route in addressing.routes { request.append(.route, route) }
        request.put(.from, invite.from.description)
        request.put(.to, invite.to.description)
        request.put(.callID, self.callID)
        request.put(.cSeq, "\(invite.cSeq) INVITE")
        for (name, value) in invite.headers + invite.credentials { try request.add(name, value) }
        self.introduce(&request)
        if let body = invite.body { request.setBody(body, contentType: invite.contentType) }
        return .send(request, .invite, nextHop: addressing.nextHop)
    }

    /// The ACK to the 2xx of our INVITE; it carries the INVITE's credentials (RFC 3261 section 13.2.2.4).
    mutating func sendAcknowledgment(body: [UInt8]?) -> [Action] {
        guard let dialog = self.dialog, let invite = self.outgoing else { return [] }
        return [self.acknowledgment(in: dialog, invite, body: body)]
    }

    private mutating func acknowledgment(in dialog: Dialog, _ invite: OutgoingInvite, body: [UInt8]? = nil) -> Action {
        var (request, nextHop) = dialog.makeAcknowledgment(cSeq: invite.cSeq)
        for (name, value) in invite.allCredentials { request.append(name, value) }
        if let body { request.setBody(body, contentType: invite.contentType) }
        let key = AcknowledgmentKey(remoteTag: dialog.remoteTag ?? "", cSeq: invite.cSeq)
        self.remember(key)
        return .send(request, .ack(key), nextHop: nextHop)
    }

    /// Keeps the key of an ACK, so that a retransmitted 2xx gets it again; the oldest of re-INVITEs are forgotten.
    mutating func remember(_ key: AcknowledgmentKey) {
        self.acknowledged.append(key)
        if self.acknowledged.count > InviteSession.forkLimit * 2 { self.acknowledged.removeFirst() }
    }

    /// How many forks of one INVITE are followed; a proxy that makes more is not believed.
    static let forkLimit = 16

    /// The INVITE of a caller: what it says, and how often it was tried.
    struct OutgoingInvite: Sendable {
        let target: SIPURI
        let from: NameAddress
        let to: NameAddress
        let routeSet: RouteSet
        var cSeq: UInt32
        var headers: [(HeaderName, String)] = []
        var credentials: [(HeaderName, String)] = []
        var body: [UInt8]?
        var contentType = "application/sdp"
        var challenges = 0

        /// The headers with credentials, those given at the start included.
        var allCredentials: [(HeaderName, String)] {
            (self.headers + self.credentials).filter { $0.0 == .authorization || $0.0 == .proxyAuthorization }
        }
    }

    // MARK: BYEs to forks

    mutating func handleReleaseResponse(_ response: SIPMessage) -> [Action] {
        guard response.statusCode >= 200 else { return [] }
        let tag = response.to.tag ?? ""
        guard response.isChallenge, let release = self.forkReleases[tag],
            release.challenges < InviteSession.challengeLimit, release.dialog.localCSeq == response.cSeq.number
        else {
            self.forkReleases[tag] = nil
            return []
        }
        self.forkReleases[tag]?.challenges += 1
        return [.event(.challenged(response, .release))]
    }

    mutating func restartRelease(
        of tag: String,
        _ headers: [(HeaderName, String)]
    ) throws(SIPBuildError) -> [Action] {
        guard var release = self.forkReleases[tag] else { return [] }
        var (request, nextHop) = release.dialog.makeRequest(.bye)
        for (name, value) in headers { try request.add(name, value) }
        self.forkReleases[tag] = release
        return [.send(request, .release, nextHop: nextHop)]
    }

    /// The BYE to a fork that answered too late.
    struct ForkRelease: Sendable {
        var dialog: Dialog
        var challenges = 0
    }
}
