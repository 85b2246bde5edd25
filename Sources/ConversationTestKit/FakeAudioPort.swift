public import AudioCore
import CoreTypes
import Synchronization

/// A telephone line in virtual time: plays what is written, brings what a caller says by script, and an echo.
public final class FakeAudioPort: AudioPort, Sendable {
    /// How our own voice comes back.
    public struct Echo: Sendable {
        /// When it comes back.
        public var delay: Duration
        /// How much softer it is, in decibels.
        public var loss: Double

        /// Makes an echo.
        public init(delay: Duration, loss: Double) {
            self.delay = delay
            self.loss = loss
        }
    }

    /// What the caller says from a time on.
    public struct Speech: Sendable {
        /// When, since the beginning of the call.
        public var start: Duration
        /// The sound, at the rate of the port.
        public var samples: [Int16]

        /// Makes a piece of speech.
        public init(at start: Duration, _ samples: [Int16]) {
            self.start = start
            self.samples = samples
        }
    }

    struct State {
        var script: [Speech]
        var queue: [Int16] = []
        var sent: [Int16] = []
        var playedSamples = 0
        var ticks = 0
        var isClosed = false
        var flow = AudioFlow.open
        var flushes: [Duration] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The virtual time in which the line lives.
    public let time: VirtualTime
    /// Samples a second of the line.
    public let sampleRate: Int
    /// The writing side.
    public let outbound: Output
    /// What the other side said of holding.
    public let flow: AsyncStream<AudioFlow>
    private let flowContinuation: AsyncStream<AudioFlow>.Continuation
    /// The DTMF digits that the caller sends; 64 are kept.
    public let digits: AsyncStream<Character>
    private let digitsContinuation: AsyncStream<Character>.Continuation
    let echo: Echo?
    let hangUpAfter: Duration
    /// A phone that sends nothing at all while its user is silent, as some do.
    let suppressesSilence: Bool
    let state: Mutex<State>

    /// Makes a line on which the caller says what the script holds and hangs up at a time.
    public init(
        time: VirtualTime,
        script: [Speech] = [],
        hangUpAfter: Duration = .seconds(3000),
        echo: Echo? = nil,
        suppressesSilence: Bool = false,
        sampleRate: Int = 8000
    ) {
        self.time = time
        self.sampleRate = sampleRate
        self.echo = echo
        self.hangUpAfter = hangUpAfter
        self.suppressesSilence = suppressesSilence
        (self.flow, self.flowContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (self.digits, self.digitsContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
        self.state = Mutex(State(script: script))
        self.outbound = Output(sampleRate: sampleRate)
        self.outbound.attach(to: self)
    }

    /// What is heard on the line: a frame every 20 ms.
    public var inbound: Inbound { Inbound(port: self) }

    /// Everything that has left, silence included: one sample for each of the line's time.
    public var sent: [Int16] { self.state.withLock(\.sent) }

    /// When the output was flushed with something in it.
    public var flushes: [Duration] { self.state.withLock(\.flushes) }

    /// The caller holds the line, or takes it back; while it is held nothing that was written leaves.
    public func change(to flow: AudioFlow) {
        self.state.withLock { $0.flow = flow }
        self.flowContinuation.yield(flow)
    }

    /// The caller sends a DTMF digit.
    public func receiveDigit(_ digit: Character) {
        self.digitsContinuation.yield(digit)
    }

    /// Adds to what the caller says.
    public func callerSays(at start: Duration, _ samples: [Int16]) {
        self.state.withLock { $0.script.append(Speech(at: start, samples)) }
    }

    /// Whether anything audible left between two times.
    public func isAudible(from start: Duration, to end: Duration) -> Bool {
        let sent = self.sent
        let first = min(self.index(start), sent.count)
        let last = min(self.index(end), sent.count)
        return sent[first..<max(first, last)].contains { abs(Int($0)) > 50 }
    }

    /// The longest time without anything audible between two times.
    public func longestSilence(from start: Duration, to end: Duration) -> Duration {
        let sent = self.sent
        var longest = 0
        var run = 0
        for index in min(self.index(start), sent.count)..<min(self.index(end), sent.count) {
            run = abs(Int(sent[index])) > 50 ? 0 : run + 1
            longest = max(longest, run)
        }
        return .nanoseconds(Int64(longest) * 1_000_000_000 / Int64(self.sampleRate))
    }

    func index(_ time: Duration) -> Int { Int((time.inSeconds * Double(self.sampleRate)).rounded()) }

    /// One packet time passes: what is queued leaves, what is said and echoed arrives.
    func tick() -> AudioFrame? {
        let size = self.sampleRate / 50
        let (frame, waiters) = self.state.withLock { state -> (AudioFrame?, [CheckedContinuation<Void, Never>]) in
            let start = state.ticks * size
            state.ticks += 1
            let leaving = state.flow == .held ? [] : Array(state.queue.prefix(size))
            state.queue.removeFirst(leaving.count)
            state.playedSamples += leaving.count
            state.sent += leaving + [Int16](repeating: 0, count: size - leaving.count)
            var mixed = [Int](repeating: 0, count: size)
            var isSaid = false
            for speech in state.script {
                let offset = self.index(speech.start)
                for index in max(start, offset)..<max(start, offset, min(start + size, offset + speech.samples.count)) {
                    mixed[index - start] += Int(speech.samples[index - offset])
                    isSaid = true
                }
            }
            if let echo = self.echo {
                let delay = self.index(echo.delay)
                let factor = Level.amplitude(-echo.loss)
                for index in 0..<size where start + index >= delay {
                    mixed[index] += Int(Double(state.sent[start + index - delay]) * factor)
                }
            }
            let waiters = state.waiters
            state.waiters = []
            if self.suppressesSilence, !isSaid { return (nil, waiters) }
            let samples = mixed.map { Int16(min(max($0, -32_768), 32_767)) }
            return (AudioFrame(samples: samples, sampleRate: self.sampleRate), waiters)
        }
        for waiter in waiters { waiter.resume() }
        return frame
    }

    func close() {
        let waiters = self.state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        self.flowContinuation.finish()
        self.digitsContinuation.finish()
        for waiter in waiters { waiter.resume() }
    }

    /// The reading side of a ``FakeAudioPort``.
    public struct Inbound: AsyncSequence, Sendable {
        /// What is read.
        public typealias Element = AudioFrame
        /// It never fails.
        public typealias Failure = Never

        let port: FakeAudioPort

        /// Makes the iterator.
        public func makeAsyncIterator() -> Iterator { Iterator(port: self.port) }

        /// Brings a frame every 20 ms of virtual time.
        public struct Iterator: AsyncIteratorProtocol {
            let port: FakeAudioPort
            var missing = Duration.zero

            /// The next frame, or `nil` when the caller hung up.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> AudioFrame? {
                while true {
                    let ticks = self.port.state.withLock(\.ticks)
                    let due = Duration.milliseconds(20) * (ticks + 1)
                    try? await self.port.time.sleep(until: .init(sinceStart: due), tolerance: nil)
                    guard due < self.port.hangUpAfter, !Task.isCancelled else {
                        self.port.close()
                        return nil
                    }
                    guard var frame = self.port.tick() else {
                        self.missing += .milliseconds(20)
                        continue
                    }
                    frame.missingBefore = self.missing
                    self.missing = .zero
                    return frame
                }
            }

            /// The next frame, or `nil` when the caller hung up.
            public mutating func next() async -> AudioFrame? {
                await self.next(isolation: nil)
            }
        }
    }

    /// The writing side of a ``FakeAudioPort``.
    public final class Output: AudioOutput, Sendable {
        private struct Link { weak var port: FakeAudioPort? }
        private let link = Mutex(Link())
        /// Samples a second of the line.
        public let sampleRate: Int

        init(sampleRate: Int) {
            self.sampleRate = sampleRate
        }

        func attach(to port: FakeAudioPort) {
            self.link.withLock { $0.port = port }
        }

        private var port: FakeAudioPort? { self.link.withLock(\.port) }

        /// All the written audio that has left so far.
        public var played: Duration {
            guard let port = self.port else { return .zero }
            let samples = port.state.withLock(\.playedSamples)
            return .nanoseconds(Int64(samples) * 1_000_000_000 / Int64(self.sampleRate))
        }

        /// Queues a frame; suspends while more than a second is waiting.
        ///
        /// - Throws: ``AudioPortClosed`` when the call is over, `CancellationError` when the task was cancelled.
        public func write(_ frame: AudioFrame) async throws {
            guard let port = self.port else { throw AudioPortClosed() }
            while port.state.withLock({ $0.queue.count > self.sampleRate && !$0.isClosed }) {
                try Task.checkCancellation()
                await self.waitForTick(port)
            }
            try Task.checkCancellation()
            // Nearest samples do for a test.
            let count = frame.samples.count * self.sampleRate / max(1, frame.sampleRate)
            let samples = (0..<count).map { frame.samples[$0 * frame.sampleRate / self.sampleRate] }
            let isClosed = port.state.withLock { state in
                if !state.isClosed { state.queue += samples }
                return state.isClosed
            }
            if isClosed { throw AudioPortClosed() }
        }

        /// Drops what has not left and returns how much that was.
        @discardableResult
        public func flush() -> Duration {
            guard let port = self.port else { return .zero }
            let (count, waiters) = port.state.withLock { state in
                let count = state.queue.count
                state.queue.removeAll()
                if count > 0 { state.flushes.append(port.time.elapsed) }
                defer { state.waiters = [] }
                return (count, state.waiters)
            }
            for waiter in waiters { waiter.resume() }
            return .nanoseconds(Int64(count) * 1_000_000_000 / Int64(self.sampleRate))
        }

        /// Returns when nothing waits any more, or when the task is cancelled.
        public func drain() async {
            guard let port = self.port else { return }
            while !Task.isCancelled, port.state.withLock({ !$0.queue.isEmpty && !$0.isClosed }) {
                await self.waitForTick(port)
            }
        }

        /// Every tick, the end of the call, and a cancellation, wakes everyone.
        private func waitForTick(_ port: FakeAudioPort) async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let waits = port.state.withLock { state in
                        guard !state.isClosed, !Task.isCancelled else { return false }
                        state.waiters.append(continuation)
                        return true
                    }
                    if !waits { continuation.resume() }
                }
            } onCancel: {
                let waiters = port.state.withLock { state in
                    defer { state.waiters = [] }
                    return state.waiters
                }
                for waiter in waiters { waiter.resume() }
            }
        }
    }
}
