import CoreTypes
import SDPCore
import Testing

/// What a call does not need must not cost the call, however wrong it is.
struct NeedlessMistakesTests {
    private static let audio = "m=audio 4000 RTP/AVP 0\n"
    private static let head = "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"

    static let bodies: [String] = [
        // o= of any kind, or none.
        "v=0\no=user abc 1x IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n" + audio,
        "v=0\no=- -1 -1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\n" + audio,
        "v=0\no=1 1 IN IP4 h\nc=IN IP4 192.0.2.7\n" + audio,
        "v=0\no=\nc=IN IP4 192.0.2.7\n" + audio,
        "v=0\nc=IN IP4 192.0.2.7\n" + audio,
        "c=IN IP4 192.0.2.7\n" + audio,
        // Lines that stand twice, out of order, or are none.
        head + "v=0\no=- 2 2 IN IP4 h\ns=again\n" + audio,
        "s=-\nt=0 0\nv=0\nc=IN IP4 192.0.2.7\no=- 1 1 IN IP4 h\n" + audio,
        head + "what is this\n =x\nsx\n\t\nX=1\n" + audio,
        head + "c=IN IP4\n" + audio,
        head + audio + "c=IN\n",
        "v=0\nc=IN IP4 192.0.2.7 and more\n" + audio,
        // What stands behind the text.
        head + audio + "\u{0}",
        head + audio + "\u{0}\u{0}\u{0}garbage\u{0}",
        head + audio + "\r\n--boundary--\r\n\u{7F}\u{1}",
        head + "s=Cisco\u{0}Call\n" + audio,
        // Endings.
        (head + audio).replacing("\n", with: "\r"),
        (head + audio).replacing("\n", with: "\r\n\r\n"),
        // Very much of what nobody needs.
        head + String(repeating: "a=candidate:1 1 UDP 1 192.0.2.9 9 typ host\n", count: 400) + audio,
        head + audio + String(repeating: "a=candidate:1 1 UDP 1 192.0.2.9 9 typ host\n", count: 400)
            + "a=rtpmap:0 PCMU/8000\n",
        head + "i=" + String(repeating: "x", count: 9_000) + "\n" + audio,
        head + "m=audio 4000 RTP/AVP 0 " + (0..<200).map(String.init).joined(separator: " ") + "\n",
    ]

    @Test(arguments: bodies)
    func theCallIsTaken(body: String) throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(try Descriptions.parse(body))
        #expect(result.audio.codecName == "PCMU")
        #expect(result.audio.remoteAddress == TransportAddress(host: .v4(0xC000_0207), port: 4_000))
        #expect(!result.audio.isRemoteUnknown)
        #expect(result.answer.media.filter { $0.port != 0 }.count == 1)
    }

    @Test func whatACallNeedsIsFoundBehindHundredsOfOtherAttributes() throws {
        let candidates = String(repeating: "a=candidate:1 1 UDP 1 192.0.2.9 9 typ host\n", count: 300)
        let offer = try Descriptions.peer(
            "m=audio 4000 RTP/AVP 96\n" + candidates + "a=rtpmap:96 opus/48000/2\na=sendonly \n"
        )
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(offer)
        #expect(result.audio.codecName == "opus")
        #expect(result.audio.direction == .receiveOnly)
    }

    @Test func anAttributeOfBlanksIsNone() throws {
        let description = try Descriptions.peer("a= \na=  \t\n" + NeedlessMistakesTests.audio)
        #expect(!description.attributes.contains { $0.name.isEmpty })
        #expect(try SessionDescription(description.serialized()) == description)
    }

    /// A medium that cannot be read keeps its place, for an answer has as many lines as its offer.
    @Test(arguments: [
        "m=", "m=video", "m=video x RTP/AVP 1", "m=video 70000 RTP/AVP 1", "m=video -1 RTP/AVP 1",
        "m=video +1 RTP/AVP 1",
    ])
    func anUnreadableMediumIsRefusedAlone(line: String) throws {
        var agent = Descriptions.agent()
        let result = try agent.receiveOffer(try Descriptions.peer(line + "\n" + NeedlessMistakesTests.audio))
        #expect(result.answer.media.map(\.port) == [0, 40_000])
        let again = try SessionDescription(result.answer.serialized())
        #expect(again.media.count == 2)
    }
}
