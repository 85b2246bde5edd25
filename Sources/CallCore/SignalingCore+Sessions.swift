package import CoreTypes
package import SIPCore

/// The sessions: found by their dialogs, given their inputs, and forgotten when nothing of theirs is on its way any more.
extension SignalingCore {
    /// How many sessions there are, those included that only wait for a response to their BYE.
    package var sessionCount: Int { self.entries.count }

    /// A session, as long as it is kept.
    package func session(_ id: SessionID) -> InviteSession? {
        self.entries[id]?.session
    }

    /// Where the INVITE of a session went or came from, as long as it is kept.
    package func proxy(of id: SessionID) -> Destination? {
        self.entries[id]?.proxy
    }

    /// Whether a session is there and not over.
    package func isLive(_ id: SessionID) -> Bool {
        self.entries[id].map { !$0.hasEnded } ?? false
    }

    /// Adds a session, whose dialog the endpoint knows from now on.
    ///
    /// - Parameters:
    ///   - proxy: where its INVITE goes or came from: where requests go whose next hop only that host can reach.
    ///   - proxyNames: the names of that host.
    ///   - alternatives: its other addresses, which are tried in this order when the INVITE finds nobody at the first.
    ///   - transaction: the INVITE's, for a callee.
    package mutating func add(
        _ session: InviteSession,
        as id: SessionID,
        proxy: Destination,
        proxyNames: [String] = [],
        alternatives: [TransportAddress] = [],
        transaction: ServerTransactionID? = nil
    ) {
        self.entries[id] = Entry(session: session, proxy: proxy, proxyNames: proxyNames, alternatives: alternatives)
        self.dialogs[DialogKey(callID: session.callID, localTag: session.localTag)] = id
        if let transaction { self.invitations[transaction] = id }
        self.timers.schedule(id, at: session.deadline)
        self.list(id)
    }

    /// Gives a session an input and carries out what it asks for.
    package mutating func update(
        _ id: SessionID,
        now: Instant,
        _ input: (inout InviteSession) throws(SIPBuildError) -> [InviteSession.Action]
    ) {
        guard var session = self.entries[id]?.session else { return }
        // A build error means that a value of ours does not fit a header. Nothing has happened then, and nothing ever would.
        let actions = (try? input(&session)) ?? Self.giveUp(&session, now: now)
        self.entries[id]?.session = session
        self.carryOut(actions, of: id, now: now)
    }

    /// Ends a session that has no final response yet and whose application's request cannot be carried out; one that stands
    /// goes on.
    private static func giveUp(_ session: inout InviteSession, now: Instant) -> [InviteSession.Action] {
        switch session.state {
        case .idle, .challenged, .incoming, .ringing: session.hangUp(now: now)
        case .calling, .proceeding, .cancelling, .answered, .accepted, .releasing, .confirmed, .ending, .ended: []
        }
    }

    /// The session that a request with a To tag is for.
    func id(of request: SIPMessage) -> SessionID? {
        guard let tag = request.to.tag else { return nil }
        return self.dialogs[DialogKey(callID: request.callID, localTag: tag)]
    }

    /// A request with a To tag came.
    mutating func handleRequestInDialog(
        _ transaction: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        now: Instant
    ) {
        guard let id = self.id(of: request), var session = self.entries[id]?.session else {
            self.respond(transaction, status: 481, now: now)
            return
        }
        let mayRefresh = request.method == .invite || request.method == .update
        // Those that the application answers: it must hear when they end without a response.
        if mayRefresh { self.invitations[transaction] = id }
        if request.method == .bye, session.dialog?.matches(request) == true {
            self.outputs.append(.session(id, .byeReceived(request)))
        }
        let actions = session.handleRequest(transaction, request, now: now)
        self.entries[id]?.session = session
        if mayRefresh, let dialog = session.dialog, dialog.matches(request), dialog.remoteCSeq == request.cSeq.number {
            self.outputs.append(.session(id, .refreshed(request, from: source)))
        }
        self.carryOut(actions, of: id, now: now)
    }

    /// Does what a session asks for, and brings what depends on its state up to date.
    private mutating func carryOut(_ actions: [InviteSession.Action], of id: SessionID, now: Instant) {
        for action in actions { self.perform(action, of: id, now: now) }
        self.failUnsent(now: now)
        self.timers.schedule(id, at: self.entries[id]?.session.deadline)
        self.list(id)
        self.release(id)
    }

    /// What could not be sent gets no response, and no transaction tells of it.
    mutating func failUnsent(now: Instant) {
        while let (id, role) = self.unsent.popLast() {
            self.update(id, now: now) { $0.handleFailure(.transport(TransportFault(.other)), role: role, now: now) }
        }
    }

    private mutating func perform(_ action: InviteSession.Action, of id: SessionID, now: Instant) {
        switch action {
        case .send(let request, let role, nextHop: let nextHop):
            if role == .bye { self.outputs.append(.session(id, .leaving)) }
            self.send(request, role, nextHop, of: id, now: now)
        case .resendACK(for: let key):
            if let sent = self.entries[id]?.acknowledgments[key] {
                self.endpoint.resend(sent.bytes, to: sent.destination)
            }
        case .cancelInvite:
            let invite = self.entries[id]?.requests.first { $0.value == .invite }
            if let invite { self.cancel(invite.key, now: now) }
        case .respond(let transaction, let response): self.endpoint.respond(transaction, response, now: now)
        case .event(let event): self.outputs.append(.session(id, .event(event)))
        case .ended(let reason):
            self.entries[id]?.hasEnded = true
            self.outputs.append(.session(id, .ended(reason)))
        }
    }

    /// Tells the endpoint who may speak in the dialog of a session, when that has changed: where its INVITE went to or
    /// came from, where our requests go, and the proxy before that.
    mutating func list(_ id: SessionID) {
        guard let entry = self.entries[id] else { return }
        let proxy = entry.proxy.address.host
        var hosts = [proxy]
        for host in entry.session.remoteHosts + (entry.resolved?.addresses ?? []) where !hosts.contains(host) {
            // As with our own requests: what is no address of one machine is nobody, and a loopback is not ours.
            guard NextHop.isReachable(host, from: proxy) else { continue }
            hosts.append(host)
        }
        guard hosts != entry.hosts else { return }
        self.entries[id]?.hosts = hosts
        self.endpoint.setDialog(callID: entry.session.callID, localTag: entry.session.localTag, hosts: hosts)
    }

    /// Forgets a session that is over and waits for nothing any more.
    private mutating func release(_ id: SessionID) {
        guard let entry = self.entries[id], entry.hasEnded,
            !entry.requests.values.contains(where: { $0 == .bye || $0 == .release || $0 == .other })
        else { return }
        for number in entry.requests.keys { self.drop(number) }
        self.dialogs[DialogKey(callID: entry.session.callID, localTag: entry.session.localTag)] = nil
        self.endpoint.removeDialog(callID: entry.session.callID, localTag: entry.session.localTag)
        self.timers.cancel(id)
        self.entries[id] = nil
    }
}
