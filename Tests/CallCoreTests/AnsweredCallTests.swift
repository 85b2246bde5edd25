import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// A call that is answered, and how it ends.
@Suite struct AnsweredCallTests {
    @Test func `The caller hangs up`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        phones.alice.hangUp(call.alice)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call.alice] == .localHangup)
        #expect(phones.bob.ended[call.bob] == .remoteHangup)
        #expect(phones.simulation.ladder == ["INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"])
        phones.expectNothingLeft()
    }

    @Test func `The callee hangs up`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        phones.bob.hangUp(call.bob)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call.alice] == .remoteHangup)
        #expect(phones.bob.ended[call.bob] == .localHangup)
        phones.expectNothingLeft()
    }

    @Test func `Both hang up at once`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        phones.alice.hangUp(call.alice)
        phones.bob.hangUp(call.bob)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call.alice] == .localHangup)
        #expect(phones.bob.ended[call.bob] == .localHangup)
        phones.expectNothingLeft()
    }

    @Test func `The callee hangs up before the ACK and waits for it with the BYE`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let call = try phones.call()
        #expect(phones.simulation.run { !phones.bob.answered.isEmpty })
        let other = try #require(phones.bob.incoming.first?.call)
        phones.bob.hangUp(other)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call] == .remoteHangup)
        let ladder = phones.simulation.ladder
        let ack = try #require(ladder.firstIndex(of: "ACK"))
        let bye = try #require(ladder.firstIndex(of: "BYE"))
        #expect(ack < bye)
        phones.expectNothingLeft()
    }

    @Test func `Ringing is told before the answer`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer(after: .seconds(3))
        let call = try phones.call()
        phones.simulation.run(for: .seconds(4))
        let story = phones.alice.events.map { event in
            switch event {
            case .ringing(let id, status: let status): id == call ? "ringing \(status)" : "?"
            case .media: "media"
            case .answered: "answered"
            default: "?"
            }
        }
        #expect(story == ["ringing 180", "media", "answered"])
        #expect(phones.alice.answered[call]?.product == "Simulated")
        #expect(phones.alice.answered[call]?.wasForwarded == false)
        phones.alice.hangUp(call)
        phones.expectNothingLeft()
    }

    @Test func `Audio and keys pass both ways`() throws {
        let phones = try TwoPhones(carriesMedia: true)
        let call = try phones.answeredCall()
        let (here, there) = (try #require(phones.alice.legs[call.alice]), try #require(phones.bob.legs[call.bob]))
        here.sendDTMF("5")
        there.sendDTMF("#")
        phones.simulation.run(for: .seconds(2))
        #expect(here.digits == ["#"])
        #expect(there.digits == ["5"])
        #expect(here.heard > .milliseconds(2_500))
        #expect(there.heard > .milliseconds(2_500))
        #expect(here.statistics.packetsLost == 0)
        phones.alice.hangUp(call.alice)
        phones.expectNothingLeft()
    }

    @Test func `The caller is told who it calls and the callee who calls`() throws {
        let phones = try TwoPhones()
        _ = try phones.answeredCall()
        let info = try #require(phones.bob.incoming.first?.info)
        #expect(info.callerNumber == "alice")
        #expect(info.from.displayName == "Alice")
        #expect(info.requestURI.user == "bob")
        #expect(info.source == phones.alice.signaling)
    }
}
