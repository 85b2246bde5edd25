import AudioCore
import CoreTypes
import Testing

@testable import Telephony

/// What is to be said, on its way to the media clock.
@Suite(.timeLimit(.minutes(1))) struct SpeechRingTests {
    @Test func `The clock gets what was written, then silence`() throws {
        let ring = SpeechRing(sampleRate: 8_000)
        #expect(try !ring.append((0..<200).map { Int16($0) + 1 }))
        var frame = [Int16](repeating: 9, count: 160)
        #expect(ring.pop(into: &frame))
        #expect(frame == (0..<160).map { Int16($0) + 1 })
        #expect(ring.pop(into: &frame))
        #expect(frame == (160..<200).map { Int16($0) + 1 } + [Int16](repeating: 0, count: 120))
        #expect(!ring.pop(into: &frame))
        #expect(frame.allSatisfy { $0 == 0 })
        #expect(ring.played == .milliseconds(25))
    }

    @Test func `A writer waits while more than a second is queued`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        #expect(try ring.append([Int16](repeating: 1, count: 8_160)))
        let writer = Task { await ring.room() }
        while ring.waiters == 0, !Task.isCancelled { await Task.yield() }
        var frame = [Int16](repeating: 0, count: 160)
        #expect(ring.pop(into: &frame))
        await writer.value
        // Exactly a second is no reason to wait.
        await ring.room()
    }

    @Test func `Draining ends with the last sample`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        await ring.drained()
        _ = try ring.append([Int16](repeating: 1, count: 200))
        let drain = Task { await ring.drained() }
        while ring.waiters == 0, !Task.isCancelled { await Task.yield() }
        var frame = [Int16](repeating: 0, count: 160)
        #expect(ring.pop(into: &frame))
        #expect(ring.waiters == 1)
        #expect(ring.pop(into: &frame))
        await drain.value
        #expect(ring.played == .milliseconds(25))
    }

    @Test func `Flushing drops what waits and lets everybody go on`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        _ = try ring.append([Int16](repeating: 1, count: 16_000))
        let writer = Task { await ring.room() }
        let drain = Task { await ring.drained() }
        while ring.waiters < 2, !Task.isCancelled { await Task.yield() }
        #expect(ring.flush() == .seconds(2))
        await writer.value
        await drain.value
        #expect(ring.flush() == .zero)
        #expect(ring.played == .zero)
    }

    @Test func `Closing lets everybody go on, and writing throws from then on`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        _ = try ring.append([Int16](repeating: 1, count: 16_000))
        let writer = Task { await ring.room() }
        while ring.waiters == 0, !Task.isCancelled { await Task.yield() }
        ring.close()
        await writer.value
        await ring.drained()
        #expect(throws: AudioPortClosed.self) { try ring.append([1]) }
    }

    @Test func `A cancelled writer and drainer wait no longer`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        _ = try ring.append([Int16](repeating: 1, count: 16_000))
        let tasks = [Task { await ring.room() }, Task { await ring.drained() }]
        while ring.waiters < 2, !Task.isCancelled { await Task.yield() }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        #expect(ring.waiters == 0)
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            await ring.room()
        }
        late.cancel()
        await late.value
    }

    @Test func `A write of a cancelled task throws`() async throws {
        let speech = CallSpeech(ring: SpeechRing(sampleRate: 8_000))
        let task = Task {
            let second = AudioFrame.silence(.seconds(1), sampleRate: 8_000)
            while true { try await speech.write(second) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `Another rate drops what waits at the old one and keeps the account`() throws {
        let ring = SpeechRing(sampleRate: 8_000)
        _ = try ring.append([Int16](repeating: 1, count: 320))
        var frame = [Int16](repeating: 0, count: 160)
        _ = ring.pop(into: &frame)
        ring.change(sampleRate: 16_000)
        #expect(ring.sampleRate == 16_000)
        #expect(!ring.pop(into: &frame))
        #expect(ring.played == .milliseconds(20))
        _ = try ring.append([Int16](repeating: 1, count: 320))
        frame = [Int16](repeating: 0, count: 320)
        _ = ring.pop(into: &frame)
        #expect(ring.played == .milliseconds(40))
    }

    @Test func `Frames of another rate are converted`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        let speech = CallSpeech(ring: ring)
        var tone = Tone.sine(440, level: -10, sampleRate: 24_000)
        try await speech.write(tone.next(.milliseconds(600)))
        var heard: [Int16] = []
        var frame = [Int16](repeating: 0, count: 160)
        while ring.pop(into: &frame) { heard += frame }
        #expect((4_000...5_000).contains(heard.count))
        #expect(abs(Level.rms(AudioFrame(samples: heard, sampleRate: 8_000)) + 10) < 4)
    }

    @Test func `A long speech needs no more memory than its own`() throws {
        let ring = SpeechRing(sampleRate: 8_000)
        var frame = [Int16](repeating: 0, count: 160)
        var expected: Int16 = 0
        for _ in 0..<2_000 {
            _ = try ring.append((0..<160).map { Int16(truncatingIfNeeded: $0) })
            #expect(ring.pop(into: &frame))
            expected &+= 1
            #expect(frame.last == 159)
        }
        #expect(ring.played == .seconds(40))
    }

    /// Writes of any length, pops, flushes and what cancelled writers take back, beside a plain array that does the same.
    @Test(arguments: 0..<50) func `It gives what a plain queue would`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let ring = SpeechRing(sampleRate: 8_000)
        var queue: [Int16] = []
        var played = 0
        var next: Int16 = 0
        for _ in 0..<2_000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<8:
                let count = [0, 1, 3, 79, 80, 160, 161, 1_000].randomElement(using: &random) ?? 0
                let samples = (0..<count).map { _ in
                    next &+= 1
                    return next
                }
                queue += samples
                #expect(try ring.append(samples) == (queue.count > 8_000))
            case 8: #expect(ring.flush() == .nanoseconds(queue.count * 125_000)); queue = []
            case 9:
                let count = Int.random(in: 0...400, using: &random)
                ring.takeBack(count)
                queue.removeLast(min(count, queue.count))
            default:
                var frame = [Int16](repeating: 9, count: Int.random(in: 1...400, using: &random))
                let count = min(frame.count, queue.count)
                let expected = queue[..<count] + [Int16](repeating: 0, count: frame.count - count)
                #expect(ring.pop(into: &frame) == (count > 0))
                #expect(frame == Array(expected))
                queue.removeFirst(count)
                played += count
            }
            #expect(ring.isIdle == queue.isEmpty)
        }
        #expect(ring.played == .nanoseconds(played * 125_000))
    }
}
