import CoreTypes
import RTPCore
import Testing

/// What comes from hosts that have nothing to do with the call: refused before it is looked at, and counted.
struct StrangerDatagramsTests {
    private let stranger = SourceLatchTests.attacker

    @Test func nothingOfAStrangersIsLookedAt() {
        let rig = MediaSessionReceptionTests.Rig()
        let bytes: [[UInt8]] = [
            [], [0x80], Array(repeating: 0xFF, count: 1_400), [0x80, 200, 0, 0], Array(repeating: 0x80, count: 172),
        ]
        for datagram in bytes {
            let isTaken = rig.session.receive(datagram.span, from: SourceLatchTests.nearby, now: rig.now)
            #expect(!isTaken)
            let isTakenThere = rig.session.receive(
                datagram.span,
                on: .rtcp,
                from: SourceLatchTests.nearby,
                now: rig.now
            )
            #expect(!isTakenThere)
        }
        #expect(rig.session.statistics.rejectedSources == UInt64(2 * bytes.count))
        #expect(rig.session.statistics.malformed == 0)
        #expect(
            rig.session.hosts == [MediaSessionReceptionTests.signaled.host, MediaSessionReceptionTests.behindNAT.host]
        )
    }

    /// RFC 3605: reports come from where the peer receives them.
    @Test func reportsMayComeFromTheSignaledHostOfReports() throws {
        var parameters = VirtualLine.parameters(.pcmu, to: MediaSessionReceptionTests.signaled)
        parameters.remoteControl = SourceLatchTests.address("10.0.0.8:4001")
        let leg = Leg(parameters)
        var report: [UInt8] = []
        RTCPPacket.receiverReport(source: 9, []).append(to: &report)
        leg.session.receive(report.span, on: .rtcp, from: SourceLatchTests.address("10.0.0.8:4001"), now: .zero)
        #expect(leg.statistics.reportsReceived == 1)
        leg.session.receive(report.span, on: .rtcp, from: SourceLatchTests.address("10.0.0.9:4001"), now: .zero)
        #expect(leg.statistics.reportsReceived == 1)
        #expect(leg.statistics.rejectedSources == 1)
    }

    /// Nothing is sent before it is known where to, and then at once.
    @Test func withoutAnAddressNothingIsSentBeforeThePeerSpoke() {
        let host = SourceLatchTests.signalingHost
        var parameters = VirtualLine.parameters(.pcmu, to: nil)
        parameters.learnsRemote = true
        parameters.latch.signalingHost = host.host
        let leg = Leg(parameters)
        let peer = Leg(VirtualLine.parameters(.pcmu, to: host), seed: 2)
        let silence = [Int16](repeating: 0, count: 160)
        var now = Instant.zero
        #expect(leg.send(silence, now: now) == nil)
        for _ in 0..<4 {
            if let bytes = peer.send(silence, now: now) {
                leg.receive(bytes, from: SourceLatchTests.attacker, now: now)
                leg.receive(bytes, from: host, now: now)
            }
            now += .milliseconds(20)
        }
        #expect(leg.session.destination == host)
        #expect(leg.send(silence, now: now) != nil)
    }
}
