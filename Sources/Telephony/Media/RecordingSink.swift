/// Where a recording goes, piece by piece. It is called by the writer's thread only and may block it; a sink that fails gets
/// nothing more.
public protocol RecordingSink: AnyObject {
    /// Takes the next stretch of both sides, equally long, at the rate of the first stretch.
    func write(inbound: Span<Int16>, outbound: Span<Int16>, sampleRate: Int) throws(RecordingError)

    /// Ends the recording and keeps it; called once, also after a failure, for what was taken by then.
    func finish() throws(RecordingError)

    /// Ends the recording and drops it; called in place of `finish`, or after it.
    func discard()
}

/// Why a recording ended before its call did; the call goes on.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed: the disk is full, the folder may not be written to.
    case system(operation: String, code: Int32)
    /// The disk, or the sink, is slower than the call.
    case tooSlow
    /// A sink of the application failed.
    case sink(String)

    /// A sentence for a person.
    public var description: String {
        switch self {
        case .system(let operation, let code): SocketError(operation: operation, code: code).description
        case .tooSlow: "it could not be written as fast as the call went on"
        case .sink(let what): what
        }
    }
}

/// What became of a recording.
public struct RecordingOutcome: Sendable, Hashable {
    /// How much was recorded, as far as it was handed to the sink.
    public var duration: Duration = .zero
    /// Why it ended early, when it did.
    public var failure: RecordingError?
    /// Whether it ended at its limit.
    public var reachedLimit = false

    /// Makes an outcome; by default of nothing.
    public init(duration: Duration = .zero, failure: RecordingError? = nil, reachedLimit: Bool = false) {
        self.duration = duration
        self.failure = failure
        self.reachedLimit = reachedLimit
    }
}
