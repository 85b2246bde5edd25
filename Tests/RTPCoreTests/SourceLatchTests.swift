import CoreTypes
import RTPCore
import Testing

struct SourceLatchTests {
    static func address(_ text: String) -> TransportAddress {
        TransportAddress(text) ?? TransportAddress(host: .v4(0), port: 0)
    }

    static let signaled = address("203.0.113.5:4000")
    static let nearby = address("203.0.113.77:5000")
    static let otherPort = address("203.0.113.5:4444")
    static let signalingHost = address("192.0.2.99:7000")
    static let attacker = address("198.51.100.9:6000")
    static let known = SourceLatch.Policy(signalingHost: signalingHost.host)
    static let near = SourceLatch.Policy(learning: .nearbyOrPrivate)

    /// A stream of packets from one address.
    struct Stream {
        var address: TransportAddress
        var source: UInt32
        var sequence: UInt16 = 0

        mutating func send(to latch: inout SourceLatch, now: Instant) -> SourceLatch.Verdict {
            defer { self.sequence &+= 1 }
            return latch.judge(self.address, source: self.source, sequence: Wrapping(self.sequence), now: now)
        }
    }

    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test func theSignaledAddressIsAcceptedAtOnceAndLockedAfterASecond() {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        #expect(latch.destination == SourceLatchTests.signaled)
        #expect(peer.send(to: &latch, now: self.at(0)) == .learned)
        #expect(!latch.isLocked)
        for time in stride(from: 20, through: 1_000, by: 20) {
            #expect(peer.send(to: &latch, now: self.at(time)) == .accepted)
        }
        #expect(latch.isLocked)
    }

    @Test(arguments: [otherPort, signalingHost])
    func aKnownHostIsLearnedAfterFourPacketsThatSpan40Milliseconds(address: TransportAddress) {
        var latch = SourceLatch(SourceLatchTests.known, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: address, source: 1, sequence: 65_534)
        for time in [0, 20, 40] { #expect(peer.send(to: &latch, now: self.at(time)) == .candidate) }
        #expect(latch.destination == SourceLatchTests.signaled)
        #expect(peer.send(to: &latch, now: self.at(60)) == .learned)
        #expect(latch.destination == address)
    }

    @Test func packetsInABurstOrOutOfStepProveNothing() {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.signaled)
        var burst = Stream(address: SourceLatchTests.otherPort, source: 1)
        for _ in 0..<100 { #expect(burst.send(to: &latch, now: self.at(0)) == .candidate) }
        for time in stride(from: 1_000, to: 2_000, by: 20) {
            burst.sequence &+= 500
            #expect(burst.send(to: &latch, now: self.at(time)) == .candidate)
        }
    }

    @Test func whoIsFarFromAPublicAddressIsNeverLearned() {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.signaled)
        var attacker = Stream(address: SourceLatchTests.attacker, source: 1)
        for time in stride(from: 0, to: 10_000, by: 20) {
            #expect(attacker.send(to: &latch, now: self.at(time)) == .refused)
        }
        #expect(latch.destination == SourceLatchTests.signaled)
    }

    @Test(arguments: ["10.1.2.3:4000", "192.168.1.7:4000", "172.31.0.1:4000", "100.64.0.1:4000", "[fd00::1]:4000"])
    func behindANATTheHostOfTheSignalingMayBeThePeer(signaled: String) {
        var latch = SourceLatch(SourceLatchTests.known, signaled: SourceLatchTests.address(signaled))
        var stranger = Stream(address: SourceLatchTests.attacker, source: 666)
        var peer = Stream(address: SourceLatchTests.signalingHost, source: 1)
        var verdicts: [SourceLatch.Verdict] = []
        for time in [0, 20, 40, 60] {
            #expect(stranger.send(to: &latch, now: self.at(time)) == .refused)
            verdicts.append(peer.send(to: &latch, now: self.at(time)))
        }
        #expect(verdicts == [.candidate, .candidate, .candidate, .learned])
    }

    /// Only by a policy that says so: on a local network everybody's address is private.
    @Test func whoAsksForItLearnsAnybodyBehindANAT() {
        var latch = SourceLatch(SourceLatchTests.near, signaled: SourceLatchTests.address("10.1.2.3:4000"))
        var peer = Stream(address: SourceLatchTests.attacker, source: 1)
        var verdicts: [SourceLatch.Verdict] = []
        for time in [0, 20, 40, 60] { verdicts.append(peer.send(to: &latch, now: self.at(time))) }
        #expect(verdicts == [.candidate, .candidate, .candidate, .learned])
    }

    /// Whoever is first does not keep it: the peer begins 1.6 s late.
    @Test(arguments: [otherPort, signalingHost, attacker], [SourceLatch.Policy.open, known, near])
    func theSignaledAddressTakesTheStreamBackAtAnyTime(first: TransportAddress, policy: SourceLatch.Policy) {
        var policy = policy
        policy.signalingHost = SourceLatchTests.signalingHost.host
        var latch = SourceLatch(policy, signaled: SourceLatchTests.signaled)
        var stranger = Stream(address: first, source: 666)
        for time in stride(from: 0, to: 1_600, by: 20) { _ = stranger.send(to: &latch, now: self.at(time)) }
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        for time in stride(from: 1_600, to: 1_700, by: 20) {
            _ = peer.send(to: &latch, now: self.at(time))
            _ = stranger.send(to: &latch, now: self.at(time))
        }
        #expect(latch.learned == SourceLatchTests.signaled)
        for time in stride(from: 1_700, to: 5_000, by: 20) {
            #expect(peer.send(to: &latch, now: self.at(time)) == .accepted)
            #expect(stranger.send(to: &latch, now: self.at(time)) == .refused)
        }
    }

    /// Behind its NAT the signaled host speaks from another port, and takes the stream back by a steady stream.
    @Test func theSignaledHostTakesTheStreamBackFromAnotherOne() {
        var latch = SourceLatch(SourceLatchTests.known, signaled: SourceLatchTests.signaled)
        var stranger = Stream(address: SourceLatchTests.signalingHost, source: 666)
        for time in stride(from: 0, to: 3_000, by: 20) { _ = stranger.send(to: &latch, now: self.at(time)) }
        #expect(latch.isLocked)
        var peer = Stream(address: SourceLatchTests.otherPort, source: 1)
        for time in stride(from: 3_000, through: 3_060, by: 20) {
            _ = peer.send(to: &latch, now: self.at(time))
            _ = stranger.send(to: &latch, now: self.at(time + 1))
        }
        #expect(latch.learned == SourceLatchTests.otherPort)
    }

    /// One forged packet of the signaled address does not cut off the same host behind a NAT, which goes on speaking.
    @Test func oneForgedPacketCutsNobodyOff() {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: SourceLatchTests.otherPort, source: 1)
        for time in stride(from: 0, to: 3_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        var forged = Stream(address: SourceLatchTests.signaled, source: 666)
        #expect(forged.send(to: &latch, now: self.at(3_000)) == .candidate)
        #expect(peer.send(to: &latch, now: self.at(3_001)) == .accepted)
        #expect(latch.destination == SourceLatchTests.otherPort)
    }

    @Test func afterSilenceTheSignaledHostMayBeginAnewFromAnotherPortAndNobodyElse() {
        var latch = SourceLatch(SourceLatchTests.known, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        for time in stride(from: 0, through: 2_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        var stranger = Stream(address: SourceLatchTests.attacker, source: 1, sequence: peer.sequence)
        var host = Stream(address: SourceLatchTests.signalingHost, source: 9)
        for time in stride(from: 5_000, to: 5_200, by: 20) {
            #expect(stranger.send(to: &latch, now: self.at(time)) == .refused)
            // Not the stream that was heard.
            #expect(host.send(to: &latch, now: self.at(time)) == .refused)
        }
        var rebound = Stream(address: SourceLatchTests.otherPort, source: 77)
        for time in stride(from: 5_200, through: 5_260, by: 20) { _ = rebound.send(to: &latch, now: self.at(time)) }
        #expect(latch.destination == SourceLatchTests.otherPort)
    }

    /// A description without an address: nothing is known but where the signaling comes from.
    @Test func withoutAnAddressTheHostOfTheSignalingIsWaitedFor() {
        var latch = SourceLatch(SourceLatchTests.known, signaled: nil)
        var stranger = Stream(address: SourceLatchTests.attacker, source: 666)
        var peer = Stream(address: SourceLatchTests.signalingHost, source: 1)
        #expect(latch.destination == nil)
        for time in stride(from: 0, to: 1_000, by: 20) {
            #expect(stranger.send(to: &latch, now: self.at(time)) == .refused)
        }
        for time in stride(from: 1_000, through: 1_060, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        #expect(latch.destination == SourceLatchTests.signalingHost)
        // The same again changes nothing; an address does, and so does its loss.
        latch.update(SourceLatchTests.known, signaled: nil, isUnknown: true)
        #expect(latch.destination == SourceLatchTests.signalingHost)
        latch.update(SourceLatchTests.known, signaled: SourceLatchTests.signaled)
        #expect(latch.destination == SourceLatchTests.signaled)
        latch.update(SourceLatchTests.known, signaled: nil, isUnknown: true)
        #expect(latch.destination == nil)
    }

    @Test(arguments: ["172.32.0.1:4000", "100.128.0.1:4000", "11.0.0.1:4000", "[2001:db8::1]:4000"])
    func publicAddressesAreNotTakenForPrivateOnes(signaled: String) {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.address(signaled))
        var peer = Stream(address: SourceLatchTests.attacker, source: 1)
        #expect(peer.send(to: &latch, now: self.at(0)) == .refused)
    }

    @Test func anAttackerWhoIsFirstLosesToTheSignaledAddress() {
        var latch = SourceLatch(.open, signaled: SourceLatchTests.signaled)
        var attacker = Stream(address: SourceLatchTests.attacker, source: 666)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        for time in stride(from: 0, to: 200, by: 20) { _ = attacker.send(to: &latch, now: self.at(time)) }
        #expect(latch.learned == SourceLatchTests.attacker)
        #expect(peer.send(to: &latch, now: self.at(200)) == .learned)
        #expect(attacker.send(to: &latch, now: self.at(201)) == .refused)
    }

    @Test func aFasterAttackerKeepsTheOtherOutButIsNotLearned() {
        var latch = SourceLatch(SourceLatchTests.near, signaled: SourceLatchTests.address("10.0.0.9:4000"))
        var attacker = Stream(address: SourceLatchTests.attacker, source: 666)
        var peer = Stream(address: SourceLatchTests.nearby, source: 1)
        // Both begin before either has proved itself.
        _ = peer.send(to: &latch, now: self.at(0))
        for time in 1..<2_000 {
            let verdict = attacker.send(to: &latch, now: self.at(time))
            if time > 20 { #expect(verdict == .candidate) }
            if time % 20 == 0 { #expect(peer.send(to: &latch, now: self.at(time)) == .candidate) }
        }
        #expect(latch.learned == nil)
        // The attacker gives up: the peer is learned as soon as its rival is forgotten.
        for time in stride(from: 2_000, to: 2_400, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        #expect(latch.learned == SourceLatchTests.nearby)
    }

    @Test func afterTheLockNobodyElseGetsIn() {
        var latch = SourceLatch(.open, signaled: SourceLatchTests.address("10.0.0.9:4000"))
        var peer = Stream(address: SourceLatchTests.nearby, source: 1)
        for time in stride(from: 0, through: 2_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        #expect(latch.isLocked)
        var attacker = Stream(address: SourceLatchTests.attacker, source: 666)
        for time in stride(from: 2_001, to: 20_000, by: 20) {
            #expect(attacker.send(to: &latch, now: self.at(time)) == .refused)
        }
        #expect(latch.destination == SourceLatchTests.nearby)
    }

    @Test func theSameStreamMayMoveAfterSilence() {
        var latch = SourceLatch(.open, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        for time in stride(from: 0, through: 2_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        var moved = Stream(address: SourceLatchTests.nearby, source: 1, sequence: peer.sequence)
        #expect(moved.send(to: &latch, now: self.at(2_020)) == .refused)
        #expect(moved.send(to: &latch, now: self.at(3_980)) == .refused)
        for time in [4_000, 4_020, 4_040] { #expect(moved.send(to: &latch, now: self.at(time)) == .candidate) }
        #expect(moved.send(to: &latch, now: self.at(4_060)) == .learned)
        #expect(latch.destination == SourceLatchTests.nearby)
    }

    @Test func aNewOfferWithAnotherAddressBeginsAnew() {
        var latch = SourceLatch(.standard, signaled: SourceLatchTests.signaled)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        for time in stride(from: 0, through: 2_000, by: 20) { _ = peer.send(to: &latch, now: self.at(time)) }
        latch.update(.standard, signaled: SourceLatchTests.signaled)
        #expect(latch.destination == SourceLatchTests.signaled)
        #expect(!latch.isLocked)
        latch.update(.standard, signaled: SourceLatchTests.attacker)
        #expect(latch.destination == SourceLatchTests.attacker)
        #expect(latch.learned == nil)
        #expect(peer.send(to: &latch, now: self.at(2_020)) == .refused)
        // Hold by 0.0.0.0 says nothing of where media will be.
        latch.update(.standard, signaled: nil)
        #expect(latch.destination == SourceLatchTests.attacker)
    }

    @Test func withoutLearningOnlyTheSignaledAddressCounts() {
        var latch = SourceLatch(.signaledOnly, signaled: SourceLatchTests.signaled)
        var other = Stream(address: SourceLatchTests.nearby, source: 1)
        #expect(other.send(to: &latch, now: self.at(0)) == .refused)
        var peer = Stream(address: SourceLatchTests.signaled, source: 1)
        #expect(peer.send(to: &latch, now: self.at(1)) == .learned)
    }

    @Test func anyNumberOfCandidatesKeepsNobodyOut() {
        var latch = SourceLatch(.open, signaled: SourceLatchTests.signaled)
        for port in UInt16(1_024)...UInt16(9_000) {
            let address = TransportAddress(host: .v4(0x0A00_0001), port: port)
            let verdict = latch.judge(address, source: 1, sequence: Wrapping(0), now: self.at(0))
            if verdict != .candidate { Issue.record("\(verdict)") }
        }
        var peer = Stream(address: SourceLatchTests.nearby, source: 1)
        var last = SourceLatch.Verdict.refused
        for time in stride(from: 1_000, to: 1_100, by: 20) {
            last = peer.send(to: &latch, now: self.at(time))
        }
        #expect(last == .accepted)
    }
}
