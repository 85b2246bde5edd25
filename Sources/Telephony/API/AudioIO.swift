public import AudioCore
import Synchronization

/// The audio of a call: what is heard comes in, what is said goes out.
public struct CallAudio: AudioPort {
    /// What the other side says, in order, as it arrives.
    public let inbound: CallFrames
    /// What the other side is to hear.
    public let outbound: CallSpeech
    /// Whether the other side holds the call, whenever that changes (RFC 3264 section 8.4).
    public let flow: AsyncStream<AudioFlow>
}

/// The frames that a call hears. One consumer; when it is slow, the oldest are dropped and told as missing.
public struct CallFrames: AsyncSequence, Sendable {
    /// What it yields.
    public typealias Element = AudioFrame
    /// It never fails: it ends when the call does.
    public typealias Failure = Never

    let ring: FrameRing

    /// Reads one frame after another.
    public struct AsyncIterator: AsyncIteratorProtocol {
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

/// The mouth of a call: paced by the media clock, one writer at a time.
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
    public func write(_ frame: AudioFrame) async throws {
        try Task.checkCancellation()
        guard try self.ring.append(self.convert(frame)) else { return }
        await self.ring.room()
        try Task.checkCancellation()
    }

    /// Drops what has not left yet.
    @discardableResult
    public func flush() -> Duration {
        self.resampler.withLock { $0 = nil }
        return self.ring.flush()
    }

    /// Returns when everything written has left.
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
