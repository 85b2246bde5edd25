import AudioCore
import Synchronization

/// What was heard, on its way from the media loop to one consumer: bounded, and the oldest is dropped when full.
///
/// Unless everything is to be heard, a consumer that let more than 200 ms wait gets the newest frame: what is live must not be
/// late for the rest of the call because of one stall.
///
/// A frame is copied once, and not under the lock: into an array that the consumer made for it, and then gets. For each frame
/// that it takes it leaves the array of another one, so that the media loop allocates nothing while the consumer keeps up.
final class FrameRing: Sendable {
    private struct State {
        /// What waits is in `count` places from `first` on; the others hold nothing.
        var frames = [AudioFrame](repeating: FrameRing.empty, count: 4)
        var first = 0
        var count = 0
        /// Room for frames to come.
        var spares: [[Int16]] = []
        var dropped: Duration = .zero
        /// How much waits.
        var waiting: Duration = .zero
        var hearsEverything = false
        var isFinished = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Which wait it is, so that a late cancellation of another one leaves it alone.
        var waiterNumber: UInt64 = 0
        var waits: UInt64 = 0

        var wantsSpare: Bool { self.spares.count < FrameRing.mostSpares }

        mutating func append(_ frame: consuming AudioFrame) {
            if self.count == self.frames.count { self.grow() }
            self.waiting += frame.duration
            self.frames[(self.first + self.count) % self.frames.count] = frame
            self.count += 1
        }

        mutating func takeFirst() -> AudioFrame? {
            if !self.hearsEverything, !self.isFinished, self.waiting > FrameRing.mostLate {
                while self.count > 1 { self.dropFirst() }
            }
            guard self.count > 0 else { return nil }
            var frame = self.removeFirst()
            frame.missingBefore += self.dropped
            self.dropped = .zero
            return frame
        }

        mutating func dropFirst() {
            guard self.count > 0 else { return }
            let frame = self.removeFirst()
            // Lost here is lost like a packet: the next frame says so.
            self.dropped += frame.duration + frame.missingBefore
            if self.wantsSpare { self.spares.append(frame.samples) }
        }

        private mutating func removeFirst() -> AudioFrame {
            var frame = FrameRing.empty
            swap(&frame, &self.frames[self.first])
            self.first = (self.first + 1) % self.frames.count
            self.count -= 1
            self.waiting -= frame.duration
            return frame
        }

        private mutating func grow() {
            let old = self.frames
            self.frames = (0..<(old.count * 2)).map { index in
                index < old.count ? old[(self.first + index) % old.count] : FrameRing.empty
            }
            self.first = 0
        }
    }
    private let capacity: Int
    private let state = Mutex(State())

    /// Makes a ring of `capacity` frames.
    init(capacity: Int) {
        self.capacity = capacity
        self.state.withLock { state in
            for _ in 0..<FrameRing.mostSpares { state.spares.append(FrameRing.spare(FrameRing.usualFrame)) }
        }
    }

    /// Whether a consumer waits.
    var isAwaited: Bool {
        self.state.withLock { $0.waiter != nil }
    }

    /// From now on what waits is kept up to the capacity.
    func hearEverything() {
        self.state.withLock { $0.hearsEverything = true }
    }

    /// Appends a frame; the media loop's side.
    func push(_ samples: Span<Int16>, sampleRate: Int, missingBefore: Duration) {
        var copy = self.state.withLock { $0.spares.popLast() } ?? []
        copy.removeAll(keepingCapacity: true)
        samples.withUnsafeBufferPointer { copy.append(contentsOf: $0) }
        self.push(AudioFrame(samples: copy, sampleRate: sampleRate, missingBefore: missingBefore))
    }

    /// Appends a frame that exists already.
    func push(_ frame: AudioFrame) {
        self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isFinished else { return nil }
            if state.count >= self.capacity { state.dropFirst() }
            state.append(frame)
            return state.waiter.take()
        }?.resume()
    }

    /// Ends the sequence once what is queued has been read.
    func finish() {
        self.state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }?.resume()
    }

    /// The next frame; `nil` at the end, or when the waiting task is cancelled.
    func next() async -> AudioFrame? {
        while true {
            let outcome = self.state.withLock { state -> Outcome in
                if Task.isCancelled { return .over }
                if let frame = state.takeFirst() { return .frame(frame, leavesSpare: state.wantsSpare) }
                // A second consumer would steal frames from the first: it gets the end instead.
                if state.isFinished || state.waiter != nil { return .over }
                state.waits += 1
                return .wait(state.waits)
            }
            switch outcome {
            case .frame(let frame, let leavesSpare):
                if leavesSpare {
                    let spare = FrameRing.spare(frame.samples.count)
                    self.state.withLock { if $0.wantsSpare { $0.spares.append(spare) } }
                }
                return frame
            case .over: return nil
            case .wait(let number): await self.wait(number)
            }
        }
    }

    private enum Outcome {
        case frame(AudioFrame, leavesSpare: Bool)
        case over
        case wait(UInt64)
    }

    /// Returns when there may be a frame, at the end, or when the task is cancelled.
    private func wait(_ number: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waits = self.state.withLock { state in
                    guard state.count == 0, !state.isFinished, !Task.isCancelled, state.waiter == nil
                    else { return false }
                    state.waiter = continuation
                    state.waiterNumber = number
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiterNumber == number ? $0.waiter.take() : nil }?.resume()
        }
    }

    private static func spare(_ count: Int) -> [Int16] {
        var spare: [Int16] = []
        spare.reserveCapacity(count)
        return spare
    }

    /// How late what is heard may be when it is live.
    private static let mostLate: Duration = .milliseconds(200)
    /// For a consumer that takes a frame a little late.
    private static let mostSpares = 4
    /// Samples of 20 ms of wideband speech.
    private static let usualFrame = 320
    private static let empty = AudioFrame(samples: [], sampleRate: 0)
}
