#if LocalSpeech
import Foundation
internal import Synchronization
internal import VoicePipeline

/// A few threads for C libraries and programs that block: work waits in a bounded queue, and never on the
/// cooperative pool. Each thread has a tool of its own (a decoder, a voice) that its work makes when it is needed.
///
/// Threads begin with the first work that finds none idle, and end with the last reference to this object.
final class ToolThreads<Tool>: Sendable {
    /// A piece of work; the tool is nil until some work on the same thread has made one.
    typealias Work = @Sendable (inout Tool?) -> Void

    /// The place of some work in the queue.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private let queue: Queue

    /// Makes the queue and no thread yet.
    init(name: String, threads: Int, capacity: Int) {
        self.queue = Queue(name: name, limit: max(1, threads), capacity: max(1, capacity))
    }

    deinit {
        self.queue.close()
    }

    /// Queues work; nil when the queue is full.
    func submit(_ work: @escaping Work) -> Ticket? {
        self.queue.submit(work).map(Ticket.init(number:))
    }

    /// Takes work out of the queue; does nothing when it has begun.
    func drop(_ ticket: Ticket) {
        self.queue.drop(ticket.number)
    }

    /// Runs work and returns its result. Cancelling the task drops work that has not begun, and leaves at once
    /// without the result of work that has.
    ///
    /// - Throws: what the work throws; ``StageError`` `.overloaded` when the queue is full; `CancellationError`.
    func run<Value: Sendable>(
        stage: String,
        _ work: @escaping @Sendable (inout Tool?) throws -> Value
    ) async throws -> Value {
        let reply = Reply<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard reply.wait(continuation) else { return }
                let ticket = self.submit { tool in
                    guard !reply.isOver else { return }
                    reply.finish(Result { try work(&tool) })
                }
                if let ticket {
                    reply.whenCancelled { self.drop(ticket) }
                } else {
                    reply.finish(
                        .failure(StageError(.overloaded, stage: stage, message: "too many are waiting; try again"))
                    )
                }
            }
        } onCancel: {
            reply.cancel()
        }
    }

    /// What the threads share; they hold this and not the outer object, whose end is theirs.
    private final class Queue: @unchecked Sendable {
        private let name: String
        private let limit: Int
        private let capacity: Int
        private let condition = NSCondition()
        // Everything below is guarded by `condition`.
        private var waiting: [(number: UInt64, work: Work)] = []
        private var threads = 0
        private var idle = 0
        private var next: UInt64 = 0
        private var isClosed = false

        init(name: String, limit: Int, capacity: Int) {
            self.name = name
            self.limit = limit
            self.capacity = capacity
        }

        func submit(_ work: @escaping Work) -> UInt64? {
            self.condition.lock()
            defer { self.condition.unlock() }
            guard !self.isClosed, self.waiting.count < self.capacity else { return nil }
            self.next += 1
            self.waiting.append((self.next, work))
            if self.idle < self.waiting.count, self.threads < self.limit {
                self.threads += 1
                let thread = Thread { self.work() }
                thread.name = self.name
                thread.start()
            }
            self.condition.signal()
            return self.next
        }

        func drop(_ number: UInt64) {
            self.condition.lock()
            // The work is let go after unlocking: what it holds may end with it.
            let index = self.waiting.firstIndex { $0.number == number }
            let dropped = index.map { self.waiting.remove(at: $0) }
            self.condition.unlock()
            _ = consume dropped
        }

        func close() {
            self.condition.lock()
            self.isClosed = true
            self.condition.broadcast()
            self.condition.unlock()
        }

        private func work() {
            var tool: Tool?
            while let work = self.take() { work(&tool) }
        }

        private func take() -> Work? {
            self.condition.lock()
            defer { self.condition.unlock() }
            self.idle += 1
            while self.waiting.isEmpty, !self.isClosed { self.condition.wait() }
            self.idle -= 1
            // What was accepted is done even when no more is: somebody waits for its result.
            return self.waiting.isEmpty ? nil : self.waiting.removeFirst().work
        }
    }
}

/// One result that is awaited once, whoever comes first: the work or a cancellation.
private final class Reply<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value, any Error>?
        var onCancel: (@Sendable () -> Void)?
        var isOver = false
    }

    private let state = Mutex(State())

    /// Whether the result is given or no longer wanted.
    var isOver: Bool { self.state.withLock { $0.isOver } }

    /// Keeps the continuation; false (and the continuation is resumed) when it was cancelled before.
    func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        let waits = self.state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return !state.isOver
        }
        if !waits { continuation.resume(throwing: CancellationError()) }
        return waits
    }

    func whenCancelled(_ action: @escaping @Sendable () -> Void) {
        let tooLate = self.state.withLock { state in
            if !state.isOver { state.onCancel = action }
            return state.isOver
        }
        if tooLate { action() }
    }

    func finish(_ result: Result<Value, any Error>) {
        self.end()?.resume(with: result)
    }

    func cancel() {
        let action = self.state.withLock { $0.onCancel }
        self.end()?.resume(throwing: CancellationError())
        action?()
    }

    private func end() -> CheckedContinuation<Value, any Error>? {
        self.state.withLock { state in
            state.isOver = true
            state.onCancel = nil
            return state.continuation.take()
        }
    }
}
#endif
