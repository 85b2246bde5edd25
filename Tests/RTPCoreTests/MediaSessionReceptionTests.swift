import CoreTypes
import RTPCore
import Testing

/// What a session makes of packets that no well-behaved peer of ours would send.
struct MediaSessionReceptionTests {
    static let signaled = SourceLatchTests.address("10.0.0.7:4000")
    static let behindNAT = SourceLatchTests.address("198.51.100.9:6000")

    final class Rig {
        var session: MediaSession
        var now = Instant.zero
        var samples: [Int16] = []

        init(_ codec: AudioCodec = .pcmu) {
            var random = SeededRandom(seed: 5)
            var parameters = VirtualLine.parameters(codec, to: MediaSessionReceptionTests.signaled)
            parameters.latch.signalingHost = MediaSessionReceptionTests.behindNAT.host
            self.session = MediaSession(parameters, random: &random)
        }

        func take(
            _ sequence: UInt16,
            timestamp: UInt32? = nil,
            type: UInt8 = 0,
            source: UInt32 = 77,
            payload: [UInt8]? = nil,
            from address: TransportAddress = MediaSessionReceptionTests.signaled
        ) {
            let timestamp = timestamp ?? UInt32(sequence) * 160
            var bytes: [UInt8] = [0x80, type, UInt8(sequence >> 8), UInt8(sequence & 255)]
            for value in [timestamp, source] {
                bytes += stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
            }
            // The payload names its packet.
            bytes += payload ?? [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: 160)
            self.session.receive(bytes.span, from: address, now: self.now)
        }

        /// The packets that come out, by their payload; 0 stands for made-up audio.
        func heard() -> [Int] {
            var heard: [Int] = []
            while let audio = self.session.popAudio(into: &self.samples, now: self.now) {
                heard.append(audio.isConcealed ? 0 : Int(G711.encode(self.samples.first ?? 0, law: .mu)))
            }
            return heard
        }

        func wait(_ milliseconds: Int) { self.now += .milliseconds(milliseconds) }
    }

    @Test func theFirstPacketIsHeardAtOnce() {
        let rig = Rig()
        rig.take(5)
        #expect(rig.heard() == [5])
        #expect(rig.session.statistics.packetsLost == 0)
    }

    @Test func fromBehindANATNotEvenTheFirstPacketIsLost() {
        let rig = Rig()
        for sequence in UInt16(1)...3 {
            rig.take(sequence, from: MediaSessionReceptionTests.behindNAT)
            #expect(rig.heard().isEmpty)
            rig.wait(20)
        }
        #expect(rig.session.destination == MediaSessionReceptionTests.signaled)
        rig.take(4, from: MediaSessionReceptionTests.behindNAT)
        #expect(rig.heard() == [1, 2, 3, 4])
        #expect(rig.session.destination == MediaSessionReceptionTests.behindNAT)
        #expect(rig.session.statistics.rejectedSources == 0)
        #expect(rig.session.statistics.packetsLost == 0)
    }

    @Test func anotherSourceIsTakenFromItsFirstPacketOn() {
        let rig = Rig()
        for sequence in UInt16(1)...5 {
            rig.take(sequence)
            rig.wait(20)
        }
        _ = rig.heard()
        rig.take(200, source: 88)
        #expect(rig.heard().isEmpty)
        rig.wait(20)
        rig.take(201, source: 88)
        #expect(rig.heard() == [200, 201])
        #expect(rig.session.statistics.streamRestarts == 1)
        #expect(rig.session.statistics.packetsLost == 0)
        // A straggler of the old stream and a stray packet change nothing.
        rig.take(5, source: 77)
        rig.take(9, source: 99)
        rig.take(202, source: 88)
        #expect(rig.heard() == [202])
    }

    @Test func aStrayPacketCostsTheNextStreamNothing() {
        var heard: [Int] = []
        let rig = Rig()
        rig.take(1)
        heard += rig.heard()
        rig.take(9, source: 99)
        rig.take(200, source: 88)
        rig.take(201, source: 88)
        heard += rig.heard()
        #expect(heard == [1, 200, 201])
        #expect(rig.session.statistics.packetsLost == 0)
    }

    @Test func aRestartOfTheNumbersIsTakenFromItsFirstPacketOn() {
        let rig = Rig()
        rig.take(10, timestamp: 500_000)
        rig.take(11, timestamp: 500_160)
        _ = rig.heard()
        rig.wait(20)
        rig.take(30_000, timestamp: 8)
        rig.wait(20)
        rig.take(30_001, timestamp: 168)
        #expect(rig.heard() == [30_000 & 255, 30_001 & 255])
        #expect(rig.session.statistics.audioMissing == .zero)
        #expect(rig.session.statistics.audioSuppressed == .zero)
    }

    @Test func comfortNoiseKeysAndUnknownTypesAreNoLoss() {
        let rig = Rig()
        rig.take(1)
        rig.take(2, type: 13, payload: [60])
        rig.take(3, type: 120)
        rig.take(4, type: 101, payload: [5, 0x80, 3, 32])
        rig.take(5)
        #expect(rig.heard() == [1, 5])
        let statistics = rig.session.statistics
        #expect(statistics.packetsLost == 0)
        #expect(statistics.comfortNoisePackets == 1)
        #expect(statistics.unknownPayloadTypes == 1)
        #expect(statistics.audioSuppressed == .milliseconds(60))
        let digits = [rig.session.popDigit(), rig.session.popDigit()]
        #expect(digits == ["5", nil])
    }

    @Test func anUnknownTypeTeachesNothing() {
        let rig = Rig()
        for sequence in UInt16(1)...50 {
            rig.take(sequence, type: 99, from: MediaSessionReceptionTests.behindNAT)
            rig.take(sequence, type: 99)
            rig.wait(20)
        }
        #expect(rig.heard().isEmpty)
        #expect(rig.session.destination == MediaSessionReceptionTests.signaled)
        #expect(rig.session.statistics.unknownPayloadTypes == 100)
        #expect(rig.session.statistics.packetsReceived == 0)
    }

    @Test func whoComesAfterTheLockIsNotHeard() {
        let rig = Rig()
        for sequence in UInt16(1)...100 {
            rig.take(sequence)
            rig.take(sequence, source: 666, from: MediaSessionReceptionTests.behindNAT)
            #expect(rig.heard() == [Int(sequence)])
            rig.wait(20)
        }
        #expect(rig.session.statistics.rejectedSources == 100)
        #expect(rig.session.destination == MediaSessionReceptionTests.signaled)
    }

    @Test func aLieOfTheTimestampsIsNotBelieved() {
        let rig = Rig()
        rig.take(1, timestamp: 0)
        rig.wait(20)
        // Three days are said to have passed.
        rig.take(2, timestamp: 2_000_000_000)
        rig.wait(20)
        rig.take(3, timestamp: 100)
        rig.wait(20)
        rig.take(4, timestamp: 100)
        #expect(rig.heard() == [1, 2, 3, 4])
        #expect(rig.session.statistics.audioSuppressed <= .milliseconds(1_020))
    }

    @Test func anOpusPayloadThatIsNoneIsToldAsAGap() throws {
        let rig = Rig(.opus)
        let peer = Leg(VirtualLine.parameters(.opus, to: VirtualLine.rightAddress))
        let voice = MediaSessionTests.voice(.opus, frames: 3)
        var datagrams = try voice.map { try #require(peer.send($0, now: .zero)) }
        datagrams[1] = Array(datagrams[1][0..<12]) + [0x03]
        var concealed = 0
        var real = 0
        for datagram in datagrams {
            rig.session.receive(datagram.span, from: MediaSessionReceptionTests.signaled, now: rig.now)
            while let audio = rig.session.popAudio(into: &rig.samples, now: rig.now) {
                if audio.isConcealed { concealed += rig.samples.count } else { real += rig.samples.count }
                #expect(audio.missingBefore == .zero)
            }
            rig.wait(20)
        }
        #expect(real == 640)
        #expect(concealed == 320)
        #expect(rig.session.statistics.undecodable == 1)
    }

    @Test func ourOwnSourceComingBackMakesUsTakeAnother() {
        let rig = Rig()
        let ours = rig.session.source
        rig.take(1, source: ours)
        #expect(rig.session.source != ours)
        #expect(rig.heard() == [1])
        let second = rig.session.source
        rig.wait(300)
        rig.take(2, source: second)
        #expect(rig.session.source == second)
        #expect(rig.heard() == [2])
    }

    @Test func packetsOfAnyLengthAreHeard() {
        let rig = Rig()
        var timestamp: UInt32 = 0
        var total = 0
        for (index, length) in [80, 160, 240, 480, 1, 1_488, 160].enumerated() {
            let payload = [UInt8](repeating: 0x55, count: length)
            rig.take(UInt16(index), timestamp: timestamp, payload: payload)
            timestamp += UInt32(length)
            while let audio = rig.session.popAudio(into: &rig.samples, now: rig.now) {
                #expect(audio.missingBefore == .zero)
                total += rig.samples.count
            }
        }
        #expect(total == 2_609)
        #expect(rig.session.statistics.audioSuppressed == .zero)
    }

    @Test func aFloodOfKeysIsBounded() {
        let rig = Rig()
        for sequence in UInt16(0)..<1_000 {
            rig.take(sequence, timestamp: UInt32(sequence) * 800, type: 101, payload: [1, 0x80, 0, 160])
        }
        var digits = 0
        while rig.session.popDigit() != nil { digits += 1 }
        #expect(digits == 32)
        #expect(rig.session.statistics.digitsReceived == 1_000)
    }

    @Test(arguments: [AudioCodec.pcmu, .g722])
    func gapsBetweenTinyPacketsAreFilledInFewPieces(codec: AudioCodec) {
        let rig = Rig(codec)
        let type = codec.staticPayloadType ?? 0
        var pieces = 0
        var concealed = Duration.zero
        for index in UInt16(0)..<30 {
            rig.take(index * 481, timestamp: UInt32(index) * 481, type: type, payload: [0x55])
        }
        rig.now += .seconds(1)
        while let audio = rig.session.popAudio(into: &rig.samples, now: rig.now) {
            pieces += 1
            if audio.isConcealed { concealed += .nanoseconds(rig.samples.count * 1_000_000_000 / audio.sampleRate) }
        }
        // At most 60 ms of each gap, in pieces of 10 ms.
        #expect(pieces <= 30 * 8)
        #expect(concealed > .seconds(1))
    }
}
