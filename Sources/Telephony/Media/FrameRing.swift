import AudioCore
import Synchronization

/// What was heard, on its way from the media loop to one consumer: bounded, and the oldest is dropped when full.
final class FrameRing: Sendable {
    private struct State {
        var frames: [AudioFrame] = []
        var head = 0
        var dropped: Duration = .zero
        var isFinished = false
        var waiter: CheckedContinuation<AudioFrame?, Never>?
        /// Which call of `next` waits, so that a late cancellation of another one leaves it alone.
        var waiterNumber: UInt64 = 0
        var calls: UInt64 = 0

        var count: Int { self.frames.count - self.head }

        mutating func popFirst() -> AudioFrame? {
            guard self.head < self.frames.count else { return nil }
            let frame = self.frames[self.head]
            self.head += 1
            if self.head == self.frames.count {
                self.frames.removeAll(keepingCapacity: true)
                self.head = 0
            } else if self.head >= 64 {
                self.frames.removeFirst(self.head)
                self.head = 0
            }
            return frame
        }
    }
    private let capacity: Int
    private let state = Mutex(State())

    /// Makes a ring of `capacity` frames.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether a consumer waits.
    var isAwaited: Bool {
        self.state.withLock { $0.waiter != nil }
    }

    /// Appends a frame; the media loop's side.
    func push(_ frame: AudioFrame) {
        let waiter = self.state.withLock { state -> CheckedContinuation<AudioFrame?, Never>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.count >= self.capacity, let lost = state.popFirst() {
                // Lost here is lost like a packet: the next frame tells.
                state.dropped += lost.duration + lost.missingBefore
            }
            state.frames.append(frame)
            return nil
        }
        waiter?.resume(returning: frame)
    }

    /// Ends the sequence once what is queued has been read.
    func finish() {
        let waiter = self.state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    /// The next frame; `nil` at the end, or when the waiting task is cancelled.
    func next() async -> AudioFrame? {
        let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<AudioFrame?, Never>) in
                let outcome = self.state.withLock { state -> (resume: Bool, frame: AudioFrame?) in
                    if var frame = state.popFirst() {
                        frame.missingBefore += state.dropped
                        state.dropped = .zero
                        return (true, frame)
                    }
                    // A second consumer would steal frames from the first: it gets the end instead.
                    if state.isFinished || Task.isCancelled || state.waiter != nil { return (true, nil) }
                    state.waiter = continuation
                    state.waiterNumber = number
                    return (false, nil)
                }
                if outcome.resume { continuation.resume(returning: outcome.frame) }
            }
        } onCancel: {
            self.state.withLock { $0.waiterNumber == number ? $0.waiter.take() : nil }?.resume(returning: nil)
        }
    }
}
