import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// The description of a session is found in a multipart (RFC 5621): in INVITE, UPDATE, re-INVITE, ACK and answers.
@Suite struct MultipartBodyTests {
    private static let type = ["Content-Type: multipart/mixed;boundary=seam"]
    private static let remote = TransportAddress(host: .v4(0xC000_0263), port: 30_000)

    private static func wrapped(_ description: String) -> String {
        "--seam\r\nContent-Type: application/pidf+xml\r\nContent-Disposition: render;handling=optional\r\n\r\n<x/>\r\n"
            + "--seam\r\nContent-Type: application/sdp\r\n\r\n\(description)\r\n--seam--\r\n"
    }

    @Test func `An INVITE, an UPDATE and a re-INVITE offer in parts`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        raw.send(raw.request("INVITE", to: bob, headers: Self.type), body: Self.wrapped(RawHost.offer), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let answer = try #require(raw.answers(.invite).first)
        #expect(answer.statusCode == 200 && answer.contentType == "application/sdp")
        raw.send(raw.request("ACK", to: bob, toTag: answer.toTag, branch: "ack"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.media.values.first?.remote == Self.remote)
        for (cSeq, method) in [(2, "UPDATE"), (3, "INVITE")] {
            let port = 30_000 + 2 * cSeq
            let offer = RawHost.offer.replacing("30000", with: "\(port)").replacing("- 1 1", with: "- 1 \(cSeq)")
            raw.send(
                raw.request(method, to: bob, cSeq: cSeq, toTag: answer.toTag, headers: Self.type),
                body: Self.wrapped(offer),
                to: bob
            )
            phones.simulation.run(for: .milliseconds(100))
            let second = try #require(raw.answers(SIPMethod(rawValue: method), cSeq: UInt32(cSeq)).first)
            #expect(second.statusCode == 200 && second.contentType == "application/sdp")
            if method == "INVITE" {
                let ack = raw.request("ACK", to: bob, cSeq: cSeq, toTag: answer.toTag, branch: "ack\(cSeq)")
                raw.send(ack, to: bob)
                phones.simulation.run(for: .milliseconds(100))
            }
            #expect(phones.bob.media.values.first?.remote?.port == UInt16(port))
        }
        phones.bob.hangUp(try #require(phones.bob.incoming.first?.call))
        phones.expectNothingLeft()
    }

    @Test func `An ACK answers in parts`() throws {
        let phones = try TwoPhones()
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones, offer: nil)
        let ack = raw.request("ACK", to: bob, toTag: tag, branch: "ack", headers: Self.type)
        raw.send(ack, body: Self.wrapped(RawHost.offer), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.bob.media.values.first?.remote == Self.remote)
        phones.bob.hangUp(try #require(phones.bob.incoming.first?.call))
        phones.expectNothingLeft()
    }

    @Test func `A 200 answers in parts`() throws {
        let bench = AccountPhone()
        bench.pbx.challengesInvite = false
        bench.pbx.answer = (Self.wrapped(RawHost.offer), "multipart/mixed;boundary=seam")
        let call = try bench.call(from: try bench.add())
        #expect(bench.phone.media[call]?.remote == Self.remote)
        #expect(bench.phone.ended[call] == nil)
    }

    @Test func `A part that must be understood is refused with 415`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let body = Self.wrapped(RawHost.offer).replacing(";handling=optional", with: "")
        raw.send(raw.request("INVITE", to: bob, headers: Self.type), body: body, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.invite).map(\.statusCode) == [415])
        #expect(phones.bob.incoming.isEmpty)
    }
}
