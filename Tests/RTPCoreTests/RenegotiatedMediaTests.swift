import CoreTypes
import RTPCore
import Testing

/// What re-INVITEs do to a leg in mid-call: another codec, other numbers, another address, another source.
struct RenegotiatedMediaTests {
    private static func parameters(
        _ codec: AudioCodec,
        sends: UInt8,
        receives: [UInt8],
        to remote: TransportAddress?
    ) -> MediaParameters {
        MediaParameters(codec: codec, sendPayloadType: sends, receivePayloadTypes: receives, remote: remote)
    }

    /// Two sides that change together; each gives its own number for the codec.
    private static func change(_ line: VirtualLine, to codec: AudioCodec, left: UInt8, right: UInt8) {
        line.left.update(self.parameters(codec, sends: right, receives: [left], to: VirtualLine.rightAddress))
        line.right.update(self.parameters(codec, sends: left, receives: [right], to: VirtualLine.leftAddress))
    }

    @Test(arguments: AudioCodec.allCases, AudioCodec.allCases)
    func afterAChangeOfCodecBothHearEachOther(first: AudioCodec, second: AudioCodec) {
        let line = VirtualLine(codec: first)
        for frame in MediaSessionTests.voice(first, frames: 50) { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .milliseconds(100))
        let before = (line.heardByLeft.samples.count, line.heardByRight.samples.count)
        RenegotiatedMediaTests.change(line, to: second, left: 96, right: 111)
        let voice = MediaSessionTests.voice(second, frames: 50)
        for frame in voice { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .milliseconds(200))
        let expected = voice.count * voice[0].count
        #expect(line.heardByLeft.samples.count - before.0 == expected)
        #expect(line.heardByRight.samples.count - before.1 == expected)
        let energy = OpusTests.energy(Array(line.heardByRight.samples.dropFirst(before.1)))
        #expect(energy / OpusTests.energy(voice.flatMap(\.self)) > 0.5)
        for statistics in [line.left.statistics, line.right.statistics] {
            #expect(statistics.packetsLost == 0)
            #expect(statistics.unknownPayloadTypes == 0)
            #expect(statistics.undecodable == 0)
            #expect(statistics.audioConcealed == .zero)
            #expect(statistics.audioMissing == .zero)
        }
    }

    /// RFC 3264 section 8.3.2: packets by the old number are still on their way when the new one is agreed on.
    @Test func whatIsOnItsWayByTheOldNumberIsHeard() {
        let line = VirtualLine(codec: .opus)
        let voice = MediaSessionTests.voice(.opus, frames: 50)
        for frame in voice { line.tick(left: frame, right: nil) }
        // 30 ms long is the line, so that one or two packets are in it.
        RenegotiatedMediaTests.change(line, to: .opus, left: 96, right: 98)
        for frame in voice { line.tick(left: frame, right: nil) }
        RenegotiatedMediaTests.change(line, to: .opus, left: 120, right: 121)
        for frame in voice { line.tick(left: frame, right: nil) }
        line.run(until: line.now + .milliseconds(200))
        #expect(line.heardByRight.samples.count == 3 * voice.count * voice[0].count)
        #expect(line.heardByRight.missing == .zero)
        #expect(line.right.statistics.unknownPayloadTypes == 0)
        #expect(line.right.statistics.packetsLost == 0)
    }

    @Test func anOldNumberThatMeansAnotherCodecNowIsNotHeardAsThat() {
        let rig = MediaSessionReceptionTests.Rig(.pcmu)
        rig.take(1)
        #expect(rig.heard() == [1])
        rig.session.update(
            RenegotiatedMediaTests.parameters(
                .pcma,
                sends: 8,
                receives: [8],
                to: MediaSessionReceptionTests.signaled
            )
        )
        rig.take(2)
        #expect(rig.heard().isEmpty)
        rig.take(3, type: 8)
        #expect(rig.heard().count == 1)
        #expect(rig.session.statistics.unknownPayloadTypes == 1)
        #expect(rig.session.statistics.packetsLost == 0)
    }

    @Test(arguments: [true, false])
    func whoMovesIsHeardFromItsFirstPacketOn(changesSource: Bool) {
        let rig = MediaSessionReceptionTests.Rig(.pcmu)
        let moved = SourceLatchTests.address("10.0.9.8:6000")
        for sequence in UInt16(1)...50 {
            rig.take(sequence)
            rig.wait(20)
        }
        #expect(rig.heard() == Array(1...50))
        rig.session.update(RenegotiatedMediaTests.parameters(.pcmu, sends: 0, receives: [0], to: moved))
        #expect(rig.session.destination == moved)
        // What comes late from where it was is a stranger's; of another source it leaves no hole either.
        if changesSource { rig.take(51) }
        rig.wait(10)
        let first: UInt16 = changesSource ? 180 : 51
        for sequence in first..<(first + 20) {
            rig.take(sequence, source: changesSource ? 88 : 77, from: moved)
            rig.wait(20)
        }
        let heard = rig.heard()
        #expect(heard.suffix(20) == Array(Int(first)..<Int(first + 20))[...])
        #expect(rig.session.destination == moved)
        #expect(rig.session.statistics.packetsLost == 0)
        #expect(rig.session.statistics.bursts.bursts == 0)
        // Whoever goes on from there is a stranger now.
        rig.take(90)
        rig.take(91)
        #expect(rig.heard().isEmpty)
        #expect(rig.session.destination == moved)
    }

    /// RFC 4733 section 2.1: a key's length is in the clock that was agreed on for it.
    @Test(arguments: [(nil as Int?, 960), (48_000, 960), (8_000, 160)])
    func aKeyBesideOpusCountsInItsOwnClock(rate: Int?, perPacket: Int) throws {
        var parameters = VirtualLine.parameters(.opus, to: VirtualLine.rightAddress)
        if let rate { parameters.telephoneEventClockRate = rate }
        let leg = Leg(parameters)
        #expect(leg.sendDTMF("5"))
        let silence = [Int16](repeating: 0, count: 320)
        var durations: [Int] = []
        for _ in 0..<4 {
            let datagram = try #require(leg.send(silence, now: .zero))
            let packet = try #require(RTPPacket(datagram))
            #expect(packet.payloadType == 101)
            durations.append(Int(try #require(TelephoneEvent(Array(datagram[packet.payload]))).duration))
        }
        #expect(durations == (1...4).map { $0 * perPacket })
    }
}
