public import CoreTypes

extension InviteSession {
    /// Takes a request of the peer inside of the dialog: any method but ACK and CANCEL (RFC 3261 section 12.2.2).
    public mutating func handleRequest(
        _ transaction: ServerTransactionID,
        _ request: SIPMessage,
        now: Instant
    ) -> [Action] {
        guard request.isRequest, self.knows(request), self.state != .ended else {
            return self.respond(transaction, request, 481)
        }
        if request.method == .bye, self.state == .ending { return self.handleBye(transaction, request, now: now) }
        guard self.state != .ending, self.state != .releasing || request.method == .bye else {
            return self.respond(transaction, request, 481)
        }
        // A BYE ends the call whatever its number is: to refuse it would leave the call up on this side alone.
        let isInOrder = self.admit(request)
        if request.method == .bye { return self.handleBye(transaction, request, now: now) }
        guard isInOrder else { return self.respond(transaction, request, 500) }
        if request.method == .invite || request.method == .update {
            return self.handlePeerReINVITE(transaction, request, now: now)
        }
        if self.capabilities.passedMethods.contains(request.method) {
            return [.event(.request(transaction, request))]
        }
        switch request.method {
        case .ack, .cancel:
            return []
        case .options:
            var response = self.makeResponse(200, to: request)
            self.introduce(&response)
            response.put(.accept, "application/sdp")
            return [.respond(transaction, response)]
        case .info:
            return self.respond(transaction, request, 200) + [.event(.info(request))]
        case .notify:
            // A PBX tells of voice mail and transfers unasked; refusing it makes some of them hang up.
            return self.respond(transaction, request, 200) + [.event(.notified(request))]
        case .prack:
            return self.respond(transaction, request, 481)
        default:
            guard SIPMethod.known.contains(request.method) else { return self.respond(transaction, request, 501) }
            var response = self.makeResponse(405, to: request)
            response.put(.allow, self.capabilities.allow.map(\.rawValue).joined(separator: ", "))
            return [.respond(transaction, response)]
        }
    }

    /// Responds to a request that `.request` handed over.
    ///
    /// - Throws: `SIPBuildError` when a header is not possible.
    public func respond(
        _ status: Int,
        to request: SIPMessage,
        _ transaction: ServerTransactionID,
        headers: [(HeaderName, String)] = [],
        body: [UInt8]? = nil,
        contentType: String = "application/sdp"
    ) throws(SIPBuildError) -> [Action] {
        var response = self.makeResponse(status, to: request)
        for (name, value) in headers { try response.add(name, value) }
        if let body { response.setBody(body, contentType: contentType) }
        return [.respond(transaction, response)]
    }

    /// Sends a request inside of the dialog that changes nothing in the session: INFO, REFER, OPTIONS, MESSAGE, NOTIFY.
    ///
    /// Its final response comes as `.response`. Nothing is sent where no dialog stands.
    ///
    /// - Throws: `SIPBuildError` when a header is not possible.
    public mutating func request(
        _ method: SIPMethod,
        headers: [(HeaderName, String)] = [],
        body: [UInt8]? = nil,
        contentType: String = "application/sdp"
    ) throws(SIPBuildError) -> [Action] {
        guard self.state == .confirmed || self.state == .accepted,
            let (request, nextHop) = self.dialog?.makeRequest(method)
        else { return [] }
        var builder = request
        if method == .refer || method == .subscribe || method == .notify {
            builder.put(.contact, "<\(self.contact)>")
        }
        for (name, value) in headers { try builder.add(name, value) }
        if let body { builder.setBody(body, contentType: contentType) }
        self.keep(OwnRequest(method: method, headers: headers, body: body, contentType: contentType))
        return [.send(builder, .other, nextHop: nextHop)]
    }

    private mutating func handleBye(_ transaction: ServerTransactionID, _ request: SIPMessage, now: Instant) -> [Action]
    {
        let response = self.respond(transaction, request, 200)
        switch self.state {
        case .idle, .calling, .proceeding, .challenged, .cancelling:
            // A callee may not send BYE before its 2xx (section 15); the fork is gone, the INVITE's response decides.
            self.early.removeAll { $0.remoteTag == request.from.tag }
            return response
        case .incoming, .ringing:
            return self.move(.remoteBye) ? response + self.respondToInvite(487) + self.end(.remoteHangup) : response
        case .answered:
            guard self.move(.remoteBye) else { return response }
            return response + self.sendAcknowledgment(body: nil) + self.end(.remoteHangup)
        case .ending:
            // Both hung up at once: each BYE gets its 200, and nothing else is waited for.
            return self.move(.remoteBye) ? response + self.end(self.endingReason) : response
        case .accepted, .releasing, .confirmed:
            guard self.move(.remoteBye) else { return response }
            let pending = self.releaseOwnReINVITE() + self.refusePeerReINVITE(status: 487)
            return response + pending + self.end(.remoteHangup)
        case .ended:
            return response
        }
    }

    func respond(_ transaction: ServerTransactionID, _ request: SIPMessage, _ status: Int) -> [Action] {
        [.respond(transaction, self.makeResponse(status, to: request))]
    }

    /// The hosts that requests of the peer may come from, as far as they are addresses and not names: the remote target
    /// and the first hop of the routes, of each fork while there is no dialog.
    public var remoteHosts: [IPAddress] {
        let dialogs = self.dialog.map { [$0] } ?? self.early
        return dialogs.flatMap { dialog in
            [dialog.remoteTarget.address, dialog.routeSet.routes.first?.uri.address].compactMap(\.self)
        }
    }

    /// Whether the request comes from the peer of our dialog, or from a fork that rings.
    private func knows(_ request: SIPMessage) -> Bool {
        if let dialog = self.dialog { return dialog.matches(request) }
        return self.early.contains { $0.matches(request) }
    }

    private mutating func admit(_ request: SIPMessage) -> Bool {
        if self.dialog != nil { return self.dialog?.admit(request) ?? false }
        guard let index = self.early.firstIndex(where: { $0.matches(request) }) else { return false }
        return self.early[index].admit(request)
    }

    // MARK: Our requests that are challenged (RFC 3261 section 22)

    /// What the digest of a challenged request is made over (RFC 7616 section 3.4).
    public struct ChallengedRequest: Sendable {
        /// The method.
        public let method: SIPMethod
        /// The Request-URI, which is not the peer's Contact where a strict router stands in front.
        public let uri: SIPURI
        /// The body; empty when there is none.
        public let body: [UInt8]
    }

    /// The request that `challenge` asks credentials for; `nil` when it is not on its way any more.
    public func challengedRequest(_ role: RequestRole, _ challenge: SIPMessage) -> ChallengedRequest? {
        switch role {
        case .invite:
            return self.outgoing.map { invite in
                let uri = invite.routeSet.addressing(of: invite.target).requestURI
                return ChallengedRequest(method: .invite, uri: uri, body: invite.body ?? [])
            }
        case .reinvite:
            guard let own = self.ownReINVITE else { return nil }
            return self.dialog.map { ChallengedRequest(method: .invite, uri: $0.requestURI, body: own.body ?? []) }
        case .bye:
            return self.dialog.map { ChallengedRequest(method: .bye, uri: $0.requestURI, body: []) }
        case .release:
            return self.forkReleases[challenge.to.tag ?? ""].map { release in
                ChallengedRequest(method: .bye, uri: release.dialog.requestURI, body: [])
            }
        case .other:
            guard let own = self.ownRequests[challenge.cSeq.number] else { return nil }
            return self.dialog.map { ChallengedRequest(method: own.method, uri: $0.requestURI, body: own.body ?? []) }
        case .ack, .cancel:
            return nil
        }
    }

    /// Sends the challenged request again with credentials: the same Call-ID and tag, CSeq one higher (RFC 3261 section 22.2).
    ///
    /// `challenge` is the response that asked; it tells requests apart of which several may be on their way, those made by
    /// `request` and the BYEs to forks.
    /// - Throws: `SIPBuildError` when a header is not possible; nothing has happened then.
    public mutating func restart(
        _ role: RequestRole = .invite,
        after challenge: SIPMessage? = nil,
        headers: [(HeaderName, String)],
        now: Instant
    ) throws(SIPBuildError) -> [Action] {
        switch role {
        case .invite:
            guard self.state == .challenged, var invite = self.outgoing else { return [] }
            invite.cSeq = Dialog.number(after: invite.cSeq)
            invite.credentials = headers.replacing(invite.credentials)
            let action = try self.composeInvite(invite)
            guard self.move(.restart) else { return [] }
            self.outgoing = invite
            return [action]
        case .reinvite:
            return try self.restartReINVITE(credentials: headers)
        case .bye:
            guard self.state == .ending, var dialog = self.dialog else { return [] }
            var (request, nextHop) = dialog.makeRequest(.bye)
            for (name, value) in headers { try request.add(name, value) }
            self.dialog = dialog
            return [.send(request, .bye, nextHop: nextHop)]
        case .release:
            return try self.restartRelease(of: challenge?.to.tag ?? "", headers)
        case .other:
            guard let challenge else { return [] }
            return try self.restartRequest(challenge.cSeq.number, headers)
        case .ack, .cancel:
            return []
        }
    }

    /// Gives up on a challenged request: there are no credentials for it, or the ones we have are wrong.
    public mutating func abandon(_ challenge: SIPMessage, role: RequestRole = .invite, now: Instant) -> [Action] {
        switch role {
        case .invite:
            guard self.state == .challenged, self.move(.refusal) else { return [] }
            return self.end(.rejected(status: challenge.statusCode, reason: challenge.reasonPhrase))
        case .reinvite:
            return self.ownReINVITE?.stage == .challenged ? self.dropReINVITE(status: challenge.statusCode) : []
        case .bye:
            return self.move(.byeDone) ? self.end(self.endingReason) : []
        case .release:
            self.forkReleases[challenge.to.tag ?? ""] = nil
            return []
        case .other:
            guard self.ownRequests.removeValue(forKey: challenge.cSeq.number) != nil else { return [] }
            return [.event(.response(challenge))]
        case .ack, .cancel:
            return []
        }
    }

    // MARK: Requests made by `request`

    /// Keeps the request that was made last, for when it is challenged; of many at once the last are not kept.
    mutating func keep(_ request: OwnRequest) {
        guard let number = self.dialog?.localCSeq, self.ownRequests.count < InviteSession.requestLimit else { return }
        self.ownRequests[number] = request
    }

    /// Counts a challenge; false when there is nothing to send again, or it was tried often enough.
    mutating func noteChallenge(of cSeq: UInt32) -> Bool {
        guard let challenges = self.ownRequests[cSeq]?.challenges, challenges < InviteSession.challengeLimit else {
            return false
        }
        self.ownRequests[cSeq]?.challenges += 1
        return true
    }

    private mutating func restartRequest(
        _ cSeq: UInt32,
        _ headers: [(HeaderName, String)]
    ) throws(SIPBuildError) -> [Action] {
        guard self.state == .confirmed || self.state == .accepted, let own = self.ownRequests[cSeq],
            var dialog = self.dialog
        else { return [] }
        var (request, nextHop) = dialog.makeRequest(own.method)
        if own.method == .refer || own.method == .subscribe || own.method == .notify {
            request.put(.contact, "<\(self.contact)>")
        }
        for (name, value) in headers.replacing(own.headers) { try request.add(name, value) }
        if let body = own.body { request.setBody(body, contentType: own.contentType) }
        self.dialog = dialog
        self.ownRequests[cSeq] = nil
        self.keep(own)
        return [.send(request, .other, nextHop: nextHop)]
    }

    /// How often one request is tried with credentials: a proxy and the server behind it may ask, and some nonces be stale.
    static let challengeLimit = 8
    /// How many requests are kept for when they are challenged.
    static let requestLimit = 16

    /// A request of ours within the dialog that is none of INVITE, ACK, CANCEL and BYE.
    struct OwnRequest: Sendable {
        let method: SIPMethod
        let headers: [(HeaderName, String)]
        let body: [UInt8]?
        let contentType: String
        var challenges = 0
    }
}

extension SIPMessage {
    /// Whether this response asks for credentials.
    var isChallenge: Bool { self.statusCode == 401 || self.statusCode == 407 }
}
