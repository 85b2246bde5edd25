public import CoreTypes

extension SIPEndpoint {
    // MARK: Commands of the transaction user

    /// Answers a request; a retransmission of it will get the same response.
    ///
    /// A 2xx to an INVITE may be given again (RFC 3261 section 13.3.1.4); nothing else is sent after the final response,
    /// nor for a transaction that has ended, nor is a 1xx to another method than INVITE: when a 100 is due there, the
    /// endpoint sends it (RFC 4320 section 4.1). A response that cannot be built is replaced by 500.
    public mutating func respond(_ id: ServerTransactionID, _ response: SIPMessageBuilder, now: Instant) {
        guard let pending = self.transactions.pending(id.identifier) else { return }
        guard let answer = try? self.write(response, to: pending) else {
            self.answer(id.identifier, status: 500, now: now)
            return
        }
        if answer.status >= 200, pending.request.core.knownMethod != .invite {
            self.transactions.update(id.identifier) { $0.marks.formUnion(.isAcknowledged) }
        }
        self.respond(id.identifier, answer, now: now)
    }

    /// The start of a response to a request; `nil` when it got its final response, but for a 2xx to an INVITE.
    ///
    /// Copies every Via, From, To, Call-ID and CSeq. Without `toTag` the To gets a tag that stays the same for all
    /// answers to the request, but none in a 100.
    public func makeResponse(
        _ status: Int,
        reason: String? = nil,
        to id: ServerTransactionID,
        toTag: String? = nil
    ) -> SIPMessageBuilder? {
        guard let pending = self.transactions.pending(id.identifier) else { return nil }
        let tag = status == 100 ? nil : toTag ?? self.identifiers.tag(ofTransaction: id.identifier.serial)
        return SIPMessageBuilder(response: status, reason: reason, to: pending.request, toTag: tag)
    }

    /// The request, until its final response; that of an INVITE that got a 2xx while its transaction lives.
    public func request(of id: ServerTransactionID) -> SIPMessage? {
        self.transactions.pending(id.identifier)?.request
    }

    // MARK: From the network

    /// Takes the request that was parsed last. Throws when it grows beyond the limit with `received` and `rport`.
    mutating func receiveRequest(
        _ bytes: Span<UInt8>,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) throws(SIPParseError) {
        self.counters.requestsReceived &+= 1
        let core = self.parser.core
        let identity = self.keys.server(bytes, core)
        if core.knownMethod == .ack {
            self.receiveACK(bytes, identity, from: source, now: now)
            return
        }
        let key = identity.key(MethodNumber(bytes, core))
        if let identifier = self.transactions.find(key) {
            self.counters.retransmissionsReceived &+= 1
            guard self.follow(identifier, bytes, from: source, on: binding),
                let actions = self.handle(.request, of: identifier, now: now)
            else { return }
            self.performServer(actions, of: identifier, now: now)
            return
        }
        if core.knownMethod == .cancel {
            try self.receiveCancel(bytes, identity, key, from: source, on: binding, now: now)
            return
        }
        switch self.place(of: bytes, from: source.host) {
        case .outside: try self.take(bytes, key, dialog: nil, from: source, on: binding, now: now)
        case .inside(let dialog): try self.take(bytes, key, dialog: dialog, from: source, on: binding, now: now)
        case .strange: try self.receiveStrange(bytes, from: source, on: binding, now: now)
        case .nowhere(let refusal): try self.refuse(bytes, with: refusal, from: source, on: binding, now: now)
        }
    }

    /// Starts the transaction of the request that was parsed last, unless it is refused.
    private mutating func take(
        _ bytes: Span<UInt8>,
        _ key: TransactionKey,
        dialog: UInt32?,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) throws(SIPParseError) {
        let request = self.parser.makeMessage(bytes)
        if let refusal = self.refusal(of: request, in: dialog) {
            self.refuse(request, with: refusal, length: bytes.count, from: source, on: binding, now: now)
            return
        }
        let identifier = self.start(request, key: key, dialog: dialog, from: source, on: binding, now: now)
        self.events.append(.request(ServerTransactionID(identifier: identifier), request, from: source, on: binding))
    }

    /// Turns the responses of a transaction to where its request, which was parsed last, came from this time: a translator
    /// that forgot its mappings in between sends it from another port (RFC 3581 section 4, RFC 3261 section 18.2.2).
    ///
    /// Nothing but the port may change, and the whole request must be the same (branch, sent-by, method, Call-ID, CSeq
    /// and From tag): responses name the session's keys, addresses and tags, and a stranger who has guessed or seen a
    /// branch must not get them sent to a host of his own. Somebody at the same address could read them anyway.
    ///
    /// False for a stranger's retransmission of what another host sent, to which nothing is to be sent at all.
    private mutating func follow(
        _ identifier: TransactionTable.Identifier,
        _ bytes: Span<UInt8>,
        from source: TransportAddress,
        on binding: LocalBinding
    ) -> Bool {
        let isReliable = binding.transport.isReliable
        let address = ResponseRouting.destination(for: self.parser.core.topVia, source: source, isReliable: isReliable)
        guard !self.transactions.talks(identifier, to: address) else { return true }
        guard self.transactions.talks(identifier, toHost: source.host) else {
            let isStrange = self.admission.standing(of: source.host) == .stranger
            if isStrange { self.counters.misplacedRequests &+= 1 }
            return !isStrange
        }
        guard let record = self.transactions[identifier], let former = self.transactions.destination(of: record),
            former.binding == binding,
            record.call == self.keys.call(bytes, self.parser.core, method: MethodNumber(bytes, self.parser.core))
        else { return true }
        self.transactions.move(identifier, to: Destination(address: address, binding: binding))
        self.transactions.setSource(source, of: identifier)
        // The response that was given before says in its Via what the client's port seems to be.
        guard let answer = try? SIPMessage(record.bytes),
            let changed = ViaRules.received(answer.storage.span, answer.core, from: source)
        else { return true }
        self.transactions.update(identifier) { $0.bytes = changed }
        return true
    }

    // MARK: Actions

    mutating func performServer(
        _ actions: TransactionAction,
        of identifier: TransactionTable.Identifier,
        now: Instant
    ) {
        guard let record = self.transactions[identifier] else { return }
        if actions.contains(.send) {
            // An INVITE that came again before it got a response gets its 100 now.
            if record.bytes.isEmpty { self.sendTrying(identifier) } else { self.transmit(record) }
        }
        if actions.contains(.sendTrying) { self.sendTrying(identifier) }
        if actions.contains(.respondForTransactionUser) {
            self.counters.unanswered &+= 1
            let isCanceled = record.machine.state(InviteServerTransaction.self) == .proceedingCanceled
            self.answer(identifier, status: isCanceled ? 487 : 500, now: now)
        }
        if !actions.isDisjoint(with: [.deliver, .reportAcknowledged]) {
            self.transactions.update(identifier) { $0.marks.formUnion(.isAcknowledged) }
        }
        if actions.contains(.reportTimeout) { self.counters.timeouts &+= 1 }
        if actions.contains(.reportTransportFailure), !record.marks.contains(.isInternal) {
            self.events.append(.undeliverable(ServerTransactionID(identifier: identifier)))
        }
        if actions.contains(.end) {
            self.end(identifier)
        } else {
            self.transactions.reschedule(identifier)
        }
    }

    private mutating func sendTrying(_ identifier: TransactionTable.Identifier) {
        guard let pending = self.transactions.pending(identifier) else { return }
        let builder = SIPMessageBuilder(response: 100, reason: nil, to: pending.request, toTag: nil)
        guard let answer = try? self.write(builder, to: pending) else { return }
        self.transactions.update(identifier) { $0.bytes = answer.bytes }
        if let record = self.transactions[identifier] { self.transmit(record) }
    }

    /// Answers in place of the transaction user.
    private mutating func answer(_ identifier: TransactionTable.Identifier, status: Int, now: Instant) {
        guard let pending = self.transactions.pending(identifier) else { return }
        let tag = pending.sentTag ?? self.identifiers.tag(ofTransaction: identifier.serial)
        let builder = SIPMessageBuilder(response: status, reason: nil, to: pending.request, toTag: tag)
        guard let answer = try? self.write(builder, to: pending) else {
            // Without a response the transaction would wait for ever.
            self.end(identifier)
            return
        }
        self.respond(identifier, answer, now: now)
    }

    private mutating func respond(
        _ identifier: TransactionTable.Identifier,
        _ answer: WrittenResponse,
        now: Instant
    ) {
        guard let actions = self.handle(.response(answer.status), of: identifier, now: now) else { return }
        guard actions.contains(.send) else { return }
        self.transactions.update(identifier) { $0.bytes = answer.bytes }
        self.performServer(actions, of: identifier, now: now)
        if let tag = answer.tag, self.transactions.pending(identifier)?.sentTag != tag {
            self.transactions.setSentTag(tag, of: identifier)
        }
        guard answer.status >= 200 else { return }
        if self.transactions[identifier]?.machine.state(InviteServerTransaction.self) == .accepted {
            // The transaction user repeats its 2xx; the request is kept, for it makes that from it.
            self.transactions.update(identifier) { $0.bytes = [] }
        } else {
            self.transactions.removePending(of: identifier)
        }
    }

    mutating func end(_ identifier: TransactionTable.Identifier) {
        guard let record = self.transactions.remove(identifier) else { return }
        if record.dialog != .max { self.dialogs.end(record.dialog) }
        guard !record.marks.contains(.isInternal) else { return }
        let id = ServerTransactionID(identifier: identifier)
        let isAcknowledged = record.marks.contains(.isAcknowledged)
        self.events.append(.serverTransactionEnded(id, acknowledged: isAcknowledged))
    }

    /// Whether the request is there already, by another way (RFC 3261 section 8.2.2.2).
    func isMerged(_ request: SIPMessage) -> Bool {
        guard !request.core.to.tag.isPresent else { return false }
        return self.transactions.find(call: self.call(of: request)) != nil
    }

    private func call(of request: SIPMessage) -> UInt64 {
        let bytes = request.storage.span
        return self.keys.call(bytes, request.core, method: MethodNumber(bytes, request.core))
    }

    private mutating func start(
        _ request: SIPMessage,
        key: TransactionKey,
        dialog: UInt32?,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) -> TransactionTable.Identifier {
        var record = self.makeRecord(request, key: key, bytes: [], marks: [], on: binding, now: now)
        if let dialog {
            record.dialog = dialog
            self.dialogs.begin(dialog)
        }
        let address = Self.responseAddress(for: request, from: source, on: binding)
        return self.transactions.insert(
            record,
            request: PendingRequest(request: request, source: source),
            to: Destination(address: address, binding: binding)
        )
    }

    /// Starts the transaction of a request that the endpoint itself has answered.
    mutating func startAnswered(
        _ request: SIPMessage,
        key: TransactionKey,
        _ answer: [UInt8],
        to address: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        let record = self.makeRecord(request, key: key, bytes: answer, marks: .isInternal, on: binding, now: now)
        let identifier = self.transactions.insert(record, to: Destination(address: address, binding: binding))
        _ = self.handle(.response(200), of: identifier, now: now)
        self.transactions.reschedule(identifier)
    }

    private mutating func makeRecord(
        _ request: SIPMessage,
        key: TransactionKey,
        bytes: [UInt8],
        marks: TransactionRecord.Marks,
        on binding: LocalBinding,
        now: Instant
    ) -> TransactionRecord {
        let machine = TransactionMachine(
            request.core.knownMethod == .invite ? .inviteServer : .nonInviteServer,
            isReliable: binding.transport.isReliable,
            durations: self.durations,
            now: now
        )
        return TransactionRecord(
            machine: machine,
            key: key,
            serial: self.identifiers.makeSerial(),
            call: self.call(of: request),
            bytes: bytes,
            marks: marks
        )
    }

    /// Where the response to a request goes (RFC 3261 section 18.2.2, RFC 3581 section 4).
    static func responseAddress(
        for request: SIPMessage,
        from source: TransportAddress,
        on binding: LocalBinding
    ) -> TransportAddress {
        ResponseRouting.destination(for: request.core.topVia, source: source, isReliable: binding.transport.isReliable)
    }

    private func write(
        _ response: SIPMessageBuilder,
        to pending: PendingRequest
    ) throws(SIPBuildError) -> WrittenResponse {
        let bytes = try self.write(response, to: pending.request, from: pending.source)
        return WrittenResponse(status: response.statusCode ?? 0, tag: response.responseTag, bytes: bytes)
    }

    /// Writes a response, with what every response of ours says.
    func write(
        _ response: SIPMessageBuilder,
        to request: SIPMessage,
        from source: TransportAddress
    ) throws(SIPBuildError) -> [UInt8] {
        var builder = response
        if !self.configuration.userAgent.isEmpty, !builder.hasHeader(.server) {
            try builder.add(.server, self.configuration.userAgent)
        }
        switch request.core.knownMethod {
        case .invite, .options:
            if 200..<300 ~= response.statusCode ?? 0, !builder.hasHeader(.allow) {
                try builder.add(.allow, self.allowText)
            }
        case _: break
        }
        return try builder.response(from: source)
    }
}

/// A response as it leaves.
private struct WrittenResponse {
    let status: Int
    /// The tag of its To.
    let tag: String?
    let bytes: [UInt8]
}
