/// Where a telephone and a conversation meet: frames that were heard come in, frames to be said go out.
///
/// `Call.audio` conforms, and so can a microphone, a file or a test. Neither side knows the other.
public protocol AudioPort: Sendable {
    /// The sequence of frames that were heard.
    associatedtype Inbound: AsyncSequence, Sendable where Inbound.Element == AudioFrame, Inbound.Failure == Never
    /// The writing side.
    associatedtype Outbound: AudioOutput
    /// The sequence of what the other side says of holding.
    associatedtype Flow: AsyncSequence, Sendable where Flow.Element == AudioFlow, Flow.Failure == Never
    /// The sequence of DTMF digits that came.
    associatedtype Digits: AsyncSequence, Sendable where Digits.Element == Character, Digits.Failure == Never

    /// What is heard, in order, as it arrives; ends when the call ends. For one consumer.
    var inbound: Inbound { get }
    /// What is said.
    var outbound: Outbound { get }
    /// Which ways are open, whenever that changes; ``AudioFlow/open`` before the first change. For one consumer.
    var flow: Flow { get }
    /// The DTMF digits that the other side sends. For one consumer.
    var digits: Digits { get }

    /// From now on what was heard waits for a reader that falls behind, as far as there is room: for speech to text, of which no word may
    /// be lost. Without this the oldest of it may be dropped, as what is live must be: it would be late for the rest of the call.
    func hearEverything()
}

extension AudioPort {
    /// Does nothing, for ports that drop nothing.
    public func hearEverything() {}

    /// A port that is always open both ways.
    public var flow: AsyncStream<AudioFlow> {
        AsyncStream { $0.finish() }
    }

    /// A port without DTMF.
    public var digits: AsyncStream<Character> {
        AsyncStream { $0.finish() }
    }
}

/// Which ways of a port are open, as the other side has said.
public enum AudioFlow: Sendable, Hashable, CaseIterable {
    /// Both: a conversation.
    case open
    /// The other side listens and says nothing, on purpose.
    case listening
    /// The other side does not listen, and what comes from it is music at best: it holds the call. What is written waits.
    case held
}

/// The writing side of an ``AudioPort``: a queue that a media clock empties in real time.
public protocol AudioOutput: Sendable {
    /// The rate that needs no conversion; frames of other rates are converted by the port.
    var sampleRate: Int { get }

    /// All the written audio that has left so far, flushed audio not counted: how much the other side was sent.
    var played: Duration { get }

    /// Queues a frame behind what is queued already; suspends while more than a second is waiting.
    ///
    /// - Throws: ``AudioPortClosed`` when the call is over, `CancellationError` when the task was cancelled; what has not left
    ///   of the frame is not heard then.
    func write(_ frame: AudioFrame) async throws

    /// Drops at once whatever was written and has not left, and returns how much that was.
    @discardableResult
    func flush() -> Duration

    /// Returns when the last written sample has left, was flushed, or the call is over; or when the task is cancelled.
    func drain() async

    /// From now on what was written waits while the other side holds the call, and goes on afterwards: for speech, of which
    /// nothing may be lost. Without this it is lost, as what is live must be: it would be late for the rest of the call.
    func waitWhileHeld()
}

extension AudioOutput {
    /// Does nothing, for ports that are never held.
    public func waitWhileHeld() {}

    /// Writes a frame and returns when its last sample has left.
    ///
    /// When the task is cancelled the rest is flushed, with whatever else was written: nobody hears it any more.
    ///
    /// - Throws: ``AudioPortClosed`` when the call is over, `CancellationError` when the task was cancelled.
    public func play(_ frame: AudioFrame) async throws {
        try Task.checkCancellation()
        try await withTaskCancellationHandler {
            defer {
                // What was written while it was being cancelled.
                if Task.isCancelled { self.flush() }
            }
            try await self.write(frame)
            await self.drain()
        } onCancel: {
            self.flush()
        }
        try Task.checkCancellation()
    }
}

/// The call that a port belonged to is over.
public struct AudioPortClosed: Error, Hashable, Sendable, CustomStringConvertible {
    /// Makes the error.
    public init() {}

    /// A sentence for a person.
    public var description: String { "the call is over" }
}
