import CoreTypes
public import SIPCore

/// What the hosts of one run share: the account of all requests, and what went wrong.
final class ScenarioLedger {
    /// A request, as its client and its servers saw it.
    struct Request {
        var client: IPAddress
        var sentAt: Instant
        var method: SIPMethod
        var isCanceled = false
        /// The final response that its server planned; 0 for silence, -1 while no server has seen it.
        var planned = -1
        /// The 2xx that came, retransmissions and forks included.
        var successes = 0
        /// The 3xx to 6xx that came.
        var refusals = 0
        /// The failures that were reported.
        var failures = 0
        /// The final status that came first.
        var status = 0
    }

    unowned let simulation: Simulation
    let verdicts = Verdicts()
    var tally = ScenarioTally()
    var requests: [Request] = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// Adds a request; its number is its Call-ID.
    func add(_ request: Request) -> Int {
        self.requests.append(request)
        return self.requests.count - 1
    }

    // MARK: At the client

    func answered(_ number: Int, _ status: Int, now: Instant) {
        let request = self.requests[number]
        let isOver = request.failures + request.refusals > 0
        let isSuccess = 200..<300 ~= status
        let isForked = isSuccess && request.method == .invite
        self.verdicts.require(
            !isOver && (request.successes == 0 || isForked),
            .nothingAfterTheEnd,
            now,
            "\(status) told of the \(request.method) \(number), which was over"
        )
        guard status >= 200 else { return }
        if isSuccess { self.requests[number].successes += 1 } else { self.requests[number].refusals += 1 }
        guard request.status == 0 else { return }
        self.requests[number].status = status
        self.tally.answers[status, default: 0] += 1
    }

    func failed(_ number: Int, _ failure: TransactionFailure, now: Instant) {
        let request = self.requests[number]
        self.verdicts.require(
            request.failures + request.refusals + request.successes == 0,
            .nothingAfterTheEnd,
            now,
            "the failure of the \(request.method) \(number) told, which was over"
        )
        self.requests[number].failures += 1
        self.tally.failures[failure, default: 0] += 1
    }

    // MARK: At the end

    /// Checks that every request ended once; without loss also as planned.
    func close(isLossless: Bool, calmFrom: Instant, now: Instant) {
        for (number, request) in self.requests.enumerated() {
            let ends = (request.successes > 0 ? 1 : 0) + request.refusals + request.failures
            self.verdicts.require(
                ends == 1,
                .endsOnceAtClient,
                now,
                "the \(request.method) \(number) ended \(ends) times"
            )
            guard isLossless, request.sentAt >= calmFrom else { continue }
            self.verdicts.require(
                self.isAsPlanned(request),
                .asPlanned,
                now,
                "the \(request.method) \(number) got \(request.status), planned was \(request.planned)"
            )
        }
    }

    private func isAsPlanned(_ request: Request) -> Bool {
        if request.isCanceled, request.status == 487 { return true }
        // Of a request that gets no response the endpoint speaks: 500, or 487 after the caller's timer C.
        if request.planned == 0 { return request.status == 500 || request.status == 487 }
        return request.planned == request.status && request.failures == 0
    }
}

/// What happened in a run, for the tables.
public struct ScenarioTally: Sendable {
    /// How often each final status came to a client.
    public var answers: [Int: Int] = [:]
    /// How often each failure was reported.
    public var failures: [TransactionFailure: Int] = [:]
    /// How often a server refused by itself, by the status.
    public var refusals: [Int: Int] = [:]
    /// How often a binding was granted, and removed.
    public var registrations = (granted: 0, removed: 0)
    /// Calls that were answered at both sides.
    public var calls = 0

    /// Makes an empty tally.
    public init() {}

    /// Adds another run's.
    public mutating func add(_ other: ScenarioTally) {
        self.answers.merge(other.answers, uniquingKeysWith: +)
        self.failures.merge(other.failures, uniquingKeysWith: +)
        self.refusals.merge(other.refusals, uniquingKeysWith: +)
        self.registrations.granted += other.registrations.granted
        self.registrations.removed += other.registrations.removed
        self.calls += other.calls
    }
}
