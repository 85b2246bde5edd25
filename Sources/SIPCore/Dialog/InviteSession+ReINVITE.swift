public import CoreTypes

extension InviteSession {
    /// Whether a re-INVITE may be sent now: no other INVITE is on its way in either direction (RFC 3261 section 14.1).
    public var canReINVITE: Bool {
        self.state == .confirmed && self.ownReINVITE == nil && self.peerReINVITE == nil && self.unacknowledged.isEmpty
    }

    /// Sends a re-INVITE (RFC 3261 section 14.1); nothing where `canReINVITE` is false.
    ///
    /// When both sides do so at once it is tried again by itself after the waiting time of the RFC.
    /// - Parameters:
    ///   - body: the offer, or `nil` to ask the peer for one.
    ///   - contentType: what the body is.
    public mutating func reINVITE(
        body: [UInt8]?,
        contentType: String = "application/sdp",
        now: Instant
    ) -> [Action] {
        guard self.canReINVITE else { return [] }
        return self.send(OwnReINVITE(body: body, contentType: contentType))
    }

    /// Whether a re-INVITE of ours met the peer's and will be sent again.
    public var isReINVITEWaiting: Bool {
        self.ownReINVITE?.stage == .waiting
    }

    /// Whether a 2xx of ours made an offer that no ACK has answered yet.
    public var awaitsAnswer: Bool {
        self.unacknowledged.values.contains(where: \.awaitsDescription)
    }

    /// Gives a re-INVITE that waits to be sent again another offer, for an answer to the peer's has come in between.
    public mutating func replaceWaitingReINVITE(body: [UInt8]?) {
        if self.isReINVITEWaiting { self.ownReINVITE?.body = body }
    }

    /// Accepts the peer's re-INVITE or UPDATE of `transaction` with 200.
    ///
    /// - Parameters:
    ///   - transaction: what `.re-INVITE` named.
    ///   - body: the answer, or our offer when the peer made none.
    ///   - contentType: what the body is.
    public mutating func answerReINVITE(
        _ transaction: ServerTransactionID,
        body: [UInt8]?,
        contentType: String = "application/sdp",
        now: Instant
    ) -> [Action] {
        guard let pending = self.peerReINVITE, pending.transaction == transaction else { return [] }
        var response = self.makeResponse(200, to: pending.request)
        self.introduce(&response)
        if let body { response.setBody(body, contentType: contentType) }
        self.peerReINVITE = nil
        self.dialog?.refreshTarget(from: pending.request)
        guard pending.request.method == .invite else { return [.respond(transaction, response)] }
        return self.sendSuccess(response, to: pending.request, transaction, now: now)
    }

    /// Refuses the peer's re-INVITE or UPDATE of `transaction`; the session goes on as it was.
    public mutating func rejectReINVITE(_ transaction: ServerTransactionID, status: Int = 488, now: Instant) -> [Action]
    {
        guard self.peerReINVITE?.transaction == transaction, (300...699).contains(status) else { return [] }
        return self.refusePeerReINVITE(status: status)
    }

    // MARK: The peer's

    mutating func handlePeerReINVITE(
        _ transaction: ServerTransactionID,
        _ request: SIPMessage,
        now: Instant
    ) -> [Action] {
        let isUpdate = request.method == .update
        let body = request.sessionBody.map { Array($0) }
        if isUpdate, body == nil {
            // A session refresh or a new Contact, without any offer (RFC 3311 section 5.2): it disturbs nothing.
            self.dialog?.refreshTarget(from: request)
            var response = self.makeResponse(200, to: request)
            self.introduce(&response)
            return [.respond(transaction, response)]
        }
        if self.peerReINVITE != nil { return self.respondLater(transaction, request) }
        switch self.state {
        case .incoming, .ringing:
            // The INVITE itself has no final response yet (section 14.2; RFC 3311 section 5.2).
            return self.respondLater(transaction, request)
        case .accepted where !self.unacknowledged.values.contains(where: \.awaitsDescription), .confirmed:
            // A re-INVITE of ours whose 2xx came disturbs no more, unless we owe its answer.
            if let own = self.ownReINVITE, own.stage != .waiting { return self.respond(transaction, request, 491) }
            if self.unacknowledged.values.contains(where: \.awaitsDescription) {
                return self.respond(transaction, request, 491)
            }
            self.peerReINVITE = PeerReINVITE(transaction: transaction, request: request)
            return [.event(.reINVITEReceived(transaction, body: body))]
        case .idle, .calling, .proceeding, .challenged, .cancelling, .answered, .accepted, .releasing, .ending, .ended:
            // Our own INVITE is in progress, or an offer waits for its answer.
            return self.respond(transaction, request, 491)
        }
    }

    /// 500 with a Retry-After of 0 to 10 seconds, chosen at random (RFC 3261 section 14.2).
    private mutating func respondLater(_ transaction: ServerTransactionID, _ request: SIPMessage) -> [Action] {
        var response = self.makeResponse(500, to: request)
        response.put(.retryAfter, "\(Int.random(in: 0...10, using: &self.random))")
        return [.respond(transaction, response)]
    }

    mutating func refusePeerReINVITE(status: Int) -> [Action] {
        guard let pending = self.peerReINVITE else { return [] }
        self.peerReINVITE = nil
        return [.respond(pending.transaction, self.makeResponse(status, to: pending.request))]
    }

    // MARK: Ours

    private mutating func send(_ reINVITE: OwnReINVITE) -> [Action] {
        guard var dialog = self.dialog else { return [] }
        var reINVITE = reINVITE
        var (request, nextHop) = dialog.makeRequest(.invite)
        self.introduce(&request)
        for (name, value) in reINVITE.credentials { request.append(name, value) }
        if let body = reINVITE.body { request.setBody(body, contentType: reINVITE.contentType) }
        reINVITE.cSeq = dialog.localCSeq
        reINVITE.stage = .sent
        self.dialog = dialog
        self.ownReINVITE = reINVITE
        return [.send(request, .reinvite, nextHop: nextHop)]
    }

    mutating func handleReINVITEResponse(_ response: SIPMessage, now: Instant) -> [Action] {
        let key = AcknowledgmentKey(of: response)
        if (200..<300).contains(response.statusCode), self.acknowledged.contains(key) { return [.resendACK(for: key)] }
        guard let own = self.ownReINVITE, own.cSeq == response.cSeq.number, own.stage == .sent else { return [] }
        switch response.statusCode {
        case ..<200: return []
        case 200..<300: return self.handleReINVITESuccess(response, own)
        case 401, 407:
            guard own.challenges < InviteSession.challengeLimit else {
                return self.dropReINVITE(status: response.statusCode)
            }
            self.ownReINVITE?.challenges += 1
            self.ownReINVITE?.stage = .challenged
            return [.event(.challenged(response, .reinvite))]
        case 408, 481: return self.loseDialog(.dialogLost(status: response.statusCode), now: now)
        case 491:
            guard self.state == .confirmed, own.glares < InviteSession.glareLimit else {
                return self.dropReINVITE(status: 491)
            }
            self.ownReINVITE?.glares += 1
            self.ownReINVITE?.stage = .waiting
            self.timers.schedule(.reINVITE, at: now + self.glareDelay())
            return []
        default: return self.dropReINVITE(status: response.statusCode)
        }
    }

    private mutating func handleReINVITESuccess(_ response: SIPMessage, _ own: OwnReINVITE) -> [Action] {
        self.dialog?.refreshTarget(from: response)
        let isLate = own.body == nil && response.sessionBody != nil
        if isLate, self.state == .confirmed {
            self.ownReINVITE?.stage = .answered
            return [.event(.reINVITEAnswered(response))]
        }
        self.ownReINVITE = nil
        let acknowledgment = self.reINVITEAcknowledgment(own, body: nil)
        return self.state == .confirmed ? acknowledgment + [.event(.reINVITEAnswered(response))] : acknowledgment
    }

    mutating func acknowledgeReINVITE(answer: [UInt8]) -> [Action] {
        guard let own = self.ownReINVITE, own.stage == .answered else { return [] }
        self.ownReINVITE = nil
        return self.reINVITEAcknowledgment(own, body: answer)
    }

    private mutating func reINVITEAcknowledgment(_ own: OwnReINVITE, body: [UInt8]?) -> [Action] {
        guard let dialog = self.dialog else { return [] }
        var (request, nextHop) = dialog.makeAcknowledgment(cSeq: own.cSeq)
        for (name, value) in own.credentials { request.append(name, value) }
        if let body { request.setBody(body, contentType: own.contentType) }
        let key = AcknowledgmentKey(remoteTag: dialog.remoteTag ?? "", cSeq: own.cSeq)
        self.remember(key)
        return [.send(request, .ack(key), nextHop: nextHop)]
    }

    mutating func restartReINVITE(credentials: [(HeaderName, String)]) throws(SIPBuildError) -> [Action] {
        guard self.state == .confirmed, var own = self.ownReINVITE, own.stage == .challenged else { return [] }
        var check = SIPMessageBuilder(request: .invite, uri: self.contact)
        for (name, value) in credentials { try check.add(name, value) }
        own.credentials = credentials.replacing(own.credentials)
        return self.send(own)
    }

    /// Tries a re-INVITE again that met one of the peer's; waits longer while that one is still open.
    mutating func retryReINVITE(now: Instant) -> [Action] {
        guard self.state == .confirmed, let own = self.ownReINVITE, own.stage == .waiting else { return [] }
        guard self.peerReINVITE == nil, self.unacknowledged.isEmpty else {
            self.timers.schedule(.reINVITE, at: now + self.glareDelay())
            return []
        }
        return self.send(own)
    }

    mutating func dropReINVITE(status: Int) -> [Action] {
        guard self.ownReINVITE != nil else { return [] }
        self.ownReINVITE = nil
        return self.state == .confirmed ? [.event(.reINVITERejected(status: status))] : []
    }

    /// Acknowledges a 2xx whose offer nobody will answer any more, before the session goes.
    mutating func releaseOwnReINVITE() -> [Action] {
        guard let own = self.ownReINVITE, own.stage == .answered else { return [] }
        self.ownReINVITE = nil
        return self.reINVITEAcknowledgment(own, body: nil)
    }

    /// RFC 3261 section 14.1, in steps of 10 ms: the side that made the Call-ID waits 2.1 to 4 s, the other side up to 2 s.
    private mutating func glareDelay() -> Duration {
        switch self.role {
        case .caller: .milliseconds(10 * Int64.random(in: 210...400, using: &self.random))
        case .callee: .milliseconds(10 * Int64.random(in: 0...200, using: &self.random))
        }
    }

    /// How often a re-INVITE is tried that meets the peer's.
    static let glareLimit = 5

    /// The peer's re-INVITE or UPDATE that waits for the application.
    struct PeerReINVITE: Sendable {
        let transaction: ServerTransactionID
        let request: SIPMessage
    }

    /// Our re-INVITE.
    struct OwnReINVITE: Sendable {
        /// How far it is.
        enum Stage: Sendable {
            /// Its response is awaited.
            case sent
            /// 401 or 407 came, the application decides.
            case challenged
            /// 491 came, it will be sent again.
            case waiting
            /// A 2xx with an offer came, the application has to answer it.
            case answered
        }

        var body: [UInt8]?
        let contentType: String
        var credentials: [(HeaderName, String)] = []
        var cSeq: UInt32 = 0
        var stage = Stage.sent
        var challenges = 0
        var glares = 0

        init(body: [UInt8]?, contentType: String) {
            self.body = body
            self.contentType = contentType
        }
    }
}
