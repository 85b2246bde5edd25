import AudioCore
import CoreTypes
import Synchronization
import Testing

@testable import Telephony

/// Both sides of a call on one clock, on their way to a sink.
@Suite struct CallRecorderTests {
    /// What a sink was given; it fails when told to.
    final class Taken: Sendable {
        struct State {
            var inbound: [Int16] = []
            var outbound: [Int16] = []
            var sampleRate = 0
            var failure: RecordingError?
            var endings: [String] = []
            var reported: [RecordingError] = []
        }
        let state = Mutex(State())

        var inbound: [Int16] { self.state.withLock { $0.inbound } }
        var outbound: [Int16] { self.state.withLock { $0.outbound } }
        var endings: [String] { self.state.withLock { $0.endings } }
        var reported: [RecordingError] { self.state.withLock { $0.reported } }

        func fail(_ failure: RecordingError) { self.state.withLock { $0.failure = failure } }
    }

    final class Sink: RecordingSink {
        private let taken: Taken

        init(_ taken: Taken) { self.taken = taken }

        func write(inbound: Span<Int16>, outbound: Span<Int16>, sampleRate: Int) throws(RecordingError) {
            try self.taken.state.withLock { state throws(RecordingError) in
                if let failure = state.failure { throw failure }
                state.sampleRate = sampleRate
                for index in inbound.indices { state.inbound.append(inbound[index]) }
                for index in outbound.indices { state.outbound.append(outbound[index]) }
            }
        }

        func finish() throws(RecordingError) { self.taken.state.withLock { $0.endings.append("finish") } }

        func discard() { self.taken.state.withLock { $0.endings.append("discard") } }
    }

    /// A recorder whose writer is the test.
    private func recorder(_ taken: Taken, limit: Duration = .seconds(3_600)) -> CallRecorder {
        CallRecorder(to: Sink(taken), limit: limit, writer: nil) { failure in
            taken.state.withLock { $0.reported.append(failure) }
        }
    }

    /// Gives the recorder frames of 20 ms; how many it took.
    @discardableResult
    private func append(_ recorder: CallRecorder, _ inbound: Int16, _ outbound: Int16, rate: Int, frames: Int) -> Int {
        let left = [Int16](repeating: inbound, count: rate / 50)
        let right = [Int16](repeating: outbound, count: rate / 50)
        return (0..<frames).filter { _ in recorder.append(inbound: left, outbound: right, sampleRate: rate) }.count
    }

    @Test func `It keeps both sides at the codec's rate, and only what was not given yet`() async {
        let taken = Taken()
        let recorder = self.recorder(taken)
        for _ in 0..<10 {
            self.append(recorder, 1_000, -1_000, rate: 16_000, frames: 10)
            #expect(!recorder.drain())
        }
        recorder.close()
        #expect(recorder.drain())
        #expect(taken.state.withLock { $0.sampleRate } == 16_000)
        #expect(taken.inbound == [Int16](repeating: 1_000, count: 32_000))
        #expect(taken.outbound == [Int16](repeating: -1_000, count: 32_000))
        #expect(await recorder.finish() == RecordingOutcome(duration: .seconds(2)))
        #expect(taken.endings == ["finish"])
    }

    @Test func `When the codec changes the recording goes on at its first rate`() {
        let taken = Taken()
        let recorder = self.recorder(taken)
        self.append(recorder, 1_000, -1_000, rate: 8_000, frames: 50)
        self.append(recorder, 2_000, -2_000, rate: 16_000, frames: 50)
        _ = recorder.drain()
        self.append(recorder, 3_000, -3_000, rate: 8_000, frames: 50)
        recorder.close()
        #expect(recorder.drain())
        let inbound = taken.inbound
        #expect(taken.state.withLock { $0.sampleRate } == 8_000)
        #expect(abs(inbound.count - 24_000) < 160)
        #expect(inbound.count == taken.outbound.count)
        for (index, value) in [(4_000, 1_000), (12_000, 2_000), (20_000, 3_000)] {
            #expect(abs(Int(inbound[index]) - value) < 20)
            #expect(abs(Int(taken.outbound[index]) + value) < 20)
        }
    }

    @Test func `It stops at its limit`() async {
        let taken = Taken()
        let recorder = self.recorder(taken, limit: .seconds(1))
        #expect(self.append(recorder, 1, 2, rate: 8_000, frames: 200) == 50)
        #expect(recorder.drain())
        #expect(await recorder.finish() == RecordingOutcome(duration: .seconds(1), reachedLimit: true))
        #expect(taken.reported.isEmpty)
    }

    @Test func `A sink that is too slow ends the recording after five seconds, which are kept`() async {
        let taken = Taken()
        let recorder = self.recorder(taken)
        #expect(self.append(recorder, 1, 2, rate: 8_000, frames: 1_000) == 250)
        #expect(taken.reported == [.tooSlow])
        #expect(recorder.drain())
        #expect(taken.inbound.count == 40_000)
        #expect(await recorder.finish() == RecordingOutcome(duration: .seconds(5), failure: .tooSlow))
        #expect(taken.reported == [.tooSlow])
        #expect(taken.endings == ["finish"])
    }

    @Test func `A sink that fails ends the recording, is reported once, and what it took is kept`() async {
        let taken = Taken()
        let full = RecordingError.system(operation: "/recordings/call.wav", code: 28)
        let recorder = self.recorder(taken)
        self.append(recorder, 1, 2, rate: 8_000, frames: 10)
        #expect(!recorder.drain())
        taken.fail(full)
        self.append(recorder, 1, 2, rate: 8_000, frames: 10)
        #expect(recorder.drain())
        #expect(self.append(recorder, 1, 2, rate: 8_000, frames: 10) == 0)
        #expect(taken.reported == [full])
        #expect(taken.endings == ["finish"])
        #expect(await recorder.finish() == RecordingOutcome(duration: .milliseconds(200), failure: full))
        #expect(full.description.contains("No space left"))
    }

    @Test func `A call without media leaves nothing`() async {
        let taken = Taken()
        let recorder = self.recorder(taken)
        #expect(await recorder.finish() == RecordingOutcome())
        #expect(self.append(recorder, 1, 2, rate: 8_000, frames: 10) == 0)
        #expect(taken.endings.isEmpty)
    }

    @Test(arguments: [true, false]) func `What is discarded is dropped, also behind its end`(isOver: Bool) async {
        let taken = Taken()
        let recorder = self.recorder(taken)
        self.append(recorder, 1, 2, rate: 8_000, frames: 10)
        recorder.close()
        if isOver { #expect(recorder.drain()) }
        async let discarded: Void = recorder.discard()
        if !isOver {
            while !recorder.isDiscarded { await Task.yield() }
            #expect(recorder.drain())
            #expect(taken.inbound.isEmpty)
        }
        await discarded
        #expect(taken.endings.last == "discard")
        #expect(isOver == taken.endings.contains("finish"))
    }

    @Test func `The writer's thread takes the recordings of many calls`() async {
        let calls = (0..<20).map { _ in Taken() }
        let recorders = calls.map { CallRecorder(to: Sink($0)) }
        for frame in 0..<100 {
            for recorder in recorders { self.append(recorder, Int16(frame), 2, rate: 8_000, frames: 1) }
        }
        for recorder in recorders { #expect(await recorder.finish() == RecordingOutcome(duration: .seconds(2))) }
        for taken in calls {
            #expect(taken.inbound == (0..<100).flatMap { [Int16](repeating: $0, count: 160) })
            #expect(taken.endings == ["finish"])
        }
    }
}
