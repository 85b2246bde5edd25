import AudioCore
import CoreTypes
import RTPCore
import Testing

/// Media that are exchanged with whoever sends a steady stream, with no address known before.
struct OpenLatchTests {
    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test func `An open latch without an address learns who sends a steady stream, and locks it`() {
        var latch = SourceLatch(.open, signaled: nil)
        var peer = SourceLatchTests.Stream(address: SourceLatchTests.attacker, source: 1)
        #expect(latch.destination == nil)
        #expect(latch.mayBeHeard(SourceLatchTests.attacker))
        let verdicts = [0, 20, 40, 60].map { peer.send(to: &latch, now: self.at($0)) }
        #expect(verdicts == [.candidate, .candidate, .candidate, .learned])
        #expect(latch.destination == SourceLatchTests.attacker)
        for time in stride(from: 80, through: 2_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        #expect(latch.isLocked)
        var other = SourceLatchTests.Stream(address: SourceLatchTests.nearby, source: 2)
        #expect(other.send(to: &latch, now: self.at(2_020)) == .refused)
        // An address that is told later is what counts.
        latch.update(.open, signaled: SourceLatchTests.signaled)
        #expect(latch.destination == SourceLatchTests.signaled)
    }

    @Test(arguments: [SourceLatch.Policy.standard, .signaledOnly, SourceLatchTests.near])
    func `Others learn nobody without an address`(policy: SourceLatch.Policy) {
        var latch = SourceLatch(policy, signaled: nil)
        var peer = SourceLatchTests.Stream(address: SourceLatchTests.attacker, source: 1)
        for time in stride(from: 0, to: 200, by: 20) { #expect(peer.send(to: &latch, now: self.at(time)) == .refused) }
    }

    @Test func `A session answers to where the stream comes from, unless it may not send`() {
        var parameters = VirtualLine.parameters(.pcmu, to: nil)
        parameters.latch = .open
        let leg = Leg(parameters)
        let peer = Leg(VirtualLine.parameters(.pcmu, to: SourceLatchTests.attacker), seed: 2)
        let silence = [Int16](repeating: 0, count: 160)
        #expect(leg.send(silence, now: .zero) == nil)
        for step in 0..<5 {
            guard let bytes = peer.send(silence, now: self.at(step * 20)) else { continue }
            leg.receive(bytes, from: SourceLatchTests.nearby, now: self.at(step * 20))
        }
        #expect(leg.statistics.packetsReceived == 5)
        #expect(leg.session.destination == SourceLatchTests.nearby)
        #expect(leg.send(silence, now: self.at(100)) != nil)
        // The hold of RFC 2543: 0.0.0.0, and nothing may be sent.
        parameters.sends = false
        leg.session.update(parameters)
        #expect(leg.session.destination == nil)
        #expect(leg.session.rtcpDestination == nil)
    }
}
