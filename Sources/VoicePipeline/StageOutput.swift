/// The writing end of the stream that a stage returns: it holds a limited number of elements that were not read yet.
///
/// A stage works faster than a call is heard, and does not wait for it: a server would take the waiting for a stalled
/// reader, and a thread that all calls share would keep the others waiting. So what may wait is what one reply or one
/// sentence can be at most, and more than that is a failure of the stage.
public struct StageOutput<Element: Sendable>: Sendable {
    private let continuation: AsyncThrowingStream<Element, any Error>.Continuation
    private let stage: String
    private let limit: Int

    /// Makes a stream and its writing end.
    ///
    /// - Parameters:
    ///   - stage: The stage in the error of an overflow.
    ///   - limit: How many elements may wait to be read, at least one.
    public static func makeStream(
        stage: String,
        limit: Int
    ) -> (stream: AsyncThrowingStream<Element, any Error>, output: StageOutput<Element>) {
        let limit = max(1, limit)
        let (stream, continuation) = AsyncThrowingStream<Element, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(limit)
        )
        return (stream, StageOutput(continuation: continuation, stage: stage, limit: limit))
    }

    /// Adds an element. Does nothing when the stream is over or nobody reads it any more.
    ///
    /// - Throws: ``StageError`` `.failed` when as many as allowed wait already; the element is lost then.
    public func send(_ element: Element) throws {
        switch self.continuation.yield(element) {
        case .enqueued, .terminated: return
        case .dropped:
            throw StageError(
                .failed,
                stage: self.stage,
                message: "gave more at once than may wait to be heard (\(self.limit) pieces)"
            )
        @unknown default: return
        }
    }

    /// Ends the stream: by itself, or with a failure. What waits is still read.
    public func finish(throwing error: (any Error)? = nil) {
        self.continuation.finish(throwing: error)
    }

    /// Sets what happens when the reader goes before the stream was finished.
    public func onCancel(_ action: @escaping @Sendable () -> Void) {
        self.continuation.onTermination = { reason in
            if case .cancelled = reason { action() }
        }
    }
}
