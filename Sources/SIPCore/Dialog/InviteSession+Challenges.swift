public import CoreTypes

// What becomes of our requests that are challenged (RFC 3261 section 22).

extension InviteSession {
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

    private mutating func restartRelease(
        of tag: String,
        _ headers: [(HeaderName, String)]
    ) throws(SIPBuildError) -> [Action] {
        guard var release = self.forkReleases[tag] else { return [] }
        var (request, nextHop) = release.dialog.makeRequest(.bye)
        for (name, value) in headers { try request.add(name, value) }
        self.forkReleases[tag] = release
        return [.send(request, .release, nextHop: nextHop)]
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

    /// The BYE to a fork that answered too late.
    struct ForkRelease: Sendable {
        var dialog: Dialog
        var challenges = 0
    }
}

extension Dialog {
    /// The Request-URI of our requests, a strict router's where one stands in front (RFC 3261 section 12.2.1.1).
    var requestURI: SIPURI { self.routeSet.addressing(of: self.remoteTarget).requestURI }
}

extension SIPMessage {
    /// Whether this response asks for credentials.
    var isChallenge: Bool { self.statusCode == 401 || self.statusCode == 407 }
}
