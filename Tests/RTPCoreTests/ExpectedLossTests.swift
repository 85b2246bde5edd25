import CoreTypes
import Testing

@testable import RTPCore

/// What Opus packets are prepared for, and when.
@Suite struct ExpectedLossTests {
    @Test func `Nothing is expected until something was lost`() {
        var loss = ExpectedLoss()
        for _ in 0..<10 {
            let change1 = loss.heard(0)
            #expect(!change1)
            let change2 = loss.reported(0)
            #expect(!change2)
        }
        #expect(loss.percent == 0)
    }

    @Test func `Loss is believed at once and forgotten over half a minute`() {
        var loss = ExpectedLoss()
        let change3 = loss.reported(0.1)
        #expect(change3)
        #expect(loss.percent == 10)
        var reports = 0
        while loss.percent > 5 {
            _ = loss.reported(0)
            reports += 1
        }
        #expect((3...4).contains(reports), "half of it after 15 to 20 seconds, not after \(reports) reports")
        while loss.percent > 0, reports < 100 {
            _ = loss.reported(0)
            reports += 1
        }
        #expect(reports < 20)
        let change4 = loss.reported(0.02)
        #expect(change4)
    }

    @Test func `A rare packet is nothing, and a dead line is a quarter`() {
        var loss = ExpectedLoss()
        let change5 = loss.reported(0.004)
        #expect(!change5)
        #expect(loss.percent == 0)
        let change6 = loss.reported(0.9)
        #expect(change6)
        #expect(loss.percent == 25)
    }

    @Test func `An encoder does not hear of each percent`() {
        var loss = ExpectedLoss()
        let change7 = loss.reported(0.05)
        #expect(change7)
        let change8 = loss.reported(0.06)
        #expect(!change8)
        #expect(loss.percent == 5)
        let change9 = loss.reported(0.075)
        #expect(change9)
        #expect(loss.percent == 8)
    }

    @Test func `What is lost here counts until the peer tells what is lost there`() {
        var loss = ExpectedLoss()
        let change10 = loss.heard(0.1)
        #expect(change10)
        #expect(loss.percent == 10)
        _ = loss.reported(0)
        let change11 = loss.heard(0.2)
        #expect(!change11)
        #expect(loss.percent <= 10)
    }

    @Test func `A report of loss makes packets carry the one before`() throws {
        #expect(try self.recovers(reporting: 0) == false)
        #expect(try self.recovers(reporting: 26))
        #expect(try self.recovers(reporting: 26, carries: false) == false)
    }

    /// Whether a packet that is sent after the report knows the one before: the recovered speech is no concealment.
    private func recovers(reporting fraction: UInt8, carries: Bool = true) throws -> Bool {
        var random = SeededRandom(seed: 1)
        let peer = TransportAddress(host: .v4(0x7F00_0001), port: 4_000)
        var session = MediaSession(
            MediaParameters(
                codec: .opus,
                sendPayloadType: 96,
                receivePayloadTypes: [96],
                remote: peer,
                multiplexesRTCP: true,
                opus: OpusSettings(carriesForwardErrorCorrection: carries)
            ),
            random: &random
        )
        let block = ReportBlock(
            source: session.source,
            fractionLost: fraction,
            cumulativeLost: 0,
            highestSequence: 0,
            jitter: 0
        )
        var report: [UInt8] = []
        RTCPPacket.receiverReport(source: 7, [block]).append(to: &report)
        let now = Instant(nanoseconds: 1_000_000_000)
        var datagram: [UInt8] = []
        var packets: [[UInt8]] = []
        for (index, frame) in OpusTests.voice(frames: 60).enumerated() {
            if index == 1 { session.receive(report.span, from: peer, now: now) }
            _ = session.send(frame.span, now: now + .milliseconds(20 * index), into: &datagram)
            packets.append(Array(datagram.dropFirst(12)))
        }
        guard var informed = OpusDecoder(), var guessing = OpusDecoder() else {
            Issue.record("no memory for Opus")
            return false
        }
        var (one, other): ([Int16], [Int16]) = ([], [])
        var differs = false
        for (index, packet) in packets.enumerated().dropLast() {
            if index == 40 {
                let next = packets[41]
                _ = informed.recover(next.span, count: 320, into: &one)
                _ = guessing.conceal(count: 320, into: &other)
                differs = one != other
            } else {
                _ = informed.decode(packet.span, into: &one)
                _ = guessing.decode(packet.span, into: &other)
            }
        }
        return differs
    }
}
