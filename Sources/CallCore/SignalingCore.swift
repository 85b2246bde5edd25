package import CoreTypes
package import SIPCore

/// What a telephone, a PBX and a probe share: one endpoint, the INVITE sessions over it, the requests on their way and one queue.
///
/// It finds the session or the request that a message belongs to, carries out what sessions ask for, resolves names into
/// targets and tries them in order, and refuses new work while it drains or is full. `SessionID` names a session, `RequestID`
/// a request that is no session's, such as a REGISTER.
///
/// After each input drain ``pollOutput(holding:now:)``, ``pollTransmit()`` and ``pollQuestion()``, then arm ``deadline``.
package struct SignalingCore<SessionID: Hashable & Sendable, RequestID: Hashable & Sendable>: ~Copyable {
    /// What happened, for the engine above.
    package enum Output {
        /// A request came that begins something: it has no tag in its To.
        case request(ServerTransactionID, SIPMessage, from: TransportAddress, on: LocalBinding)
        /// An INVITE was refused with this status, for there are too many calls or no more are taken.
        case refusedCall(SIPMessage, from: TransportAddress, on: LocalBinding, status: Int)
        /// A response to a request that is no session's, by the target that the request went to last.
        case response(RequestID, SIPMessage, by: Target)
        /// Such a request got no final response.
        case failed(RequestID, TransactionFailure)
        /// Something happened in a session.
        case session(SessionID, SessionOutput)
        /// Bytes came that are no message.
        case malformed(SIPParseError, from: TransportAddress)
        /// Requests were refused by the endpoint.
        case refused(RefusalReport)
    }

    /// What happens in a session.
    package enum SessionOutput {
        /// What the session tells.
        case event(InviteSessionEvent)
        /// The peer's BYE came; reported before what the session makes of it.
        case byeReceived(SIPMessage)
        /// The session took a re-INVITE or UPDATE of the peer; reported before what it makes of it.
        case refreshed(SIPMessage, from: TransportAddress)
        /// Our INVITE was refused; reported before what the session makes of it.
        case inviteRefused(SIPMessage)
        /// The BYE is on its way: to us the session is over (RFC 3261 section 15.1.1), whatever becomes of the BYE.
        case leaving
        /// The session is over.
        case ended(InviteSession.EndReason)
    }

    /// How much is taken.
    package struct Limits: Sendable {
        /// With so many calls further ones are refused with 503.
        package var maximumCalls: Int
        /// How many seconds Retry-After says when there are too many calls.
        package var retryAfterOverload = 5
        /// How many seconds Retry-After says while draining: the time of a restart.
        package var retryAfterDraining = 30

        /// Makes limits.
        package init(maximumCalls: Int) {
            self.maximumCalls = maximumCalls
        }
    }

    struct Entry {
        var session: InviteSession
        /// Where the INVITE went or came from: our outbound proxy for this session.
        var proxy: Destination
        /// The names of that proxy.
        let proxyNames: [String]
        /// Its other addresses, for an INVITE that cannot be sent to the first.
        let alternatives: [TransportAddress]
        /// Our requests on the way.
        var requests: [UInt64: RequestRole] = [:]
        /// The sent ACKs, for when a 2xx comes again.
        var acknowledgments: [AcknowledgmentKey: (bytes: [UInt8], destination: Destination)] = [:]
        var hasEnded = false
        /// The hosts that may speak in its dialog, as the endpoint has them.
        var hosts: [IPAddress] = []
        /// The name that was resolved last: the requests of a dialog go where its first one went.
        var resolved: (question: TargetQuestion, addresses: [IPAddress])?
    }
    struct DialogKey: Hashable {
        let callID: String
        let localTag: String
    }
    /// Whose a request on its way is.
    enum User {
        case session(SessionID, RequestRole)
        case request(RequestID)
    }
    /// A request on its way, and the client transaction that carries it now.
    struct Errand {
        var dispatch: Dispatch
        let user: User
        let binding: LocalBinding
        var transaction: ClientTransactionID?
    }

    /// The transaction layer.
    package var endpoint: SIPEndpoint
    /// Whether no new calls are taken: INVITE and OPTIONS outside of dialogs are answered 503.
    package var isDraining = false
    /// How much is taken.
    package let limits: Limits

    var entries: [SessionID: Entry] = [:]
    var dialogs: [DialogKey: SessionID] = [:]
    var invitations: [ServerTransactionID: SessionID] = [:]
    var timers = DeadlineQueue<SessionID>()
    var errands: [UInt64: Errand] = [:]
    /// Which errand a client transaction carries.
    var carried: [ClientTransactionID: UInt64] = [:]
    /// Which errands wait for the addresses of a name.
    var asking: [TargetQuestion: [UInt64]] = [:]
    var lookups = DeadlineQueue<UInt64>()
    var questions = Outbox<TargetQuestion>()
    /// Requests that could not be built; empty between inputs.
    var unsent: [(SessionID, RequestRole)] = []
    var outputs = Outbox<Output>()
    private var calls = 0
    private var nextErrand: UInt64 = 0
    let lookupLimit: Duration

    /// Makes a core over an endpoint of that configuration.
    package init(configuration: SIPEndpoint.Configuration, limits: Limits, random: SeededRandom) {
        self.endpoint = SIPEndpoint(configuration: configuration, random: random)
        self.limits = limits
        self.lookupLimit = configuration.timers.transactionTimeout
    }

    // MARK: Inputs

    /// A datagram came from `source` on `binding`.
    package mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.endpoint.receive(bytes, from: source, on: binding, now: now)
    }

    /// The transport cannot reach `address`.
    package mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding?,
        fault: TransportFault,
        now: Instant
    ) {
        self.endpoint.handleTransportFailure(to: address, on: binding, fault: fault, now: now)
    }

    /// The deadline has come.
    package mutating func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        self.dispatchEvents(now: now)
        while let id = self.timers.popExpired(now) { self.update(id, now: now) { $0.handleTimeout(now: now) } }
        while let number = self.lookups.popExpired(now) { self.takeAddresses([], of: number, now: now) }
    }

    // MARK: Outputs

    /// The next thing that happened; `calls` is how many calls the engine above has.
    package mutating func pollOutput(holding calls: Int, now: Instant) -> Output? {
        self.calls = calls
        self.dispatchEvents(now: now)
        return self.outputs.pop()
    }

    /// The next datagram to send.
    package mutating func pollTransmit() -> Transmit? {
        self.endpoint.pollTransmit()
    }

    /// The next name whose addresses are to be found; ``handleResolved(_:_:now:)`` takes them.
    package mutating func pollQuestion() -> TargetQuestion? {
        self.questions.pop()
    }

    /// When ``handleTimeout(now:)`` is due.
    package var deadline: Instant? {
        var deadline = self.endpoint.deadline
        for other in [self.timers.earliest, self.lookups.earliest] {
            if let other { deadline = deadline.map { min($0, other) } ?? other }
        }
        return deadline
    }

    // MARK: Events of the endpoint

    private mutating func dispatchEvents(now: Instant) {
        while let event = self.endpoint.pollEvent() { self.dispatch(event, now: now) }
    }

    private mutating func dispatch(_ event: SIPEndpointEvent, now: Instant) {
        switch event {
        case .request(let id, let request, from: let source, on: let binding):
            if request.to.tag != nil {
                self.handleRequestInDialog(id, request, from: source, now: now)
            } else if !self.sheds(id, request, from: source, on: binding, now: now) {
                self.outputs.append(.request(id, request, from: source, on: binding))
            }
        case .acknowledged(let request, from: _):
            guard let id = self.id(of: request) else { return }
            self.update(id, now: now) { $0.handleACK(request, now: now) }
        case .cancelled(let transaction):
            guard let id = self.invitations[transaction] else { return }
            self.update(id, now: now) { $0.handleCancel(transaction, now: now) }
        case .response(let transaction, let response): self.handleResponse(transaction, response, now: now)
        case .failed(let transaction, let failure): self.handleFailure(transaction, failure, now: now)
        case .serverTransactionEnded(let transaction, acknowledged: _):
            guard let id = self.invitations.removeValue(forKey: transaction) else { return }
            self.update(id, now: now) { $0.handleTransactionEnded(transaction, now: now) }
        case .undeliverable: break
        case .malformed(let error, from: let source, answered: _):
            self.outputs.append(.malformed(error, from: source))
        case .refused(let report): self.outputs.append(.refused(report))
        }
    }

    /// Refuses what would begin a call, or asks whether one may begin, while no more are taken; a dispatcher or a PBX goes
    /// elsewhere then (RFC 3261 section 21.5.4).
    private mutating func sheds(
        _ id: ServerTransactionID,
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) -> Bool {
        guard request.method == .invite || request.method == .options else { return false }
        guard self.isDraining || self.calls >= self.limits.maximumCalls else { return false }
        let seconds = self.isDraining ? self.limits.retryAfterDraining : self.limits.retryAfterOverload
        if case .only = self.endpoint.admission {
            self.respond(id, status: 503, headers: [(.retryAfter, "\(seconds)")], now: now)
        } else {
            // Where everybody may ask nobody has proved anything, and gets no room.
            self.endpoint.dismiss(id, status: 503, headers: [(.retryAfter, "\(seconds)")], now: now)
        }
        if request.method == .invite {
            self.outputs.append(.refusedCall(request, from: source, on: binding, status: 503))
        }
        return true
    }

    // MARK: Responses outside of sessions

    /// Answers a request with a status and headers.
    package mutating func respond(
        _ id: ServerTransactionID,
        status: Int,
        headers: [(HeaderName, String)] = [],
        now: Instant
    ) {
        guard var response = self.endpoint.makeResponse(status, to: id) else { return }
        if status == 405 { try? response.add(.allow, self.allow) }
        for (name, value) in headers { try? response.add(name, value) }
        self.endpoint.respond(id, response, now: now)
    }

    /// The value of the Allow header.
    package var allow: String { self.endpoint.configuration.allowedMethods.map(\.rawValue).joined(separator: ", ") }

    mutating func makeErrandNumber() -> UInt64 {
        self.nextErrand += 1
        return self.nextErrand
    }
}
