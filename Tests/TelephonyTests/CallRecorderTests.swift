import AudioCore
import CoreTypes
import Testing

@testable import Telephony

/// Both sides of a call on one clock.
@Suite struct CallRecorderTests {
    private func append(_ recorder: CallRecorder, _ inbound: Int16, _ outbound: Int16, rate: Int, frames: Int) {
        let left = [Int16](repeating: inbound, count: rate / 50)
        let right = [Int16](repeating: outbound, count: rate / 50)
        for _ in 0..<frames { recorder.append(inbound: left, outbound: right, sampleRate: rate) }
    }

    @Test func `It keeps both sides at the codec's rate`() {
        let recorder = CallRecorder()
        self.append(recorder, 1_000, -1_000, rate: 16_000, frames: 50)
        #expect(recorder.inbound.sampleRate == 16_000)
        #expect(recorder.inbound.samples == [Int16](repeating: 1_000, count: 16_000))
        #expect(recorder.outbound.samples == [Int16](repeating: -1_000, count: 16_000))
    }

    @Test func `When the codec changes the recording goes on at its first rate`() {
        let recorder = CallRecorder()
        self.append(recorder, 1_000, -1_000, rate: 8_000, frames: 50)
        self.append(recorder, 2_000, -2_000, rate: 16_000, frames: 50)
        self.append(recorder, 3_000, -3_000, rate: 8_000, frames: 50)
        let inbound = recorder.inbound
        #expect(inbound.sampleRate == 8_000)
        #expect(abs(inbound.duration.inSeconds - 3) < 0.02)
        #expect(inbound.samples.count == recorder.outbound.samples.count)
        for (index, value) in [(4_000, 1_000), (12_000, 2_000), (20_000, 3_000)] {
            #expect(abs(Int(inbound.samples[index]) - value) < 20)
            #expect(abs(Int(recorder.outbound.samples[index]) + value) < 20)
        }
    }

    @Test func `It stops at its limit`() {
        let recorder = CallRecorder(limit: .seconds(1))
        self.append(recorder, 1, 2, rate: 8_000, frames: 200)
        #expect(recorder.inbound.duration == .seconds(1))
    }
}
