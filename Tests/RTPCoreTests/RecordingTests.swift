import CoreTypes
import Testing

@testable import RTPCore

/// A copy of what comes, read by the clock beside the reader.
@Suite struct RecordingTests {
    private struct Pair: ~Copyable {
        var speaker: MediaSession
        var listener: MediaSession
        var now = Instant(nanoseconds: 5_000_000_000)
        static let speakerAddress = TransportAddress(host: .v4(0x0A00_0001), port: 4_000)
        static let listenerAddress = TransportAddress(host: .v4(0x0A00_0002), port: 4_000)

        init() {
            var random = SeededRandom(seed: 3)
            self.speaker = MediaSession(Self.parameters(.pcmu, to: Self.listenerAddress), random: &random)
            self.listener = MediaSession(Self.parameters(.pcmu, to: Self.speakerAddress), random: &random)
        }

        static func parameters(_ codec: AudioCodec, to remote: TransportAddress) -> MediaParameters {
            let type = codec.staticPayloadType ?? 96
            return MediaParameters(codec: codec, sendPayloadType: type, receivePayloadTypes: [type], remote: remote)
        }

        /// Twenty milliseconds of a rising level, unless the packet is lost on its way.
        mutating func speak(_ value: Int16, samples: Int = 160, isLost: Bool = false) {
            var packet: [UInt8] = []
            let frame = (0..<samples).map { $0 / 4 % 2 == 0 ? value : -value }
            if self.speaker.send(frame.span, now: self.now, into: &packet), !isLost {
                self.listener.receive(packet.span, from: Self.speakerAddress, now: self.now)
            }
            self.now += .milliseconds(20)
        }
    }

    @Test func `The reader and the recording both get everything, and the recording has no holes`() {
        var pair = Pair()
        pair.listener.setRecorded(true)
        var heard: [Int16] = []
        var recorded: [Int16] = []
        var frame: [Int16] = []
        for index in 0..<100 {
            pair.speak(8_000, isLost: (50..<52).contains(index))
            while pair.listener.popAudio(into: &frame, now: pair.now) != nil { heard += frame }
            let played = pair.listener.popRecording(160, into: &frame, now: pair.now)
            #expect(frame.count == 160)
            #expect(played.concealed <= 160)
            recorded += frame
        }
        #expect(recorded.count == 16_000)
        #expect(heard.count >= 98 * 160)
        // The loss is made up in both, at nearly the level of what is around it.
        let loud = recorded.filter { abs(Int($0)) > 3_000 }.count
        #expect(loud > 15_000 - 160 * 10)
        let gap = recorded[(50 * 160)..<(56 * 160)].filter { abs(Int($0)) > 1_000 }.count
        #expect(gap > 4 * 160)
    }

    @Test func `Without a recording there is silence, and nothing is kept`() {
        var pair = Pair()
        var frame: [Int16] = [1, 2, 3]
        pair.speak(8_000)
        let played = pair.listener.popRecording(160, into: &frame, now: pair.now)
        #expect(played == JitterBufferFrame())
        #expect(frame == [Int16](repeating: 0, count: 160))
        pair.listener.setRecorded(true)
        pair.listener.setRecorded(false)
        _ = pair.listener.popRecording(80, into: &frame, now: pair.now)
        #expect(frame == [Int16](repeating: 0, count: 80))
    }

    @Test func `A recording that nobody reads keeps the newest and does not grow`() {
        var pair = Pair()
        pair.listener.setRecorded(true)
        for _ in 0..<500 { pair.speak(100) }
        for _ in 0..<100 { pair.speak(8_000) }
        var frame: [Int16] = []
        var loud = 0
        for _ in 0..<50 {
            _ = pair.listener.popRecording(160, into: &frame, now: pair.now)
            loud += frame.filter { abs(Int($0)) > 3_000 }.count
            pair.speak(8_000)
        }
        #expect(loud > 20 * 160)
    }

    @Test func `It follows a change of the codec`() {
        var pair = Pair()
        pair.listener.setRecorded(true)
        for _ in 0..<10 { pair.speak(8_000) }
        pair.speaker.update(Pair.parameters(.l16Wideband, to: Pair.listenerAddress))
        pair.listener.update(Pair.parameters(.l16Wideband, to: Pair.speakerAddress))
        var frame: [Int16] = []
        var loud = 0
        for _ in 0..<50 {
            pair.speak(8_000, samples: 320)
            _ = pair.listener.popRecording(320, into: &frame, now: pair.now)
            loud += frame.filter { abs(Int($0)) > 3_000 }.count
        }
        #expect(loud > 30 * 320)
    }
}
