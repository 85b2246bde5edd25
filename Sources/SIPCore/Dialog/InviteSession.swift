public import CoreTypes

/// One call as SIP sees it: an INVITE, what became of it, and the dialog until its BYE (RFC 3261 sections 13 to 15).
///
/// A leaf machine without transport: inputs are the application's commands, the peer's messages and the time; each returns what to do.
/// It is blind to descriptions: a body is bytes. After each input arm `deadline` anew. Where an input has no meaning in the
/// present state it returns nothing and changes nothing.
public struct InviteSession: Sendable {
    /// Which side of the INVITE this is.
    public enum Role: Sendable, Hashable {
        /// We sent the INVITE.
        case caller
        /// We received the INVITE.
        case callee
    }

    /// Which side of the INVITE this is.
    public let role: Role
    /// Call-ID.
    public let callID: String
    /// Our tag: From's for a caller, To's for a callee.
    public let localTag: String
    /// The URI of our Contact; may change before a re-INVITE when our address changed.
    public var contact: SIPURI
    /// What the session says about itself.
    public let capabilities: Capabilities
    /// Where the session stands.
    public internal(set) var state: State
    /// The dialog; `nil` for a caller whose INVITE has no 2xx yet.
    public internal(set) var dialog: Dialog?

    /// What ends a session whose BYE is on its way.
    var endingReason = EndReason.localHangup
    var timers = DeadlineQueue<Timer>()
    var random: SeededRandom
    /// The INVITE as a caller sends it.
    var outgoing: OutgoingInvite?
    /// The INVITE as a callee got it.
    var incoming: IncomingInvite?
    /// A caller's early dialogs, one for each fork that rings.
    var early: [Dialog] = []
    /// The 2xx that were acknowledged, oldest first.
    var acknowledged: [AcknowledgmentKey] = []
    /// The forks that answered too late.
    var released = 0
    /// Our 2xx without ACK, by the CSeq number of their INVITE.
    var unacknowledged: [UInt32: UnacknowledgedSuccess] = [:]
    /// Our re-INVITE on its way.
    var ownReINVITE: OwnReINVITE?
    /// The peer's re-INVITE or UPDATE that the application has not answered.
    var peerReINVITE: PeerReINVITE?
    /// Our other requests on their way, by their CSeq number, for when they are challenged.
    var ownRequests: [UInt32: OwnRequest] = [:]
    /// The BYEs to forks on their way, by the forks' tags, for when they are challenged.
    var forkReleases: [String: ForkRelease] = [:]
    /// How often our BYE was challenged.
    var byeChallenges = 0

    /// Makes the session of a caller; `start` sends its INVITE.
    ///
    /// - Parameters:
    ///   - target: the Request-URI: whom to call.
    ///   - from: who calls; its tag becomes `localTag`.
    ///   - to: the To header, `target` when it is left out.
    ///   - callID: a Call-ID never used before.
    ///   - localTag: an unpredictable tag.
    ///   - contact: where the peer reaches us.
    ///   - routeSet: the outbound proxies, if any.
    ///   - initialCSeq: the CSeq number of the INVITE.
    ///   - capabilities: what the session says about itself.
    ///   - random: for the waiting times of RFC 3261 sections 14.1 and 14.2.
    public init(
        calling target: SIPURI,
        from: NameAddress,
        to: NameAddress? = nil,
        callID: String,
        localTag: String,
        contact: SIPURI,
        routeSet: RouteSet = RouteSet(),
        initialCSeq: UInt32 = 1,
        capabilities: Capabilities = Capabilities(),
        random: SeededRandom
    ) {
        self.role = .caller
        self.callID = callID
        self.localTag = localTag
        self.contact = contact
        self.capabilities = capabilities
        self.state = .idle
        self.random = random
        self.outgoing = OutgoingInvite(
            target: target,
            from: from.withTag(localTag),
            to: to ?? NameAddress(uri: target.withoutParametersForTo),
            routeSet: routeSet,
            cSeq: initialCSeq
        )
    }

    /// Makes the session of a callee; `nil` when `request` is no INVITE with a Contact of SIP or SIPS, which gets 400.
    ///
    /// - Parameters:
    ///   - request: the INVITE, without a tag in its To.
    ///   - transaction: the transaction to respond to.
    ///   - localTag: an unpredictable tag.
    ///   - contact: where the peer reaches us.
    ///   - capabilities: what the session says about itself.
    ///   - random: for the waiting times of RFC 3261 sections 14.1 and 14.2.
    ///   - now: the time; an Expires of the INVITE counts from here.
    public init?(
        incoming request: SIPMessage,
        transaction: ServerTransactionID,
        localTag: String,
        contact: SIPURI,
        capabilities: Capabilities = Capabilities(),
        random: SeededRandom,
        now: Instant
    ) {
        guard request.isRequest, request.method == .invite,
            let dialog = Dialog(receiving: request, localTag: localTag)
        else { return nil }
        self.role = .callee
        self.callID = request.callID
        self.localTag = localTag
        self.contact = contact
        self.capabilities = capabilities
        self.state = .incoming
        self.random = random
        self.dialog = dialog
        self.incoming = IncomingInvite(request: request, transaction: transaction)
        if let expires = request.expires {
            self.timers.schedule(.inviteExpiry, at: now + .seconds(Int64(expires)))
        }
    }

    /// When `handleTimeout` is due, `nil` when nothing waits.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Whether the session is over and the application may forget it once its transactions are done.
    public var isEnded: Bool {
        self.state == .ended
    }

    /// The INVITE that a callee got, or `nil` for a caller.
    public var invitation: SIPMessage? {
        self.incoming?.request
    }

    /// Whether `request` (with a tag in its To) belongs to this session, by Call-ID and our tag.
    public func matches(_ request: SIPMessage) -> Bool {
        request.callID == self.callID && request.to.tag == self.localTag
    }

    // MARK: Inputs of both sides; those of one side stand in InviteSession+Caller and +Callee.

    /// Ends the session in the way its state asks for (RFC 3261 section 15): BYE, CANCEL, or a refusal with 480.
    public mutating func hangUp(now: Instant) -> [Action] {
        let before = self.state
        guard self.move(.hangUp) else { return [] }
        switch before {
        case .idle, .challenged:
            return self.end(.localCancel)
        case .calling, .proceeding:
            // Without a provisional response the endpoint holds the CANCEL back, and the INVITE fails by timer B; with one
            // RFC 3261 section 9.1 gives the final response 64 times T1.
            let limit = self.capabilities.timers.transactionTimeout
            self.timers.schedule(.cancelLimit, at: now + (before == .calling ? limit * 2 : limit))
            return [.cancelInvite]
        case .incoming, .ringing:
            return self.respondToInvite(480) + self.end(.declined(status: 480))
        case .answered:
            return self.sendAcknowledgment(body: nil) + self.sendBye(.localHangup, now: now)
        case .accepted:
            return []
        case .confirmed:
            return self.releaseOwnReINVITE() + self.sendBye(.localHangup, now: now)
        case .cancelling, .releasing, .ending, .ended:
            return []
        }
    }

    /// Acts on the passing of time; call it when `deadline` has come.
    public mutating func handleTimeout(now: Instant) -> [Action] {
        var actions: [Action] = []
        while let timer = self.timers.popExpired(now) {
            switch timer {
            case .success(let cSeq): actions += self.retransmitSuccess(cSeq, now: now)
            case .provisional: actions += self.resendProvisional(now: now)
            case .inviteExpiry: actions += self.withdraw(.expired)
            case .cancelLimit: if self.move(.limit) { actions += self.end(.localCancel) }
            case .byeLimit: if self.move(.limit) { actions += self.end(self.endingReason) }
            case .reINVITE: actions += self.retryReINVITE(now: now)
            }
        }
        return actions
    }

    // MARK: What all inputs share

    /// What waits for the time to pass.
    enum Timer: Hashable, Sendable {
        case success(UInt32)
        case provisional
        case inviteExpiry
        case cancelLimit
        case byeLimit
        case reINVITE
    }

    /// Takes the input by the table; false where it has no effect.
    mutating func move(_ input: Input) -> Bool {
        guard let next = self.state.next(on: input) else { return false }
        self.state = next
        return true
    }

    /// Says that the session is over and stops its timers.
    mutating func end(_ reason: EndReason) -> [Action] {
        self.timers = DeadlineQueue()
        self.unacknowledged = [:]
        self.ownReINVITE = nil
        self.peerReINVITE = nil
        self.early = []
        self.ownRequests = [:]
        return [.ended(reason)]
    }

    /// Sends the BYE that ends the session for `reason` (RFC 3261 section 15.1.1).
    mutating func sendBye(_ reason: EndReason, now: Instant) -> [Action] {
        self.endingReason = reason
        let refusal = self.refusePeerReINVITE(status: 487)
        self.timers = DeadlineQueue()
        self.unacknowledged = [:]
        guard let (request, nextHop) = self.dialog?.makeRequest(.bye) else {
            self.state = .ended
            return refusal + self.end(reason)
        }
        // The transaction tells of its end by itself; this is for an application that loses it.
        self.timers.schedule(.byeLimit, at: now + self.capabilities.timers.transactionTimeout * 2)
        return refusal + [.send(request, .bye, nextHop: nextHop)]
    }

    /// Adds what tells the peer who and where we are to an INVITE, re-INVITE or UPDATE, or to a 2xx of ours.
    func introduce(_ builder: inout SIPMessageBuilder) {
        builder.put(.contact, "<\(self.contact)>")
        builder.put(.allow, self.capabilities.allow.map(\.rawValue).joined(separator: ", "))
        if !self.capabilities.supported.isEmpty {
            builder.put(.supported, self.capabilities.supported.joined(separator: ", "))
        }
        for (name, value) in self.capabilities.headers where !builder.hasHeader(name) { builder.append(name, value) }
    }
}

extension InviteSession {
    /// What a session says about itself and how it counts time; a value, the same for all sessions of an agent.
    public struct Capabilities: Sendable {
        /// The methods of the Allow header, in order.
        public var allow: [SIPMethod]
        /// The option tags of the Supported header; empty leaves it out.
        public var supported: [String]
        /// Further headers of INVITE, re-INVITE, UPDATE and of our 2xx to them.
        public var headers: [(HeaderName, String)]
        /// Methods within the dialog that the application responds to itself, by `.request`; to others the session responds.
        public var passedMethods: Set<SIPMethod>
        /// T1 and T2 for the retransmission of a 2xx.
        public var timers: TimerSettings

        /// Makes capabilities with what a plain session can do.
        public init(
            allow: [SIPMethod] = [.invite, .ack, .cancel, .bye, .options, .info, .update, .notify],
            supported: [String] = [],
            headers: [(HeaderName, String)] = [],
            passedMethods: Set<SIPMethod> = [],
            timers: TimerSettings = TimerSettings()
        ) {
            self.allow = allow
            self.supported = supported
            self.headers = headers
            self.passedMethods = passedMethods
            self.timers = timers
        }
    }
}

extension SIPURI {
    /// The URI as it may stand in a To (RFC 3261 section 19.1.1, table 1): no headers, port, transport or other routing.
    var withoutParametersForTo: SIPURI {
        var uri = self
        uri.headers = nil
        uri.port = nil
        for name in ["method", "maddr", "ttl", "transport", "lr"] { uri.parameters.remove(name) }
        return uri
    }
}
