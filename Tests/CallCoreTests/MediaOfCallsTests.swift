import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// What calls out, late offers and our re-INVITEs make of what real peers answer.
@Suite struct MediaOfCallsTests {
    private static let sdp = ["Content-Type: application/sdp"]

    static func description(_ lines: String, connection: String? = "IN IP4 192.0.2.99") -> String {
        let text = connection.map { "c=\($0)\n" } ?? ""
        return "v=0\no=- 1 1 IN IP4 192.0.2.99\ns=-\n\(text)t=0 0\n\(lines)\n".replacing("\n", with: "\r\n")
    }

    private static let both = description("m=audio 30000 RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000")

    /// A call out, whose 200 has this description.
    private func call(_ answer: String) throws -> (phone: AccountPhone, call: CallID) {
        let phone = AccountPhone()
        phone.pbx.answer.body = answer
        let account = try phone.add()
        return (phone, try phone.call(from: account))
    }

    private func expect(_ media: MediaParameters?, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(media?.codec == .pcma, sourceLocation: sourceLocation)
        #expect(media?.alternatives.map(\.codec) == [.pcmu], sourceLocation: sourceLocation)
        #expect(media?.alternatives.first?.receivePayloadTypes == [0], sourceLocation: sourceLocation)
    }

    @Test func `Any codec of the 200 may come`() throws {
        let (phone, call) = try self.call(MediaOfCallsTests.both)
        self.expect(phone.phone.media[call])
        // The peer's media may come from where its signaling comes from, and from nobody else.
        #expect(phone.phone.media[call]?.latch.signalingHost == phone.pbx.address)
        #expect(phone.phone.media[call]?.latch.learning == .knownHosts)
    }

    @Test func `Any codec of the answer to our re-INVITE may come`() throws {
        let (phone, call) = try self.call(RawHost.offer)
        #expect(phone.phone.media[call]?.alternatives == [])
        phone.pbx.answer.body = MediaOfCallsTests.both
        #expect(phone.phone.perform { engine, now in engine.hold(call, true, now: now) })
        phone.simulation.run(for: .seconds(1))
        self.expect(phone.phone.media[call])
    }

    @Test func `Any codec of the ACK to our late offer may come`() throws {
        let phones = try TwoPhones()
        let bob = phones.bob.signaling
        let (raw, tag) = try RawHost.accepted(by: phones, offer: nil)
        raw.send(
            raw.request("ACK", to: bob, toTag: tag, branch: "ack", headers: MediaOfCallsTests.sdp),
            body: MediaOfCallsTests.both,
            to: bob
        )
        phones.simulation.run(for: .milliseconds(100))
        let media = try #require(phones.bob.media.values.first)
        self.expect(media)
        #expect(media.latch.signalingHost == TwoPhones.aliceAddress)
    }

    @Test(arguments: ["IN IP4 localhost", "IN IP4 media.example.com", "IN IP7 192.0.2.7", "IN IP4 239.1.1.1", nil])
    func `Without a usable address the peer's packets tell`(connection: String?) throws {
        let lines = "m=audio 30000 RTP/AVP 0"
        let (phone, call) = try self.call(MediaOfCallsTests.description(lines, connection: connection))
        for media in [phone.phone.media[call], try self.incoming(lines, connection).media] {
            #expect(media?.remote == nil)
            #expect(media?.learnsRemote == true)
            #expect(media?.sends == true)
            #expect(media?.latch.signalingHost != nil)
        }
    }

    @Test(arguments: ["IN IP4 localhost", "IN IP4 239.1.1.1", nil])
    func `Where nothing can be learned the call is refused with a Warning`(connection: String?) throws {
        let lines = "m=audio 30000 RTP/AVP 0\na=recvonly"
        let refused = try self.incoming(lines, connection)
        #expect(refused.response.statusCode == 488)
        #expect(refused.response.first("Warning")?.hasPrefix("301 ") == true)
        #expect(refused.media == nil)
        let (phone, call) = try self.call(MediaOfCallsTests.description(lines, connection: connection))
        guard case .incompatibleMedia? = phone.phone.ended[call] else {
            Issue.record("\(phone.phone.ended)")
            return
        }
    }

    @Test func `A refusal for want of a codec says so`() throws {
        let refused = try self.incoming("m=audio 30000 RTP/AVP 18", "IN IP4 192.0.2.99")
        #expect(refused.response.statusCode == 488)
        #expect(refused.response.first("Warning")?.hasPrefix("305 ") == true)
    }

    private func incoming(
        _ lines: String,
        _ connection: String?
    ) throws -> (response: SIPMessage, media: MediaParameters?) {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let offer = MediaOfCallsTests.description(lines, connection: connection)
        raw.send(raw.request("INVITE", to: bob, headers: MediaOfCallsTests.sdp), body: offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let response = try #require(raw.answers(.invite).first)
        raw.send(raw.request("ACK", to: bob, toTag: response.toTag, branch: "ack"), to: bob)
        phones.simulation.run(for: .milliseconds(100))
        return (response, phones.bob.media.values.first)
    }
}
