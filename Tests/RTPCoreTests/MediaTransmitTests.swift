import CoreTypes
import Testing

@testable import RTPCore

/// All that leaves a session leaves by one door.
@Suite struct MediaTransmitTests {
    private static let remote = SourceLatchTests.address("192.0.2.1:4000")
    private static let silence = [Int16](repeating: 0, count: 160)

    private static func parameters(multiplexes: Bool) -> MediaParameters {
        var parameters = VirtualLine.parameters(.pcmu, to: Self.remote)
        parameters.multiplexesRTCP = multiplexes
        return parameters
    }

    /// What a session says in seven seconds and at its end: the payload types or packet types, and where each went.
    private static func story(multiplexes: Bool) -> [(transmit: MediaTransmit, kind: MediaDatagramKind)] {
        var random = SeededRandom(seed: 5)
        var session = MediaSession(Self.parameters(multiplexes: multiplexes), random: &random)
        var story: [(MediaTransmit, MediaDatagramKind)] = []
        var datagram: [UInt8] = []
        for step in 0..<350 {
            let now = Instant.zero + .milliseconds(20 * step)
            session.send(Self.silence.span, now: now)
            if step == 349 { session.close() }
            while let transmit = session.pollTransmit(now: now, into: &datagram) {
                story.append((transmit, MediaDatagramKind(datagram)))
            }
        }
        return story
    }

    @Test(arguments: [true, false])
    func `Speech, reports and the BYE leave by the port that each has, the BYE last`(multiplexes: Bool) {
        let story = Self.story(multiplexes: multiplexes)
        let speech = story.filter { $0.kind == .rtp }
        let reports = story.filter { $0.kind == .rtcp }
        #expect(speech.count == 350)
        // The first after 1 to 3.1 s, perhaps a second one, and the one with the BYE.
        #expect((2...3).contains(reports.count))
        #expect(story.count == speech.count + reports.count)
        #expect(story.last?.kind == .rtcp)
        #expect(speech.allSatisfy { $0.transmit == MediaTransmit(destination: Self.remote, component: .rtp) })
        var control = Self.remote
        if !multiplexes { control.port += 1 }
        let expected = MediaTransmit(destination: control, component: multiplexes ? .rtp : .rtcp)
        #expect(reports.allSatisfy { $0.transmit == expected })
    }

    @Test func `Nothing leaves and nothing is due behind the BYE`() {
        let leg = Leg(Self.parameters(multiplexes: true))
        #expect(leg.send(Self.silence, now: .zero) != nil)
        let goodbye = leg.goodbye(now: .zero)
        let packets = goodbye.flatMap { RTCPPacket.parse($0) } ?? []
        #expect(packets.contains { if case .goodbye = $0 { true } else { false } })
        #expect(leg.session.deadline == nil)
        #expect(leg.send(Self.silence, now: .zero + .seconds(1)) == nil)
        #expect(leg.pollRTCP(now: .zero + .seconds(60)) == nil)
        #expect(leg.goodbye(now: .zero + .seconds(61)) == nil)
        #expect(leg.statistics.packetsSent == 1)
    }

    @Test func `A packet that nobody polled is lost, and the next one has its own number`() throws {
        let leg = Leg(Self.parameters(multiplexes: true))
        let first = try #require(leg.send(Self.silence, now: .zero).flatMap { RTPPacket($0) })
        leg.session.send(Self.silence.span, now: .zero + .milliseconds(20))
        let third = try #require(leg.send(Self.silence, now: .zero + .milliseconds(40)).flatMap { RTPPacket($0) })
        #expect(first.sequenceNumber.distance(to: third.sequenceNumber) == 2)
        #expect(first.timestamp.distance(to: third.timestamp) == 320)
    }
}

/// One leg is read in one way at a time.
@Suite struct MediaReaderTests {
    private static let near = SourceLatchTests.address("192.0.2.1:4000")

    /// A session that has ten packets of a loud tone waiting, and a peer that goes on.
    private static func loaded(_ reader: MediaReaderKind) -> (leg: Leg, peer: Leg) {
        let leg = Leg(VirtualLine.parameters(.pcmu, to: Self.near), reader: reader)
        let peer = Leg(VirtualLine.parameters(.pcmu, to: VirtualLine.rightAddress), seed: 2)
        for step in 0..<10 { Self.speak(peer, to: leg, step: step) }
        return (leg, peer)
    }

    private static func speak(_ peer: Leg, to leg: Leg, step: Int) {
        let tone = (0..<160).map { Int16($0 / 20 % 2 == 0 ? 8_000 : -8_000) }
        let now = Instant.zero + .milliseconds(20 * step)
        if let packet = peer.send(tone, now: now) { leg.receive(packet, from: Self.near, now: now) }
    }

    private static func read(_ leg: Leg, step: Int) -> (byOrder: Int, byClock: Int) {
        let now = Instant.zero + .milliseconds(20 * step)
        var samples: [Int16] = []
        _ = leg.session.popJitterBuffer(160, into: &samples, now: now)
        let byClock = samples.filter { abs(Int($0)) > 4_000 }.count
        #expect(samples.count == 160)
        var byOrder = 0
        while let heard = leg.popAudio(now: now) { byOrder += heard.samples.count }
        return (byOrder, byClock)
    }

    @Test func `Who reads by order gets all of it, and the clock nothing`() {
        let (leg, _) = Self.loaded(.reorderBuffer)
        let read = Self.read(leg, step: 10)
        #expect(read.byOrder == 1_600)
        #expect(read.byClock == 0)
        #expect(leg.session.jitterBufferStatistics == nil)
    }

    @Test func `Who reads by the clock gets it in time, and order nothing`() {
        let (leg, peer) = Self.loaded(.jitterBuffer)
        var loud = 0
        for step in 10..<60 {
            Self.speak(peer, to: leg, step: step)
            let read = Self.read(leg, step: step)
            #expect(read.byOrder == 0)
            loud += read.byClock
        }
        #expect(loud > 40 * 160)
        #expect(leg.session.jitterBufferStatistics?.samplesGiven == 50 * 160)
    }

    @Test func `A relayed session gives no audio and takes none, and nothing is left behind when that ends`() {
        let (leg, _) = Self.loaded(.relay)
        let read = Self.read(leg, step: 10)
        #expect(read.byOrder == 0)
        #expect(read.byClock == 0)
        #expect(leg.send([Int16](repeating: 0, count: 160), now: .zero) == nil)
        leg.session.setReader(.reorderBuffer)
        #expect(Self.read(leg, step: 11).byOrder == 0)
        #expect(leg.send([Int16](repeating: 0, count: 160), now: .zero) != nil)
    }

    @Test func `What waits is left to the next reader`() {
        let (leg, _) = Self.loaded(.jitterBuffer)
        leg.session.setReader(.reorderBuffer)
        #expect(Self.read(leg, step: 10).byOrder == 1_600)
    }

    @Test(arguments: MediaReaderKind.allCases)
    func `Nobody reads, and no more is kept than there is room for`(reader: MediaReaderKind) {
        let (leg, peer) = Self.loaded(reader)
        for step in 10..<200 { Self.speak(peer, to: leg, step: step) }
        #expect(leg.statistics.overflowed == 200 - 64)
        #expect(leg.statistics.packetsReceived == 200)
    }

    @Test(arguments: MediaReaderKind.allCases, MediaReaderKind.allCases)
    func `Readers change in mid-call, to and fro`(one: MediaReaderKind, other: MediaReaderKind) {
        let (leg, peer) = Self.loaded(one)
        var heard = 0
        for step in 10..<210 {
            if step % 25 == 0 { leg.session.setReader(step / 25 % 2 == 0 ? other : one) }
            Self.speak(peer, to: leg, step: step)
            let read = Self.read(leg, step: step)
            heard += read.byOrder + read.byClock
        }
        let expected = [one, other].filter { $0 != .relay }.count * 100 * 160
        #expect(heard >= expected * 8 / 10)
        #expect(expected > 0 || heard == 0)
    }
}
