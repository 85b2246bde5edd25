import CoreTypes
import SIPCore

/// A registrar that challenges with 407 and grants by its limits.
final class ScenarioRegistrar: ScenarioHost {
    private var registrar = Registrar()
    private var authenticator = DigestAuthenticator(realm: "pbx", key: Array(repeating: 7, count: 32))

    init(
        _ configuration: Registrar.Configuration,
        at address: IPAddress,
        host: Scenario.Host,
        ledger: ScenarioLedger,
        random: inout Xoshiro,
        fault: Fault?
    ) {
        self.registrar = Registrar(configuration: configuration)
        super.init(at: address, host: host, ledger: ledger, random: &random, expectedRefusals: [], fault: fault)
    }

    override var deadline: Instant? {
        guard let own = self.registrar.deadline else { return super.deadline }
        return super.deadline.map { min($0, own) } ?? own
    }

    override var isIdle: Bool { self.registrar.addressesOfRecord == 0 }

    /// Where the bindings came from.
    func sources(now: Instant) -> [TransportAddress?] {
        self.registrar.bindings(of: SIPURI(user: "100", host: "pbx"), now: now).map(\.source)
    }

    override func handleTimeout(now: Instant) {
        _ = self.registrar.handleTimeout(now: now)
        super.handleTimeout(now: now)
    }

    override func handle(_ event: SIPEndpointEvent, now: Instant) {
        guard case .request(let id, let request, from: let source, on: _) = event else { return }
        let verdict = self.authenticator.verify(request, header: .proxyAuthorization, now: now) { name in
            name == "auth" ? "secret" : nil
        }
        var isStale = false
        switch verdict {
        case .accepted:
            let (response, _) = self.registrar.handle(request, from: source, toTag: "registrar", now: now)
            self.endpoint.endpoint.respond(id, response, now: now)
            return
        case .challenge(let stale): isStale = stale
        case .refused: break
        }
        guard var response = self.endpoint.endpoint.makeResponse(407, to: id) else { return }
        try? response.add(.proxyAuthenticate, self.authenticator.challenge(now: now, stale: isStale).description)
        self.endpoint.endpoint.respond(id, response, now: now)
    }
}

/// A client that registers, refreshes, and unregisters after a while.
final class ScenarioRegistrant: ScenarioHost {
    private var registration: Registration
    private let registrar: TransportAddress
    private let until: Instant
    private var requests: [ClientTransactionID: Int] = [:]
    private var isUnregistering = false
    private var removals = 0
    private var wasBoundAtTheEnd = false
    private(set) var grants = 0

    init(
        registrar: TransportAddress,
        expires: Duration,
        until: Duration,
        at address: IPAddress,
        host: Scenario.Host,
        ledger: ScenarioLedger,
        random: inout Xoshiro,
        fault: Fault?
    ) {
        let contact = SIPURI(user: "100", host: address.hostText, port: 5_060)
        let configuration = Registration.Configuration(
            registrar: SIPURI(host: "pbx"),
            addressOfRecord: NameAddress(uri: SIPURI(user: "100", host: "pbx")),
            contact: NameAddress(uri: contact),
            expires: expires,
            credentials: DigestCredentials(username: "auth", password: "secret")
        )
        self.registration = Registration(
            configuration: configuration,
            callID: "registration",
            random: SeededRandom(seed: random.next())
        )
        self.registrar = registrar
        self.until = .zero + until
        super.init(at: address, host: host, ledger: ledger, random: &random, expectedRefusals: [], fault: fault)
        self.tasks.schedule(.start(0), at: .zero + self.instant(within: .seconds(2)))
        self.tasks.schedule(.cancel(0), at: self.until)
    }

    override func perform(_ task: Task, now: Instant) {
        switch task {
        case .start: self.act(self.registration.start(now: now), now: now)
        case .cancel:
            self.isUnregistering = true
            self.wasBoundAtTheEnd = self.registration.isBound(now: now)
            self.ledger.simulation.note("unregisters", by: self.address)
            self.act(self.registration.unregister(now: now), now: now)
        case .wake: self.act(self.registration.handleTimeout(now: now), now: now)
        case .answer: break
        }
    }

    override func handle(_ event: SIPEndpointEvent, now: Instant) {
        switch event {
        case .response(let id, let response):
            guard let number = self.requests[id] else { return }
            self.ledger.answered(number, response.statusCode, now: now)
            self.act(self.registration.handleResponse(response, now: now), now: now)
        case .failed(let id, let failure):
            guard let number = self.requests[id] else { return }
            self.ledger.failed(number, failure, now: now)
            self.act(self.registration.handleFailure(failure, now: now), now: now)
        case .request(let id, _, from: _, on: _): self.respond(id, 200, now: now)
        case .acknowledged, .cancelled, .serverTransactionEnded, .undeliverable, .malformed, .refused: break
        }
    }

    private func act(_ actions: [Registration.Action], now: Instant) {
        for action in actions {
            switch action {
            case .sendRegister(let request, nextHop: _):
                let destination = Destination(address: self.registrar, binding: self.binding)
                guard let id = try? self.endpoint.endpoint.send(request, to: destination, now: now) else { continue }
                self.requests[id] = self.ledger.add(.init(client: self.address, sentAt: now, method: .register))
            case .event(.registered):
                self.grants += 1
                self.ledger.tally.registrations.granted += 1
                self.ledger.simulation.note("is registered", by: self.address)
            case .event(.unregistered):
                self.removals += 1
                self.ledger.tally.registrations.removed += 1
                self.ledger.simulation.note("is unregistered", by: self.address)
            case .event(.failed): self.ledger.simulation.note("failed to register", by: self.address)
            case .event(.bindings): break
            }
        }
        self.tasks.schedule(.wake, at: self.registration.deadline)
    }

    override func close(isLossless: Bool, now: Instant) {
        let verdicts = self.ledger.verdicts
        verdicts.require(self.removals == 1, .endsOnceAtClient, now, "unregistered \(self.removals) times")
        guard isLossless else { return }
        verdicts.require(self.grants >= 2 && self.wasBoundAtTheEnd, .asPlanned, now, "registered \(self.grants) times")
    }
}
