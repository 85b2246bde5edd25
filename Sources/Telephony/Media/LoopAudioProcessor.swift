/// Works on the audio of a leg on the media thread: echo, playback, mixing, analysis. Nothing hops, nothing waits.
///
/// It is called once each 20 ms and must be quick: other calls wait meanwhile. It must not block, take locks that others
/// hold for long, or allocate. It belongs to its leg from the moment it is handed over.
public protocol LoopAudioProcessor: AnyObject {
    /// The rate in which it wants both directions; `nil` for that of the codec in use.
    var sampleRate: Int? { get }

    /// Takes 20 ms of what the peer says and fills as much of what the peer is to hear.
    ///
    /// - Parameters:
    ///   - heard: What the peer says, by the clock: what is missing was concealed.
    ///   - spoken: As long as `heard` and all silence.
    ///   - sampleRate: Samples per second of both.
    func process(_ heard: Span<Int16>, into spoken: inout MutableSpan<Int16>, sampleRate: Int)
}

/// Gives back what it hears.
public final class LoopEcho: LoopAudioProcessor {
    /// The rate in which the audio passes it.
    public let sampleRate: Int?

    /// Makes an echo; with a `sampleRate` the audio is converted to it and back.
    public init(sampleRate: Int? = nil) {
        self.sampleRate = sampleRate
    }

    /// Copies one to the other.
    public func process(_ heard: Span<Int16>, into spoken: inout MutableSpan<Int16>, sampleRate: Int) {
        for index in 0..<min(heard.count, spoken.count) { spoken[index] = heard[index] }
    }
}
