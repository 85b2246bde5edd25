import CoreTypes
import RTPCore
import Testing

struct MediaSessionTests {
    private static let voices: [AudioCodec: [[Int16]]] = Dictionary(
        uniqueKeysWithValues: AudioCodec.allCases.map { codec in
            let frame = codec.samples(in: .milliseconds(20))
            return (codec, OpusTests.voice(frames: 50, frame: frame, rate: Double(codec.audioRate)))
        }
    )

    /// A second of voice, again and again.
    static func voice(_ codec: AudioCodec, frames: Int) -> [[Int16]] {
        guard let second = self.voices[codec] else { return [] }
        return (0..<frames).map { second[$0 % second.count] }
    }

    @Test(arguments: AudioCodec.allCases)
    func aCleanLineCarriesEverything(codec: AudioCodec) {
        let line = VirtualLine(codec: codec)
        let voice = MediaSessionTests.voice(codec, frames: 100)
        for frame in voice { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .seconds(1))
        let count = voice.count * voice[0].count
        #expect(line.heardByRight.samples.count == count)
        #expect(line.heardByLeft.samples.count == count)
        #expect(line.heardByRight.missing == .zero)
        #expect(line.right.statistics.packetsLost == 0)
        #expect(line.right.statistics.packetsReceived == 100)
        #expect(line.left.statistics.packetsSent == 100)
        #expect(line.right.statistics.malformed == 0)
        #expect(line.right.statistics.audioReceived == .seconds(2))
        let ratio = OpusTests.energy(line.heardByRight.samples) / OpusTests.energy(voice.flatMap(\.self))
        #expect(ratio > 0.5 && ratio < 2)
        switch codec {
        case .opus, .g722: break
        case .l16Narrowband, .l16Wideband: #expect(line.heardByRight.samples == voice.flatMap(\.self))
        case .pcmu, .pcma:
            let law: G711.Law = codec == .pcmu ? .mu : .a
            let expected = voice.flatMap(\.self).map { G711.decode(G711.encode($0, law: law), law: law) }
            #expect(line.heardByRight.samples == expected)
        }
    }

    /// Samples and told gaps are the peer's time, whatever the line does, and the counts agree with it.
    @Test(arguments: AudioCodec.allCases, [0.0, 0.02, 0.1, 0.3])
    func overALossyLineTheTimelineIsWhole(codec: AudioCodec, loss: Double) throws {
        for seed in UInt64(1)...2 {
            let line = VirtualLine(
                codec: codec,
                impairment: .init(loss: loss, duplication: 0.03, jitterMilliseconds: 35),
                seed: seed
            )
            let voice = MediaSessionTests.voice(codec, frames: 300)
            // The first and the last packet come, so that the time between them is known.
            let lossy = line.impairment
            line.impairment = .init()
            line.tick(left: voice[0], right: nil)
            line.impairment = lossy
            for frame in voice[1..<299] { line.tick(left: frame, right: nil) }
            line.run(until: line.now + .milliseconds(200))
            line.impairment = .init()
            line.tick(left: voice[299], right: nil)
            line.run(until: line.now + .seconds(1))
            let heard = line.heardByRight
            #expect(heard.timeline == .seconds(6))
            let statistics = line.right.statistics
            #expect(statistics.audioReceived + statistics.audioConcealed + heard.missing == .seconds(6))
            #expect(statistics.audioConcealed == heard.concealed)
            #expect(heard.suppressed == .zero)
            #expect(statistics.packetsReceived + statistics.packetsLost == 300)
            if loss == 0 { #expect(statistics.packetsLost == 0) }
            if loss >= 0.1 { #expect(heard.concealed > .zero) }
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func aGapIsFilledFor60MillisecondsAndThenTold(codec: AudioCodec) throws {
        for lost in 1...6 {
            let line = VirtualLine(codec: codec)
            let voice = MediaSessionTests.voice(codec, frames: 20 + lost)
            for (index, frame) in voice.enumerated() {
                line.impairment.loss = (10..<(10 + lost)).contains(index) ? 1 : 0
                line.tick(left: frame, right: nil)
            }
            line.run(until: line.now + .seconds(1))
            let filled = Duration.milliseconds(min(lost * 20, 60))
            #expect(line.heardByRight.concealed == filled, "\(lost) lost")
            #expect(line.heardByRight.missing == .milliseconds(lost * 20) - filled, "\(lost) lost")
            #expect(line.right.statistics.audioMissing == line.heardByRight.missing)
            #expect(line.heardByRight.suppressed == .zero)
        }
    }

    @Test(arguments: AudioCodec.allCases)
    func aPauseOfTheSenderIsNoLoss(codec: AudioCodec) {
        let line = VirtualLine(codec: codec)
        let voice = MediaSessionTests.voice(codec, frames: 20)
        for frame in voice { line.tick(left: frame, right: nil) }
        for _ in 0..<100 { line.tick(left: nil, right: nil) }
        for frame in voice { line.tick(left: frame, right: nil) }
        line.run(until: line.now + .seconds(1))
        #expect(line.heardByRight.suppressed == .seconds(2))
        #expect(line.heardByRight.missing == .seconds(2))
        #expect(line.heardByRight.concealed == .zero)
        #expect(line.right.statistics.audioSuppressed == .seconds(2))
        #expect(line.right.statistics.packetsLost == 0)
    }

    @Test(arguments: AudioCodec.allCases, [0.0, 0.2])
    func keysCrossTheLineOnceAndInOrder(codec: AudioCodec, loss: Double) {
        let keys = "0123456789*#ABCD"
        let line = VirtualLine(
            codec: codec,
            impairment: .init(loss: loss, duplication: 0.1, jitterMilliseconds: 15),
            seed: 3
        )
        let voice = MediaSessionTests.voice(codec, frames: 1)
        for key in keys {
            let isQueued = line.left.sendDTMF(key)
            #expect(isQueued)
        }
        let isLetterQueued = line.left.sendDTMF("x")
        #expect(!isLetterQueued)
        #expect(line.left.hasSentDigits == false)
        for _ in 0..<300 { line.tick(left: voice[0], right: nil) }
        line.run(until: line.now + .seconds(1))
        #expect(line.left.hasSentDigits == true)
        #expect(line.heardByRight.digits == keys)
        #expect(line.heardByLeft.digits.isEmpty)
        #expect(line.right.statistics.digitsReceived == 16)
    }

    @Test func aKeyIsSaidAsTheRFCWants() throws {
        let leg = Leg(VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress))
        let silence = [Int16](repeating: 0, count: 160)
        var packets: [RTPPacket] = []
        var events: [TelephoneEvent] = []
        #expect(leg.sendDTMF("7"))
        #expect(leg.sendDTMF("7"))
        var now = Instant.zero
        for _ in 0..<24 {
            let datagram = try #require(leg.send(silence, now: now))
            now += .milliseconds(20)
            let packet = try #require(RTPPacket(datagram))
            guard packet.payloadType == 101 else { continue }
            packets.append(packet)
            events.append(try #require(TelephoneEvent(Array(datagram[packet.payload]))))
        }
        #expect(packets.count == 14)
        for key in [0..<7, 7..<14] {
            #expect(Set(packets[key].map(\.timestamp)).count == 1)
            #expect(packets[key].map(\.marker) == [true] + [Bool](repeating: false, count: 6))
            #expect(events[key].map(\.duration) == [160, 320, 480, 640, 800, 800, 800])
            #expect(events[key].map(\.isEnd) == [false, false, false, false, true, true, true])
            let first = packets[key.lowerBound].sequenceNumber
            #expect(packets[key].map { first.distance(to: $0.sequenceNumber) } == Array(0..<7))
        }
        // 140 ms of the first key and 60 ms of audio.
        #expect(packets[0].timestamp.distance(to: packets[7].timestamp) == 10 * 160)
    }

    @Test func heldMediaIsNeitherSentNorHeardAndTimeGoesOn() throws {
        let line = VirtualLine(codec: .pcmu)
        let voice = MediaSessionTests.voice(.pcmu, frames: 10)
        for frame in voice { line.tick(left: frame, right: frame) }
        var held = VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress)
        held.sends = false
        held.receives = false
        line.left.update(held)
        for frame in voice { line.tick(left: frame, right: frame) }
        #expect(line.left.statistics.packetsSent == 10)
        #expect(line.left.statistics.unexpected > 0)
        line.left.update(VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress))
        for frame in voice { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .seconds(1))
        #expect(line.left.statistics.packetsSent == 20)
        #expect(line.heardByRight.timeline == .milliseconds(600))
        #expect(line.heardByRight.suppressed == .milliseconds(200))
        #expect(line.right.statistics.packetsLost == 0)
        held.remote = nil
        line.left.update(held)
        #expect(line.left.destination == nil)
        #expect(line.left.rtcpDestination == nil)
    }

    @Test func theCodecMayChangeInTheCall() {
        let line = VirtualLine(codec: .pcmu)
        for frame in MediaSessionTests.voice(.pcmu, frames: 25) { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .milliseconds(40))
        line.left.update(VirtualLine.parameters(.opus, to: VirtualLine.rightAddress))
        line.right.update(VirtualLine.parameters(.opus, to: VirtualLine.leftAddress))
        let before = line.heardByRight.samples.count
        for frame in MediaSessionTests.voice(.opus, frames: 25) { line.tick(left: frame, right: frame) }
        line.run(until: line.now + .seconds(1))
        #expect(before == 25 * 160)
        #expect(line.heardByRight.samples.count == before + 25 * 320)
        #expect(line.heardByRight.sampleRate == 16_000)
        #expect(line.right.statistics.packetsLost == 0)
        #expect(line.right.statistics.undecodable == 0)
    }

    @Test func reportsMeasureTheRoundTripAndTheLoss() throws {
        let line = VirtualLine(codec: .pcmu, impairment: .init(loss: 0.1, delayMilliseconds: 75), seed: 9)
        let voice = MediaSessionTests.voice(.pcmu, frames: 1)
        for _ in 0..<3_000 { line.tick(left: voice[0], right: voice[0]) }
        let statistics = line.left.statistics
        let trip = try #require(statistics.roundTrip)
        #expect(abs(trip.milliseconds - 150) <= 2)
        let lost = try #require(statistics.remoteFractionLost)
        #expect(lost > 0.02 && lost < 0.25)
        #expect(statistics.remoteJitter == .zero)
        #expect((6...20).contains(statistics.reportsSent))
        #expect(statistics.reportsReceived > 0)
        var datagram: [UInt8] = []
        #expect(line.right.statistics.peerSaidGoodbye == false)
        line.left.close()
        let saysGoodbye = line.left.pollTransmit(now: line.now, into: &datagram) != nil
        #expect(saysGoodbye)
        line.right.receive(datagram.span, from: VirtualLine.leftAddress, now: line.now)
        #expect(line.right.statistics.peerSaidGoodbye == true)
    }

    @Test func reportsGoToTheirOwnPortUnlessTheyShareOne() {
        var parameters = VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress)
        let leg = Leg(parameters)
        #expect(leg.session.rtcpDestination == VirtualLine.rightAddress)
        parameters.multiplexesRTCP = false
        leg.session.update(parameters)
        #expect(leg.session.rtcpDestination?.port == VirtualLine.rightAddress.port + 1)
        #expect(leg.session.deadline == nil)
        #expect(leg.goodbye(now: .zero) == nil)
    }

    @Test func aSkippedFrameMovesTheTimestampAndSetsTheMarker() throws {
        let leg = Leg(VirtualLine.parameters(.opus, to: VirtualLine.rightAddress))
        let silence = [Int16](repeating: 0, count: 320)
        var packets: [RTPPacket] = []
        for index in 0..<5 {
            if index == 3 { leg.session.skip(frames: 7) }
            let datagram = try #require(leg.send(silence, now: .zero))
            packets.append(try #require(RTPPacket(datagram)))
        }
        #expect(packets.map(\.marker) == [true, false, false, true, false])
        let steps = zip(packets, packets.dropFirst()).map { $0.timestamp.distance(to: $1.timestamp) }
        #expect(steps == [960, 960, 8 * 960, 960])
        // Not one packet time of samples: nothing is sent, and the time goes on.
        #expect(leg.send([Int16](repeating: 0, count: 319), now: .zero) == nil)
    }
}
