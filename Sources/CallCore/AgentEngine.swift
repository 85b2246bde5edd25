public import CoreTypes
public import RTPCore
public import SIPCore

/// A telephone without sockets: accounts, registrations and calls over one ``SIPEndpoint``.
///
/// Inputs are datagrams, the time and the application's commands. After each input drain ``pollEvent()`` and
/// ``pollTransmit()`` until both are empty, then arm ``deadline``.
public struct AgentEngine: ~Copyable {
    /// What an engine is told once.
    public struct Configuration: Sendable {
        /// What User-Agent and Server say.
        public var productName: String
        /// The codecs, the preferred first.
        public var codecs: [AudioCodec]
        /// How hard Opus encoders think, 0 to 10.
        public var opusComplexity: Int
        /// Who may call besides the accounts' PBXs: trunks known by their address.
        public var peers: [IPAddress]
        /// Names and addresses, beside those of the accounts, whose users are the PBX's own.
        public var domains: [String]
        /// More calls than this are answered 486.
        public var maximumCalls: Int
        /// The timers of RFC 3261.
        public var timers: TimerSettings

        /// Makes a configuration.
        public init(
            productName: String,
            codecs: [AudioCodec],
            opusComplexity: Int = 5,
            peers: [IPAddress] = [],
            domains: [String] = [],
            maximumCalls: Int = 100,
            timers: TimerSettings = TimerSettings()
        ) {
            self.productName = productName
            self.codecs = codecs
            self.opusComplexity = opusComplexity
            self.peers = peers
            self.domains = domains
            self.maximumCalls = maximumCalls
            self.timers = timers
        }
    }

    /// What it was told.
    public let configuration: Configuration
    var endpoint: SIPEndpoint
    var random: SeededRandom
    var accounts: [Account] = []
    var calls: [CallID: CallRecord] = [:]
    var sessions = SessionTable<CallID>()
    /// Which account's REGISTER a client transaction carries.
    var registering: [ClientTransactionID: RegistrationSlot] = [:]
    var timers = DeadlineQueue<RegistrationSlot>()
    var events: [AgentEvent] = []
    private var nextCall: UInt64 = 0

    /// One account and its registration.
    struct Account {
        let identity: Identity
        let destination: Destination
        let contact: SIPURI
        var registration: Registration?
        /// Asks the registrar for its realm, for a call that is challenged in one that is not known.
        var inquiry: Registration?
        var isRegistered = false
    }

    /// Makes an engine; `random` makes its tags and identifiers, so seed it from the system outside of tests.
    public init(configuration: Configuration, random: SeededRandom) {
        var random = random
        var endpoint = SIPEndpoint.Configuration()
        endpoint.timers = configuration.timers
        endpoint.userAgent = configuration.productName
        endpoint.allowedMethods = [.invite, .ack, .cancel, .bye, .options, .info, .update, .notify]
        endpoint.supportedOptions = []
        endpoint.knowsDialogs = true
        endpoint.refusalInterval = .seconds(60)
        // Anybody may ask whether we are there; calls are for those we know.
        endpoint.admission = .only(Set(configuration.peers), everyone: [.options])
        self.configuration = configuration
        self.endpoint = SIPEndpoint(configuration: endpoint, random: random.split())
        self.random = random
    }

    // MARK: Inputs

    /// A datagram came from `source` on `binding`.
    public mutating func receive(
        _ bytes: [UInt8],
        from source: TransportAddress,
        on binding: LocalBinding,
        now: Instant
    ) {
        self.endpoint.receive(bytes, from: source, on: binding, now: now)
        self.drain(now: now)
    }

    /// Whether a host is the PBX of an account or one of the peers.
    public func isKnown(_ source: IPAddress) -> Bool {
        self.endpoint.isKnown(source)
    }

    /// The hosts whose datagrams matter, `nil` where everybody's do; not for each datagram.
    public var hostsThatMatter: Set<IPAddress>? { self.endpoint.hostsThatMatter }

    /// The deadline has come.
    public mutating func handleTimeout(now: Instant) {
        self.endpoint.handleTimeout(now: now)
        self.drain(now: now)
        self.sessions.handleTimeout(endpoint: &self.endpoint, now: now)
        while let slot = self.timers.popExpired(now) { self.registrationTimeout(slot, now: now) }
        self.drain(now: now)
    }

    /// The transport reported that `address` cannot be reached, from one of our sockets when `binding` is given: what was
    /// on its way there ends at once, with the fault as its reason.
    public mutating func handleTransportFailure(
        to address: TransportAddress,
        on binding: LocalBinding? = nil,
        fault: TransportFault,
        now: Instant
    ) {
        self.endpoint.handleTransportFailure(to: address, on: binding, fault: fault, now: now)
        self.drain(now: now)
    }

    // MARK: Outputs

    /// The next datagram to send.
    public mutating func pollTransmit() -> Transmit? {
        self.endpoint.pollTransmit()
    }

    /// The next event.
    public mutating func pollEvent() -> AgentEvent? {
        self.events.isEmpty ? nil : self.events.removeFirst()
    }

    /// When ``handleTimeout(now:)`` is due.
    public var deadline: Instant? {
        [self.endpoint.deadline, self.sessions.deadline, self.timers.earliest].compactMap(\.self).min()
    }

    /// What the engine holds.
    public var gauges: AgentGauges {
        var gauges = AgentGauges()
        gauges.calls = self.calls.count
        gauges.dialogs = self.sessions.count
        gauges.clientTransactions = self.endpoint.gauges.clientTransactions
        gauges.serverTransactions = self.endpoint.gauges.serverTransactions
        for account in self.accounts where account.isRegistered { gauges.registrations += 1 }
        return gauges
    }

    /// What the endpoint counted since its start.
    public var counters: SIPEndpoint.Counters { self.endpoint.counters }

    // MARK: Shared by the other files

    mutating func makeCallID() -> CallID {
        self.nextCall += 1
        return CallID(number: self.nextCall)
    }

    /// Whether another call may begin.
    var hasRoom: Bool { self.calls.count < self.configuration.maximumCalls }

    mutating func drain(now: Instant) {
        while true {
            if let event = self.endpoint.pollEvent() {
                self.handle(event, now: now)
            } else if let (id, output) = self.sessions.pollOutput() {
                self.handle(output, of: id, now: now)
            } else {
                return
            }
        }
    }

    private mutating func handle(_ event: SIPEndpointEvent, now: Instant) {
        switch event {
        case .request(let id, let request, from: let source, on: let binding):
            self.handleRequest(id, request, from: source, on: binding, now: now)
        case .acknowledged(let request, from: _):
            self.sessions.handleACK(request, endpoint: &self.endpoint, now: now)
        case .cancelled(let id):
            self.sessions.handleCancel(id, endpoint: &self.endpoint, now: now)
        case .response(let id, let response):
            if let slot = self.registering[id] {
                if response.statusCode >= 200 { self.registering[id] = nil }
                self.registrationResponse(slot, response, now: now)
            } else {
                self.noteCause(of: id, response)
                _ = self.sessions.handleResponse(id, response, endpoint: &self.endpoint, now: now)
            }
        case .failed(let id, let failure):
            if let slot = self.registering.removeValue(forKey: id) {
                self.registrationFailure(slot, failure, now: now)
            } else {
                _ = self.sessions.handleFailure(id, failure, endpoint: &self.endpoint, now: now)
            }
        case .serverTransactionEnded(let id, acknowledged: _):
            self.sessions.handleTransactionEnded(id, endpoint: &self.endpoint, now: now)
        case .undeliverable:
            break
        case .malformed(let error, from: let source, answered: _):
            self.events.append(
                .refused(from: source, method: nil, status: error.status, reason: error.description, count: 1)
            )
        case .refused(let report):
            self.events.append(
                .refused(
                    from: report.source ?? .otherSources,
                    method: report.method,
                    status: report.status,
                    reason: report.source == nil ? "other sources" : report.reason.description,
                    count: report.count
                )
            )
        }
    }
}

extension TransportAddress {
    /// What ``AgentEvent/refused(from:method:status:reason:count:)`` names when it sums up sources that are too many to be
    /// told one by one: no address of anybody.
    public static let otherSources = TransportAddress(host: .v4(0), port: 0)
}
