public import CoreTypes

/// Responses without a transaction: given once, within the rates, and never so long that somebody could be flooded by way
/// of us with an address that is not the sender's.
extension SIPEndpoint {
    /// Takes the request that was parsed last, which is a stranger's and outside of dialogs.
    ///
    /// What it costs is a count; only what the rates let pass becomes a message at all.
    mutating func receiveStrange(
        _ bytes: Span<UInt8>,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) throws(SIPParseError) {
        let core = self.parser.core
        guard core.knownMethod == .options, self.admission.answersInquiries else {
            // A method that nobody knows gets 501 (RFC 3261 section 8.2.1).
            let refusal =
                core.knownMethod == nil
                ? Refusal(501, .stranger, [(.allow, self.allowText)]) : Refusal(403, .stranger)
            try self.refuse(bytes, with: refusal, from: source, on: binding, now: now)
            return
        }
        self.counters.inquiries &+= 1
        guard self.inquiries.allows(source.host, now: now) else {
            self.counters.suppressed &+= 1
            return
        }
        let request = self.parser.makeMessage(bytes)
        let answer = self.protocolRefusal(of: request) ?? self.capabilities
        if !self.answer(request, with: answer, length: bytes.count, from: source, on: binding) {
            self.counters.suppressed &+= 1
        }
    }

    /// The response to an OPTIONS outside of dialogs (RFC 3261 section 11.2).
    private var capabilities: Refusal {
        var headers: [(HeaderName, String)] = [(.allow, self.allowText)]
        let types = self.configuration.content.answeredTypes[.invite] ?? []
        if !types.isEmpty { headers.append((.accept, types.joined(separator: ", "))) }
        let options = self.configuration.supportedOptions.sorted()
        if !options.isEmpty { headers.append((.supported, options.joined(separator: ", "))) }
        return Refusal(200, .stranger, headers)
    }

    /// Refuses the request that was parsed last, which becomes a message only when it is answered.
    mutating func refuse(
        _ bytes: Span<UInt8>,
        with refusal: Refusal,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) throws(SIPParseError) {
        let method = SIPMethod(bytes, self.parser.core)
        var answered = false
        if self.allowsRefusal(of: source.host, now: now) {
            let request = self.parser.makeMessage(bytes)
            answered = self.answer(request, with: refusal, length: bytes.count, from: source, on: binding)
        }
        self.count(refusal, method, from: source, answered: answered, now: now)
    }

    /// Refuses a request, unless its source has had its share; it came in `length` bytes.
    mutating func refuse(
        _ request: SIPMessage,
        with refusal: Refusal,
        length: Int,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        let answered =
            self.allowsRefusal(of: source.host, now: now)
            && self.answer(request, with: refusal, length: length, from: source, on: binding)
        self.count(refusal, request.method, from: source, answered: answered, now: now)
    }

    /// Whether the source has not had its share of refusals; who is known has one of his own.
    mutating func allowsRefusal(of source: IPAddress, now: Instant) -> Bool {
        switch self.admission.standing(of: source) {
        case .anyone: self.refusals.allows(source, now: now)
        case .known: self.knownRefusals.allows(source, now: now)
        case .stranger: self.rejections.allows(source, now: now)
        }
    }

    private mutating func count(
        _ refusal: Refusal,
        _ method: SIPMethod,
        from source: TransportAddress,
        answered: Bool,
        now: Instant
    ) {
        self.counters.refused &+= 1
        if !answered { self.counters.suppressed &+= 1 }
        let report = RefusalReport(
            source: source,
            method: method,
            status: refusal.status,
            reason: refusal.reason,
            isAnswered: answered
        )
        if let report = self.note(report, now: now) { self.events.append(.refused(report)) }
    }

    /// Enters a refusal into the ledger; what is to be reported of it at once.
    mutating func note(_ report: RefusalReport, now: Instant) -> RefusalReport? {
        guard let source = report.source, self.admission.standing(of: source.host) == .known else {
            return self.strangersLedger.add(report, now: now)
        }
        return self.knownLedger.add(report, now: now)
    }

    /// Sends a response that is not too long for what it answers, if need be without what it can do without.
    private mutating func answer(
        _ request: SIPMessage,
        with refusal: Refusal,
        length: Int,
        from source: TransportAddress,
        on binding: LocalBinding
    ) -> Bool {
        let tag = self.statelessTag(of: request)
        var builder = SIPMessageBuilder(response: refusal.status, reason: nil, to: request, toTag: tag)
        // Allow with 405, Unsupported with 420 and the like say what is wrong; with 200 they only inform.
        let bare = builder
        for (name, value) in refusal.headers { try? builder.add(name, value) }
        let short = refusal.status == 200 ? bare : builder
        var answers = [try? self.write(builder, to: request, from: source), try? short.response(from: source)]
        answers.removeAll { ($0?.count).map { !Self.isFair($0, to: length) } ?? true }
        guard case let bytes?? = answers.first else { return false }
        let address = Self.responseAddress(for: request, from: source, on: binding)
        self.transmits.append(Transmit(bytes: bytes, to: address, binding: binding))
        return true
    }

    /// Whether a response of that many bytes may go to where a request of `request` bytes said that it came from: two and
    /// a half times as many at most.
    static func isFair(_ answer: Int, to request: Int) -> Bool {
        2 * answer <= 5 * request
    }

    // MARK: For the transaction user

    /// Answers a request once and forgets it, so that it takes no room while its sender has proved nothing
    /// (RFC 3261 sections 8.2.7 and 26.3.2.4); a retransmission of it is a new request.
    ///
    /// For challenges, and for whatever anybody may ask. A rate for each source may keep the response back, then the sender
    /// tries again by itself. `.serverTransactionEnded` follows. Nothing happens after a response of the usual kind.
    public mutating func dismiss(
        _ id: ServerTransactionID,
        status: Int,
        headers: [(HeaderName, String)] = [],
        now: Instant
    ) {
        guard let record = self.transactions[id.identifier], record.bytes.isEmpty,
            let destination = self.transactions.destination(of: record),
            let request = self.transactions.pending(id.identifier)?.request
        else { return }
        let answered =
            self.allowsRefusal(of: destination.address.host, now: now)
            && self.answer(
                request,
                with: Refusal(status, .stranger, headers),
                length: request.length,
                from: destination.address,
                on: destination.binding
            )
        if !answered { self.counters.suppressed &+= 1 }
        self.end(id.identifier)
    }
}

extension SIPMethod {
    /// The method of a message that was parsed.
    init(_ bytes: Span<UInt8>, _ core: MessageCore) {
        switch core.knownMethod {
        case .invite: self = .invite
        case .ack: self = .ack
        case .bye: self = .bye
        case .cancel: self = .cancel
        case .register: self = .register
        case .options: self = .options
        case .info: self = .info
        case .update: self = .update
        case .prack: self = .prack
        case .subscribe: self = .subscribe
        case .notify: self = .notify
        case .refer: self = .refer
        case .message: self = .message
        case .publish: self = .publish
        case nil:
            var name: [UInt8] = []
            for index in core.method.range where index < bytes.count { name.append(bytes[index]) }
            self.init(rawValue: String(decoding: name, as: UTF8.self))
        }
    }
}
