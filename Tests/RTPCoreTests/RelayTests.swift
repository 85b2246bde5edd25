import CoreTypes
import Testing

@testable import RTPCore

/// Packets that one session receives and another sends on.
@Suite struct RelayTests {
    private static let peer = TransportAddress(host: .v4(0x0A00_0001), port: 4_000)
    private static let other = TransportAddress(host: .v4(0x0A00_0002), port: 5_000)

    /// Two sessions, joined: what `near` hears `far` sends.
    private struct Bench: ~Copyable {
        var near: MediaSession
        var far: MediaSession
        var now = Instant(nanoseconds: 1_000_000_000)
        var sent: [[UInt8]] = []

        init(farCodec: AudioCodec = .pcmu, farEvents: UInt8? = 101) {
            var random = SeededRandom(seed: 7)
            self.near = MediaSession(
                MediaParameters(
                    codec: .pcmu,
                    sendPayloadType: 0,
                    receivePayloadTypes: [0],
                    telephoneEventReceive: 96,
                    remote: RelayTests.peer
                ),
                random: &random
            )
            self.far = MediaSession(
                MediaParameters(
                    codec: farCodec,
                    sendPayloadType: 18,
                    receivePayloadTypes: [18],
                    telephoneEventSend: farEvents,
                    remote: RelayTests.other
                ),
                random: &random
            )
            self.near.setReader(.relay)
            self.far.setReader(.relay)
        }

        mutating func receive(
            _ sequence: UInt16,
            _ timestamp: UInt32,
            source: UInt32 = 77,
            type: UInt8 = 0,
            marker: Bool = false,
            payload: [UInt8] = [1, 2, 3]
        ) {
            var bytes: [UInt8] = [0x80, (marker ? 0x80 : 0) | type]
            bytes += [UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence)]
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: timestamp >> shift)) }
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: source >> shift)) }
            bytes += payload
            self.near.receive(bytes.span, from: RelayTests.peer, now: self.now)
            var packet: [UInt8] = []
            while self.near.relayNext(to: &self.far, now: self.now) {
                let transmit = self.far.pollTransmit(now: self.now, into: &packet)
                #expect(transmit == MediaTransmit(destination: RelayTests.other, component: .rtp))
                self.sent.append(packet)
            }
            self.now = self.now + .milliseconds(20)
        }

        /// What the sent packets are, less the numbers of the first.
        func relative() -> [(sequence: Int, timestamp: Int, marker: Bool, type: UInt8)] {
            let packets = self.sent.compactMap { RTPPacket($0.span) }
            guard let first = packets.first else { return [] }
            return packets.map {
                (
                    first.sequenceNumber.distance(to: $0.sequenceNumber), first.timestamp.distance(to: $0.timestamp),
                    $0.marker, $0.payloadType
                )
            }
        }
    }

    @Test func `Losses, order and pauses stay as they are, with our SSRC and payload type`() {
        var bench = Bench()
        bench.receive(65_530, .max - 100)
        bench.receive(65_531, 59)
        bench.receive(65_534, 539)
        bench.receive(65_533, 379)
        bench.receive(2, 9_000, marker: true)
        let relative = bench.relative()
        #expect(relative.map(\.sequence) == [0, 1, 4, 3, 8])
        #expect(relative.map(\.timestamp) == [0, 160, 640, 480, 9_101])
        #expect(relative.map(\.marker) == [true, false, false, false, true])
        #expect(relative.allSatisfy { $0.type == 18 })
        for packet in bench.sent {
            #expect(RTPPacket(packet.span)?.source == bench.far.source)
            #expect(packet.suffix(3) == [1, 2, 3])
        }
        #expect(bench.far.statistics.packetsSent == 5)
        #expect(bench.near.statistics.packetsReceived == 5)
    }

    @Test func `DTMF digits and comfort noise are passed on in the numbers of the other side`() {
        var bench = Bench()
        bench.receive(1, 160)
        let digit: [UInt8] = [5, 10, 0, 160]
        bench.receive(2, 320, type: 96, marker: true, payload: digit)
        bench.receive(3, 320, type: 96, payload: [5, 0x8A, 1, 64])
        bench.receive(4, 800, type: 13, payload: [60])
        #expect(bench.relative().map(\.type) == [18, 101, 101, 13])
        #expect(bench.relative().map(\.marker) == [true, true, false, false])
        #expect(bench.relative().map(\.timestamp) == [0, 160, 160, 640])
        #expect(bench.sent[1].suffix(4) == digit)
        #expect(bench.near.popDigit() == "5")
    }

    @Test func `DTMF digits stay here when the other side takes none`() {
        var bench = Bench(farEvents: nil)
        bench.receive(1, 160)
        bench.receive(2, 320, type: 96, marker: true, payload: [5, 10, 0, 160])
        #expect(bench.sent.count == 1)
    }

    @Test func `A stream that begins anew goes on where ours stands`() {
        var bench = Bench()
        bench.receive(100, 1_600)
        bench.receive(101, 1_760)
        // The first packet of another stream is kept until the second confirms it.
        bench.receive(9_000, 77_000, source: 78)
        bench.receive(9_001, 77_160, source: 78)
        bench.receive(9_002, 77_320, source: 78)
        let relative = bench.relative()
        #expect(relative.map(\.sequence) == [0, 1, 2, 3, 4])
        #expect(relative.map(\.timestamp) == [0, 160, 320, 480, 640])
        #expect(relative.map(\.marker) == [true, false, true, false, false])
    }

    @Test func `Nothing of another codec is passed on`() {
        var bench = Bench(farCodec: .pcma)
        bench.receive(1, 160)
        #expect(bench.sent.isEmpty)
    }

    @Test func `Strangers are not relayed`() {
        var bench = Bench()
        bench.receive(1, 160)
        let stranger = TransportAddress(host: .v4(0x7F00_0009), port: 4)
        let bytes: [UInt8] = [0x80, 0, 0, 2, 0, 0, 1, 64, 0, 0, 0, 77, 9]
        bench.near.receive(bytes.span, from: stranger, now: bench.now)
        let isSent = bench.near.relayNext(to: &bench.far, now: bench.now)
        #expect(!isSent)
        #expect(bench.near.statistics.rejectedSources == 1)
    }

    @Test func `What we say afterwards comes behind what was passed on`() throws {
        var bench = Bench()
        for index in 0..<5 { bench.receive(UInt16(10 + index), UInt32(index * 160)) }
        bench.far.setReader(.reorderBuffer)
        var packet: [UInt8] = []
        let silence = [Int16](repeating: 0, count: 160)
        let isSent = bench.far.send(silence.span, now: bench.now, into: &packet)
        #expect(isSent)
        bench.sent.append(packet)
        let last = try #require(bench.relative().last)
        #expect(last.sequence == 5)
        #expect(last.timestamp == 800)
        #expect(last.marker)
    }
}
