import AudioCore
import CoreTypes
import Synchronization

/// Both sides of a call on one clock, for a stereo recording: what was heard left, what was said right.
///
/// What was heard is recorded as a good phone plays it, with the network's delays evened out and losses concealed. When the
/// codec changes in mid-call, the recording goes on at the rate that it began with.
///
/// A recording streams: the media thread leaves its frames here, and a thread of its own takes them every fifth of a second,
/// converts them and gives them to the sink. At most five seconds wait. A sink that fails, or is slower than that, ends the
/// recording and never the call.
public final class CallRecorder: Sendable {
    /// What waits for the writer, with the rates that it has.
    private struct Waiting {
        var inbound: [Int16] = []
        var outbound: [Int16] = []
        var stretches: [(count: Int, sampleRate: Int)] = []
        var duration = Duration.zero

        mutating func append(_ inbound: [Int16], _ outbound: [Int16], sampleRate: Int) {
            let count = min(inbound.count, outbound.count)
            self.inbound.append(contentsOf: inbound[..<count])
            self.outbound.append(contentsOf: outbound[..<count])
            if let last = self.stretches.indices.last, self.stretches[last].sampleRate == sampleRate {
                self.stretches[last].count += count
            } else {
                self.stretches.append((count, sampleRate))
            }
            self.duration += CallRecorder.duration(count, sampleRate)
        }

        /// Takes memory here and not on the media thread.
        mutating func reserve() {
            self.inbound.reserveCapacity(CallRecorder.usualBlock)
            self.outbound.reserveCapacity(CallRecorder.usualBlock)
            self.stretches.reserveCapacity(4)
        }

        mutating func removeAll() {
            self.inbound.removeAll(keepingCapacity: true)
            self.outbound.removeAll(keepingCapacity: true)
            self.stretches.removeAll(keepingCapacity: true)
            self.duration = .zero
        }
    }

    private enum Phase: Equatable {
        /// No frame came yet: to `recording`, or to `over` when none ever comes.
        case waiting
        /// Frames come: to `closed`.
        case recording
        /// No more frames are taken, those that wait are to be written: to `over`.
        case closed
        /// The sink is done.
        case over
    }

    private struct State {
        var phase = Phase.waiting
        var waiting = Waiting()
        /// How much was taken, for the limit.
        var taken = Duration.zero
        var outcome = RecordingOutcome()
        var isDiscarded = false
    }

    /// What only the writer touches.
    private struct Writing: ~Copyable {
        let sink: any RecordingSink
        var block = Waiting()
        var sampleRate: Int?
        var left: Resampler?
        var right: Resampler?
        var inbound: [Int16] = []
        var outbound: [Int16] = []

        /// Gives the block to the sink; how much it was.
        mutating func write() throws(RecordingError) -> Duration {
            guard let first = self.block.stretches.first else { return .zero }
            let rate = self.sampleRate ?? first.sampleRate
            self.sampleRate = rate
            self.inbound.removeAll(keepingCapacity: true)
            self.outbound.removeAll(keepingCapacity: true)
            var start = 0
            for stretch in self.block.stretches {
                let range = start..<(start + stretch.count)
                start += stretch.count
                let of = stretch.sampleRate
                Self.convert(self.block.inbound, range, of, to: rate, with: &self.left, into: &self.inbound)
                Self.convert(self.block.outbound, range, of, to: rate, with: &self.right, into: &self.outbound)
            }
            try self.sink.write(inbound: self.inbound.span, outbound: self.outbound.span, sampleRate: rate)
            return CallRecorder.duration(self.inbound.count, rate)
        }

        // It takes the parts that it works on, so that they are borrowed one by one.
        private static func convert(
            _ samples: borrowing [Int16],
            _ range: Range<Int>,
            _ sampleRate: Int,
            to rate: Int,
            with resampler: inout Resampler?,
            into output: inout [Int16]
        ) {
            if resampler == nil { resampler = Resampler(to: rate) }
            resampler?.process(samples.span.extracting(range), sampleRate: sampleRate, appendingTo: &output)
        }
    }

    private let state: Mutex<State>
    private let writing: Mutex<Writing>
    private let writer: RecordingWriter?
    private let limit: Duration
    private let onFailure: (@Sendable (RecordingError) -> Void)?
    private let over = Milestone<RecordingOutcome>()

    /// Records at most `limit`; what comes later is not kept.
    ///
    /// - Parameters:
    ///   - sink: Where the recording goes; it gets nothing when the call has no media.
    ///   - onFailure: Called once when the recording ends before the call does, from any thread.
    public convenience init(
        to sink: sending any RecordingSink,
        limit: Duration = .seconds(3_600),
        onFailure: (@Sendable (RecordingError) -> Void)? = nil
    ) {
        let writer = Result { () throws(SocketError) -> RecordingWriter in try RecordingWriter.shared() }
        self.init(to: sink, limit: limit, writer: try? writer.get(), onFailure: onFailure)
        if case .failure(let error) = writer { self.end(.system(operation: error.operation, code: error.code)) }
    }

    /// Makes a recorder that its writer takes care of from the first frame on; with none somebody else drains it.
    init(
        to sink: sending any RecordingSink,
        limit: Duration = .seconds(3_600),
        writer: RecordingWriter?,
        onFailure: (@Sendable (RecordingError) -> Void)? = nil
    ) {
        self.limit = limit
        self.writer = writer
        self.onFailure = onFailure
        var state = State()
        state.waiting.reserve()
        var writing = Writing(sink: sink)
        writing.block.reserve()
        self.writing = Mutex(writing)
        self.state = Mutex(state)
    }

    // MARK: The media thread

    /// Takes 20 ms of both sides; `false` when no more is wanted. Copies, and does nothing else.
    func append(inbound: [Int16], outbound: [Int16], sampleRate: Int) -> Bool {
        let (goesOn, begins, isLate) = self.state.withLock { state -> (Bool, Bool, Bool) in
            guard state.phase == .waiting || state.phase == .recording else { return (false, false, false) }
            guard state.phase == .waiting || state.taken < self.limit else {
                state.outcome.reachedLimit = true
                state.phase = .closed
                return (false, false, false)
            }
            guard state.waiting.duration < CallRecorder.mostWaiting else {
                state.phase = .closed
                state.outcome.failure = .tooSlow
                return (false, false, true)
            }
            let before = state.waiting.duration
            state.waiting.append(inbound, outbound, sampleRate: sampleRate)
            state.taken += state.waiting.duration - before
            defer { state.phase = .recording }
            return (true, state.phase == .waiting, false)
        }
        if begins { self.writer?.add(self) }
        if isLate { self.onFailure?(.tooSlow) }
        return goesOn
    }

    /// No more comes.
    func close() {
        let isOver = self.state.withLock { state -> Bool in
            switch state.phase {
            case .waiting:
                state.phase = .over
                return true
            case .recording:
                state.phase = .closed
                return false
            case .closed, .over: return false
            }
        }
        if isOver { self.over.reach(RecordingOutcome()) } else { self.writer?.wake() }
    }

    // MARK: The writer's thread

    /// Gives what waits to the sink; `true` when the recording is over.
    func drain() -> Bool {
        self.writing.withLock { writing in
            writing.block.removeAll()
            let (isLast, isDiscarded) = self.state.withLock { state in
                // The writer's empty arrays for the full ones.
                swap(&writing.block, &state.waiting)
                return (state.phase == .closed || state.phase == .over, state.isDiscarded)
            }
            var failure: RecordingError?
            do throws(RecordingError) {
                let written: Duration = try isDiscarded ? .zero : writing.write()
                self.state.withLock { $0.outcome.duration += written }
            } catch {
                failure = error
            }
            if failure == nil, !isLast { return false }
            if isDiscarded {
                writing.sink.discard()
            } else {
                do throws(RecordingError) {
                    try writing.sink.finish()
                } catch {
                    failure = failure ?? error
                }
            }
            self.end(failure)
            return true
        }
    }

    private func end(_ failure: RecordingError?) {
        let (outcome, isNew) = self.state.withLock { state in
            state.phase = .over
            state.waiting = Waiting()
            let isNew = failure != nil && state.outcome.failure == nil
            if isNew { state.outcome.failure = failure }
            return (state.outcome, isNew)
        }
        if isNew, let failure { self.onFailure?(failure) }
        self.over.reach(outcome)
    }

    // MARK: The application

    /// Ends the recording, if the call has not, and returns when all of it is where it belongs.
    ///
    /// A disk that does not come back is waited for ten seconds; the outcome has the failure `tooSlow` then. A cancelled task
    /// waits as well.
    @discardableResult
    public func finish() async -> RecordingOutcome {
        self.close()
        let limit = Task {
            try? await Task.sleep(for: CallRecorder.longestWait)
            guard !Task.isCancelled else { return }
            self.giveUp()
        }
        defer { limit.cancel() }
        return await self.over.waitToTheEnd() ?? RecordingOutcome()
    }

    /// Ends the recording and drops it, for a call that came to nothing.
    public func discard() async {
        self.state.withLock { $0.isDiscarded = true }
        await self.finish()
        // The writer may have been done with it before.
        guard self.state.withLock({ $0.phase == .over }) else { return }
        self.writing.withLock { $0.sink.discard() }
    }

    /// Whether the recording is to be dropped.
    var isDiscarded: Bool { self.state.withLock { $0.isDiscarded } }

    private func giveUp() {
        let outcome = self.state.withLock { state in
            if state.outcome.failure == nil { state.outcome.failure = .tooSlow }
            return state.outcome
        }
        self.over.reach(outcome)
    }

    private static func duration(_ count: Int, _ sampleRate: Int) -> Duration {
        .nanoseconds(Int64(count) * 1_000_000_000 / Int64(max(sampleRate, 1)))
    }

    /// Samples of 200 ms of wideband speech, and more.
    private static let usualBlock = 4_096
    private static let mostWaiting = Duration.seconds(5)
    private static let longestWait = Duration.seconds(10)
}
