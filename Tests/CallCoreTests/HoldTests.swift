import CallCore
import CoreTypes
import RTPCore
import SDPCore
import SIPCore
import TelephonyTestKit
import Testing

/// Re-INVITEs: hold, resume, and when both sides send one at once (RFC 3261 section 14).
@Suite struct HoldTests {
    private func hold(_ agent: SimulatedAgent, _ call: CallID, _ isHolding: Bool) -> Bool {
        agent.perform { engine, now in engine.hold(call, isHolding, now: now) }
    }

    @Test func `A call is held and resumed`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        #expect(self.hold(phones.alice, call.alice, true))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.media[call.alice]?.receives == false)
        #expect(phones.bob.media[call.bob]?.sends == false)
        #expect(self.hold(phones.alice, call.alice, false))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.media[call.alice]?.receives == true)
        #expect(phones.bob.media[call.bob]?.sends == true)
        phones.alice.hangUp(call.alice)
        phones.expectNothingLeft()
    }

    @Test func `A held leg hears nothing and hears again`() throws {
        let phones = try TwoPhones(carriesMedia: true)
        let call = try phones.answeredCall()
        let leg = try #require(phones.alice.legs[call.alice])
        #expect(self.hold(phones.alice, call.alice, true))
        phones.simulation.run(for: .seconds(1))
        let before = leg.heard
        phones.simulation.run(for: .seconds(2))
        #expect(leg.heard == before)
        #expect(self.hold(phones.alice, call.alice, false))
        phones.simulation.run(for: .seconds(2))
        #expect(leg.heard > before + .milliseconds(1_500))
    }

    @Test func `While a re-INVITE is on its way there is no second one`() throws {
        let phones = try TwoPhones()
        let call = try phones.answeredCall()
        #expect(self.hold(phones.alice, call.alice, true))
        #expect(!self.hold(phones.alice, call.alice, false))
        phones.simulation.run(for: .seconds(1))
        #expect(self.hold(phones.bob, call.bob, true))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.media[call.alice]?.sends == false)
    }

    @Test func `Before the answer there is nothing to hold, and nothing is spoiled`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer(after: .seconds(1))
        let call = try phones.call()
        #expect(!self.hold(phones.alice, call, true))
        phones.simulation.run(for: .seconds(2))
        let other = try #require(phones.bob.incoming.first?.call)
        #expect(self.hold(phones.bob, other, true))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.media[call]?.sends == false)
    }

    @Test(arguments: 1...20) func `Both hold at once: one waits, both hold in the end`(seed: UInt64) throws {
        let phones = try TwoPhones(seed: seed, conditions: .init(latency: .milliseconds(30)))
        let call = try phones.answeredCall()
        #expect(self.hold(phones.alice, call.alice, true))
        #expect(self.hold(phones.bob, call.bob, true))
        phones.simulation.run(for: .seconds(20))
        #expect(phones.simulation.ladder.contains("491 INVITE"))
        // A description that is older than one before it counts for nothing (RFC 3264 section 8).
        for address in [TwoPhones.aliceAddress, TwoPhones.bobAddress] {
            let versions = try phones.simulation.messages(from: address).filter { !$0.body.isEmpty }
                .map { try SessionDescription($0.body).origin.sessionVersion }
            #expect(versions == versions.sorted())
        }
        // Held from both sides, nothing flows.
        for media in [phones.alice.media[call.alice], phones.bob.media[call.bob]] {
            #expect(media?.sends == false)
            #expect(media?.receives == false)
        }
        #expect(self.hold(phones.alice, call.alice, false))
        phones.simulation.run(for: .seconds(5))
        #expect(self.hold(phones.bob, call.bob, false))
        phones.simulation.run(for: .seconds(5))
        for media in [phones.alice.media[call.alice], phones.bob.media[call.bob]] {
            #expect(media?.sends == true)
            #expect(media?.receives == true)
        }
        phones.alice.hangUp(call.alice)
        phones.expectNothingLeft()
    }

    @Test func `A refused hold leaves the call as it was`() throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.bobAddress)
        let call = try phones.answeredCall()
        // Every answer to the re-INVITE is lost and a 488 sent in its place.
        phones.simulation.loses = { sent in
            guard sent.from.host == TwoPhones.bobAddress, let message = try? SIPMessage(sent.bytes) else {
                return false
            }
            return message.summary == "200 INVITE"
        }
        #expect(self.hold(phones.alice, call.alice, true))
        phones.simulation.run(for: .milliseconds(100))
        let invite = try #require(raw.received.last { $0.isRequest && $0.method == .invite })
        let refusal = try SIPMessageBuilder(response: 488, to: invite, toTag: nil).build()
        raw.send(refusal.bytes, to: phones.alice.signaling)
        phones.simulation.run(for: .milliseconds(100))
        phones.simulation.loses = nil
        #expect(phones.alice.media[call.alice]?.receives == true)
        #expect(self.hold(phones.alice, call.alice, true))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.media[call.alice]?.receives == false)
    }

    @Test func `A re-INVITE that cannot be served is refused and the call goes on`() throws {
        let phones = try TwoPhones()
        let sdp = ["Content-Type: application/sdp"]
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones)
        raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack1"), to: bob)
        let unknown = RawHost.offer.replacingOccurrences("PCMU/8000", "NOPE/8000").replacingOccurrences(
            "AVP 0",
            "AVP 96"
        )
        raw.send(raw.request("INVITE", to: bob, cSeq: 2, toTag: tag, headers: sdp), body: unknown, to: bob)
        raw.send(raw.request("UPDATE", to: bob, cSeq: 3, toTag: tag, headers: sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.invite, cSeq: 2).first?.statusCode == 488)
        #expect(raw.answers(.update, cSeq: 3).first?.statusCode == 200)
        #expect(phones.bob.ended.isEmpty)
        phones.bob.hangUp(try #require(phones.bob.incoming.first?.call))
        phones.expectNothingLeft()
    }
}

extension String {
    fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
        self.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
