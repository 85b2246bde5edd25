import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// Calls that fail for want of a codec say what each side has.
@Suite struct CodecMismatchTests {
    private static func description(_ media: String) -> String {
        "v=0\r\no=- 1 1 IN IP4 192.0.2.99\r\ns=-\r\nc=IN IP4 192.0.2.99\r\nt=0 0\r\n" + media
    }

    @Test func `A call that came in and is refused with 488 is told, with offered and wanted`() throws {
        let phones = try TwoPhones(bobCodecs: [.opus, .g722])
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let offer = Self.description(
            "m=audio 30000 RTP/AVP 18 4 101\r\na=rtpmap:18 G729/8000\r\na=rtpmap:4 G723/8000\r\n"
                + "a=rtpmap:101 telephone-event/8000\r\n"
        )
        raw.send(
            raw.request("INVITE", to: bob, headers: ["Content-Type: application/sdp"]),
            body: offer,
            to: bob
        )
        phones.simulation.run(for: .milliseconds(100))
        #expect(try #require(raw.answers(.invite).first).statusCode == 488)
        let refused = try #require(phones.bob.refused.first)
        guard case .incompatibleMedia(let words) = refused.reason else {
            Issue.record("\(refused.reason)")
            return
        }
        #expect(words.contains("they offered G729, G723; we have opus, G722"))
        #expect(phones.bob.refused.count == 1 && phones.bob.incoming.isEmpty)
    }

    @Test func `SRTP that is demanded is named`() throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        raw.send(
            raw.request("INVITE", to: bob, headers: ["Content-Type: application/sdp"]),
            body: Self.description("m=audio 30000 RTP/SAVP 0\r\n"),
            to: bob
        )
        phones.simulation.run(for: .milliseconds(100))
        guard case .incompatibleMedia(let words)? = phones.bob.refused.first?.reason else {
            Issue.record("\(phones.bob.refused)")
            return
        }
        #expect(words.contains("RTP/SAVP"))
    }

    @Test func `A body that is no description, and a call too many, are told as well`() throws {
        let phones = try TwoPhones(maximumCalls: 1)
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        raw.send(raw.request("INVITE", to: bob, headers: ["Content-Type: application/sdp"]), body: "x", to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.refused.count == 1)
        phones.bob.answering = .ring
        raw.send(raw.request("INVITE", to: bob, callID: "second"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        raw.send(raw.request("INVITE", to: bob, callID: "third"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.incoming.count == 1)
        #expect(phones.bob.refused.last?.reason == .declined(status: 503))
    }

    @Test(arguments: [488, 606])
    func `A refusal of our offer says what we offered and what is wanted`(status: Int) throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.bobAddress)
        let call = try phones.call()
        phones.simulation.run(for: .milliseconds(50))
        let invite = try #require(raw.received.first { $0.method == .invite })
        raw.answer(
            invite,
            status,
            ["Warning: 305 pbx \"Incompatible media\u{1B} format\"", "Content-Type: application/sdp"],
            body: Self.description("m=audio 0 RTP/AVP 18\r\n")
        )
        phones.simulation.run(for: .milliseconds(50))
        guard case .rejected(let code, let reason)? = phones.alice.ended[call] else {
            Issue.record("\(String(describing: phones.alice.ended[call]))")
            return
        }
        #expect(code == status)
        #expect(reason.hasPrefix("Test: we offered "))
        #expect(reason.contains("they want G729"))
        #expect(reason.contains("they warn: 305 Incompatible media format"))
    }

    @Test func `A refusal without a word of its own still says what we offered`() throws {
        let phones = try TwoPhones(bobCodecs: [.opus])
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        guard case .rejected(status: 488, let reason)? = phones.alice.ended[call] else {
            Issue.record("\(String(describing: phones.alice.ended[call]))")
            return
        }
        #expect(reason.contains("we offered PCMU, PCMA; they warn: 305"))
    }
}
