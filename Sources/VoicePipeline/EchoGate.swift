public import AudioCore
internal import CoreTypes

/// Knows how loud our own voice may be coming back, so that it is never taken for the caller's.
///
/// It keeps the levels of what was written, follows the port's playback position through them, and holds the loudest
/// level that has left within the longest echo delay. An echo is assumed to come back ``BargeInSettings/echoReturnLoss``
/// below it; while the line proves to be cleaner than that, the gate comes down, so that a soft caller is heard too.
/// Time is the audio that came in.
public struct EchoGate: Sendable {
    private let settings: BargeInSettings
    /// Levels that were written and have not left: where each block ends on the port's playback position.
    private var waiting: [(end: Duration, level: Double)] = []
    /// The loudest level that left during each block of incoming audio, newest last.
    private var sent: [Double]
    private var next = 0
    private var returnLoss: Double

    /// Makes a gate for a port that has not played anything.
    public init(settings: BargeInSettings = BargeInSettings()) {
        self.settings = settings
        let window = max(settings.longestEchoDelay, settings.tail) + EchoGate.slack
        let blocks = Int(window.nanoseconds / VoiceActivityDetector.blockLength.nanoseconds)
        self.sent = [Double](repeating: Level.silence, count: max(1, min(blocks, 500)))
        self.returnLoss = settings.echoReturnLoss
    }

    /// The loudest level that left within the echo delay, in dBFS; `nil` when nothing audible did.
    public var reference: Double? {
        let loudest = self.sent.max() ?? Level.silence
        return loudest > EchoGate.inaudible ? loudest : nil
    }

    /// The level that incoming audio has to exceed to be the caller's, in dBFS; `nil` when no echo is due.
    public var threshold: Double? {
        self.reference.map { $0 - self.returnLoss + self.settings.margin }
    }

    /// Takes note of a frame that is about to be written.
    ///
    /// - Parameter position: Where the frame begins on the playback position of the port.
    public mutating func wrote(_ frame: AudioFrame, at position: Duration) {
        let length = max(1, frame.sampleRate / 100)
        var start = 0
        while start < frame.samples.count {
            let end = min(start + length, frame.samples.count)
            let level = Level.rms(frame.samples.span.extracting(start..<end))
            let offset = Duration.nanoseconds(Int64(end) * 1_000_000_000 / Int64(max(1, frame.sampleRate)))
            self.waiting.append((position + offset, level))
            start = end
        }
    }

    /// Forgets what was written and will never leave.
    public mutating func flushed(at played: Duration) {
        // What left since the last frame came in has still to be reckoned with.
        self.waiting.removeAll { $0.end > played + EchoGate.lookAhead }
    }

    /// Moves on by a stretch of incoming audio.
    ///
    /// - Parameters:
    ///   - duration: How much audio came in.
    ///   - played: The port's playback position at its end.
    public mutating func advance(by duration: Duration, played: Duration) {
        var loudest = Level.silence
        var count = 0
        // Some ports tell their position in steps of a packet; what is about to leave may already be leaving.
        while count < self.waiting.count, self.waiting[count].end <= played + EchoGate.lookAhead {
            loudest = max(loudest, self.waiting[count].level)
            count += 1
        }
        self.waiting.removeFirst(count)
        let block = VoiceActivityDetector.blockLength.nanoseconds
        let blocks = Int((duration.nanoseconds + block - 1) / block)
        for _ in 0..<min(max(1, blocks), self.sent.count) {
            self.sent[self.next] = loudest
            self.next = (self.next + 1) % self.sent.count
        }
    }

    /// Learns from a block of incoming audio how much of our voice comes back at all.
    public mutating func observe(level: Double) {
        guard let reference = self.reference, reference > EchoGate.telling, let threshold = self.threshold,
            level <= threshold
        else { return }
        // Slowly up while nothing comes back, down at once when something does.
        let loss = min(reference - level, self.returnLoss + EchoGate.learning)
        self.returnLoss = min(max(loss, self.settings.echoReturnLoss), self.settings.cleanLineReturnLoss)
    }

    private static let slack: Duration = .milliseconds(40)
    private static let lookAhead: Duration = .milliseconds(40)
    /// An echo of anything softer is below what counts as speech anyway.
    private static let inaudible = -60.0
    /// Only what was sent this loud tells anything about the echo.
    private static let telling = -35.0
    /// 2 dB a second, in blocks of 10 ms.
    private static let learning = 0.02
}
