#if LocalSpeech
import Dispatch
import Synchronization
import Testing
import VoicePipeline

@testable import LocalSpeech

@Suite struct ToolThreadsTests {
    @Test func eachThreadMakesItsToolOnce() async throws {
        let threads = ToolThreads<Int>(name: "test", threads: 1, capacity: 4)
        var seen: [Int] = []
        for number in 1...3 {
            seen.append(
                try await threads.run(stage: "test") { tool in
                    if tool == nil { tool = number }
                    return tool ?? 0
                }
            )
        }
        #expect(seen == [1, 1, 1])
    }

    @Test func errorsComeBack() async {
        let threads = ToolThreads<Int>(name: "test", threads: 1, capacity: 4)
        await #expect(throws: StageError.self) {
            try await threads.run(stage: "test") { _ in throw StageError(.failed, stage: "test", message: "no") }
        }
    }

    @Test func cancellingDropsWhatHasNotBegun() async throws {
        let threads = ToolThreads<Int>(name: "test", threads: 1, capacity: 4)
        let gate = await blocked(threads)
        let ran = Flag()
        let task = Task { try await threads.run(stage: "test") { _ in ran.set() } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.signal()
        try await threads.run(stage: "test") { _ in }
        #expect(!ran.isSet)
    }

    @Test func cancellingLeavesWhatHasBegun() async throws {
        let threads = ToolThreads<Int>(name: "test", threads: 1, capacity: 4)
        let gate = DispatchSemaphore(value: 0)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await threads.run(stage: "test") { _ in
                begin.finish()
                gate.wait()
            }
        }
        for await _ in begun {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.signal()
    }

    @Test func aFullQueueRefuses() async throws {
        let threads = ToolThreads<Int>(name: "test", threads: 1, capacity: 1)
        let gate = await blocked(threads)
        let waiting = Flag()
        #expect(threads.submit { _ in waiting.set() } != nil)
        #expect(threads.submit { _ in } == nil)
        let error = await #expect(throws: StageError.self) { try await threads.run(stage: "test") { _ in } }
        #expect(error?.kind == .overloaded)
        gate.signal()
        while true {
            do {
                try await threads.run(stage: "test") { _ in }
                break
            } catch {
                await Task.yield()
            }
        }
        #expect(waiting.isSet)
    }

    @Test func threadsRunAtTheSameTimeUpToTheirLimit() async throws {
        let threads = ToolThreads<Int>(name: "test", threads: 2, capacity: 4)
        let first = await blocked(threads)
        let second = await blocked(threads)
        let third = Flag()
        let task = Task { try await threads.run(stage: "test") { _ in third.set() } }
        #expect(!third.isSet)
        first.signal()
        try await task.value
        #expect(third.isSet)
        second.signal()
    }

    /// Keeps a thread busy until the semaphore is signalled.
    private func blocked(_ threads: ToolThreads<Int>) async -> DispatchSemaphore {
        let gate = DispatchSemaphore(value: 0)
        await withCheckedContinuation { continuation in
            let ticket = threads.submit { _ in
                continuation.resume()
                gate.wait()
            }
            if ticket == nil { Issue.record("the queue is full") }
        }
        return gate
    }
}

/// Something that happened or did not.
private final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { self.state.load(ordering: .acquiring) }
    func set() { self.state.store(true, ordering: .releasing) }
}
#endif
