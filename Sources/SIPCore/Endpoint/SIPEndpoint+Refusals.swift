import CoreTypes

/// A response that the endpoint gives by itself.
struct Refusal: Sendable {
    var status: Int
    var reason: RefusalReason
    var headers: [(HeaderName, String)]

    init(_ status: Int, _ reason: RefusalReason, _ headers: [(HeaderName, String)] = []) {
        self.status = status
        self.reason = reason
        self.headers = headers
    }
}

extension SIPEndpoint.Configuration {
    /// The value of the Allow header.
    var allowText: String {
        self.allowedMethods.map(\.rawValue).joined(separator: ", ")
    }
}

extension SIPEndpoint {
    /// Why a new request is refused that is for the transaction user, if it is (RFC 3261 section 8.2, in its order); `dialog` is the
    /// number of the known dialog that it belongs to.
    func refusal(of request: SIPMessage, in dialog: UInt32?) -> Refusal? {
        let method = request.method
        guard self.configuration.allowedMethods.contains(method) else {
            let status = SIPMethod.known.contains(method) ? 405 : 501
            return Refusal(status, .method, [(.allow, self.allowText)])
        }
        if let refusal = self.protocolRefusal(of: request) { return refusal }
        if let refusal = self.configuration.content.refusal(of: request) { return refusal }
        guard let dialog else {
            return self.isFull ? Refusal(503, .overload, [(.retryAfter, "10")]) : nil
        }
        return self.isFull(dialog, for: request) ? Refusal(500, .overload, [(.retryAfter, "10")]) : nil
    }

    /// What is wrong with a request of whatever method: its scheme, its way, what it requires.
    func protocolRefusal(of request: SIPMessage) -> Refusal? {
        switch request.requestURI?.scheme {
        case .sip, .sips, .tel: break
        case .other, nil: return Refusal(416, .scheme)
        }
        // The same request by another way, for a proxy forked it (section 8.2.2.2).
        if self.isMerged(request) { return Refusal(482, .merged) }
        let unsupported = request.values(.require).filter { !self.configuration.supportedOptions.contains($0) }
        guard unsupported.isEmpty else {
            return Refusal(420, .extension, [(.unsupported, unsupported.joined(separator: ", "))])
        }
        return nil
    }

    /// Whether no further request outside of dialogs is taken.
    var isFull: Bool {
        self.transactions.serverCount - self.transactions.insideCount >= self.configuration.maximumServerTransactions
    }

    /// Whether a dialog has no room for a request: each has room of its own, which nobody else can fill, and some more
    /// for the BYE that ends it. Not 503, by which the peer would take all of us for overloaded
    /// (RFC 3261 section 21.5.4).
    private func isFull(_ dialog: UInt32, for request: SIPMessage) -> Bool {
        let reserve = request.core.knownMethod == .bye ? Self.byeReserve : 0
        return self.dialogs.transactions(of: dialog) >= self.configuration.maximumTransactionsPerDialog + reserve
    }

    private static var byeReserve: Int { 32 }

    /// The To tag of a response without a transaction: the same for each retransmission and for the ACK
    /// (RFC 3261 section 8.2.7), and not to be foreseen.
    func statelessTag(of request: SIPMessage) -> String {
        self.statelessTag(callID: request.callID, fromTag: request.fromTag, number: request.cSeq.number)
    }

    func statelessTag(callID: String, fromTag: String?, number: UInt32) -> String {
        self.statelessTags.tag([callID, fromTag ?? "", String(number)].joined(separator: "\n").utf8)
    }
}
