import CoreTypes
import Testing

/// What happens, for one reader at a time.
@Suite(.timeLimit(.minutes(1))) struct EventQueueTests {
    private func next(_ queue: EventQueue<Int>) async -> Int? {
        for await number in queue { return number }
        return nil
    }

    @Test func `What is told before anybody reads is kept, in order, and then the end`() async {
        let queue = EventQueue<Int>(capacity: 3, losing: .oldest)
        for number in 1...3 { #expect(queue.append(number)) }
        queue.finish()
        #expect(!queue.append(4))
        var read: [Int] = []
        for await number in queue { read.append(number) }
        #expect(read == [1, 2, 3])
    }

    @Test func `It holds no more than its capacity`() async {
        let oldest = EventQueue<Int>(capacity: 2, losing: .oldest)
        let newest = EventQueue<Int>(capacity: 2, losing: .newest)
        for number in 1...5 {
            oldest.append(number)
            #expect(newest.append(number) == (number <= 2))
        }
        var kept: [[Int]] = []
        for queue in [oldest, newest] {
            queue.finish()
            kept.append(await queue.reduce(into: []) { $0.append($1) })
        }
        #expect(kept == [[4, 5], [1, 2]])
    }

    @Test func `A reader that loses a race takes nothing, and the next one goes on`() async {
        let queue = EventQueue<Int>(capacity: 8, losing: .oldest)
        for number in 1...20 {
            let loser = Task { await self.next(queue) }
            while queue.waiting == 0, !Task.isCancelled { await Task.yield() }
            loser.cancel()
            #expect(await loser.value == nil)
            queue.append(number)
            #expect(await self.next(queue) == number)
        }
        queue.append(21)
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return await self.next(queue)
        }
        late.cancel()
        #expect(await late.value == nil)
        #expect(await self.next(queue) == 21)
    }

    @Test func `One iterator may be raced again and again`() async {
        let queue = EventQueue<Int>(capacity: 8, losing: .oldest)
        let iterator = queue.makeAsyncIterator()
        let loser = Task {
            var iterator = iterator
            return await iterator.next()
        }
        loser.cancel()
        _ = await loser.value
        queue.append(7)
        var again = iterator
        #expect(await again.next() == 7)
    }

    @Test func `The end wakes everybody who waits`() async {
        let queue = EventQueue<Int>(capacity: 1, losing: .oldest)
        let readers = (0..<3).map { _ in Task { await self.next(queue) } }
        while queue.waiting < 3, !Task.isCancelled { await Task.yield() }
        queue.finish()
        for reader in readers { #expect(await reader.value == nil) }
    }

    @Test func `Many cancellations lose no element`() async {
        let queue = EventQueue<Int>(capacity: 5_000, losing: .newest)
        let total = 2_000
        let read = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                for number in 1...total { queue.append(number) }
                return 0
            }
            for _ in 0..<500 {
                group.addTask {
                    let task = Task { await self.next(queue) }
                    task.cancel()
                    return await task.value == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        queue.finish()
        let rest = await queue.reduce(0) { count, _ in count + 1 }
        #expect(read + rest == total)
    }
}
