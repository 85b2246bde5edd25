public import CoreTypes

extension InviteSession {
    /// Takes a request of the peer inside of the dialog: any method but ACK and CANCEL (RFC 3261 section 12.2.2).
    public mutating func handleRequest(
        _ transaction: ServerTransactionID,
        _ request: SIPMessage,
        now: Instant
    ) -> [Action] {
        guard request.isRequest, self.knows(request), self.state != .ended else {
            return self.answer(transaction, request, 481)
        }
        if request.method == .bye, self.state == .ending { return self.handleBye(transaction, request, now: now) }
        guard self.state != .ending, self.state != .releasing || request.method == .bye else {
            return self.answer(transaction, request, 481)
        }
        // A BYE ends the call whatever its number is: to refuse it would leave the call up on this side alone.
        let isInOrder = self.admit(request)
        if request.method == .bye { return self.handleBye(transaction, request, now: now) }
        guard isInOrder else { return self.answer(transaction, request, 500) }
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
            return self.answer(transaction, request, 200) + [.event(.info(request))]
        case .notify:
            // A PBX tells of voice mail and transfers unasked; refusing it makes some of them hang up.
            return self.answer(transaction, request, 200) + [.event(.notified(request))]
        case .prack:
            return self.answer(transaction, request, 481)
        default:
            guard SIPMethod.known.contains(request.method) else { return self.answer(transaction, request, 501) }
            var response = self.makeResponse(405, to: request)
            response.put(.allow, self.capabilities.allow.map(\.rawValue).joined(separator: ", "))
            return [.respond(transaction, response)]
        }
    }

    /// Answers a request that `.request` handed over.
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

    private mutating func handleBye(_ transaction: ServerTransactionID, _ request: SIPMessage, now: Instant) -> [Action]
    {
        let answer = self.answer(transaction, request, 200)
        switch self.state {
        case .idle, .calling, .proceeding, .challenged, .cancelling:
            // A callee may not send BYE before its 2xx (section 15); the fork is gone, the INVITE's response decides.
            self.early.removeAll { $0.remoteTag == request.from.tag }
            return answer
        case .incoming, .ringing:
            return self.move(.remoteBye) ? answer + self.respondToInvite(487) + self.end(.remoteHangup) : answer
        case .answered:
            guard self.move(.remoteBye) else { return answer }
            return answer + self.sendAcknowledgment(body: nil) + self.end(.remoteHangup)
        case .ending:
            // Both hung up at once: each BYE gets its 200, and nothing else is waited for.
            return self.move(.remoteBye) ? answer + self.end(self.endingReason) : answer
        case .accepted, .releasing, .confirmed:
            guard self.move(.remoteBye) else { return answer }
            let pending = self.releaseOwnReINVITE() + self.refusePeerReINVITE(status: 487)
            return answer + pending + self.end(.remoteHangup)
        case .ended:
            return answer
        }
    }

    func answer(_ transaction: ServerTransactionID, _ request: SIPMessage, _ status: Int) -> [Action] {
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
}
