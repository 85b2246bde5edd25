package import CoreTypes
package import SIPCore

/// The INVITE sessions of an agent or a PBX over one endpoint: finds the session that a message belongs to,
/// carries out what sessions ask for, and forgets them when nothing of theirs is on its way any more.
package struct SessionTable<ID: Hashable & Sendable> {
    /// What a session told; drained by ``pollOutput()``.
    package enum Output {
        /// Something happened.
        case event(InviteSessionEvent)
        /// The BYE is on its way: to us the session is over (RFC 3261 section 15.1.1), whatever becomes of the BYE.
        case leaving
        /// The session is over.
        case ended(InviteSession.EndReason)
    }
    private struct Entry {
        var session: InviteSession
        /// Where requests go whose next hop is a name, or an address that only the PBX can reach.
        let pbx: Destination
        /// Our requests on the way.
        var requests: [ClientTransactionID: RequestRole] = [:]
        /// The sent ACKs, for when a 2xx comes again.
        var acknowledgments: [AcknowledgmentKey: (bytes: [UInt8], destination: Destination)] = [:]
        var hasEnded = false
        /// The hosts that the endpoint was told may speak in its dialog.
        var hosts: [IPAddress] = []
    }
    private struct DialogKey: Hashable {
        let callID: String
        let localTag: String
    }
    private var entries: [ID: Entry] = [:]
    private var dialogs: [DialogKey: ID] = [:]
    private var owners: [ClientTransactionID: ID] = [:]
    private var invitations: [ServerTransactionID: ID] = [:]
    private var timers = DeadlineQueue<ID>()
    private var outputs: [(ID, Output)] = []
    /// Requests that could not be built; empty between inputs.
    private var unsent: [(ID, RequestRole)] = []
    /// How many ACKs a session keeps.
    private static var acknowledgmentLimit: Int { 32 }

    /// Makes an empty table.
    package init() {}

    /// How many sessions there are, those included that only wait for an answer to their BYE.
    package var count: Int { self.entries.count }

    /// When ``handleTimeout(endpoint:now:)`` is due.
    package var deadline: Instant? { self.timers.earliest }

    /// A session, as long as it is kept.
    package func session(_ id: ID) -> InviteSession? {
        self.entries[id]?.session
    }

    /// The host that a session's messages come from by its PBX, as long as it is kept.
    package func pbxHost(_ id: ID) -> IPAddress? {
        self.entries[id]?.pbx.address.host
    }

    /// The socket that a session's messages pass, as long as it is kept.
    package func binding(_ id: ID) -> LocalBinding? {
        self.entries[id]?.pbx.binding
    }

    /// The session that a request with a To tag is for.
    package func id(of request: SIPMessage) -> ID? {
        self.dialog(of: request)
    }

    /// The session whose INVITE a transaction carries.
    package func caller(of transaction: ClientTransactionID) -> ID? {
        guard let id = self.owners[transaction], self.entries[id]?.requests[transaction] == .invite else { return nil }
        return id
    }

    /// Whether a session is there and not over.
    package func isLive(_ id: ID) -> Bool {
        self.entries[id].map { !$0.hasEnded } ?? false
    }

    /// The next thing that a session told.
    package mutating func pollOutput() -> (ID, Output)? {
        self.outputs.isEmpty ? nil : self.outputs.removeFirst()
    }

    /// Adds a session, whose dialog the endpoint knows from now on; `transaction` is the INVITE's, for a callee.
    package mutating func add(
        _ session: InviteSession,
        as id: ID,
        pbx: Destination,
        transaction: ServerTransactionID? = nil,
        endpoint: inout SIPEndpoint
    ) {
        self.entries[id] = Entry(session: session, pbx: pbx)
        self.dialogs[DialogKey(callID: session.callID, localTag: session.localTag)] = id
        if let transaction { self.invitations[transaction] = id }
        self.timers.schedule(id, at: session.deadline)
        self.list(id, at: &endpoint)
    }

    /// Gives a session an input and carries out what it asks for.
    package mutating func update(
        _ id: ID,
        endpoint: inout SIPEndpoint,
        now: Instant,
        _ input: (inout InviteSession) throws(SIPBuildError) -> [InviteSession.Action]
    ) {
        guard var session = self.entries[id]?.session else { return }
        // A build error means that a value of ours does not fit a header. Nothing has happened then, and nothing ever would.
        let actions = (try? input(&session)) ?? Self.giveUp(&session, now: now)
        self.entries[id]?.session = session
        self.perform(actions, of: id, endpoint: &endpoint, now: now)
        // What could not be sent gets no answer, and no transaction tells of it.
        while let (id, role) = self.unsent.popLast() {
            guard var session = self.entries[id]?.session else { continue }
            let actions = session.handleFailure(.transport(TransportFault(.other)), role: role, now: now)
            self.entries[id]?.session = session
            self.perform(actions, of: id, endpoint: &endpoint, now: now)
        }
        self.timers.schedule(id, at: self.entries[id]?.session.deadline)
        self.list(id, at: &endpoint)
        self.release(id, at: &endpoint)
    }

    /// Ends a session that has no answer yet and whose owner's wish cannot be carried out; one that stands goes on.
    private static func giveUp(_ session: inout InviteSession, now: Instant) -> [InviteSession.Action] {
        switch session.state {
        case .idle, .challenged, .incoming, .ringing: session.hangUp(now: now)
        case .calling, .proceeding, .cancelling, .answered, .accepted, .releasing, .confirmed, .ending, .ended: []
        }
    }

    // MARK: Messages of the endpoint; each tells whether a session was meant

    /// A request with a To tag came.
    package mutating func handleRequest(
        _ transaction: ServerTransactionID,
        _ request: SIPMessage,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) -> Bool {
        guard let id = self.dialog(of: request) else { return false }
        // Those whose answer the application gives: it must hear when they end without one.
        if request.method == .invite || request.method == .update { self.invitations[transaction] = id }
        self.update(id, endpoint: &endpoint, now: now) { $0.handleRequest(transaction, request, now: now) }
        return true
    }

    /// An ACK to a 2xx came.
    package mutating func handleACK(_ request: SIPMessage, endpoint: inout SIPEndpoint, now: Instant) {
        guard let id = self.dialog(of: request) else { return }
        self.update(id, endpoint: &endpoint, now: now) { $0.handleACK(request, now: now) }
    }

    /// An INVITE was canceled.
    package mutating func handleCancel(
        _ transaction: ServerTransactionID,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) {
        guard let id = self.invitations[transaction] else { return }
        self.update(id, endpoint: &endpoint, now: now) { $0.handleCancel(transaction, now: now) }
    }

    /// A transaction of the peer is done with.
    package mutating func handleTransactionEnded(
        _ transaction: ServerTransactionID,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) {
        guard let id = self.invitations.removeValue(forKey: transaction) else { return }
        self.update(id, endpoint: &endpoint, now: now) { $0.handleTransactionEnded(transaction, now: now) }
    }

    /// A response came; the session's identifier and the request's role when it was for a session.
    package mutating func handleResponse(
        _ transaction: ClientTransactionID,
        _ response: SIPMessage,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) -> Bool {
        guard let id = self.owners[transaction], let role = self.entries[id]?.requests[transaction] else {
            return false
        }
        // A 2xx to INVITE may come again, and forks answer under the same transaction: that one is kept.
        let isInvite = role == .invite || role == .reinvite
        if response.statusCode >= 300 || (response.statusCode >= 200 && !isInvite) { self.forget(transaction, of: id) }
        self.update(id, endpoint: &endpoint, now: now) { $0.handleResponse(response, role: role, now: now) }
        return true
    }

    /// A request got no final response.
    package mutating func handleFailure(
        _ transaction: ClientTransactionID,
        _ failure: TransactionFailure,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) -> Bool {
        guard let id = self.owners[transaction], let role = self.entries[id]?.requests[transaction] else {
            return false
        }
        self.forget(transaction, of: id)
        self.update(id, endpoint: &endpoint, now: now) { $0.handleFailure(failure, role: role, now: now) }
        return true
    }

    /// The deadline has come.
    package mutating func handleTimeout(endpoint: inout SIPEndpoint, now: Instant) {
        while let id = self.timers.popExpired(now) {
            self.update(id, endpoint: &endpoint, now: now) { $0.handleTimeout(now: now) }
        }
    }

    // MARK: Inside

    private func dialog(of request: SIPMessage) -> ID? {
        guard let tag = request.to.tag else { return nil }
        return self.dialogs[DialogKey(callID: request.callID, localTag: tag)]
    }

    private mutating func perform(
        _ actions: [InviteSession.Action],
        of id: ID,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) {
        for action in actions { self.perform(action, of: id, endpoint: &endpoint, now: now) }
    }

    private mutating func perform(
        _ action: InviteSession.Action,
        of id: ID,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) {
        switch action {
        case .send(let request, let role, nextHop: let nextHop):
            if role == .bye { self.outputs.append((id, .leaving)) }
            self.send(request, role, nextHop, of: id, endpoint: &endpoint, now: now)
        case .resendACK(for: let key):
            if let sent = self.entries[id]?.acknowledgments[key] { endpoint.resend(sent.bytes, to: sent.destination) }
        case .cancelInvite:
            let invite = self.entries[id]?.requests.first { $0.value == .invite }
            if let invite { endpoint.cancel(invite.key, now: now) }
        case .respond(let transaction, let response): endpoint.respond(transaction, response, now: now)
        case .event(let event): self.outputs.append((id, .event(event)))
        case .ended(let reason):
            self.entries[id]?.hasEnded = true
            self.outputs.append((id, .ended(reason)))
        }
    }

    private mutating func send(
        _ request: SIPMessageBuilder,
        _ role: RequestRole,
        _ nextHop: SIPURI,
        of id: ID,
        endpoint: inout SIPEndpoint,
        now: Instant
    ) {
        guard let entry = self.entries[id] else { return }
        // The first INVITE goes to the PBX, whatever host the called URI names: it is our outbound proxy.
        let destination = role == .invite ? entry.pbx : Self.destination(of: nextHop, pbx: entry.pbx)
        if case .ack(let key) = role {
            if let bytes = try? endpoint.sendWithoutTransaction(request, to: destination, now: now) {
                self.remember(key, (bytes, destination), of: id)
            }
        } else if let transaction = try? endpoint.send(request, to: destination, now: now) {
            if role == .invite || role == .reinvite {
                for (old, oldRole) in entry.requests where oldRole == role { self.forget(old, of: id) }
            }
            self.owners[transaction] = id
            self.entries[id]?.requests[transaction] = role
        } else {
            self.unsent.append((id, role))
        }
    }

    /// Keeps the bytes of an ACK; the oldest of many re-INVITEs are forgotten, for their 2xx come no more.
    private mutating func remember(
        _ key: AcknowledgmentKey,
        _ sent: (bytes: [UInt8], destination: Destination),
        of id: ID
    ) {
        guard var kept = self.entries[id]?.acknowledgments else { return }
        if kept.count >= Self.acknowledgmentLimit, let oldest = kept.keys.min(by: { $0.cSeq < $1.cSeq }) {
            kept[oldest] = nil
        }
        kept[key] = sent
        self.entries[id]?.acknowledgments = kept
    }

    /// Where a request goes: to the address that the URI names, or to the PBX when it names a host that only the
    /// PBX knows.
    private static func destination(of nextHop: SIPURI, pbx: Destination) -> Destination {
        // What is no address of one machine cannot be sent to, whatever a Contact says.
        guard let host = nextHop.address, !host.isUnspecified, !host.isGroup, nextHop.port != 0 else { return pbx }
        // A phone behind a session border controller shows its loopback address; only the controller can reach that.
        if host.isLoopback, !pbx.address.host.isLoopback { return pbx }
        let address = TransportAddress(host: host, port: nextHop.port ?? 5_060)
        return Destination(address: address, binding: pbx.binding)
    }

    private mutating func forget(_ transaction: ClientTransactionID, of id: ID) {
        self.owners[transaction] = nil
        self.entries[id]?.requests[transaction] = nil
    }

    /// Tells the endpoint who may speak in the dialog of a session, when that has changed: where its INVITE went to or
    /// came from, where our requests go, and the proxy before that.
    private mutating func list(_ id: ID, at endpoint: inout SIPEndpoint) {
        guard let entry = self.entries[id] else { return }
        var hosts = [entry.pbx.address.host]
        for host in entry.session.remoteHosts where !hosts.contains(host) {
            // As with our own requests: what is no address of one machine is nobody, and a loopback is not ours.
            guard !host.isUnspecified, !host.isGroup, !host.isLoopback || hosts[0].isLoopback else { continue }
            hosts.append(host)
        }
        guard hosts != entry.hosts else { return }
        self.entries[id]?.hosts = hosts
        endpoint.setDialog(callID: entry.session.callID, localTag: entry.session.localTag, hosts: hosts)
    }

    /// Forgets a session that is over and waits for nothing any more.
    private mutating func release(_ id: ID, at endpoint: inout SIPEndpoint) {
        guard let entry = self.entries[id], entry.hasEnded,
            !entry.requests.values.contains(where: { $0 == .bye || $0 == .release || $0 == .other })
        else { return }
        for transaction in entry.requests.keys { self.owners[transaction] = nil }
        self.dialogs[DialogKey(callID: entry.session.callID, localTag: entry.session.localTag)] = nil
        endpoint.removeDialog(callID: entry.session.callID, localTag: entry.session.localTag)
        self.timers.cancel(id)
        self.entries[id] = nil
    }
}

extension IPAddress {
    /// Whether this is a multicast address or the broadcast one.
    fileprivate var isGroup: Bool {
        switch self {
        case .v4(let value): value >> 28 == 0xE || value == .max
        case .v6(let upper, _): upper >> 56 == 0xFF
        }
    }
}
