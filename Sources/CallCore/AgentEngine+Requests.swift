import CoreTypes
import SDPCore
import SIPCore

/// Requests that come in.
extension AgentEngine {
    mutating func handleRequest(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        switch request.method {
        case .invite: self.handleInvite(id, request, from: source, on: binding, now: now)
        case .options:
            let headers: [(HeaderName, String)] = [(.allow, self.core.allow), (.accept, "application/sdp")]
            self.respond(id, status: 200, headers: headers, now: now)
        // A PBX tells of waiting messages and the like without being asked; refusing it only makes it try again.
        case .notify: self.respond(id, status: 200, now: now)
        case .bye, .info, .update, .cancel, .prack: self.respond(id, status: 481, now: now)
        default: self.respond(id, status: 405, now: now)
        }
    }

    private mutating func handleInvite(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        var offer: SessionDescription?
        if let body = request.sessionBody {
            guard let parsed = try? SessionDescription(body) else {
                self.respond(id, status: 400, now: now)
                self.tellRefused(request, from: source, on: binding, .declined(status: 400))
                return
            }
            // Negotiated now for the verdict alone: a call that cannot have audio must not ring.
            var trial = self.makeNegotiation(LocalMedia(address: binding.address.host, port: 9))
            do throws(SDPError) {
                _ = try trial.receiveOffer(parsed)
            } catch {
                self.refuse(id, error, on: binding, now: now)
                let words = CodecMismatch(parsed, ours: self.configuration.codecs).ofTheirOffer
                self.tellRefused(request, from: source, on: binding, .incompatibleMedia("\(error): \(words)"))
                return
            }
            offer = parsed
        }
        let account = self.account(of: request, from: source)
        let user = account.flatMap { self.accounts[$0].identity.addressOfRecord.user } ?? request.requestURI?.user
        let session = InviteSession(
            incoming: request,
            transaction: id,
            localTag: self.random.token(16),
            contact: SIPURI(user: user, host: binding.address.host.hostText, port: binding.address.port),
            capabilities: self.capabilities,
            random: self.random.split(),
            now: now
        )
        guard let session, let target = request.requestURI else {
            self.respond(id, status: 400, now: now)
            return
        }
        let call = self.makeCallID()
        let home = self.homeDomains(of: account, source: source, binding: binding)
        let caller = PartyIdentity(caller: request, isTrustedPeer: self.isTrustedPeer(source.host), home: home)
        self.calls[call] = CallRecord(
            isIncoming: true,
            target: target,
            identity: account,
            digest: account.flatMap { self.makeDigest(for: self.accounts[$0]) },
            offer: offer,
            party: caller,
            home: home
        )
        self.core.add(
            session,
            as: call,
            proxy: Destination(address: source, binding: binding),
            proxyNames: account.map { [self.accounts[$0].identity.addressOfRecord.host] } ?? [],
            transaction: id
        )
        self.events.append(
            .incoming(
                call,
                IncomingCallInfo(
                    from: request.from,
                    to: request.to,
                    requestURI: target,
                    source: source,
                    diversion: request.first(.diversion),
                    assertedIdentity: request.first(.pAssertedIdentity),
                    caller: caller
                )
            )
        )
    }

    /// Tells of a call that is refused before its application hears of it: somebody wonders why it does not ring.
    mutating func tellRefused(
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        _ reason: CallEndReason
    ) {
        guard let target = request.requestURI else { return }
        let home = self.homeDomains(of: self.account(of: request, from: source), source: source, binding: binding)
        let info = IncomingCallInfo(
            from: request.from,
            to: request.to,
            requestURI: target,
            source: source,
            diversion: request.first(.diversion),
            assertedIdentity: request.first(.pAssertedIdentity),
            caller: PartyIdentity(caller: request, isTrustedPeer: self.isTrustedPeer(source.host), home: home)
        )
        self.events.append(.callRefused(self.makeCallID(), info, reason))
    }

    /// The account that a PBX calls: the one that the INVITE names, or else its first.
    private func account(of request: SIPMessage, from source: TransportAddress) -> Int? {
        let candidates = self.accounts.indices.filter { self.accounts[$0].hosts.contains(source.host) }
        let user = request.requestURI?.user
        return candidates.first { self.accounts[$0].identity.addressOfRecord.user == user } ?? candidates.first
    }

    /// Refuses an offer that cannot be used, and says why (RFC 3261 section 20.43).
    private mutating func refuse(
        _ id: ServerTransactionID,
        _ error: SDPError,
        on binding: LocalBinding,
        now: Instant
    ) {
        guard var response = self.core.endpoint.makeResponse(488, to: id) else { return }
        let text = "\(error.warningCode) \(binding.address.host.hostText) \"\(error)\""
        try? response.add("Warning", text)
        self.core.endpoint.respond(id, response, now: now)
    }

    private mutating func respond(
        _ id: ServerTransactionID,
        status: Int,
        headers: [(HeaderName, String)] = [],
        now: Instant
    ) {
        self.core.respond(id, status: status, headers: headers, now: now)
    }
}
