import Synchronization

/// Something that comes once: who waits for it goes on then, or as soon as its task is cancelled.
final class Milestone<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var calls: UInt64 = 0
    }
    private let state = Mutex(State())

    /// What it brought; `nil` before it came.
    var value: Value? { self.state.withLock { $0.value } }

    /// It comes; what comes later changes nothing.
    func reach(_ value: Value) {
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
    func wait() async -> Value? {
        let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
                let (waits, value) = self.state.withLock { state -> (Bool, Value?) in
                    if let value = state.value { return (false, value) }
                    if Task.isCancelled { return (false, nil) }
                    state.waiters[number] = continuation
                    return (true, nil)
                }
                if !waits { continuation.resume(returning: value) }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }

    /// What it brings, also for a task that is cancelled: for what comes for certain and soon.
    @discardableResult
    func waitToTheEnd() async -> Value? {
        if let value = self.value { return value }
        return await Task { await self.wait() }.value
    }
}

extension Milestone<Void> {
    /// It comes.
    func reach() {
        self.reach(())
    }
}
