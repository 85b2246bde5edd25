import Synchronization

/// What happens, one after another, for one reader at a time: bounded, and kept while nobody reads.
///
/// Unlike an `AsyncStream` it does not end with the task of its reader: who is cancelled while it waits, as the loser of a race
/// against a timeout is, gets `nil` and has taken nothing, and the next reader goes on where it stopped. It ends when what it
/// tells of does.
public final class EventQueue<Element: Sendable>: AsyncSequence, Sendable {
    /// It never fails.
    public typealias Failure = Never

    /// What is lost when nobody reads for too long.
    package enum Overflow: Sendable {
        case oldest, newest
    }
    private struct State {
        var elements: [Element] = []
        var waiters: [(number: UInt64, continuation: CheckedContinuation<Element?, Never>)] = []
        var calls: UInt64 = 0
        var isFinished = false
    }
    private let capacity: Int
    private let overflow: Overflow
    private let state = Mutex(State())

    /// Makes a queue that keeps `capacity` elements, at least one; beyond that those of `overflow` are lost.
    package init(capacity: Int, losing overflow: Overflow) {
        self.capacity = Swift.max(capacity, 1)
        self.overflow = overflow
    }

    /// Reads one element after another.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        let queue: EventQueue

        /// The next element; `nil` at the end, or when the task is cancelled.
        public mutating func next() async -> Element? {
            await self.queue.next()
        }

        /// The next element; `nil` at the end, or when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            await self.queue.next()
        }
    }

    /// Begins to read, or goes on.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(queue: self)
    }

    /// Tells another element; `false` when it was not kept.
    @discardableResult
    package func append(_ element: Element) -> Bool {
        let (isKept, waiter) = self.state.withLock { state -> (Bool, CheckedContinuation<Element?, Never>?) in
            guard !state.isFinished else { return (false, nil) }
            if !state.waiters.isEmpty { return (true, state.waiters.removeFirst().continuation) }
            if state.elements.count >= self.capacity {
                guard self.overflow == .oldest else { return (false, nil) }
                state.elements.removeFirst()
            }
            state.elements.append(element)
            return (true, nil)
        }
        waiter?.resume(returning: element)
        return isKept
    }

    /// Ends the sequence once what is kept has been read.
    package func finish() {
        let waiters = self.state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    /// How many wait for an element.
    package var waiting: Int { self.state.withLock { $0.waiters.count } }

    private func next() async -> Element? {
        let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await waitCancellably(cancelled: nil) { continuation in
            self.state.withLock { state -> Element?? in
                // What a cancelled reader would take, somebody else may wait for.
                if Task.isCancelled { return .some(nil) }
                if !state.elements.isEmpty { return .some(state.elements.removeFirst()) }
                if state.isFinished { return .some(nil) }
                state.waiters.append((number, continuation))
                return nil
            }
        } leave: {
            self.state.withLock { state -> CheckedContinuation<Element?, Never>? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: index).continuation
            }
        }
    }
}
