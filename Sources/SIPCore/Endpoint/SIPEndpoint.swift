public import CoreTypes

/// The transaction layer of a user agent, without sockets and clocks (RFC 3261 sections 8, 9, 17 and 18, RFC 6026).
///
/// After each input drain `pollTransmit` and `pollEvent`, then arm `deadline`. Nothing that arrives can end it, fill
/// its memory beyond the limits of the configuration, or keep a transaction alive for ever: a request that the owner
/// never answers is answered by the endpoint.
public struct SIPEndpoint: ~Copyable {
    /// How the endpoint behaves.
    public let configuration: Configuration
    /// Who may send requests; can change when a registrar's addresses become known.
    public var admission: AdmissionPolicy
    /// How often things happened.
    public internal(set) var counters = Counters()

    enum Handle: Hashable, Sendable {
        case client(TransactionTable<ClientRecord>.Identifier)
        case server(TransactionTable<ServerRecord>.Identifier)
    }
    var random: SeededRandom
    var clients: TransactionTable<ClientRecord>
    var servers: TransactionTable<ServerRecord>
    /// The server transactions by what merged requests, and an INVITE and the ACK to its 2xx, have in common.
    var merges: [MergeKey: TransactionTable<ServerRecord>.Identifier] = [:]
    var deadlines = DeadlineQueue<Handle>()
    var transmits = Outbox<Transmit>()
    var events = Outbox<SIPEndpointEvent>()
    var refusals: AbuseGuard
    var rejections: AbuseGuard
    var branchNumber: UInt64 = 0
    let statelessTags: StatelessTag

    /// Makes an endpoint; its identifiers are as unpredictable as `random` is.
    public init(configuration: Configuration, random: SeededRandom) {
        self.configuration = configuration
        self.admission = configuration.admission
        self.random = random
        self.statelessTags = StatelessTag(key: (self.random.next(), self.random.next()))
        self.clients = TransactionTable(limit: configuration.maximumClientTransactions)
        self.servers = TransactionTable(limit: configuration.maximumServerTransactions)
        self.refusals = AbuseGuard(rate: configuration.refusalRate)
        self.rejections = AbuseGuard(rate: configuration.rejectionRate)
    }

    // MARK: Inputs

    /// Takes a datagram, or a message that was framed from a stream, that came from `source` to the socket `binding`.
    public mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        // The keep-alives of RFC 5626 section 3.5.1, and single zeros that some devices send.
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        do {
            let message = try SIPMessage(bytes, limits: self.configuration.messageLimits)
            if message.isRequest {
                let request = try ViaRules.received(message, from: source)
                self.receiveRequest(request, from: source, on: binding, now: now)
            } else {
                self.receiveResponse(message, now: now)
            }
        } catch {
            self.refuseMalformed(bytes, error, from: source, on: binding, now: now)
        }
    }

    /// Fires every timer that is due.
    public mutating func handleTimeout(now: Instant) {
        while let handle = self.deadlines.popExpired(now) {
            switch handle {
            case .client(let identifier):
                guard let actions = self.clients[identifier]?.handleTimeout(now: now) else { continue }
                if actions.contains(.send) { self.counters.retransmissionsSent &+= 1 }
                self.perform(actions, of: identifier, response: nil, now: now)
            case .server(let identifier):
                guard let actions = self.servers[identifier]?.handleTimeout(now: now) else { continue }
                if actions.contains(.send) { self.counters.retransmissionsSent &+= 1 }
                self.perform(actions, of: identifier, message: nil, from: nil, now: now)
            }
        }
    }

    /// Takes the news that nothing reaches `address` (an ICMP error, a connection that closed).
    public mutating func handleTransportFailure(to address: TransportAddress, now: Instant) {
        for identifier in self.clients.identifiers(where: { $0.destination.address == address }) {
            guard let actions = self.clients[identifier]?.handleTransportFailure(now: now) else { continue }
            self.perform(actions, of: identifier, response: nil, now: now)
        }
        for identifier in self.servers.identifiers(where: { $0.responseAddress == address }) {
            guard let actions = self.servers[identifier]?.handleTransportFailure(now: now) else { continue }
            self.perform(actions, of: identifier, message: nil, from: nil, now: now)
        }
    }

    // MARK: Outputs

    /// The next message that is to leave.
    public mutating func pollTransmit() -> Transmit? {
        self.transmits.pop()
    }

    /// The next event for the owner.
    public mutating func pollEvent() -> SIPEndpointEvent? {
        self.events.pop()
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.deadlines.earliest
    }

    /// How much lives in the endpoint.
    public var gauges: Gauges {
        var gauges = Gauges()
        gauges.clientTransactions = self.clients.count
        gauges.serverTransactions = self.servers.count
        gauges.timers = self.deadlines.count
        gauges.transmits = self.transmits.count
        gauges.events = self.events.count
        return gauges
    }
}
