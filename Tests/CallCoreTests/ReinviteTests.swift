import CallCore
import CoreTypes
import RTPCore
import SDPCore
import SIPCore
import TelephonyTestKit
import Testing

/// A peer that changes codec, numbers and address in mid-call, and what media is told each time.
@Suite struct ReinviteTests {
    private static let sdp = ["Content-Type: application/sdp"]

    /// A call from a peer, of which later re-INVITEs are made.
    private final class Peer {
        let phones: TwoPhones
        let raw: RawHost
        private(set) var tag: String?
        private var cSeq = 0

        init() throws {
            self.phones = try TwoPhones(bobCodecs: [.opus, .pcmu, .pcma])
            self.phones.bob.answering = .answer()
            self.raw = RawHost(self.phones.simulation, at: TwoPhones.aliceAddress)
        }

        var call: CallID { get throws { try #require(self.phones.bob.incoming.first?.call) } }
        var media: MediaParameters { get throws { try #require(self.phones.bob.media[try self.call]) } }

        static func description(_ lines: String, host: String = "192.0.2.10") -> String {
            "v=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\nc=IN IP4 \(host)\nt=0 0\n\(lines)\n"
                .split(separator: "\n").map { $0 + "\r\n" }.joined()
        }

        /// Sends an INVITE; gives what the 200 says of the audio, and acknowledges it.
        func invite(_ offer: String?, answer: String? = nil) throws -> MediaDescription {
            let bob = self.phones.bob.signaling
            self.cSeq += 1
            let lines = self.raw.request(
                "INVITE",
                to: bob,
                cSeq: self.cSeq,
                toTag: self.tag,
                headers: offer == nil ? [] : ReinviteTests.sdp
            )
            self.raw.send(lines, body: offer ?? "", to: bob)
            self.phones.simulation.run(for: .milliseconds(100))
            let response = try #require(self.raw.answers(.invite, cSeq: UInt32(self.cSeq)).first)
            #expect(response.statusCode == 200)
            self.tag = response.toTag
            let ack = self.raw.request(
                "ACK",
                to: bob,
                cSeq: self.cSeq,
                toTag: self.tag,
                branch: "ack\(self.cSeq)",
                headers: answer == nil ? [] : ReinviteTests.sdp
            )
            self.raw.send(ack, body: answer ?? "", to: bob)
            self.phones.simulation.run(for: .milliseconds(100))
            return try #require(try SessionDescription(response.body).media.first)
        }

        func end() throws {
            self.phones.bob.hangUp(try self.call)
            self.phones.expectNothingLeft()
        }
    }

    @Test func `Codec, numbers and address follow each re-INVITE`() throws {
        let peer = try Peer()
        _ = try peer.invite(
            Peer.description("m=audio 30000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000")
        )
        #expect(try peer.media.codec == .pcmu)
        let second = try peer.invite(
            Peer.description(
                "m=audio 31000 RTP/AVP 8 120\na=rtpmap:120 telephone-event/8000",
                host: "192.0.2.77"
            )
        )
        #expect(second.formats == ["8", "120"])
        #expect(try peer.media.codec == .pcma)
        #expect(try peer.media.sendPayloadType == 8)
        #expect(try peer.media.receivePayloadTypes == [8])
        #expect(try peer.media.telephoneEventSend == 120)
        #expect(try peer.media.remote == TransportAddress("192.0.2.77:31000"))
        let third = try peer.invite(
            Peer.description(
                """
                m=audio 31000 RTP/AVP 96 98 97
                a=rtpmap:96 opus/48000/2
                a=rtpmap:98 telephone-event/8000
                a=rtpmap:97 telephone-event/48000
                """
            )
        )
        #expect(third.formats == ["96", "97"])
        #expect(try peer.media.codec == .opus)
        #expect(try peer.media.telephoneEventReceive == 97)
        #expect(try peer.media.telephoneEventClockRate == 48_000)
        try peer.end()
    }

    @Test func `An INVITE without an offer gets the agreed numbers, and its ACK may bring others`() throws {
        let peer = try Peer()
        _ = try peer.invite(
            Peer.description(
                "m=audio 30000 RTP/AVP 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000"
            )
        )
        let offered = try peer.invite(
            nil,
            answer: Peer.description(
                "m=audio 30000 RTP/AVP 111 112\na=rtpmap:111 opus/48000/2\na=rtpmap:112 telephone-event/48000"
            )
        )
        #expect(offered.formats.first == "96")
        #expect(offered.attributes.contains(SDPAttribute("rtpmap", "97 telephone-event/48000")))
        let media = try peer.media
        #expect(media.codec == .opus)
        #expect(media.sendPayloadType == 111)
        #expect(media.receivePayloadTypes == [96, 111])
        #expect(media.telephoneEventSend == 112)
        #expect(media.telephoneEventReceive == 97)
        try peer.end()
    }

    @Test func `A hold with another codec is both`() throws {
        let peer = try Peer()
        _ = try peer.invite(Peer.description("m=audio 30000 RTP/AVP 0"))
        _ = try peer.invite(Peer.description("m=audio 30000 RTP/AVP 8\na=sendonly"))
        #expect(try peer.media.codec == .pcma)
        #expect(try peer.media.sends == false)
        #expect(try peer.media.receives == true)
        _ = try peer.invite(Peer.description("m=audio 30000 RTP/AVP 8\na=inactive"))
        #expect(try peer.media.receives == false)
        _ = try peer.invite(Peer.description("m=audio 30000 RTP/AVP 96\na=rtpmap:96 opus/48000/2"))
        #expect(try peer.media.codec == .opus)
        #expect(try peer.media.sends == true)
        #expect(try peer.media.receives == true)
        try peer.end()
    }

    @Test func `A re-INVITE without a codec of ours leaves the codec as it was`() throws {
        let peer = try Peer()
        _ = try peer.invite(Peer.description("m=audio 30000 RTP/AVP 0"))
        let before = try peer.media
        let bob = peer.phones.bob.signaling
        let offer = Peer.description("m=audio 31000 RTP/AVP 18")
        let lines = peer.raw.request("INVITE", to: bob, cSeq: 9, toTag: peer.tag, headers: ReinviteTests.sdp)
        peer.raw.send(lines, body: offer, to: bob)
        peer.phones.simulation.run(for: .milliseconds(100))
        #expect(peer.raw.answers(.invite, cSeq: 9).first?.statusCode == 488)
        #expect(try peer.media == before)
        try peer.end()
    }
}
