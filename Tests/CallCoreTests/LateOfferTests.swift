import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// An INVITE without a description: the 200 makes the offer, the ACK brings the answer (RFC 3261 section 13.2.1).
@Suite struct LateOfferTests {
    private func invite() throws -> (phones: TwoPhones, raw: RawHost, answer: SIPMessage) {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        raw.send(raw.request("INVITE", to: phones.bob.signaling), to: phones.bob.signaling)
        phones.simulation.run(for: .milliseconds(100))
        let answer = try #require(raw.answers(.invite).first)
        return (phones, raw, answer)
    }

    @Test func `The 200 offers and the ACK answers`() throws {
        let (phones, raw, answer) = try self.invite()
        #expect(answer.statusCode == 200)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("m=audio"))
        #expect(phones.bob.media.isEmpty)
        raw.send(
            raw.request(
                "ACK",
                to: phones.bob.signaling,
                toTag: answer.toTag,
                branch: "ack",
                headers: ["Content-Type: application/sdp"]
            ),
            body: RawHost.offer,
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        let media = try #require(phones.bob.media.values.first)
        #expect(media.codec == .pcmu)
        #expect(media.remote == TransportAddress(host: .v4(0xC000_0263), port: 30_000))
        raw.send(
            raw.request("BYE", to: phones.bob.signaling, cSeq: 2, toTag: answer.toTag),
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.ended.values.map { $0 } == [.remoteHangup])
        phones.expectNothingLeft()
    }

    @Test func `An ACK without an answer ends the call`() throws {
        let (phones, raw, answer) = try self.invite()
        raw.send(
            raw.request("ACK", to: phones.bob.signaling, toTag: answer.toTag, branch: "ack"),
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        #expect(raw.received.contains { $0.isRequest && $0.method == .bye })
        phones.expectNothingLeft()
        guard case .incompatibleMedia? = phones.bob.ended.values.first else {
            Issue.record("\(phones.bob.ended)")
            return
        }
    }

    @Test func `A late ACK to the first 200 is no answer to the offer of a re-INVITE`() throws {
        let phones = try TwoPhones()
        let sdp = ["Content-Type: application/sdp"]
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones)
        raw.send(raw.request("INVITE", to: bob, cSeq: 2, toTag: tag), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.invite, cSeq: 2).first?.statusCode == 200)
        raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack1"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.ended.isEmpty)
        #expect(!raw.received.contains { $0.isRequest && $0.method == .bye })
        raw.send(
            raw.request("ACK", to: bob, cSeq: 2, toTag: tag, branch: "ack2", headers: sdp),
            body: RawHost.offer,
            to: bob
        )
        phones.simulation.run(for: .seconds(40))
        #expect(phones.bob.ended.isEmpty)
        #expect(phones.bob.gauges.calls == 1)
        phones.bob.hangUp(try #require(phones.bob.incoming.first?.call))
        phones.expectNothingLeft()
    }

    /// RFC 3261 section 14: a re-INVITE that comes to nothing leaves the session as it was.
    @Test(arguments: [
        nil, "v=0\r\nm=audio 0 RTP/AVP 0\r\n", "no description",
        "v=0\r\nc=IN IP4 192.0.2.99\r\nm=audio 30000 RTP/AVP 18\r\n",
    ])
    func `An ACK to a re-INVITE without an answer of use changes nothing`(answer: String?) throws {
        let phones = try TwoPhones()
        let sdp = ["Content-Type: application/sdp"]
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones)
        raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack1"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let call = try #require(phones.bob.incoming.first?.call)
        let before = try #require(phones.bob.media[call])
        for cSeq in 2...3 {
            raw.send(raw.request("INVITE", to: bob, cSeq: cSeq, toTag: tag), to: bob)
            phones.simulation.run(for: .milliseconds(100))
            #expect(raw.answers(.invite, cSeq: UInt32(cSeq)).first?.statusCode == 200)
            let headers = answer == nil ? [] : sdp
            raw.send(
                raw.request("ACK", to: bob, cSeq: cSeq, toTag: tag, branch: "ack\(cSeq)", headers: headers),
                body: answer ?? "",
                to: bob
            )
            phones.simulation.run(for: .seconds(40))
            #expect(phones.bob.ended.isEmpty)
            #expect(phones.bob.media[call] == before)
        }
        #expect(!raw.received.contains { $0.isRequest && $0.method == .bye })
        // A re-INVITE with an offer is answered, and so ours is not in its way.
        raw.send(raw.request("INVITE", to: bob, cSeq: 4, toTag: tag, headers: sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.invite, cSeq: 4).first?.statusCode == 200)
        phones.bob.hangUp(call)
        phones.expectNothingLeft()
    }
}
