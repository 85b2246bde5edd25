public import CoreTypes

extension SIPEndpoint {
    // MARK: Commands of the transaction user

    /// Sends a request in a transaction of its own; adds the Via with a fresh branch and `rport`, and User-Agent.
    ///
    /// After `noAnswerLimit`, when it is given, an INVITE that has no final answer is canceled, any other request given
    /// up; then `.failed(…, .noAnswer)` tells so, unless the callee was faster than the CANCEL. ACK and CANCEL are not
    /// for this: see `sendWithoutTransaction` and `cancel`. Throws when the request lacks something; when too many
    /// transactions live it is not sent, and `.failed(…, .overloaded)` follows.
    public mutating func send(
        _ request: SIPMessageBuilder,
        to destination: Destination,
        noAnswerLimit: Duration? = nil,
        now: Instant
    ) throws(SIPBuildError) -> ClientTransactionID {
        let message = try self.finish(request, for: destination)
        guard self.transactions.clientCount < self.configuration.maximumClientTransactions,
            let key = self.keys.client(message.storage.span, message.core)
        else {
            let nobody = ClientTransactionID(identifier: .init(slot: .max, serial: self.identifiers.makeSerial()))
            self.events.append(.failed(nobody, .overloaded))
            return nobody
        }
        let limit = noAnswerLimit.map { now + $0 }
        let identifier = self.start(message, key: key, to: destination, noAnswerAt: limit, marks: [], now: now)
        return ClientTransactionID(identifier: identifier)
    }

    /// Sends an ACK to a 2xx; gives back its bytes, so that they can be sent again for each retransmission of the 2xx
    /// (RFC 3261 section 13.2.2.4).
    ///
    /// Throws when the request lacks something.
    @discardableResult
    public mutating func sendWithoutTransaction(
        _ request: SIPMessageBuilder,
        to destination: Destination,
        now: Instant
    ) throws(SIPBuildError) -> [UInt8] {
        let bytes = try self.finish(request, for: destination).bytes
        self.resend(bytes, to: destination)
        return bytes
    }

    /// Sends bytes that `sendWithoutTransaction` gave once more.
    public mutating func resend(_ bytes: [UInt8], to destination: Destination) {
        self.transmits.append(Transmit(bytes: bytes, to: destination.address, binding: destination.binding))
    }

    /// Cancels an INVITE: at once after a provisional answer, else when the first one comes (RFC 3261 section 9.1).
    ///
    /// The final answer, usually 487, comes as `.response`; without one `.failed(…, .timeout)` does. Nothing happens
    /// to another method or after the final answer.
    public mutating func cancel(_ id: ClientTransactionID, now: Instant) {
        guard let actions = self.handle(.cancel, of: id.identifier, now: now) else { return }
        self.performClient(actions, of: id.identifier, response: nil, now: now)
    }

    /// The request as it was sent, until its final answer; an INVITE that got a 2xx while its transaction lives.
    public func request(of id: ClientTransactionID) -> SIPMessage? {
        guard let record = self.transactions[id.identifier] else { return nil }
        // Where the INVITE was, the ACK is after a refusal.
        return (try? SIPMessage(record.bytes)).flatMap { $0.core.knownMethod == .ack ? nil : $0 }
    }

    // MARK: From the network

    /// Takes the response that was parsed last.
    ///
    /// One from another host than its request went to is taken only as `isTrusted` says; else it is counted and dropped,
    /// as if it had never come: the one that is awaited may yet come.
    mutating func receiveResponse(_ bytes: Span<UInt8>, from source: TransportAddress, now: Instant) {
        self.counters.responsesReceived &+= 1
        let core = self.parser.core
        // The branch is unpredictable, so it tells by itself that the answer is for us: sent-by is not compared, for
        // some middleboxes change it. A second Via means that the answer is for somebody behind us (section 8.1.3.3).
        guard self.parser.core.hasOneVia, let key = self.keys.client(bytes, core),
            let identifier = self.transactions.find(key)
        else {
            self.counters.strayResponses &+= 1
            return
        }
        guard self.transactions.talks(identifier, toHost: source.host) || self.isTrusted(bytes, from: source.host)
        else {
            self.counters.misplacedResponses &+= 1
            return
        }
        guard let actions = self.handle(.response(Int(core.status)), of: identifier, now: now) else {
            self.counters.strayResponses &+= 1
            return
        }
        if actions.contains(.deliver) {
            self.performClient(actions, of: identifier, response: self.parser.makeMessage(bytes), now: now)
            return
        }
        self.counters.retransmissionsReceived &+= 1
        guard actions.contains(.sendACK), let record = self.transactions[identifier] else { return }
        if record.call == self.keys.hash(bytes, core.to.tag) {
            self.transmit(record)
        } else {
            // Another one than the first refused; it has an ACK with its own tag (section 17.1.1.3).
            self.sendACK(for: self.parser.makeMessage(bytes), of: identifier)
        }
    }

    /// Whether the response that was parsed last may come from another host than its request went to.
    ///
    /// A PBX with several addresses answers from whichever it likes, so a 1xx and a 2xx are taken from every host that is
    /// known to the admission policy, and in a dialog from the hosts of that dialog: to forge one of theirs is no harder
    /// than to forge the right one. A challenge (401, 407, 494) and any other refusal are taken from nobody else: our
    /// credentials, registration and calls hang on them. From strangers nothing is taken: whoever has seen the branch
    /// could end the retransmission of a request or speak in the place of the callee.
    private func isTrusted(_ bytes: Span<UInt8>, from source: IPAddress) -> Bool {
        let core = self.parser.core
        guard core.status < 300 else { return false }
        switch self.admission.standing(of: source) {
        case .known: return true
        // A transaction user that tells of no hosts at all takes them as they come.
        case .anyone where !self.configuration.knowsDialogs: return true
        case .anyone, .stranger:
            let key = self.keys.dialog(bytes, callID: core.callID, tag: core.from.tag)
            return self.dialogs.find(key).map { self.dialogs.admits(source, to: $0) } ?? false
        }
    }

    // MARK: Actions

    mutating func performClient(
        _ actions: TransactionAction,
        of identifier: TransactionTable.Identifier,
        response: SIPMessage?,
        fault: TransportFault? = nil,
        now: Instant
    ) {
        guard let record = self.transactions[identifier] else { return }
        if actions.contains(.send) { self.transmit(record) }
        if actions.contains(.sendACK), let response { self.sendACK(for: response, of: identifier) }
        if actions.contains(.sendCancel) { self.sendCancel(of: record, now: now) }
        if actions.contains(.deliver), let response { self.deliver(response, record, identifier) }
        if actions.contains(.reportNoAnswer) {
            self.transactions.update(identifier) { $0.marks.formUnion(.isOverdue) }
            if actions.contains(.end) { self.fail(record, identifier, .noAnswer) }
        }
        if actions.contains(.reportTimeout) {
            self.counters.timeouts &+= 1
            self.fail(record, identifier, record.marks.contains(.isOverdue) ? .noAnswer : .timeout)
        }
        if actions.contains(.reportTransportFailure) {
            self.fail(record, identifier, .transport(fault ?? TransportFault(.other)))
        }
        if actions.contains(.end) {
            _ = self.transactions.remove(identifier)
        } else {
            self.transactions.reschedule(identifier)
        }
    }

    private mutating func deliver(
        _ response: SIPMessage,
        _ record: TransactionRecord,
        _ identifier: TransactionTable.Identifier
    ) {
        if response.statusCode >= 200 {
            self.transactions.update(identifier) { $0.marks.formUnion(.hasFinal) }
            // Nothing is sent again but the ACK to a refusal; the INVITE of a 2xx is kept for the transaction user.
            if response.core.knownMethod != .invite { self.transactions.update(identifier) { $0.bytes = [] } }
        }
        guard !record.marks.contains(.isInternal) else { return }
        let id = ClientTransactionID(identifier: identifier)
        if record.marks.contains(.isOverdue), response.statusCode == 487 {
            self.events.append(.failed(id, .noAnswer))
        } else {
            self.events.append(.response(id, response))
        }
    }

    private mutating func fail(
        _ record: TransactionRecord,
        _ identifier: TransactionTable.Identifier,
        _ failure: TransactionFailure
    ) {
        guard record.marks.isDisjoint(with: [.isInternal, .hasFinal]) else { return }
        self.events.append(.failed(ClientTransactionID(identifier: identifier), failure))
    }

    private mutating func start(
        _ request: SIPMessage,
        key: TransactionKey,
        to destination: Destination,
        noAnswerAt: Instant?,
        marks: TransactionRecord.Marks,
        now: Instant
    ) -> TransactionTable.Identifier {
        let machine = TransactionMachine(
            request.core.knownMethod == .invite ? .inviteClient : .nonInviteClient,
            isReliable: destination.binding.transport.isReliable,
            noAnswerAt: noAnswerAt,
            durations: self.durations,
            now: now
        )
        let bytes = request.bytes
        let record = TransactionRecord(
            machine: machine,
            key: key,
            serial: self.identifiers.makeSerial(),
            call: 0,
            bytes: bytes,
            marks: marks
        )
        let identifier = self.transactions.insert(record, to: destination)
        self.resend(bytes, to: destination)
        return identifier
    }

    /// Sends what the transaction sends again.
    mutating func transmit(_ record: TransactionRecord) {
        guard let destination = self.transactions.destination(of: record) else { return }
        self.resend(record.bytes, to: destination)
    }

    /// Sends the ACK to a refusal, and keeps it in place of the INVITE, of which it has all that another ACK needs.
    private mutating func sendACK(for response: SIPMessage, of identifier: TransactionTable.Identifier) {
        guard let record = self.transactions[identifier] else { return }
        // The parts come from a request that was built, so that building cannot fail; if it did, the callee would
        // repeat its answer and give up.
        guard let request = try? SIPMessage(record.bytes),
            let ack = try? SIPMessageBuilder.ack(forNon2xx: response, to: request).build()
        else { return }
        self.transactions.update(identifier) { $0.bytes = ack.bytes }
        let tag = self.keys.hash(response.storage.span, response.core.to.tag)
        self.transactions.update(identifier) { $0.call = tag }
        if let record = self.transactions[identifier] { self.transmit(record) }
    }

    private mutating func sendCancel(of record: TransactionRecord, now: Instant) {
        guard let destination = self.transactions.destination(of: record), let request = try? SIPMessage(record.bytes),
            let cancel = try? SIPMessageBuilder.cancel(of: request).build(),
            let key = self.keys.client(cancel.storage.span, cancel.core), self.transactions.find(key) == nil
        else { return }
        _ = self.start(cancel, key: key, to: destination, noAnswerAt: nil, marks: .isInternal, now: now)
    }

    // MARK: Building

    private mutating func finish(
        _ request: SIPMessageBuilder,
        for destination: Destination
    ) throws(SIPBuildError) -> SIPMessage {
        var builder = request
        let address = destination.binding.address
        let via = Via(
            transport: destination.binding.transport,
            host: address.host.hostText,
            port: address.port,
            branch: self.identifiers.makeBranch()
        )
        if !self.configuration.userAgent.isEmpty, !builder.hasHeader(.userAgent) {
            try builder.add(.userAgent, self.configuration.userAgent)
        }
        return try builder.build(via: via)
    }
}
