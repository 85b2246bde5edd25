import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// What comes twice, and what never comes.
@Suite struct RetransmissionTests {
    private static let sdp = ["Content-Type: application/sdp"]

    @Test func `A repeated INVITE gets the same answer and is one call`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let bytes = raw.send(raw.request("INVITE", to: bob, headers: Self.sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        for _ in 0..<3 {
            raw.send(bytes, to: bob)
            phones.simulation.run(for: .milliseconds(100))
        }
        #expect(raw.answers(.invite).count == 4)
        #expect(Set(raw.answers(.invite).map(\.bytes)).count == 1)
        #expect(phones.bob.incoming.count == 1)
    }

    @Test func `A repeated INVITE that was refused gets the refusal again`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .reject(status: 486)
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let bytes = raw.send(raw.request("INVITE", to: bob, headers: Self.sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(10))
        raw.send(bytes, to: bob)
        phones.simulation.run(for: .milliseconds(10))
        #expect(raw.answers(.invite).map(\.statusCode) == [486, 486])
        #expect(Set(raw.answers(.invite).map(\.bytes)).count == 1)
        #expect(phones.bob.incoming.count == 1)
        phones.expectNothingLeft()
    }

    @Test func `An ACK that never comes ends the call with a BYE after 32 seconds`() throws {
        let phones = try TwoPhones()
        phones.simulation.loses = { (try? SIPMessage($0.bytes))?.summary == "ACK" }
        phones.bob.answering = .answer()
        let caller = try phones.call()
        phones.simulation.run(for: .seconds(31))
        let callee = try #require(phones.bob.incoming.last?.call)
        #expect(phones.bob.answered.isEmpty)
        #expect(phones.bob.ended.isEmpty)
        let answers = phones.simulation.ladder.count { $0 == "200 INVITE" }
        let acks = phones.simulation.ladder.count { $0 == "ACK" }
        // 0.5, 1, 2, 4, 4, … seconds apart, and each retransmission is acknowledged again.
        #expect((9...11).contains(answers))
        #expect(acks == answers)
        phones.simulation.run(for: .seconds(3))
        #expect(phones.bob.ended[callee] == .notAcknowledged)
        #expect(phones.alice.ended[caller] == .remoteHangup)
        phones.expectNothingLeft()
    }

    @Test func `A lost 200 and a lost ACK are sent again`() throws {
        let phones = try TwoPhones()
        var losses = ["200 INVITE": 2, "ACK": 2]
        phones.simulation.loses = { sent in
            guard let summary = (try? SIPMessage(sent.bytes))?.summary, let left = losses[summary], left > 0 else {
                return false
            }
            losses[summary] = left - 1
            return true
        }
        phones.bob.answering = .answer()
        let call = try phones.call()
        phones.simulation.run(for: .seconds(20))
        #expect(losses == ["200 INVITE": 0, "ACK": 0])
        #expect(phones.alice.answered[call] != nil)
        #expect(phones.alice.gauges.calls == 1)
        #expect(phones.bob.gauges.calls == 1)
        phones.alice.hangUp(call)
        phones.expectNothingLeft()
    }

    @Test func `A BYE that nobody answers ends the call all the same`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        phones.simulation.loses = { _ in true }
        phones.alice.hangUp(call.alice)
        phones.simulation.run(for: .seconds(40))
        #expect(phones.alice.ended[call.alice] == .localHangup)
        #expect(phones.simulation.ladder.count { $0 == "BYE" } == 11)
        // The other phone was told nothing; its own BYE finds nobody.
        phones.bob.hangUp(call.bob)
        phones.expectNothingLeft()
    }
}
