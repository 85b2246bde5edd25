import CoreTypes

/// An answer that the endpoint gives by itself.
struct Refusal: Sendable {
    var status: Int
    var headers: [(HeaderName, String)]
    /// Whether the admission policy refuses, which has a rate of its own.
    var isRejection: Bool

    init(_ status: Int, _ headers: [(HeaderName, String)] = [], isRejection: Bool = false) {
        self.status = status
        self.headers = headers
        self.isRejection = isRejection
    }
}

extension SIPEndpoint.Configuration {
    /// The value of the Allow header.
    var allowText: String {
        self.allowedMethods.map(\.rawValue).joined(separator: ", ")
    }
}

extension SIPEndpoint {
    /// Why a new request is refused, if it is (RFC 3261 section 8.2, in its order).
    func refusal(of request: SIPMessage, from source: TransportAddress) -> Refusal? {
        let method = request.method
        let hasToTag = request.toTag != nil
        guard self.admission.admits(method, hasToTag: hasToTag, from: source.host) else {
            return Refusal(403, isRejection: true)
        }
        guard self.configuration.allowedMethods.contains(method) else {
            return Refusal(SIPMethod.known.contains(method) ? 405 : 501, [(.allow, self.configuration.allowText)])
        }
        switch request.requestURI?.scheme {
        case .sip, .sips, .tel: break
        case .other, nil: return Refusal(416)
        }
        // The same request by another way, for a proxy forked it (section 8.2.2.2).
        if self.isMerged(request) { return Refusal(482) }
        let unsupported = request.values(.require).filter { !self.configuration.supportedOptions.contains($0) }
        guard unsupported.isEmpty else {
            return Refusal(420, [(.unsupported, unsupported.joined(separator: ", "))])
        }
        if let refusal = self.configuration.content.refusal(of: request) { return refusal }
        guard !self.isFull else {
            return Refusal(503, [(.retryAfter, "10")])
        }
        return nil
    }

    /// Answers without a transaction, unless the source has had its share.
    mutating func refuse(
        _ request: SIPMessage,
        with refusal: Refusal,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.counters.refused &+= 1
        var answered = false
        let allowed =
            refusal.isRejection
            ? self.rejections.allows(source.host, now: now) : self.refusals.allows(source.host, now: now)
        if allowed, let message = try? self.statelessAnswer(to: request, refusal) {
            let address = Self.responseAddress(for: request, from: source, on: binding)
            self.transmits.append(Transmit(bytes: message.bytes, to: address, binding: binding))
            answered = true
        } else {
            self.counters.suppressed &+= 1
        }
        self.events.append(
            .refused(status: refusal.status, method: request.method, from: source, answered: answered)
        )
    }

    private func statelessAnswer(to request: SIPMessage, _ refusal: Refusal) throws(SIPBuildError) -> SIPMessage {
        let tag = self.statelessTag(of: request)
        var builder = SIPMessageBuilder(response: refusal.status, reason: nil, to: request, toTag: tag)
        for (name, value) in refusal.headers { try builder.add(name, value) }
        return try self.finish(builder, to: request)
    }

    /// The To tag of an answer without a transaction: the same for each repetition and for the ACK
    /// (RFC 3261 section 8.2.7), and not to be foreseen.
    func statelessTag(of request: SIPMessage) -> String {
        self.statelessTag(callID: request.callID, fromTag: request.fromTag, number: request.cSeq.number)
    }

    func statelessTag(callID: String, fromTag: String?, number: UInt32) -> String {
        self.statelessTags.tag([callID, fromTag ?? "", String(number)].joined(separator: "\n").utf8)
    }
}
