import CoreTypes

/// The two requests that belong to another one.
extension SIPEndpoint {
    // MARK: ACK

    mutating func receiveACK(
        _ bytes: Span<UInt8>,
        _ identity: RequestIdentity,
        from source: TransportAddress,
        now: Instant
    ) {
        let core = self.parser.core
        let call = self.keys.call(bytes, core, method: .invite)
        if let identifier = self.acknowledged(bytes, core, identity, call) {
            guard self.mayAcknowledge(identifier, bytes, from: source.host) else {
                self.counters.misplacedRequests &+= 1
                return
            }
            guard let actions = self.handle(.ack, of: identifier, now: now) else { return }
            if actions.contains(.deliver) {
                self.events.append(.acknowledged(self.parser.makeMessage(bytes), from: source))
            }
            if actions.isEmpty { self.counters.retransmissionsReceived &+= 1 }
            self.performServer(actions, of: identifier, now: now)
            return
        }
        // One without a tag belongs to nothing, and of one with a tag that is not ours nobody needs to hear.
        guard core.to.tag.isPresent else { return }
        guard self.isPlaced(bytes, from: source.host) else {
            self.counters.misplacedRequests &+= 1
            return
        }
        let request = self.parser.makeMessage(bytes)
        // The ACK to a response that we gave without a transaction ends here.
        guard request.toTag != self.statelessTag(of: request) else { return }
        if let identifier = self.transactions.find(call: call) {
            self.transactions.update(identifier) { $0.marks.formUnion(.isAcknowledged) }
        }
        self.events.append(.acknowledged(request, from: source))
    }

    /// Whether an ACK from that host counts for a transaction.
    ///
    /// The ACK to a refusal comes by the way of its INVITE. That to a 2xx says that the call stands, which whoever has
    /// forged an INVITE would like to say in the name of the address that he used: he cannot know the tag of the response.
    private func mayAcknowledge(
        _ identifier: TransactionTable.Identifier,
        _ bytes: Span<UInt8>,
        from source: IPAddress
    ) -> Bool {
        let tag = self.parser.core.to.tag
        guard self.transactions.isAccepted(identifier) else {
            return self.admission.standing(of: source) != .stranger || self.hasPart(source, in: identifier)
        }
        guard self.sentTag(of: identifier, is: tag, in: bytes) else { return false }
        return self.hasPart(source, in: identifier) || self.isPlaced(bytes, from: source)
    }

    /// The transaction that an ACK belongs to; none for the ACK to a 2xx, which has a branch of its own.
    private func acknowledged(
        _ bytes: Span<UInt8>,
        _ core: MessageCore,
        _ identity: RequestIdentity,
        _ call: UInt64
    ) -> TransactionTable.Identifier? {
        if let identifier = self.transactions.find(identity.key(.invite)) {
            // In RFC 2543 the To tag tells which answer is meant (section 17.2.3).
            return !identity.isLegacy || self.sentTag(of: identifier, is: core.to.tag, in: bytes) ? identifier : nil
        }
        // Some peers give the ACK to a refusal a new branch, as if it were one to a 2xx.
        guard let identifier = self.transactions.find(call: call),
            self.transactions[identifier]?.machine.state(InviteServerTransaction.self) == .completed,
            self.sentTag(of: identifier, is: core.to.tag, in: bytes)
        else { return nil }
        return identifier
    }

    /// Whether the latest response had this To tag.
    private func sentTag(
        of identifier: TransactionTable.Identifier,
        is tag: ByteRange,
        in bytes: Span<UInt8>
    ) -> Bool {
        guard let sent = self.sentTag(of: identifier) else { return !tag.isPresent }
        guard tag.isPresent, sent.utf8.count == tag.length else { return false }
        return zip(tag.range, sent.utf8).allSatisfy { bytes[$0] == $1 }
    }

    /// The To tag of the latest response.
    private func sentTag(of identifier: TransactionTable.Identifier) -> String? {
        if let pending = self.transactions.pending(identifier) { return pending.sentTag }
        guard let record = self.transactions[identifier] else { return nil }
        return (try? SIPMessage(record.bytes))?.toTag
    }

    // MARK: CANCEL

    /// Takes the CANCEL that was parsed last.
    ///
    /// It goes by the way of its request, hop by hop (RFC 3261 section 9.1): from a host that has no part in that it is
    /// somebody's who has seen the branch.
    mutating func receiveCancel(
        _ bytes: Span<UInt8>,
        _ identity: RequestIdentity,
        _ key: TransactionKey,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) throws(SIPParseError) {
        guard let canceled = self.transaction(canceledBy: identity), self.hasPart(source.host, in: canceled) else {
            let isStrange = self.admission.standing(of: source.host) == .stranger
            let refusal = Refusal(481, isStrange ? .stranger : .nothingToCancel)
            try self.refuse(bytes, with: refusal, from: source, on: binding, now: now)
            return
        }
        let request = self.parser.makeMessage(bytes)
        // Its 200 has the To tag of the responses to the request (RFC 3261 section 9.2).
        let tag = self.sentTag(of: canceled) ?? self.identifiers.tag(ofTransaction: canceled.serial)
        let builder = SIPMessageBuilder(response: 200, reason: nil, to: request, toTag: tag)
        if let bytes = try? self.write(builder, to: request, from: source) {
            let address = Self.responseAddress(for: request, from: source, on: binding)
            if !self.isFull { self.startAnswered(request, key: key, bytes, to: address, on: binding, now: now) }
            self.transmits.append(Transmit(bytes: bytes, to: address, binding: binding))
        }
        let former = self.transactions[canceled]?.machine.state(InviteServerTransaction.self)
        guard let actions = self.handle(.cancel, of: canceled, now: now) else { return }
        self.performServer(actions, of: canceled, now: now)
        // It means something to an INVITE without a final response, and once.
        guard former == .proceeding else { return }
        self.events.append(.cancelled(ServerTransactionID(identifier: canceled)))
    }

    /// The transaction that a CANCEL means: of an INVITE, or of another method, to which it does nothing
    /// (RFC 3261 section 9.2).
    private func transaction(canceledBy identity: RequestIdentity) -> TransactionTable.Identifier? {
        for method in KnownMethod.allCases {
            switch method {
            case .ack, .cancel: continue
            case .invite, .bye, .register, .options, .info, .update, .prack, .subscribe, .notify, .refer, .message,
                .publish:
                if let found = self.transactions.find(identity.key(MethodNumber(method))) { return found }
            }
        }
        return nil
    }
}
