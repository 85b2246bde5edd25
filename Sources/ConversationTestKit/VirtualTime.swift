import Synchronization

/// Time that stands still while anything runs and leaps to the next sleeper when nothing does.
///
/// It is the executor and the clock of the tasks that are run on it: they run on the thread that calls ``run(limit:_:)``,
/// one job after the other, so that an asynchronous story of minutes takes milliseconds and always goes the same way.
/// Everything in it has to be structured and to sleep on this clock; unstructured tasks would leave the executor.
public final class VirtualTime: TaskExecutor, Clock, Sendable {
    /// A point in virtual time.
    public struct Instant: InstantProtocol, Sendable {
        /// How much time has passed since the beginning.
        public var sinceStart: Duration

        /// Makes an instant.
        public init(sinceStart: Duration) {
            self.sinceStart = sinceStart
        }

        /// The instant that comes `duration` later.
        public func advanced(by duration: Duration) -> Instant {
            Instant(sinceStart: self.sinceStart + duration)
        }

        /// The time from here to `other`.
        public func duration(to other: Instant) -> Duration {
            other.sinceStart - self.sinceStart
        }

        /// Orders two instants.
        public static func < (left: Instant, right: Instant) -> Bool {
            left.sinceStart < right.sinceStart
        }
    }

    /// Why a story did not come to its end.
    public enum Failure: Error, Sendable, Equatable {
        /// Every task waits, and none for time.
        case stuck(after: Duration)
        /// The story took longer than its limit.
        case limitReached(Duration)
    }

    private struct Sleeper {
        var number: UInt64
        var wake: Instant
        var continuation: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var now = Instant(sinceStart: .zero)
        var jobs: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        var cancelled: Set<UInt64> = []
        var count: UInt64 = 0
    }
    private let state = Mutex(State())

    /// Makes a time that has not begun to pass.
    public init() {}

    /// The present time.
    public var now: Instant { self.state.withLock(\.now) }

    /// The time since the beginning.
    public var elapsed: Duration { self.now.sinceStart }

    /// Any duration can be measured.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Takes a job to run.
    public func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        self.state.withLock { $0.jobs.append(unowned) }
    }

    /// Returns when virtual time has reached `deadline`.
    ///
    /// - Throws: `CancellationError` when the task was cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = self.state.withLock { state in
            state.count += 1
            return state.count
        }
        let isReached = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let verdict = self.state.withLock { state -> Bool? in
                    if state.cancelled.remove(number) != nil { return false }
                    if deadline <= state.now { return true }
                    state.sleepers.append(Sleeper(number: number, wake: deadline, continuation: continuation))
                    return nil
                }
                if let verdict { continuation.resume(returning: verdict) }
            }
        } onCancel: {
            let sleeper = self.state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(returning: false)
        }
        guard isReached, !Task.isCancelled else { throw CancellationError() }
    }

    /// Runs a story to its end and returns its result, however long it takes in virtual time.
    ///
    /// - Throws: ``Failure`` when it comes to no end; its tasks are cancelled then.
    public func run<Result: Sendable>(
        limit: Duration = .seconds(3600),
        _ story: @escaping @Sendable () async -> Result
    ) throws -> Result {
        let outcome = Outcome<Result>()
        let task = Task(executorPreference: self) { outcome.set(await story()) }
        let end = self.now.advanced(by: limit)
        while true {
            self.runJobs()
            if let value = outcome.value { return value }
            guard let wake = self.nextWake else {
                task.cancel()
                self.runJobs()
                throw Failure.stuck(after: self.elapsed)
            }
            guard wake <= end else {
                task.cancel()
                self.runJobs()
                throw Failure.limitReached(limit)
            }
            self.leap(to: wake)
        }
    }

    private func runJobs() {
        while let job = self.state.withLock({ $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }) {
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    private var nextWake: Instant? {
        self.state.withLock { $0.sleepers.map(\.wake).min() }
    }

    private func leap(to instant: Instant) {
        let due = self.state.withLock { state -> [Sleeper] in
            state.now = max(state.now, instant)
            let due = state.sleepers.filter { $0.wake <= instant }.sorted {
                ($0.wake, $0.number) < ($1.wake, $1.number)
            }
            state.sleepers.removeAll { $0.wake <= instant }
            return due
        }
        for sleeper in due { sleeper.continuation.resume(returning: true) }
    }
}

private final class Outcome<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)
    var value: Value? { self.state.withLock { $0 } }
    func set(_ value: Value) { self.state.withLock { $0 = value } }
}
