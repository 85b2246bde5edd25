internal import Synchronization

/// Wakes one waiting task; a notice given while nobody waits is kept, once.
///
/// Waking up promises nothing: whoever waits looks again at what it waits for, and at its cancellation.
final class Signal: Sendable {
    private struct State {
        var isNoticed = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Wakes the waiting task, or the next one that waits.
    func notify() {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isNoticed = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when notified, or when the task is cancelled. For one task at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = self.state.withLock { state -> Bool in
                    if state.isNoticed {
                        state.isNoticed = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            self.notify()
        }
    }
}

/// One piece of asynchronous work that can be called off from outside without its being an unstructured task.
final class Revocable: Sendable {
    private let revocation = Signal()

    /// Calls the work off: its task is cancelled. Harmless when it is already done.
    func revoke() {
        self.revocation.notify()
    }

    /// Does the work and returns when it is over, called off or not.
    func run(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { await self.revocation.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
