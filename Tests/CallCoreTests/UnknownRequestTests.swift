import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Requests that belong to nothing, or to nothing that we know.
@Suite struct UnknownRequestTests {
    private static let sdp = ["Content-Type: application/sdp"]

    private func answer(_ method: String, toTag: String? = nil, headers: [String] = []) throws -> SIPMessage {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        raw.send(
            raw.request(method, to: phones.bob.signaling, toTag: toTag, headers: headers),
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        let answer = try #require(raw.answers(SIPMethod(rawValue: method)).first)
        phones.expectNothingLeft()
        return answer
    }

    @Test(arguments: ["BYE", "INVITE", "INFO", "UPDATE", "OPTIONS", "NOTIFY"])
    func `In an unknown dialog`(method: String) throws {
        #expect(try self.answer(method, toTag: "nobody").statusCode == 481)
    }

    @Test(arguments: ["BYE", "INFO", "UPDATE", "CANCEL"]) func `Without any dialog`(method: String) throws {
        #expect(try self.answer(method).statusCode == 481)
    }

    @Test func `An unknown method`() throws {
        let answer = try self.answer("DANCE")
        #expect(answer.statusCode == 501)
    }

    @Test(arguments: ["SUBSCRIBE", "REGISTER", "PUBLISH", "REFER", "PRACK", "MESSAGE"])
    func `A method that we do not serve`(method: String) throws {
        let answer = try self.answer(method)
        #expect(answer.statusCode == 405)
        #expect(answer.first(.allow)?.contains("INVITE") == true)
    }

    @Test(arguments: ["100rel", "timer", "replaces", "outbound", "gruu"])
    func `An extension that we do not have`(option: String) throws {
        let answer = try self.answer("INVITE", headers: ["Require: \(option)"])
        #expect(answer.statusCode == 420)
        #expect(answer.values(.unsupported) == [option])
    }

    @Test func `A NOTIFY that nobody asked for is taken`() throws {
        #expect(try self.answer("NOTIFY").statusCode == 200)
    }

    @Test func `Every Via and Record-Route is echoed`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let further = [
            "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKproxy",
            "v: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKphone;received=10.0.0.3",
            "Record-Route: <sip:192.0.2.10;lr>, <sip:10.0.0.1;lr>", "Record-Route: <sip:10.0.0.9;lr;x=y>",
        ]
        raw.send(raw.request("INVITE", to: bob, headers: Self.sdp + further), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let answer = try #require(raw.answers(.invite).first)
        #expect(answer.statusCode == 200)
        #expect(answer.vias.map(\.host) == ["192.0.2.10", "10.0.0.1", "10.0.0.2"])
        #expect(answer.topVia.received == TwoPhones.aliceAddress)
        #expect(answer.recordRoutes.map(\.uri.host) == ["192.0.2.10", "10.0.0.1", "10.0.0.9"])
        // Requests of the callee visit the proxies in that order (section 12.1.1).
        raw.send(raw.request("ACK", to: bob, toTag: answer.toTag, branch: "ack"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        phones.bob.hangUp(try #require(phones.bob.incoming.first?.call))
        phones.simulation.run(for: .milliseconds(100))
        let bye = try #require(raw.received.first { $0.isRequest && $0.method == .bye })
        #expect(bye.routes.map(\.uri.host) == ["192.0.2.10", "10.0.0.1", "10.0.0.9"])
    }

    @Test func `OPTIONS within a call`() throws {
        let phones = try TwoPhones()
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones)
        raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack"), to: bob)
        raw.send(raw.request("OPTIONS", to: bob, cSeq: 2, toTag: tag), to: bob)
        raw.send(raw.request("DANCE", to: bob, cSeq: 3, toTag: tag), to: bob)
        raw.send(raw.request("BYE", to: bob, cSeq: 2, fromTag: "other", toTag: tag, branch: "thief"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        #expect(raw.answers(.options, cSeq: 2).first?.statusCode == 200)
        #expect(raw.answers(SIPMethod(rawValue: "DANCE"), cSeq: 3).first?.statusCode == 501)
        #expect(raw.answers(.bye, cSeq: 2).first?.statusCode == 481)
        #expect(phones.bob.ended.isEmpty)
    }
}
