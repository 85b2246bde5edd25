import Synchronization

/// Suspends until there is a value, or until the task is cancelled.
///
/// The state behind a lock stays with the caller; what every wait needs beside it is here: the continuation is resumed once,
/// whichever of its value and the cancellation comes first.
///
/// - Parameters:
///   - cancelled: What is returned when the task is cancelled.
///   - enter: Returns the value if it is there, or `cancelled` if the task is; otherwise keeps the continuation and returns `nil`.
///   - leave: Takes the continuation out again when the task is cancelled; `nil` when it was not kept or is resumed already.
package func waitCancellably<Value: Sendable>(
    cancelled: Value,
    enter: (CheckedContinuation<Value, Never>) -> Value?,
    leave: @Sendable () -> CheckedContinuation<Value, Never>?
) async -> Value {
    await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            if let value = enter(continuation) { continuation.resume(returning: value) }
        }
    } onCancel: {
        leave()?.resume(returning: cancelled)
    }
}

/// Wakes one waiting task; a notice given while nobody waits is kept, once.
///
/// Waking up promises nothing: whoever waits looks again at what it waits for, and at its cancellation.
package final class Signal: Sendable {
    private struct State {
        var isNoticed = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Makes a signal without a notice.
    package init() {}

    /// Wakes the waiting task, or the next one that waits.
    package func notify() {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isNoticed = state.waiter == nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns when notified, or when the task is cancelled. For one task at a time.
    package func wait() async {
        await waitCancellably(cancelled: ()) { continuation in
            self.state.withLock { state -> Void? in
                guard !state.isNoticed, !Task.isCancelled else {
                    state.isNoticed = false
                    return ()
                }
                state.waiter = continuation
                return nil
            }
        } leave: {
            self.state.withLock { $0.waiter.take() }
        }
    }
}

/// One piece of asynchronous work that can be cancelled from outside without its being an unstructured task.
package final class Revocable: Sendable {
    private let revocation = Signal()

    /// Makes it for work that comes.
    package init() {}

    /// Cancels the work. Harmless when it is already done.
    package func revoke() {
        self.revocation.notify()
    }

    /// Does the work and returns when it is over, cancelled or not.
    package func run(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { await self.revocation.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Something that comes once: who waits for it goes on then, or as soon as its task is cancelled.
package final class Milestone<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var calls: UInt64 = 0
    }
    private let state = Mutex(State())

    /// Makes one that has not come.
    package init() {}

    /// What it brought; `nil` before it came.
    package var value: Value? { self.state.withLock { $0.value } }

    /// It comes; what comes later changes nothing.
    package func reach(_ value: Value) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// What it brings; `nil` when the task is cancelled before.
    @discardableResult
    package func wait() async -> Value? {
        let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await waitCancellably(cancelled: nil) { continuation in
            self.state.withLock { state -> Value?? in
                if let value = state.value { return .some(value) }
                if Task.isCancelled { return .some(nil) }
                state.waiters[number] = continuation
                return nil
            }
        } leave: {
            self.state.withLock { $0.waiters.removeValue(forKey: number) }
        }
    }

    /// What it brings, also for a task that is cancelled: for what comes for certain and soon.
    @discardableResult
    package func waitToTheEnd() async -> Value? {
        if let value = self.value { return value }
        return await Task { await self.wait() }.value
    }
}

extension Milestone<Void> {
    /// It comes.
    package func reach() {
        self.reach(())
    }
}
