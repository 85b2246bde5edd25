import Foundation
import Testing

@testable import svetlana

/// Conversations compute on threads of their own: whoever asks how the bot is does not wait for them.
@Suite(.timeLimit(.minutes(1))) struct WorkThreadsTests {
    /// As many tasks as the machine could ever run at once, all of which block until Swift's own pool has done something.
    @Test func `What blocks there leaves Swift's own pool free`() async {
        let count = 4 * ProcessInfo.processInfo.activeProcessorCount
        let threads = WorkThreads(name: "test-talk", count: count)
        let gate = Gate()
        let names = await withTaskGroup(of: String.self) { group in
            for _ in 0..<count {
                // What a task starts is where the task is.
                group.addTask(executorPreference: threads) { await Self.nameOfChild(blockedBy: gate) }
            }
            group.addTask {
                for _ in 0..<count { gate.open() }
                return "test-talk"
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names == ["test-talk"])
    }

    private static func nameOfChild(blockedBy gate: Gate) async -> String {
        await withTaskGroup(of: String.self) { group in
            group.addTask { gate.waitAndNameThread() }
            return await group.next() ?? ""
        }
    }

    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func open() { self.semaphore.signal() }

        func waitAndNameThread() -> String {
            self.semaphore.wait()
            return currentThreadName()
        }
    }

    @Test func `An actor works where who calls it prefers to`() async {
        actor Counter {
            func name() -> String { currentThreadName() }
        }
        let counter = Counter()
        let name = await WorkThreads.run { await counter.name() }
        #expect(name == "svetlana-talk")
        #expect(await counter.name() != "svetlana-talk")
    }
}

private func currentThreadName() -> String { Thread.current.name ?? "" }
