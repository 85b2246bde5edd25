import CoreTypes
import RTPCore
import Testing

/// A peer that sends any of the codecs that it listed, and changes between them in mid-stream (RFC 3264 section 6.1).
struct SeveralCodecsTests {
    static let remote = SourceLatchTests.signaled

    /// A sender of one stream whose codec changes: one SSRC, numbers that go on, timestamps that do or begin anew.
    private final class Peer {
        private var encoders: [AudioCodec: Leg] = [:]
        private var sequence: UInt16 = 100
        private var timestamp: UInt32 = 0xFFFF_F000
        private var clockRate = 0
        private let continues: Bool

        init(continues: Bool) { self.continues = continues }

        /// The next packet, in a codec that has a number.
        func packet(_ codec: AudioCodec, _ frame: [Int16]) -> [UInt8]? {
            let leg =
                self.encoders[codec]
                ?? Leg(
                    MediaParameters(
                        codec: codec,
                        sendPayloadType: SeveralCodecsTests.type(codec),
                        receivePayloadTypes: [0],
                        remote: SeveralCodecsTests.remote
                    )
                )
            if self.encoders[codec] == nil {
                self.encoders[codec] = leg
            }
            // Where the clock changes, some senders begin anew and some go on.
            if !self.continues, self.clockRate != codec.clockRate { self.timestamp &+= 1_234_567 }
            self.clockRate = codec.clockRate
            guard var bytes = leg.send(frame, now: .zero) else { return nil }
            self.sequence &+= 1
            let numbers: [(at: Int, value: UInt32, bytes: Int)] = [
                (2, UInt32(self.sequence), 2), (4, self.timestamp, 4), (8, 0xABCD, 4),
            ]
            for number in numbers {
                for index in 0..<number.bytes {
                    let shift = UInt32(8 * (number.bytes - 1 - index))
                    bytes[number.at + index] = UInt8(truncatingIfNeeded: number.value >> shift)
                }
            }
            self.timestamp &+= UInt32(codec.clockRate / 50)
            return bytes
        }
    }

    static func type(_ codec: AudioCodec) -> UInt8 {
        switch codec {
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        case .opus: 107
        case .l16Narrowband: 108
        case .l16Wideband: 109
        }
    }

    private static func parameters(_ codec: AudioCodec) -> MediaParameters {
        var parameters = MediaParameters(
            codec: codec,
            sendPayloadType: self.type(codec),
            receivePayloadTypes: [self.type(codec)],
            telephoneEventReceive: 101,
            remote: self.remote
        )
        parameters.alternatives = AudioCodec.allCases.filter { $0 != codec }.map {
            AlternativeCodec(codec: $0, sendPayloadType: self.type($0), receivePayloadTypes: [self.type($0)])
        }
        parameters.otherTelephoneEvents = [102]
        return parameters
    }

    /// A tone of 20 ms frames that goes on from codec to codec.
    private static func tone(_ codec: AudioCodec, frame: Int) -> [Int16] {
        let count = codec.audioRate / 50
        return (0..<count).map { index in
            let time = Double(frame * count + index) / Double(codec.audioRate)
            return Int16(8_000 * TestTone.sine(400 * time))
        }
    }

    @Test(arguments: AudioCodec.allCases, AudioCodec.allCases)
    func bothAreHeardWhicheverWasAgreedOn(agreed: AudioCodec, sent: AudioCodec) {
        for continues in [true, false] {
            let leg = Leg(SeveralCodecsTests.parameters(agreed))
            let peer = Peer(continues: continues)
            var now = Instant.zero
            var heard: Duration = .zero
            var energy = 0.0
            var count = 0
            for frame in 0..<100 {
                // Twenty packets of one, twenty of the other.
                let codec = frame / 20 % 2 == 0 ? agreed : sent
                guard let bytes = peer.packet(codec, SeveralCodecsTests.tone(codec, frame: frame)) else { continue }
                leg.receive(bytes, from: SeveralCodecsTests.remote, now: now)
                while let (audio, samples) = leg.popAudio(now: now) {
                    #expect(audio.sampleRate == codec.audioRate)
                    #expect(!audio.isConcealed)
                    heard += .nanoseconds(samples.count * 1_000_000_000 / audio.sampleRate) + audio.missingBefore
                    for sample in samples { energy += Double(sample) * Double(sample) }
                    count += samples.count
                }
                now += .milliseconds(20)
            }
            // No hole and no repetition but what the change of a clock may leave open.
            #expect(abs(heard.inSeconds - 2) < 0.11, "\(heard)")
            #expect((energy / Double(max(count, 1))).squareRoot() > 3_000)
            let statistics = leg.statistics
            #expect(statistics.unknownPayloadTypes == 0)
            #expect(statistics.undecodable == 0)
            #expect(statistics.packetsLost == 0)
            #expect(statistics.streamRestarts == 0)
        }
    }

    @Test(arguments: AudioCodec.allCases, AudioCodec.allCases)
    func theJitterBufferGoesOnAtTheAgreedRate(agreed: AudioCodec, sent: AudioCodec) {
        let leg = Leg(SeveralCodecsTests.parameters(agreed), reader: .jitterBuffer)
        let peer = Peer(continues: true)
        var now = Instant.zero
        var samples: [Int16] = []
        var concealed = 0
        var quiet = 0
        for frame in 0..<150 {
            let codec = frame / 25 % 2 == 0 ? agreed : sent
            if let bytes = peer.packet(codec, SeveralCodecsTests.tone(codec, frame: frame)) {
                leg.receive(bytes, from: SeveralCodecsTests.remote, now: now)
            }
            let played = leg.session.popJitterBuffer(agreed.audioRate / 50, into: &samples, now: now)
            #expect(samples.count == agreed.audioRate / 50)
            if frame > 10 {
                concealed += played.concealed + played.comfortNoise
                if samples.allSatisfy({ abs(Int($0)) < 500 }) { quiet += 1 }
            }
            now += .milliseconds(20)
        }
        // A frame or two may be made up where the codec changes.
        #expect(concealed <= agreed.audioRate / 50 * 8, "\(concealed)")
        #expect(quiet <= 4)
    }

    @Test func keysAndComfortNoiseAreHeardAsBefore() {
        let rig = Leg(SeveralCodecsTests.parameters(.opus))
        let peer = Peer(continues: true)
        var now = Instant.zero
        func deliver(_ bytes: [UInt8]?) {
            guard let bytes else { return }
            rig.receive(bytes, from: SeveralCodecsTests.remote, now: now)
            while rig.popAudio(now: now) != nil {}
            now += .milliseconds(20)
        }
        for frame in 0..<3 { deliver(peer.packet(.pcmu, SeveralCodecsTests.tone(.pcmu, frame: frame))) }
        for (type, payload): (UInt8, [UInt8]) in [(101, [5, 0x80, 3, 32]), (102, [6, 0x80, 3, 32]), (13, [60])] {
            guard var bytes = peer.packet(.pcmu, SeveralCodecsTests.tone(.pcmu, frame: 4)) else { continue }
            bytes[1] = type
            deliver(Array(bytes[..<12]) + payload)
        }
        #expect(rig.popDigit() == "5")
        #expect(rig.popDigit() == "6")
        #expect(rig.statistics.comfortNoisePackets == 1)
        #expect(rig.statistics.unknownPayloadTypes == 0)
    }

    /// What was not listed is not heard.
    @Test func anythingElseIsDropped() {
        var parameters = SeveralCodecsTests.parameters(.pcmu)
        parameters.alternatives.removeAll { $0.codec == .pcma }
        let leg = Leg(parameters)
        let peer = Peer(continues: true)
        if let bytes = peer.packet(.pcma, SeveralCodecsTests.tone(.pcma, frame: 0)) {
            leg.receive(bytes, from: SeveralCodecsTests.remote, now: .zero)
        }
        #expect(leg.popAudio(now: .zero) == nil)
        #expect(leg.statistics.unknownPayloadTypes == 1)
    }

    /// RFC 3264 section 8.3.2: what was on its way by a codec that may still come is heard.
    @Test func aRenegotiationKeepsWhatIsOnItsWay() {
        let leg = Leg(SeveralCodecsTests.parameters(.pcmu))
        let peer = Peer(continues: true)
        var renewed = SeveralCodecsTests.parameters(.pcmu)
        for index in renewed.alternatives.indices where renewed.alternatives[index].codec == .opus {
            renewed.alternatives[index].receivePayloadTypes = [120]
        }
        leg.session.update(renewed)
        if let bytes = peer.packet(.opus, SeveralCodecsTests.tone(.opus, frame: 0)) {
            leg.receive(bytes, from: SeveralCodecsTests.remote, now: .zero)
        }
        #expect(leg.popAudio(now: .zero)?.samples.count == 320)
    }
}

/// A sine without Foundation.
enum TestTone {
    static func sine(_ turns: Double) -> Double {
        // Bhaskara's approximation, good to two parts in a thousand.
        let phase = turns - turns.rounded(.down)
        let half = phase < 0.5 ? phase * 2 : phase * 2 - 1
        let product = half * (1 - half)
        let value = 16 * product / (5 - 4 * product)
        return phase < 0.5 ? value : -value
    }
}
