import AudioCore
import Synchronization

/// What was heard, on its way from the media loop to one consumer: bounded, and the oldest is dropped when full.
///
/// Unless everything is to be heard, a consumer that let more than 200 ms wait gets the newest frame: what is live must not be
/// late for the rest of the call because of one stall.
///
/// The samples lie in one circle that grows to what a slow consumer makes necessary and no further, so that the media loop
/// allocates nothing while the consumer keeps up: the frame that it reads is made on its side.
final class FrameRing: Sendable {
    private struct Note {
        var count = 0
        var sampleRate = 0
        var missingBefore = Duration.zero
        /// For `duration`, of a frame that is not made for it.
        var length: Duration { .nanoseconds(Int64(self.count) * 1_000_000_000 / Int64(max(self.sampleRate, 1))) }
    }
    private struct State {
        var notes = [Note](repeating: Note(), count: 4)
        var firstNote = 0
        var noteCount = 0
        var samples = [Int16](repeating: 0, count: 1_024)
        var firstSample = 0
        var sampleCount = 0
        var dropped: Duration = .zero
        /// How much waits.
        var waiting: Duration = .zero
        var hearsEverything = false
        var isFinished = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Which call of `next` waits, so that a late cancellation of another one leaves it alone.
        var waiterNumber: UInt64 = 0
        var calls: UInt64 = 0

        mutating func dropFirst() {
            guard self.noteCount > 0 else { return }
            let note = self.notes[self.firstNote]
            // Lost here is lost like a packet: the next frame tells.
            self.dropped += note.length + note.missingBefore
            self.forgetFirst(note)
        }

        mutating func takeFirst() -> AudioFrame? {
            if !self.hearsEverything, !self.isFinished, self.waiting > FrameRing.mostLate {
                while self.noteCount > 1 { self.dropFirst() }
            }
            guard self.noteCount > 0 else { return nil }
            let note = self.notes[self.firstNote]
            var samples: [Int16] = []
            samples.reserveCapacity(note.count)
            let toEnd = min(note.count, self.samples.count - self.firstSample)
            samples.append(contentsOf: self.samples[self.firstSample..<(self.firstSample + toEnd)])
            samples.append(contentsOf: self.samples[..<(note.count - toEnd)])
            self.forgetFirst(note)
            defer { self.dropped = .zero }
            return AudioFrame(
                samples: samples,
                sampleRate: note.sampleRate,
                missingBefore: note.missingBefore + self.dropped
            )
        }

        private mutating func forgetFirst(_ note: Note) {
            self.firstNote = (self.firstNote + 1) % self.notes.count
            self.noteCount -= 1
            self.firstSample = (self.firstSample + note.count) % self.samples.count
            self.sampleCount -= note.count
            self.waiting -= note.length
        }

        mutating func append(_ samples: Span<Int16>, _ note: Note) {
            if self.noteCount == self.notes.count { self.growNotes() }
            while self.sampleCount + samples.count > self.samples.count { self.growSamples() }
            var place = (self.firstSample + self.sampleCount) % self.samples.count
            for index in samples.indices {
                self.samples[place] = samples[index]
                place += 1
                if place == self.samples.count { place = 0 }
            }
            self.notes[(self.firstNote + self.noteCount) % self.notes.count] = note
            self.noteCount += 1
            self.sampleCount += samples.count
            self.waiting += note.length
        }

        private mutating func growNotes() {
            let old = self.notes
            self.notes = (0..<(old.count * 2)).map { $0 < old.count ? old[(self.firstNote + $0) % old.count] : Note() }
            self.firstNote = 0
        }

        private mutating func growSamples() {
            let old = self.samples
            self.samples = (0..<(old.count * 2)).map { $0 < old.count ? old[(self.firstSample + $0) % old.count] : 0 }
            self.firstSample = 0
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

    /// From now on what waits is kept up to the capacity.
    func hearEverything() {
        self.state.withLock { $0.hearsEverything = true }
    }

    /// How late what is heard may be when it is live.
    private static let mostLate: Duration = .milliseconds(200)

    /// Appends a frame; the media loop's side.
    func push(_ samples: Span<Int16>, sampleRate: Int, missingBefore: Duration) {
        let note = Note(count: samples.count, sampleRate: sampleRate, missingBefore: missingBefore)
        self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isFinished else { return nil }
            if state.noteCount >= self.capacity { state.dropFirst() }
            state.append(samples, note)
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
        let number = self.state.withLock { state in
            state.calls += 1
            return state.calls
        }
        while true {
            let outcome = self.state.withLock { state -> (isOver: Bool, frame: AudioFrame?) in
                if Task.isCancelled { return (true, nil) }
                if let frame = state.takeFirst() { return (true, frame) }
                // A second consumer would steal frames from the first: it gets the end instead.
                return (state.isFinished || state.waiter != nil, nil)
            }
            if outcome.isOver { return outcome.frame }
            await self.wait(number)
        }
    }

    /// Returns when there may be a frame, at the end, or when the task is cancelled.
    private func wait(_ number: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waits = self.state.withLock { state in
                    guard state.noteCount == 0, !state.isFinished, !Task.isCancelled, state.waiter == nil
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
}

extension FrameRing {
    /// Appends a frame that exists already.
    func push(_ frame: AudioFrame) {
        self.push(frame.samples.span, sampleRate: frame.sampleRate, missingBefore: frame.missingBefore)
    }
}
