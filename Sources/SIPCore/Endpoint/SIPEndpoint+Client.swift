public import CoreTypes

extension SIPEndpoint {
    // MARK: Commands of the owner

    /// Sends a request in a transaction of its own; adds the Via with a fresh branch and `rport`, and User-Agent.
    ///
    /// ACK and CANCEL are not for this: see `sendWithoutTransaction` and `cancel`. Throws when the request lacks
    /// something; when too many transactions live it is not sent, and `.failed(…, .overloaded)` follows.
    public mutating func send(
        _ request: SIPMessageBuilder,
        to destination: Destination,
        now: Instant
    ) throws(SIPBuildError) -> ClientTransactionID {
        let message = try self.finish(request, for: destination)
        guard let key = TransactionKey(response: message), !self.clients.isFull else {
            self.branchNumber &+= 1
            let number = UInt32(truncatingIfNeeded: self.branchNumber)
            let nobody = ClientTransactionID(identifier: .init(slot: .max, generation: number))
            self.events.append(.failed(nobody, .overloaded))
            return nobody
        }
        let identifier = self.start(message, key: key, to: destination, isCancel: false, now: now)
        return ClientTransactionID(identifier: identifier)
    }

    /// Sends an ACK to a 2xx; gives back its bytes, so that they can be sent again for each repetition of the 2xx
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
        guard let actions = self.clients[id.identifier]?.cancel(now: now) else { return }
        self.perform(actions, of: id.identifier, response: nil, now: now)
    }

    /// The request as it was sent, while its transaction lives.
    public func request(of id: ClientTransactionID) -> SIPMessage? {
        self.clients[id.identifier]?.request
    }

    // MARK: From the network

    mutating func receiveResponse(_ response: SIPMessage, now: Instant) {
        self.counters.responsesReceived &+= 1
        // The branch is unpredictable, so it tells by itself that the answer is for us: sent-by is not compared, for
        // some middleboxes change it. A second Via means that the answer is for somebody behind us (section 8.1.3.3).
        guard response.vias.count == 1, let key = TransactionKey(response: response),
            let identifier = self.clients.find(key),
            let actions = self.clients[identifier]?.receive(status: response.statusCode, now: now)
        else {
            self.counters.strayResponses &+= 1
            return
        }
        if !actions.contains(.deliver) { self.counters.retransmissionsReceived &+= 1 }
        self.perform(actions, of: identifier, response: response, now: now)
    }

    // MARK: Actions

    mutating func perform(
        _ actions: TransactionAction,
        of identifier: TransactionTable<ClientRecord>.Identifier,
        response: SIPMessage?,
        now: Instant
    ) {
        guard let record = self.clients[identifier] else { return }
        let id = ClientTransactionID(identifier: identifier)
        if actions.contains(.send) { self.resend(record.request.bytes, to: record.destination) }
        if actions.contains(.sendACK), let response {
            self.sendACK(for: response, of: record)
        }
        if actions.contains(.sendCancel) { self.sendCancel(of: record, now: now) }
        if actions.contains(.deliver), let response {
            if response.statusCode >= 200 { self.clients[identifier]?.hasFinal = true }
            if !record.isCancel { self.events.append(.response(id, response)) }
        }
        if actions.contains(.reportTimeout) {
            self.counters.timeouts &+= 1
            self.fail(record, id, .timeout)
        }
        if actions.contains(.reportTransportFailure) { self.fail(record, id, .transport) }
        if actions.contains(.end) {
            self.deadlines.cancel(.client(identifier))
            _ = self.clients.remove(identifier)
        } else {
            self.deadlines.schedule(.client(identifier), at: self.clients[identifier]?.deadline)
        }
    }

    private mutating func fail(_ record: ClientRecord, _ id: ClientTransactionID, _ failure: TransactionFailure) {
        guard !record.isCancel, !record.hasFinal else { return }
        self.events.append(.failed(id, failure))
    }

    private mutating func start(
        _ request: SIPMessage,
        key: TransactionKey,
        to destination: Destination,
        isCancel: Bool,
        now: Instant
    ) -> TransactionTable<ClientRecord>.Identifier {
        let isReliable = destination.binding.transport.isReliable
        let timers = self.configuration.timers
        let machine: ClientRecord.Machine =
            request.method == .invite
            ? .invite(InviteClientTransaction(isReliable: isReliable, settings: timers, now: now))
            : .other(NonInviteClientTransaction(isReliable: isReliable, settings: timers, now: now))
        let record = ClientRecord(machine: machine, request: request, destination: destination, isCancel: isCancel)
        let identifier = self.clients.insert(record, key: key)
        self.deadlines.schedule(.client(identifier), at: record.deadline)
        self.resend(request.bytes, to: destination)
        return identifier
    }

    private mutating func sendACK(for response: SIPMessage, of record: ClientRecord) {
        // The parts come from a request that was built, so that building cannot fail; if it did, the callee would
        // repeat its answer and give up.
        guard let ack = try? SIPMessageBuilder.ack(forNon2xx: response, to: record.request).build() else { return }
        self.resend(ack.bytes, to: record.destination)
    }

    private mutating func sendCancel(of record: ClientRecord, now: Instant) {
        guard let cancel = try? SIPMessageBuilder.cancel(of: record.request).build(),
            let key = TransactionKey(response: cancel), self.clients.find(key) == nil
        else { return }
        _ = self.start(cancel, key: key, to: record.destination, isCancel: true, now: now)
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
            branch: self.makeBranch()
        )
        if !self.configuration.userAgent.isEmpty, !builder.hasHeader(.userAgent) {
            try builder.add(.userAgent, self.configuration.userAgent)
        }
        return try builder.build(via: via)
    }

    /// A branch that nobody can guess and that never comes twice: random digits and a count.
    private mutating func makeBranch() -> String {
        self.branchNumber &+= 1
        return TransactionKey.magicCookie + self.random.token(20) + "." + String(self.branchNumber, radix: 16)
    }
}
