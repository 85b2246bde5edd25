import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// A call that came in is up with its ACK: an INVITE alone proves nothing about who sent it.
@Suite struct AcknowledgmentTests {
    private static let sdp = ["Content-Type: application/sdp"]

    @Test(arguments: [RawHost.offer, nil]) func `Nothing begins before the ACK`(offer: String?) throws {
        let phones = try TwoPhones()
        let (raw, tag) = try RawHost.accepted(by: phones, offer: offer)
        phones.simulation.run(for: .seconds(20))
        #expect(phones.bob.media.isEmpty)
        #expect(phones.bob.answered.isEmpty)
        let acknowledgment = raw.request(
            "ACK",
            to: phones.bob.signaling,
            toTag: tag,
            branch: "ack",
            headers: offer == nil ? Self.sdp : []
        )
        raw.send(acknowledgment, body: offer == nil ? RawHost.offer : "", to: phones.bob.signaling)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.media.count == 1)
        #expect(phones.bob.answered.count == 1)
    }

    @Test func `A forged INVITE never gets media`() throws {
        let phones = try TwoPhones()
        _ = try RawHost.accepted(by: phones)
        // The 200 is sent again for 64 times T1, then a BYE for as long.
        phones.simulation.run(for: .seconds(80))
        #expect(phones.bob.media.isEmpty)
        #expect(phones.bob.answered.isEmpty)
        #expect(Array(phones.bob.ended.values) == [.notAcknowledged])
        phones.expectNothingLeft()
    }

    @Test func `An ACK with a guessed tag begins nothing`() throws {
        let phones = try TwoPhones()
        let (raw, tag) = try RawHost.accepted(by: phones)
        let bob = phones.bob.signaling
        raw.send(raw.request("ACK", to: bob, toTag: "guessed", branch: "ack1"), to: bob)
        raw.send(raw.request("ACK", to: bob, cSeq: 2, toTag: tag, branch: "ack2"), to: bob)
        raw.send(raw.request("ACK", to: bob, fromTag: "other", toTag: tag, branch: "ack3"), to: bob)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.media.isEmpty)
        #expect(phones.bob.answered.isEmpty)
    }

    @Test func `A re-INVITE before the ACK changes what the ACK begins, not when`() throws {
        let phones = try TwoPhones()
        let (raw, tag) = try RawHost.accepted(by: phones)
        let bob = phones.bob.signaling
        let moved = RawHost.offer.replacing("30000", with: "30002").replacing("o=- 1 1", with: "o=- 1 2")
        raw.send(
            raw.request("INVITE", to: bob, cSeq: 2, toTag: tag, headers: Self.sdp),
            body: moved,
            to: bob
        )
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.invite, cSeq: 2).first?.statusCode == 200)
        #expect(phones.bob.media.isEmpty)
        raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.media.values.first?.remote?.port == 30_002)
        #expect(phones.bob.answered.count == 1)
    }
}
