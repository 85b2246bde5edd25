public import CoreTypes

/// The transaction layer of a user agent, without sockets and clocks (RFC 3261 sections 8, 9, 17 and 18, RFC 6026).
///
/// After each input drain `pollTransmit` and `pollEvent`, then arm `deadline`. Nothing that arrives can end it, fill
/// its memory beyond the limits of the configuration, or keep a transaction alive for ever: a request that the transaction user
/// never answers is answered by the endpoint. A message that is absorbed (a retransmission, an ACK to a refusal, an answer
/// to nothing) costs no allocation. Whoever is not known to the `admission` gets no transaction and shares no limit with
/// those who are: see `AdmissionPolicy`.
public struct SIPEndpoint: ~Copyable {
    /// How the endpoint behaves.
    public let configuration: Configuration
    /// Who may send requests; can change when a registrar's addresses become known.
    public var admission: AdmissionPolicy
    /// How often things happened.
    public internal(set) var counters = Counters()

    var parser: SIPParser
    var transactions: TransactionTable
    var identifiers: IdentifierSource
    var transmits = Outbox<Transmit>()
    var events = Outbox<SIPEndpointEvent>()
    var dialogs = DialogDirectory()
    var refusals: AbuseGuard
    var knownRefusals: AbuseGuard
    var rejections: AbuseGuard
    var inquiries: AbuseGuard
    var knownLedger: RefusalLedger
    var strangersLedger: RefusalLedger
    let keys: TransactionKeys
    let durations: TimerDurations
    /// The value of the Allow header.
    let allowText: String
    let statelessTags: StatelessTag

    /// Makes an endpoint; its identifiers are as unpredictable as the next numbers of `random` are.
    public init(configuration: Configuration, random: SeededRandom) {
        var random = random
        func key() -> KeyedHash.Key { KeyedHash.Key(low: random.next(), high: random.next()) }
        self.configuration = configuration
        self.admission = configuration.admission
        self.parser = SIPParser(limits: configuration.messageLimits)
        self.durations = TimerDurations(configuration.timers)
        self.allowText = configuration.allowText
        self.statelessTags = StatelessTag(key: key())
        self.identifiers = IdentifierSource(key: key())
        self.keys = TransactionKeys(key())
        self.transactions = TransactionTable(key())
        self.refusals = AbuseGuard(rate: configuration.refusalRate)
        self.knownRefusals = AbuseGuard(rate: configuration.knownRefusalRate)
        let few = AbuseGuard.Rate(burst: 40, interval: .milliseconds(25))
        self.rejections = AbuseGuard(rate: configuration.rejectionRate, total: few)
        self.inquiries = AbuseGuard(rate: configuration.inquiryRate, total: few)
        let interval = configuration.refusalInterval
        self.knownLedger = RefusalLedger(interval: interval, maximumSources: 256, tellsReasonsApart: true)
        // So few that all reports of an interval find room in a queue of a hundred.
        self.strangersLedger = RefusalLedger(interval: interval, maximumSources: 64, tellsReasonsApart: false)
    }

    // MARK: Inputs

    /// Takes a datagram, or a message that was framed from a stream, that came from `source` to the socket `binding`.
    public mutating func receive(
        _ bytes: Span<UInt8>,
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        // The keep-alives of RFC 5626 section 3.5.1, and single zeros that some devices send.
        guard Self.isMessage(bytes) else { return }
        do {
            try self.parser.parse(bytes)
            if self.parser.core.isRequest {
                try self.receiveRequest(bytes, from: source, on: binding, now: now)
            } else {
                self.receiveResponse(bytes, from: source, now: now)
            }
        } catch {
            self.refuseMalformed(bytes, error, from: source, on: binding, now: now)
        }
    }

    /// Takes a message as an array; otherwise as with a span.
    public mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.receive(bytes.span, from: source, on: binding, now: now)
    }

    /// Fires every timer that is due.
    public mutating func handleTimeout(now: Instant) {
        while let identifier = self.transactions.popExpired(now) {
            let durations = self.durations
            let actions = self.transactions.update(identifier) { record in
                record.machine.handleTimeout(durations: durations, now: now)
            }
            guard let actions else { continue }
            if actions.contains(.send) { self.counters.retransmissionsSent &+= 1 }
            self.perform(actions, of: identifier, now: now)
        }
        while let report = self.knownLedger.popExpired(now) ?? self.strangersLedger.popExpired(now) {
            self.events.append(.refused(report))
        }
    }

    /// Takes the news that nothing reaches `address` (an ICMP error, no route, a connection that closed), from one of our
    /// sockets when `binding` is given: our requests that are on their way there end with ``TransactionFailure/transport(_:)``.
    public mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding? = nil,
        fault: TransportFault = TransportFault(.other),
        now: Instant
    ) {
        for identifier in self.transactions.find(address, binding) {
            guard let actions = self.handle(.transportFailure, of: identifier, now: now) else { continue }
            self.perform(actions, of: identifier, fault: fault, now: now)
        }
    }

    // MARK: Outputs

    /// The next message that is to leave.
    public mutating func pollTransmit() -> Transmit? {
        self.transmits.pop()
    }

    /// The next event for the transaction user.
    public mutating func pollEvent() -> SIPEndpointEvent? {
        self.events.pop()
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        let own = self.transactions.deadline
        guard let report = self.reportDeadline else { return own }
        return own.map { min($0, report) } ?? report
    }

    private var reportDeadline: Instant? {
        guard let known = self.knownLedger.deadline else { return self.strangersLedger.deadline }
        return self.strangersLedger.deadline.map { min($0, known) } ?? known
    }

    /// How much lives in the endpoint.
    public var gauges: Gauges {
        var gauges = Gauges()
        gauges.clientTransactions = self.transactions.clientCount
        gauges.serverTransactions = self.transactions.serverCount
        gauges.timers = self.transactions.timerCount
        gauges.peers = self.transactions.peerCount
        gauges.transmits = self.transmits.count
        gauges.events = self.events.count
        return gauges
    }

    // MARK: Inside

    /// Gives an event to a transaction; `nil` when it does not live.
    mutating func handle(
        _ event: TransactionEvent,
        of identifier: TransactionTable.Identifier,
        now: Instant
    ) -> TransactionAction? {
        let durations = self.durations
        return self.transactions.update(identifier) { $0.machine.handle(event, durations: durations, now: now) }
    }

    /// Does what a transaction asked for when no message came.
    private mutating func perform(
        _ actions: TransactionAction,
        of identifier: TransactionTable.Identifier,
        fault: TransportFault? = nil,
        now: Instant
    ) {
        if self.transactions[identifier]?.isClient == true {
            self.performClient(actions, of: identifier, response: nil, fault: fault, now: now)
        } else {
            self.performServer(actions, of: identifier, now: now)
        }
    }

    private static func isMessage(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where bytes[index] > 0x20 { return true }
        return false
    }
}
