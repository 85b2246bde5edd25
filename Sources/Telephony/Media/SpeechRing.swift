import AudioCore
import CoreTypes
import Synchronization

/// What is to be said, on its way from one writer to the media loop: at most about a second, then the writer waits.
///
/// The writer's arrays wait as they are, and are copied once, when their turn comes. What has left is freed by the writer's
/// side and not by the media loop.
final class SpeechRing: Sendable {
    private struct State {
        /// What was written; those before `first` have left, and so have `head` samples of that one.
        var pieces: [[Int16]] = []
        var first = 0
        var head = 0
        /// Samples that wait.
        var count = 0
        var sampleRate: Int
        var playedSamples: Int64 = 0
        var playedBefore: Duration = .zero
        var isClosed = false
        var waitsWhileHeld = false
        var writers: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var drainers: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var waits: UInt64 = 0
        var onBegin: (@Sendable () -> Void)?

        /// Takes out everybody who waits.
        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer {
                self.writers.removeAll()
                self.drainers.removeAll()
            }
            return Array(self.writers.values) + Array(self.drainers.values)
        }

        /// Takes out those who need not wait any longer.
        mutating func takeServed() -> [CheckedContinuation<Void, Never>] {
            if self.count == 0, !self.drainers.isEmpty { return self.takeWaiters() }
            guard self.count <= self.sampleRate, !self.writers.isEmpty else { return [] }
            defer { self.writers.removeAll() }
            return Array(self.writers.values)
        }

        /// Queues samples; short ones join those before them, so that many crumbs are not many arrays.
        mutating func append(_ samples: [Int16]) {
            guard !samples.isEmpty else { return }
            self.count += samples.count
            let least = self.sampleRate / 100
            if samples.count < least, let last = self.pieces.indices.last, last >= self.first,
                self.pieces[last].count < least
            {
                self.pieces[last].append(contentsOf: samples)
            } else {
                self.pieces.append(samples)
            }
        }

        /// Replaces `frame` by the next samples, and silence where there are none; gives how many there were.
        mutating func take(into frame: inout [Int16]) -> Int {
            let wanted = frame.count
            frame.removeAll(keepingCapacity: true)
            while frame.count < wanted, self.first < self.pieces.count {
                let piece = self.pieces[self.first]
                let end = min(self.head + wanted - frame.count, piece.count)
                frame.append(contentsOf: piece[self.head..<end])
                self.head = end
                if end == piece.count {
                    self.first += 1
                    self.head = 0
                }
            }
            let taken = frame.count
            self.count -= taken
            frame.append(contentsOf: repeatElement(0, count: wanted - taken))
            return taken
        }

        /// Drops the last samples, as far as they have not left.
        mutating func removeLast(_ samples: Int) {
            var left = min(max(samples, 0), self.count)
            self.count -= left
            while left > 0, let last = self.pieces.indices.last {
                let waiting = self.pieces[last].count - (last == self.first ? self.head : 0)
                if waiting > left {
                    self.pieces[last].removeLast(left)
                    return
                }
                left -= waiting
                self.pieces.removeLast()
            }
            if self.first >= self.pieces.count { self.head = 0 }
        }

        /// Drops all that waits.
        mutating func removeAll() {
            self.pieces.removeAll()
            self.first = 0
            self.head = 0
            self.count = 0
        }

        /// Takes out what has left, to be freed.
        mutating func takeLeft() -> [[Int16]] {
            guard self.first > 0 else { return [] }
            let left = Array(self.pieces[..<self.first])
            self.pieces.removeFirst(self.first)
            self.first = 0
            return left
        }
    }
    private let state: Mutex<State>

    /// Makes a ring for a codec that takes `sampleRate`.
    init(sampleRate: Int) {
        self.state = Mutex(State(sampleRate: sampleRate))
    }

    /// The rate of the codec in use; it changes when a re-INVITE changes the codec.
    var sampleRate: Int {
        self.state.withLock { $0.sampleRate }
    }

    /// Whether what is to be said waits while the call is held, and is not lost.
    var waitsWhileHeld: Bool {
        get { self.state.withLock { $0.waitsWhileHeld } }
        set { self.state.withLock { $0.waitsWhileHeld = newValue } }
    }

    /// Whether nothing waits.
    var isIdle: Bool {
        self.state.withLock { $0.count == 0 }
    }

    /// How many wait for room or for the end.
    var waiters: Int {
        self.state.withLock { $0.writers.count + $0.drainers.count }
    }

    /// How much has left.
    var played: Duration {
        self.state.withLock { $0.playedBefore + duration($0.playedSamples, $0.sampleRate) }
    }

    /// Appends samples at the ring's rate, unless closed; returns whether more than a second is waiting.
    func append(_ samples: [Int16]) throws -> Bool {
        var left: [[Int16]] = []
        let (isFull, begin) = try self.state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard !state.isClosed else { throw AudioPortClosed() }
            left = state.takeLeft()
            // A fraction of a frame is no beginning: what follows at once would make it whole.
            let waited = state.count
            state.append(samples)
            let begins = waited == 0 && state.count >= state.sampleRate / 50
            return (state.count > state.sampleRate, begins ? state.onBegin : nil)
        }
        left.removeAll()
        begin?()
        return isFull
    }

    /// Sets what is called whenever there is something to say after silence.
    func onBegin(_ body: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.onBegin = body }
    }

    /// Returns when at most a second is waiting, or the task is cancelled.
    func room() async {
        await self.wait { state, number, continuation in
            guard state.count > state.sampleRate else { return false }
            state.writers[number] = continuation
            return true
        }
    }

    /// Returns when nothing is waiting, or the task is cancelled.
    func drained() async {
        await self.wait { state, number, continuation in
            guard state.count > 0 else { return false }
            state.drainers[number] = continuation
            return true
        }
    }

    private func wait(
        _ enter: @Sendable (inout State, UInt64, CheckedContinuation<Void, Never>) -> Bool
    ) async {
        let number = self.state.withLock { state in
            state.waits += 1
            return state.waits
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waits = self.state.withLock { state in
                    !state.isClosed && !Task.isCancelled && enter(&state, number, continuation)
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                state.writers.removeValue(forKey: number) ?? state.drainers.removeValue(forKey: number)
            }
            waiter?.resume()
        }
    }

    /// Drops what is waiting and returns how much that was.
    func flush() -> Duration {
        let (dropped, waiters) = self.state.withLock { state in
            let dropped = duration(Int64(state.count), state.sampleRate)
            state.removeAll()
            return (dropped, state.takeWaiters())
        }
        for waiter in waiters { waiter.resume() }
        return dropped
    }

    /// Drops the last `count` samples, as far as they have not left: their writer was cancelled.
    func takeBack(_ count: Int) {
        let waiters = self.state.withLock { state in
            state.removeLast(count)
            return state.takeServed()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Fills `frame` for the media clock, with silence where nothing is waiting; `false` when it is all silence.
    func pop(into frame: inout [Int16]) -> Bool {
        let (filled, waiters) = self.state.withLock { state in
            let count = state.take(into: &frame)
            state.playedSamples += Int64(count)
            return (count > 0, state.takeServed())
        }
        for waiter in waiters { waiter.resume() }
        return filled
    }

    /// Changes the rate; what is waiting at the old rate is dropped.
    func change(sampleRate: Int) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.sampleRate != sampleRate else { return [] }
            state.playedBefore += duration(state.playedSamples, state.sampleRate)
            state.playedSamples = 0
            state.sampleRate = sampleRate
            state.removeAll()
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The call is over: everybody who waits goes on, and writing throws from now on.
    func close() {
        let waiters = self.state.withLock { state in
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }
}

private func duration(_ samples: Int64, _ sampleRate: Int) -> Duration {
    .nanoseconds(samples * 1_000_000_000 / Int64(max(sampleRate, 1)))
}
