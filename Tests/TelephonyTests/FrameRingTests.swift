import AudioCore
import CoreTypes
import Testing

@testable import Telephony

/// What was heard, on its way to the application.
@Suite(.timeLimit(.minutes(1))) struct FrameRingTests {
    private func frame(_ value: Int16, missing: Duration = .zero) -> AudioFrame {
        AudioFrame(samples: [Int16](repeating: value, count: 160), sampleRate: 8_000, missingBefore: missing)
    }

    @Test func `Frames come out in order`() async {
        let ring = FrameRing(capacity: 10)
        for value in 1...5 { ring.push(self.frame(Int16(value))) }
        ring.finish()
        var values: [Int16?] = []
        while let frame = await ring.next() { values.append(frame.samples.first) }
        #expect(values == [1, 2, 3, 4, 5])
        #expect(await ring.next() == nil)
    }

    @Test func `When it is full the oldest are dropped, and told as missing`() async {
        let ring = FrameRing(capacity: 3)
        ring.push(self.frame(1, missing: .milliseconds(7)))
        for value in 2...5 { ring.push(self.frame(Int16(value))) }
        let first = await ring.next()
        #expect(first?.samples.first == 3)
        #expect(first?.missingBefore == .milliseconds(47))
        let second = await ring.next()
        #expect(second?.samples.first == 4)
        #expect(second?.missingBefore == .zero)
    }

    @Test func `It holds no more than its capacity however much comes`() async {
        let ring = FrameRing(capacity: 250)
        for value in 0..<10_000 { ring.push(self.frame(Int16(value % 1_000))) }
        ring.finish()
        var count = 0
        var missing = Duration.zero
        while let frame = await ring.next() {
            count += 1
            missing += frame.missingBefore
        }
        #expect(count == 250)
        #expect(missing == .milliseconds(20 * 9_750))
    }

    @Test func `A waiting consumer gets the next frame, and the end`() async {
        let ring = FrameRing(capacity: 3)
        async let heard = ring.next()
        while !ring.isAwaited, !Task.isCancelled { await Task.yield() }
        ring.push(self.frame(9))
        #expect(await heard?.samples.first == 9)
        async let end = ring.next()
        while !ring.isAwaited, !Task.isCancelled { await Task.yield() }
        ring.finish()
        #expect(await end == nil)
    }

    @Test func `After the end nothing is taken any more`() async {
        let ring = FrameRing(capacity: 3)
        ring.finish()
        ring.push(self.frame(1))
        #expect(await ring.next() == nil)
    }

    @Test func `A cancelled consumer stops waiting, and the next one gets what comes`() async {
        let ring = FrameRing(capacity: 3)
        let task = Task { await ring.next() }
        while !ring.isAwaited, !Task.isCancelled { await Task.yield() }
        task.cancel()
        #expect(await task.value == nil)
        let second = Task { await ring.next() }
        while !ring.isAwaited, !Task.isCancelled { await Task.yield() }
        ring.push(self.frame(4))
        #expect(await second.value?.samples.first == 4)
    }

    @Test func `A second consumer gets the end, and its cancellation leaves the first one alone`() async {
        let ring = FrameRing(capacity: 3)
        let first = Task { await ring.next() }
        while !ring.isAwaited, !Task.isCancelled { await Task.yield() }
        #expect(await ring.next() == nil)
        let second = Task { await ring.next() }
        second.cancel()
        #expect(await second.value == nil)
        ring.push(self.frame(6))
        #expect(await first.value?.samples.first == 6)
    }

    @Test func `Many producers and cancellations lose no waiter`() async {
        let ring = FrameRing(capacity: 50)
        let total = 2_000
        var taken: [Int16] = []
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for value in 0..<total { ring.push(self.frame(Int16(value % 100))) } }
            for _ in 0..<200 {
                let task = Task { await ring.next() }
                task.cancel()
                if let first = await task.value?.samples.first { taken.append(first) }
            }
            await group.waitForAll()
        }
        ring.finish()
        let before = taken.count
        while let frame = await ring.next() { taken += frame.samples.prefix(1) }
        // The newest that have room are left, and the last one went to somebody.
        #expect(taken.count - before <= 50)
        #expect(taken.last == Int16((total - 1) % 100))
    }

    @Test(arguments: 0..<20) func `Frames of any length come out as they went in, whoever is ahead`(seed: UInt64) async
    {
        var random = SeededRandom(seed: seed)
        let ring = FrameRing(capacity: 50)
        ring.hearEverything()
        var expected: [AudioFrame] = []
        var pushed = 0
        for _ in 0..<500 {
            if expected.isEmpty || expected.count < 50 && Bool.random(using: &random) {
                let count = Int.random(in: 1...2_000, using: &random)
                pushed += 1
                let samples = (0..<count).map { Int16(truncatingIfNeeded: $0 &+ pushed) }
                let frame = AudioFrame(samples: samples, sampleRate: [8_000, 16_000, 48_000][pushed % 3])
                ring.push(samples.span, sampleRate: frame.sampleRate, missingBefore: .zero)
                expected.append(frame)
            } else {
                let heard = await ring.next()
                #expect(heard == expected.removeFirst())
            }
        }
    }

    @Test func `A frame that was taken is not changed by those that come`() async {
        let ring = FrameRing(capacity: 10)
        var kept: [AudioFrame] = []
        for value in 0..<100 {
            ring.push([Int16](repeating: Int16(value), count: 160).span, sampleRate: 8_000, missingBefore: .zero)
            if let frame = await ring.next() { kept.append(frame) }
        }
        #expect(kept.map(\.samples) == (0..<100).map { [Int16](repeating: $0, count: 160) })
    }
}
