import AudioCore
import CoreTypes
import Testing

@testable import Telephony

/// An application that stalls: how late it is afterwards.
@Suite(.timeLimit(.minutes(1))) struct StalledReaderTests {
    private func frame(_ number: Int) -> AudioFrame {
        AudioFrame(samples: [Int16](repeating: Int16(number), count: 160), sampleRate: 8_000)
    }

    /// An echo, frame by frame in virtual time, that does nothing during `stall`; how many frames late it is at each tick.
    private func echo(stall: Range<Int>, keeps everything: Bool = false) async throws -> [Int] {
        let frames = FrameRing(capacity: 250)
        if everything { frames.hearEverything() }
        let speech = SpeechRing(sampleRate: 8_000)
        let mouth = CallSpeech(ring: speech)
        var late: [Int] = []
        var packet = [Int16](repeating: 0, count: 160)
        for tick in 1...200 {
            frames.push(self.frame(tick))
            if !stall.contains(tick), let heard = await frames.next() { try await mouth.write(heard) }
            if speech.pop(into: &packet) { late.append(tick - Int(packet[0])) }
        }
        return late
    }

    @Test(arguments: [11, 30, 100]) func `An echo that stalled is up to date again`(frames: Int) async throws {
        let late = try await self.echo(stall: 50..<(50 + frames))
        #expect(late.last == 0)
        #expect(late.count == 200 - frames)
    }

    @Test(arguments: 1...9) func `A short stall loses nothing, and is never later than 200 ms`(frames: Int) async throws
    {
        let late = try await self.echo(stall: 50..<(50 + frames))
        #expect(late.max() == frames)
    }

    @Test func `Who wants to hear everything is late and loses nothing`() async throws {
        let late = try await self.echo(stall: 50..<80, keeps: true)
        #expect(late.last == 30)
        #expect(late.count == 170)
    }

    @Test func `What was dropped is told`() async {
        let frames = FrameRing(capacity: 250)
        for number in 1...30 { frames.push(self.frame(number)) }
        let newest = await frames.next()
        #expect(newest?.samples.first == 30)
        #expect(newest?.missingBefore == .milliseconds(29 * 20))
    }

    @Test func `The last words of a call that is over are all heard`() async {
        let frames = FrameRing(capacity: 250)
        for number in 1...30 { frames.push(self.frame(number)) }
        frames.finish()
        var count = 0
        while await frames.next() != nil { count += 1 }
        #expect(count == 30)
    }

    @Test func `One frame is never too late, however long it is`() async {
        let frames = FrameRing(capacity: 250)
        frames.push(AudioFrame(samples: [Int16](repeating: 1, count: 8_000), sampleRate: 8_000))
        #expect(await frames.next()?.samples.count == 8_000)
    }

    // MARK: The writing side

    @Test func `A write that is cancelled while it waits takes back what has not left, and no more`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        let mouth = CallSpeech(ring: ring)
        try await mouth.write(AudioFrame(samples: [Int16](repeating: 1, count: 4_000), sampleRate: 8_000))
        let writing = Task {
            try await mouth.write(AudioFrame(samples: [Int16](repeating: 2, count: 80_000), sampleRate: 8_000))
        }
        while ring.waiters == 0, !Task.isCancelled { await Task.yield() }
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        var packet = [Int16](repeating: 0, count: 160)
        var left: [Int16: Int] = [:]
        while ring.pop(into: &packet) { left[packet[0], default: 0] += packet.count }
        #expect(left == [1: 4_000])
    }

    @Test func `A cancelled play is silent at once`() async throws {
        let ring = SpeechRing(sampleRate: 8_000)
        let mouth = CallSpeech(ring: ring)
        let playing = Task {
            try await mouth.play(AudioFrame(samples: [Int16](repeating: 2, count: 4_000), sampleRate: 8_000))
        }
        while ring.waiters == 0, !Task.isCancelled { await Task.yield() }
        playing.cancel()
        await #expect(throws: CancellationError.self) { try await playing.value }
        #expect(mouth.isIdle)
    }
}
