import AudioCore
import Synchronization
import Testing

@testable import VoicePipeline

/// The bounded stream between a stage and the conversation.
@Suite(.timeLimit(.minutes(1))) struct StageOutputTests {
    private func read(_ stream: AsyncThrowingStream<Int, any Error>) async -> (read: [Int], error: (any Error)?) {
        var read: [Int] = []
        do {
            for try await element in stream { read.append(element) }
            return (read, nil)
        } catch {
            return (read, error)
        }
    }

    @Test(arguments: [1, 2, 64]) func `as many as allowed may wait, and one more is a failure`(limit: Int) async throws
    {
        let (stream, output) = StageOutput<Int>.makeStream(stage: "model", limit: limit)
        for number in 0..<limit { try output.send(number) }
        let error = #expect(throws: StageError.self) { try output.send(limit) }
        #expect(error?.kind == .failed)
        #expect(error?.stage == "model")
        output.finish(throwing: error)
        // What waited is read before the failure.
        let (read, failure) = await self.read(stream)
        #expect(read == Array(0..<limit))
        #expect(failure as? StageError == error)
    }

    @Test func `what was read makes room`() async throws {
        let (stream, output) = StageOutput<Int>.makeStream(stage: "model", limit: 1)
        var iterator = stream.makeAsyncIterator()
        for number in 0..<100 {
            try output.send(number)
            #expect(try await iterator.next() == number)
        }
        output.finish()
        #expect(try await iterator.next() == nil)
    }

    @Test func `a reader that goes cancels the work, and what comes later is nobody's`() async throws {
        let cancellations = Mutex(0)
        let (stream, output) = StageOutput<Int>.makeStream(stage: "model", limit: 1)
        output.onCancel { cancellations.withLock { $0 += 1 } }
        let reader = Task { await self.read(stream) }
        reader.cancel()
        _ = await reader.value
        #expect(cancellations.withLock { $0 } == 1)
        for number in 0..<10 { try output.send(number) }
    }

    @Test func `an end is no cancellation`() async {
        let cancellations = Mutex(0)
        let (stream, output) = StageOutput<Int>.makeStream(stage: "model", limit: 1)
        output.onCancel { cancellations.withLock { $0 += 1 } }
        output.finish()
        #expect(await self.read(stream).read.isEmpty)
        #expect(cancellations.withLock { $0 } == 0)
    }

    @Test func `a stage of one's own is ready and not probed unless it says otherwise`() async throws {
        struct Silent: TextToSpeech {
            func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
                let (stream, output) = StageOutput<AudioFrame>.makeStream(stage: "text to speech", limit: 1)
                output.finish()
                return stream
            }
        }
        let stage: any TextToSpeech = Silent()
        try await stage.prepare()
        #expect(await stage.probe() == .notProbed)
        #expect(ProbeResult.notProbed.description == "not probed")
    }
}
