import Synchronization

/// Ends a piece of work whose signs of life stay away for too long.
final class Watchdog: Sendable {
    /// What was waited for in vain.
    struct Expired: Error, Sendable, Equatable {
        /// Which of the deadlines it was.
        var phase: Phase
        /// How long that deadline allowed.
        var limit: Duration
    }

    /// Which of the deadlines is the next.
    enum Phase: Sendable, Equatable {
        case firstPart, betweenParts, total
    }

    private struct State {
        var phase: Phase
        var limit: Duration
        var due: ContinuousClock.Instant
    }

    private let deadlines: RequestDeadlines
    private let end: ContinuousClock.Instant
    private let state: Mutex<State>

    private init(_ deadlines: RequestDeadlines) {
        let start = ContinuousClock.now
        self.deadlines = deadlines
        self.end = start + deadlines.total
        self.state = Mutex(
            State(phase: .firstPart, limit: deadlines.firstPart, due: start + deadlines.firstPart)
        )
    }

    /// Does the work until it is done or a deadline passes; then it is cancelled.
    ///
    /// - Throws: ``Expired``, or what the work throws.
    static func guarding<Result: Sendable>(
        _ deadlines: RequestDeadlines,
        _ work: @escaping @Sendable (Watchdog) async throws -> Result
    ) async throws -> Result {
        let watchdog = Watchdog(deadlines)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work(watchdog) }
            group.addTask {
                try await watchdog.watch()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// Something of the answer came: from now on the pauses count.
    func partArrived() {
        self.state.withLock { state in
            state.phase = .betweenParts
            state.limit = self.deadlines.betweenParts
            state.due = .now + self.deadlines.betweenParts
        }
    }

    /// A sign of life came that is no part of the answer: it stretches a pause, but not the wait for the first part.
    func signOfLife() {
        self.state.withLock { state in
            switch state.phase {
            case .firstPart, .total: break
            case .betweenParts: state.due = .now + state.limit
            }
        }
    }

    /// The answer is complete: the connection gets this long to end by itself.
    func complete(grace: Duration) {
        self.state.withLock { state in
            state.phase = .betweenParts
            state.limit = grace
            state.due = .now + grace
        }
    }

    private func watch() async throws {
        while true {
            let state = self.state.withLock { $0 }
            let due = min(state.due, self.end)
            guard due > .now else {
                if self.end <= state.due { throw Expired(phase: .total, limit: self.deadlines.total) }
                throw Expired(phase: state.phase, limit: state.limit)
            }
            // A deadline can move nearer while this sleeps, so it never sleeps long.
            try await Task.sleep(until: min(due, .now + .milliseconds(100)), clock: .continuous)
        }
    }
}

/// How long a streamed answer may take. The servers have no deadlines that suit a phone call, so these are ours.
public struct RequestDeadlines: Sendable, Hashable {
    /// From the request to the first word or sample.
    public var firstPart: Duration
    /// Between two signs of life after that.
    public var betweenParts: Duration
    /// From the request to the end.
    public var total: Duration

    /// Makes deadlines.
    public init(firstPart: Duration, betweenParts: Duration, total: Duration) {
        self.firstPart = firstPart
        self.betweenParts = betweenParts
        self.total = total
    }

    /// For a model: tools may run long, and Hermes sends its sign of life every 30 seconds.
    public static let model = RequestDeadlines(
        firstPart: .seconds(30),
        betweenParts: .seconds(45),
        total: .seconds(180)
    )

    /// For text to speech: a sentence at a time, the first of which may have to load the model.
    public static let speech = RequestDeadlines(
        firstPart: .seconds(10),
        betweenParts: .seconds(10),
        total: .seconds(60)
    )
}
