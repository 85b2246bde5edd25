import AudioCore
import CoreTypes
import Synchronization

/// What is to be said, on its way from one writer to the media loop: at most about a second, then the writer waits.
final class SpeechRing: Sendable {
    private struct State {
        var samples: [Int16] = []
        var head = 0
        var sampleRate: Int
        var playedSamples: Int64 = 0
        var playedBefore: Duration = .zero
        var isClosed = false
        var writers: [CheckedContinuation<Void, Never>] = []
        var drainers: [CheckedContinuation<Void, Never>] = []

        var count: Int { self.samples.count - self.head }

        mutating func compact() {
            if self.head == self.samples.count {
                self.samples.removeAll(keepingCapacity: true)
                self.head = 0
            } else if self.head > 16_384 {
                self.samples.removeFirst(self.head)
                self.head = 0
            }
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

    /// How much has left.
    var played: Duration {
        self.state.withLock { $0.playedBefore + duration($0.playedSamples, $0.sampleRate) }
    }

    /// Appends samples at the ring's rate, unless closed; tells whether more than a second is waiting.
    func append(_ samples: [Int16]) throws -> Bool {
        try self.state.withLock { state in
            guard !state.isClosed else { throw AudioPortClosed() }
            state.samples.append(contentsOf: samples)
            return state.count > state.sampleRate
        }
    }

    /// Returns when at most a second is waiting.
    func room() async {
        await withCheckedContinuation { continuation in
            let wait = self.state.withLock { state in
                guard !state.isClosed, state.count > state.sampleRate else { return false }
                state.writers.append(continuation)
                return true
            }
            if !wait { continuation.resume() }
        }
    }

    /// Returns when nothing is waiting.
    func drained() async {
        await withCheckedContinuation { continuation in
            let wait = self.state.withLock { state in
                guard !state.isClosed, state.count > 0 else { return false }
                state.drainers.append(continuation)
                return true
            }
            if !wait { continuation.resume() }
        }
    }

    /// Drops what is waiting and returns how much that was.
    func flush() -> Duration {
        let (dropped, waiters) = self.state.withLock { state in
            let dropped = duration(Int64(state.count), state.sampleRate)
            state.head = state.samples.count
            state.compact()
            let waiters = state.writers + state.drainers
            state.writers.removeAll()
            state.drainers.removeAll()
            return (dropped, waiters)
        }
        for waiter in waiters { waiter.resume() }
        return dropped
    }

    /// Fills `frame` for the media clock, with silence where nothing is waiting; `false` when it is all silence.
    func pop(into frame: inout [Int16]) -> Bool {
        let (filled, waiters) = self.state.withLock { state in
            let count = min(frame.count, state.count)
            for index in 0..<count { frame[index] = state.samples[state.head + index] }
            for index in count..<frame.count { frame[index] = 0 }
            state.head += count
            state.playedSamples += Int64(count)
            state.compact()
            var waiters: [CheckedContinuation<Void, Never>] = []
            if state.count <= state.sampleRate, !state.writers.isEmpty {
                swap(&waiters, &state.writers)
            }
            if state.count == 0, !state.drainers.isEmpty {
                waiters += state.drainers
                state.drainers.removeAll()
            }
            return (count > 0, waiters)
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
            state.head = state.samples.count
            state.compact()
            let waiters = state.writers + state.drainers
            state.writers.removeAll()
            state.drainers.removeAll()
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The call is over: everybody who waits goes on, and writing throws from now on.
    func close() {
        let waiters = self.state.withLock { state in
            state.isClosed = true
            let waiters = state.writers + state.drainers
            state.writers.removeAll()
            state.drainers.removeAll()
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

private func duration(_ samples: Int64, _ sampleRate: Int) -> Duration {
    .nanoseconds(samples * 1_000_000_000 / Int64(max(sampleRate, 1)))
}
