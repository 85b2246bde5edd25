public import CoreTypes

extension SIPEndpoint {
    // MARK: Commands of the owner

    /// Answers a request; a repetition of it will get the same answer.
    ///
    /// A 2xx to an INVITE may be given again (RFC 3261 section 13.3.1.4); nothing else is sent after the final answer,
    /// nor for a transaction that has ended. An answer that cannot be built is replaced by 500.
    public mutating func respond(_ id: ServerTransactionID, _ response: SIPMessageBuilder, now: Instant) {
        guard let record = self.servers[id.identifier], !record.isInternal else { return }
        guard let message = try? self.finish(response, to: record.request) else {
            self.answer(id.identifier, status: 500, now: now)
            return
        }
        if message.statusCode >= 200, record.request.method != .invite {
            self.servers[id.identifier]?.isAcknowledged = true
        }
        self.respond(id.identifier, message, now: now)
    }

    /// The start of an answer to a request; `nil` when its transaction has ended.
    ///
    /// Copies every Via, From, To, Call-ID and CSeq. Without `toTag` the To gets a tag that stays the same for all
    /// answers to the request, but none in a 100.
    public func makeResponse(
        _ status: Int,
        reason: String? = nil,
        to id: ServerTransactionID,
        toTag: String? = nil
    ) -> SIPMessageBuilder? {
        guard let record = self.servers[id.identifier] else { return nil }
        let tag = status == 100 ? nil : toTag ?? record.localTag
        return SIPMessageBuilder(response: status, reason: reason, to: record.request, toTag: tag)
    }

    /// The request, while its transaction lives.
    public func request(of id: ServerTransactionID) -> SIPMessage? {
        self.servers[id.identifier]?.request
    }

    // MARK: From the network

    /// Takes a request that has `received` and `rport` filled in.
    mutating func receiveRequest(
        _ request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.counters.requestsReceived &+= 1
        let key = TransactionKey(request: request)
        switch request.method {
        case .ack:
            self.receiveACK(request, key: key, from: source, now: now)
        case .cancel where self.servers.find(key) == nil:
            self.receiveCancel(request, key: key, from: source, on: binding, now: now)
        default:
            if let identifier = self.servers.find(key) {
                self.counters.retransmissionsReceived &+= 1
                guard let actions = self.servers[identifier]?.receiveAgain(now: now) else { return }
                self.perform(actions, of: identifier, message: request, from: source, now: now)
            } else if let refusal = self.refusal(of: request, from: source) {
                self.refuse(request, with: refusal, from: source, on: binding, now: now)
            } else {
                let identifier = self.start(request, key: key, from: source, on: binding, isInternal: false, now: now)
                guard let identifier else { return }
                let id = ServerTransactionID(identifier: identifier)
                self.events.append(.request(id, request, from: source, on: binding))
            }
        }
    }

    private mutating func receiveACK(
        _ request: SIPMessage,
        key: TransactionKey,
        from source: TransportAddress,
        now: Instant
    ) {
        if let identifier = self.servers.find(key), let record = self.servers[identifier],
            !key.isLegacy || record.sentTag == request.toTag
        {
            guard let actions = self.servers[identifier]?.receiveACK(now: now) else { return }
            self.perform(actions, of: identifier, message: request, from: source, now: now)
            return
        }
        // The ACK to an answer that we gave without a transaction ends here, and one without a tag belongs to nothing.
        guard let tag = request.toTag, tag != self.statelessTag(of: request) else { return }
        if let identifier = self.merges[MergeKey(request, method: .invite)] {
            self.servers[identifier]?.isAcknowledged = true
        }
        self.events.append(.acknowledged(request, from: source))
    }

    private mutating func receiveCancel(
        _ request: SIPMessage,
        key: TransactionKey,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        guard let invite = self.servers.find(TransactionKey(request: request, method: .invite)) else {
            self.refuse(request, with: Refusal(481), from: source, on: binding, now: now)
            return
        }
        // Its 200 has the To tag of the INVITE's answers (RFC 3261 section 9.2).
        let tag = self.servers[invite]?.sentTag ?? self.servers[invite]?.localTag
        if let answer = try? self.finish(
            SIPMessageBuilder(response: 200, reason: nil, to: request, toTag: tag),
            to: request
        ) {
            if let own = self.start(request, key: key, from: source, on: binding, isInternal: true, now: now) {
                self.respond(own, answer, now: now)
            } else {
                let address = Self.responseAddress(for: request, from: source, on: binding)
                self.transmits.append(Transmit(bytes: answer.bytes, to: address, binding: binding))
            }
        }
        guard self.servers[invite]?.handleCancel(now: now) == true else { return }
        self.deadlines.schedule(.server(invite), at: self.servers[invite]?.deadline)
        self.events.append(.cancelled(ServerTransactionID(identifier: invite)))
    }

    // MARK: Actions

    mutating func perform(
        _ actions: TransactionAction,
        of identifier: TransactionTable<ServerRecord>.Identifier,
        message: SIPMessage?,
        from source: TransportAddress?,
        now: Instant
    ) {
        guard let record = self.servers[identifier] else { return }
        let id = ServerTransactionID(identifier: identifier)
        if actions.contains(.send) {
            if let bytes = record.lastResponse {
                self.transmits.append(Transmit(bytes: bytes, to: record.responseAddress, binding: record.binding))
            } else {
                // An INVITE that came again before it got an answer gets its 100 now.
                self.answer(identifier, status: 100, now: now)
            }
        }
        if actions.contains(.sendTrying) { self.answer(identifier, status: 100, now: now) }
        if actions.contains(.answerForOwner) {
            self.counters.unanswered &+= 1
            self.answer(identifier, status: record.isCanceled ? 487 : 500, now: now)
        }
        if actions.contains(.deliver), let message, let source {
            self.servers[identifier]?.isAcknowledged = true
            self.events.append(.acknowledged(message, from: source))
        }
        if actions.contains(.reportAcknowledged) { self.servers[identifier]?.isAcknowledged = true }
        if actions.contains(.reportTimeout) { self.counters.timeouts &+= 1 }
        if actions.contains(.reportTransportFailure), !record.isInternal { self.events.append(.undeliverable(id)) }
        if actions.contains(.end) {
            self.end(identifier)
        } else if let record = self.servers[identifier] {
            self.deadlines.schedule(.server(identifier), at: record.deadline)
        }
    }

    /// Answers in place of the owner.
    private mutating func answer(_ identifier: TransactionTable<ServerRecord>.Identifier, status: Int, now: Instant) {
        guard let record = self.servers[identifier] else { return }
        let tag = status == 100 ? nil : record.sentTag ?? record.localTag
        let builder = SIPMessageBuilder(response: status, reason: nil, to: record.request, toTag: tag)
        guard let message = try? self.finish(builder, to: record.request) else {
            // Without an answer the transaction would wait for ever.
            if status >= 200 { self.end(identifier) }
            return
        }
        self.respond(identifier, message, now: now)
    }

    private mutating func respond(
        _ identifier: TransactionTable<ServerRecord>.Identifier,
        _ message: SIPMessage,
        now: Instant
    ) {
        guard let actions = self.servers[identifier]?.respond(status: message.statusCode, now: now) else { return }
        if actions.contains(.send) {
            self.servers[identifier]?.lastResponse = message.bytes
            if let tag = message.toTag { self.servers[identifier]?.sentTag = tag }
        }
        self.perform(actions, of: identifier, message: nil, from: nil, now: now)
    }

    private mutating func end(_ identifier: TransactionTable<ServerRecord>.Identifier) {
        self.deadlines.cancel(.server(identifier))
        guard let record = self.servers.remove(identifier) else { return }
        let merge = MergeKey(record.request)
        if self.merges[merge] == identifier { self.merges[merge] = nil }
        guard !record.isInternal else { return }
        let id = ServerTransactionID(identifier: identifier)
        self.events.append(.serverTransactionEnded(id, acknowledged: record.isAcknowledged))
    }

    private mutating func start(
        _ request: SIPMessage,
        key: TransactionKey,
        from source: TransportAddress,
        on binding: LocalBinding,
        isInternal: Bool,
        now: Instant
    ) -> TransactionTable<ServerRecord>.Identifier? {
        guard !self.servers.isFull else { return nil }
        let timers = self.configuration.timers
        let isReliable = binding.transport.isReliable
        let machine: ServerRecord.Machine =
            request.method == .invite
            ? .invite(InviteServerTransaction(isReliable: isReliable, settings: timers, now: now))
            : .other(NonInviteServerTransaction(isReliable: isReliable, settings: timers, now: now))
        let record = ServerRecord(
            machine: machine,
            request: request,
            responseAddress: Self.responseAddress(for: request, from: source, on: binding),
            binding: binding,
            isInternal: isInternal,
            localTag: self.random.token(16)
        )
        let identifier = self.servers.insert(record, key: key)
        if !isInternal {
            let merge = MergeKey(request)
            if self.merges[merge] == nil { self.merges[merge] = identifier }
        }
        self.deadlines.schedule(.server(identifier), at: record.deadline)
        return identifier
    }

    /// Where the answer to a request goes (RFC 3261 section 18.2.2, RFC 3581 section 4).
    static func responseAddress(
        for request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding
    ) -> TransportAddress {
        ResponseRouting.destination(for: request.topVia, source: source, isReliable: binding.transport.isReliable)
    }

    /// Adds what every answer of ours says, and builds it.
    func finish(_ response: SIPMessageBuilder, to request: SIPMessage) throws(SIPBuildError) -> SIPMessage {
        var builder = response
        if !self.configuration.userAgent.isEmpty, !builder.hasHeader(.server) {
            try builder.add(.server, self.configuration.userAgent)
        }
        let status = response.statusCode ?? 0
        if request.method == .invite || request.method == .options, 200..<300 ~= status, !builder.hasHeader(.allow) {
            try builder.add(.allow, self.configuration.allowText)
        }
        return try builder.build()
    }
}
