public import AudioCore
public import CoreTypes
import Synchronization

/// The audio of a call: what is heard comes in, what is said goes out.
public struct CallAudio: AudioPort {
    /// What the other side says, in order, as it arrives.
    public let inbound: CallFrames
    /// What the other side is to hear.
    public let outbound: CallSpeech
    /// Whether the other side holds the call, whenever that changes (RFC 3264 section 8.4).
    public let flow: EventQueue<AudioFlow>
    /// The DTMF digits that the other side sent: those of ``Call/digits``, for one reader of both.
    public let digits: EventQueue<Character>

    /// From now on up to five seconds of what was heard wait for a slow reader, as speech to text needs it.
    public func hearEverything() {
        self.inbound.ring.hearEverything()
    }
}

/// The frames that a call hears, for one consumer.
///
/// A consumer that falls behind catches up: when it comes back after more than 200 ms, it gets the newest frame, whose
/// `missingBefore` says how much was dropped. What is heard is live, and an echo or a bridge that would work off what waited
/// would stay late for the rest of the call. So nobody is ever later than 200 ms. Who must not lose a word, and may be late for
/// it, asks for ``CallAudio/hearEverything()``.
///
/// A consumer that is cancelled gets `nil` and takes nothing; the next one goes on.
public struct CallFrames: AsyncSequence, Sendable {
    /// What it yields.
    public typealias Element = AudioFrame
    /// It never fails: it ends when the call does.
    public typealias Failure = Never

    let ring: FrameRing

    /// Reads one frame after another.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        let ring: FrameRing

        /// The next frame; `nil` when the call is over or the task cancelled.
        public mutating func next() async -> AudioFrame? {
            await self.ring.next()
        }

        /// The next frame; `nil` when the call is over or the task cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> AudioFrame? {
            await self.ring.next()
        }
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(ring: self.ring)
    }
}

/// What a call says: paced by the media clock, one writer at a time.
public final class CallSpeech: AudioOutput {
    private let ring: SpeechRing
    private let resampler = Mutex<Resampler?>(nil)

    init(ring: SpeechRing) {
        self.ring = ring
    }

    /// The rate of the codec in use.
    public var sampleRate: Int { self.ring.sampleRate }

    /// Whether nothing waits to be said.
    public var isIdle: Bool { self.ring.isIdle }

    /// How much has left for the other side.
    public var played: Duration { self.ring.played }

    /// Queues a frame, converted to the codec's rate; waits while more than a second is queued.
    ///
    /// When the task is cancelled while it waits, what has not left of the frame is taken back.
    public func write(_ frame: AudioFrame) async throws {
        try Task.checkCancellation()
        let samples = self.convert(frame)
        guard try self.ring.append(samples) else { return }
        await self.ring.room()
        guard Task.isCancelled else { return }
        self.ring.takeBack(samples.count)
        throw CancellationError()
    }

    /// Drops what has not left yet.
    @discardableResult
    public func flush() -> Duration {
        self.resampler.withLock { $0 = nil }
        return self.ring.flush()
    }

    /// Returns when everything written has left, was flushed, or the call is over; or when the task is cancelled.
    public func drain() async {
        await self.ring.drained()
    }

    /// Has what was written wait while the call is held; otherwise it is lost then, as an echo or a bridge want it.
    public func waitWhileHeld() {
        self.ring.waitsWhileHeld = true
    }

    private func convert(_ frame: AudioFrame) -> [Int16] {
        let rate = self.ring.sampleRate
        guard frame.sampleRate != rate else { return frame.samples }
        return self.resampler.withLock { resampler in
            if resampler?.outputRate != rate { resampler = Resampler(to: rate) }
            return resampler?.process(frame).samples ?? []
        }
    }
}
