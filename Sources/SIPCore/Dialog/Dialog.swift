/// The relationship of two user agents (RFC 3261 section 12): who they are, where requests go, and how they are counted.
public struct Dialog: Sendable {
    /// Call-ID.
    public let callID: String
    /// Our tag.
    public let localTag: String
    /// The peer's tag; `nil` for a peer of RFC 2543.
    public let remoteTag: String?
    /// Our From (with our tag) in requests that we send.
    public let local: NameAddress
    /// Their To (with their tag) in requests that we send.
    public let remote: NameAddress
    /// The proxies between us, fixed for the dialog's life.
    public let routeSet: RouteSet
    /// Where the peer wants requests sent: its latest Contact.
    public private(set) var remoteTarget: SIPURI
    /// The CSeq number of our latest request, 0 before the first.
    public private(set) var localCSeq: UInt32
    /// The CSeq number of the peer's latest request, `nil` before the first.
    public private(set) var remoteCSeq: UInt32?

    /// The dialog that `response` (1xx with a tag, or 2xx) makes for the side that sent the request (RFC 3261 section 12.1.2).
    ///
    /// - Parameters:
    ///   - local: our From; it gets our tag.
    ///   - localTag: our tag.
    ///   - target: where the request went; stands in for a Contact that the response lacks.
    ///   - response: the response.
    public init(calling local: NameAddress, localTag: String, target: SIPURI, response: SIPMessage) {
        self.callID = response.callID
        self.localTag = localTag
        self.remoteTag = response.toTag
        self.local = local.withTag(localTag)
        self.remote = response.core.to.isReadable ? response.to : Dialog.party(target, response.toTag)
        self.routeSet = RouteSet(answeredBy: response)
        self.remoteTarget = Dialog.target(of: response) ?? target
        self.localCSeq = response.cSeq.number
        self.remoteCSeq = nil
    }

    /// The dialog that `request` makes for the side that received it (RFC 3261 section 12.1.1); `nil` when the request has no
    /// Contact of SIP or SIPS, which gets 400.
    ///
    /// - Parameters:
    ///   - request: what the peer sent.
    ///   - localTag: the tag that our responses carry.
    public init?(receiving request: SIPMessage, localTag: String) {
        guard let target = Dialog.target(of: request) else { return nil }
        self.callID = request.callID
        self.localTag = localTag
        self.remoteTag = request.from.tag
        self.local = request.to.withTag(localTag)
        self.remote = request.from
        self.routeSet = RouteSet(recordedIn: request)
        self.remoteTarget = target
        self.localCSeq = 0
        self.remoteCSeq = request.cSeq.number
    }

    /// Whether `request` belongs to this dialog (RFC 3261 section 12.2.2).
    public func matches(_ request: SIPMessage) -> Bool {
        request.callID == self.callID && request.to.tag == self.localTag && request.from.tag == self.remoteTag
    }

    /// Who stands in To where the peer's own cannot be read: whom we called.
    private static func party(_ target: SIPURI, _ tag: String?) -> NameAddress {
        let address = NameAddress(uri: target.withoutParametersForTo)
        return tag.map { address.withTag($0) } ?? address
    }

    /// Takes over the counts of the early dialog of the same peer, which a 2xx does not begin anew.
    mutating func resume(_ early: Dialog) {
        self.localCSeq = max(self.localCSeq, early.localCSeq)
        self.remoteCSeq = early.remoteCSeq
    }

    /// Makes a request of the dialog and counts it (RFC 3261 section 12.2.1.1).
    public mutating func makeRequest(_ method: SIPMethod) -> (request: SIPMessageBuilder, nextHop: SIPURI) {
        self.localCSeq = Dialog.number(after: self.localCSeq)
        return self.compose(method, cSeq: self.localCSeq)
    }

    /// Makes the ACK to the 2xx of the INVITE with the number `cSeq` (RFC 3261 section 13.2.2.4).
    public func makeAcknowledgment(cSeq: UInt32) -> (request: SIPMessageBuilder, nextHop: SIPURI) {
        self.compose(.ack, cSeq: cSeq)
    }

    /// Counts a request of the peer; false when it is out of order, which gets 500 (RFC 3261 section 12.2.2).
    ///
    /// Numbers may be left out, but not so many that whoever sends one request could put all others of the peer out of
    /// order for good: one too far ahead is not counted.
    public mutating func admit(_ request: SIPMessage) -> Bool {
        let number = request.cSeq.number
        if let latest = self.remoteCSeq {
            guard number >= latest, number - latest <= Dialog.largestStep else { return false }
        }
        self.remoteCSeq = number
        return true
    }

    /// How far ahead of the latest number the next may be.
    static let largestStep: UInt32 = 10_000

    /// Follows the Contact of a target refresh: a re-INVITE or UPDATE, or the 2xx to one (RFC 3261 section 12.2).
    public mutating func refreshTarget(from message: SIPMessage) {
        if let target = Dialog.target(of: message) { self.remoteTarget = target }
    }

    private func compose(_ method: SIPMethod, cSeq: UInt32) -> (request: SIPMessageBuilder, nextHop: SIPURI) {
        let addressing = self.routeSet.addressing(of: self.remoteTarget)
        var request = SIPMessageBuilder(request: method, uri: addressing.requestURI)
        request.put(.maxForwards, "70")
        for route in addressing.routes { request.append(.route, route) }
        request.put(.from, self.local.description)
        request.put(.to, self.remote.description)
        request.put(.callID, self.callID)
        request.put(.cSeq, "\(cSeq) \(method.rawValue)")
        return (request, addressing.nextHop)
    }

    /// The first Contact of SIP or SIPS: what else stands there (`tel:`, `mailto:`) is for other means than ours.
    private static func target(of message: SIPMessage) -> SIPURI? {
        message.contacts.first { $0.uri.scheme == .sip || $0.uri.scheme == .sips }?.uri
    }

    /// The CSeq number that follows; starts again at 1 past 2^31 - 1, the highest that RFC 3261 section 8.1.1.5 allows.
    static func number(after number: UInt32) -> UInt32 {
        number >= UInt32(Int32.max) ? 1 : number + 1
    }
}

extension Dialog {
    /// The Request-URI of our requests, a strict router's where one stands in front (RFC 3261 section 12.2.1.1).
    var requestURI: SIPURI { self.routeSet.addressing(of: self.remoteTarget).requestURI }
}

extension NameAddress {
    /// The address with `tag` in place of the one that it had.
    func withTag(_ tag: String) -> NameAddress {
        var address = self
        address.parameters.set("tag", tag)
        return address
    }
}

extension [(HeaderName, String)] {
    /// These headers, and those of `earlier` that have another name: the proxy's credentials when the registrar asks too.
    func replacing(_ earlier: [(HeaderName, String)]) -> [(HeaderName, String)] {
        earlier.filter { old in !self.contains { $0.0 == old.0 } } + self
    }
}

extension SIPMessageBuilder {
    /// Adds a header whose value was parsed or made by us, in place of those of that name.
    mutating func put(_ name: HeaderName, _ value: String) {
        self.remove(name)
        self.append(name, value)
    }

    /// Adds a header whose value was parsed or made by us, behind those of that name.
    ///
    /// A parsed value holds no line break; should one ever, it is taken out, because a session must be able to respond.
    mutating func append(_ name: HeaderName, _ value: String) {
        do {
            try self.add(name, value)
        } catch {
            let clean = value.unicodeScalars.filter { $0 != "\r" && $0 != "\n" && $0 != "\0" }
            try? self.add(name, String(String.UnicodeScalarView(clean)))
        }
    }
}
