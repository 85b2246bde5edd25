import CoreTypes
import SIPCore

/// One endpoint on the network of a scenario, with a transaction user that the subclass is.
class ScenarioHost: SimulatedHost {
    /// What the transaction user wants to do later.
    enum Task: Hashable, Sendable {
        case start(Int)
        case cancel(Int)
        case answer(Int)
        case wake
    }

    let address: IPAddress
    let binding: LocalBinding
    let ledger: ScenarioLedger
    var endpoint: FaultyEndpoint
    var random: Xoshiro
    var tasks = DeadlineQueue<Task>()
    private var framers: [TransportAddress: StreamFramer] = [:]
    private var ended: [ServerTransactionID: Int] = [:]
    private let expectedRefusals: Set<Int>

    init(
        at address: IPAddress,
        host: Scenario.Host,
        ledger: ScenarioLedger,
        random: inout Xoshiro,
        expectedRefusals: Set<Int>,
        fault: Fault?
    ) {
        var configuration = SIPEndpoint.Configuration()
        configuration.allowedMethods.append(.register)
        // The scenarios are about transactions; a limit of refusals would keep responses back.
        configuration.refusalRate = .init(burst: 1_000, interval: .milliseconds(1))
        if let limits = host.limits {
            configuration.maximumServerTransactions = limits.server
            configuration.maximumClientTransactions = limits.client
        }
        self.address = address
        self.binding = LocalBinding(transport: host.transport, address: TransportAddress(host: address, port: 5_060))
        self.ledger = ledger
        self.expectedRefusals = expectedRefusals
        self.endpoint = FaultyEndpoint(
            configuration: configuration,
            random: SeededRandom(seed: random.next()),
            fault: fault
        )
        self.random = Xoshiro(seed: random.next())
    }

    // MARK: For the subclass

    /// Something happened that is not of the bookkeeping.
    func handle(_ event: SIPEndpointEvent, now: Instant) {}

    /// The time for a task has come.
    func perform(_ task: Task, now: Instant) {}

    /// Whether nothing of the transaction user is left.
    var isIdle: Bool { self.tasks.count == 0 }

    /// Checks what only the transaction user knows.
    func close(isLossless: Bool, now: Instant) {}

    /// Answers a request with nothing but a status.
    func respond(_ id: ServerTransactionID, _ status: Int, now: Instant) {
        guard let response = self.endpoint.endpoint.makeResponse(status, to: id) else { return }
        self.endpoint.endpoint.respond(id, response, now: now)
    }

    func instant(within duration: Duration) -> Duration {
        .milliseconds(Int64.random(in: 0...max(duration.milliseconds, 0), using: &self.random))
    }

    // MARK: On the network

    var isStream: Bool { self.binding.transport.isReliable }

    var deadline: Instant? {
        guard let task = self.tasks.earliest else { return self.endpoint.deadline }
        guard let own = self.endpoint.deadline else { return task }
        return min(own, task)
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {
        guard destination.port == self.binding.address.port else { return }
        if self.isStream {
            self.receivePieces(bytes, from: source, now: now)
        } else {
            self.endpoint.receive(bytes, from: source, on: self.binding, now: now)
        }
        self.drain(now: now)
    }

    /// A stream keeps no borders: the message comes in pieces, cut anywhere.
    private func receivePieces(_ bytes: [UInt8], from source: TransportAddress, now: Instant) {
        var framer = self.framers[source] ?? StreamFramer()
        let cut = Int.random(in: 0...bytes.count, using: &self.random)
        for piece in [bytes[..<cut], bytes[cut...]] {
            framer.append(piece)
            while let frame = try? framer.next() {
                guard case .message(let message) = frame else { continue }
                self.endpoint.receive(message, from: source, on: self.binding, now: now)
            }
        }
        self.framers[source] = framer
    }

    func handleTimeout(now: Instant) {
        while let task = self.tasks.popExpired(now) { self.perform(task, now: now) }
        if let deadline = self.endpoint.deadline, deadline <= now { self.endpoint.handleTimeout(now: now) }
        self.drain(now: now)
    }

    func handleTransportFailure(to address: IPAddress, now: Instant) {
        self.framers = [:]
        let peer = TransportAddress(host: address, port: 5_060)
        self.endpoint.endpoint.handleTransportFailure(to: peer, now: now)
        self.drain(now: now)
    }

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        self.endpoint.pollTransmit().map { ($0.bytes, $0.binding.address, $0.to) }
    }

    // MARK: Bookkeeping

    func drain(now: Instant) {
        while let event = self.endpoint.pollEvent() {
            switch event {
            case .request(let id, let request, from: _, on: _):
                if let count = self.ended[id] {
                    self.ledger.verdicts.require(
                        count != 0,
                        .servedOnce,
                        now,
                        "the \(request.method) \(request.callID) was given again to \(self.address)"
                    )
                } else {
                    self.ended[id] = 0
                }
            case .serverTransactionEnded(let id, acknowledged: _): self.ended[id, default: 0] += 1
            case .refused(let report):
                let (status, isAnswered) = (report.status, report.isAnswered)
                self.ledger.tally.refusals[status, default: 0] += 1
                // A CANCEL whose INVITE was lost or is over has nothing to cancel.
                let isExpected = self.expectedRefusals.contains(status) || status == 481 && report.method == .cancel
                self.ledger.verdicts.require(
                    isExpected && isAnswered,
                    .refusedForAReason,
                    now,
                    "\(status) to \(report.method?.rawValue ?? "?"), answered: \(isAnswered)"
                )
                self.ledger.simulation.note("refused", status, by: self.address)
            case .malformed(let error, from: _, answered: _):
                self.ledger.verdicts.require(false, .refusedForAReason, now, "\(error)")
            case .acknowledged, .cancelled, .response, .failed, .undeliverable: break
            }
            self.handle(event, now: now)
        }
    }

    /// Checks that everything that was begun has ended.
    func closeBooks(now: Instant) {
        let gauges = self.endpoint.endpoint.gauges
        self.ledger.verdicts.require(
            gauges == SIPEndpoint.Gauges() && self.isIdle,
            .gaugesAreZero,
            now,
            "\(self.address) holds \(gauges)"
        )
        for (id, count) in self.ended where count != 1 {
            self.ledger.verdicts.require(
                false,
                .endsOnceAtServer,
                now,
                "a request at \(self.address) ended \(count) times"
            )
            _ = id
        }
    }
}
