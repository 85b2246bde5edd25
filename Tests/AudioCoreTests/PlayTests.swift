import AudioCore
import Synchronization
import Testing

/// Playing a frame, and being called off meanwhile.
@Suite(.timeLimit(.minutes(1))) struct PlayTests {
    /// A line that nothing leaves, and whose `drain` knows no cancellation: what an author of a port may write.
    private final class Line: AudioOutput {
        struct State {
            var written = 0
            var waiters: [CheckedContinuation<Void, Never>] = []
        }
        let sampleRate = 8_000
        let played = Duration.zero
        let state = Mutex(State())

        var written: Int { self.state.withLock { $0.written } }
        var isAwaited: Bool { self.state.withLock { !$0.waiters.isEmpty } }

        func write(_ frame: AudioFrame) async throws {
            self.state.withLock { $0.written += frame.samples.count }
        }

        @discardableResult
        func flush() -> Duration {
            let waiters = self.state.withLock { state in
                defer { state.waiters = [] }
                state.written = 0
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
            return .zero
        }

        func drain() async {
            await withCheckedContinuation { continuation in
                let isEmpty = self.state.withLock { state in
                    if state.written > 0 { state.waiters.append(continuation) }
                    return state.written == 0
                }
                if isEmpty { continuation.resume() }
            }
        }
    }

    @Test func `A cancelled play stops playing`() async {
        let line = Line()
        let playing = Task { try await line.play(.silence(.seconds(5), sampleRate: 8_000)) }
        while !line.isAwaited, !Task.isCancelled { await Task.yield() }
        #expect(line.written == 40_000)
        playing.cancel()
        await #expect(throws: CancellationError.self) { try await playing.value }
        #expect(line.written == 0)
    }

    @Test func `A play that was cancelled before it began plays nothing, and leaves what others wrote alone`()
        async throws
    {
        let line = Line()
        try await line.write(.silence(.seconds(1), sampleRate: 8_000))
        let playing = Task {
            while !Task.isCancelled { await Task.yield() }
            try await line.play(.silence(.seconds(5), sampleRate: 8_000))
        }
        playing.cancel()
        await #expect(throws: CancellationError.self) { try await playing.value }
        #expect(line.written == 8_000)
    }
}
