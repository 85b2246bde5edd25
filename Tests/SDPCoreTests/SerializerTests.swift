import CoreTypes
import SDPCore
import Testing

struct SerializerTests {
    @Test func linesComeInTheOrderOfTheRFC() throws {
        let text = """
            v=0
            o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
            s=Call to John Smith
            i=SDP Offer #1
            u=http://www.jdoe.example.com/home.html
            e=Jane Doe <jane@jdoe.example.com>
            p=+1 617 555-6011
            c=IN IP4 198.51.100.1
            b=AS:128
            t=0 0
            r=7d 1h 0 25h
            z=2882844526 -1h 2898848070 0
            a=recvonly
            m=audio 49170 RTP/AVP 0
            i=the voice
            c=IN IP4 198.51.100.2
            b=AS:64
            m=video 51372/2 RTP/AVP 99
            a=rtpmap:99 h263-1998/90000

            """
        let description = try Descriptions.parse(text)
        #expect(description.description == text.replacing("\n", with: "\r\n"))
        let shuffled = text.replacing("b=AS:128\nt=0 0\n", with: "t=0 0\nb=AS:128\n")
        #expect(try Descriptions.parse(shuffled).serialized() == description.serialized())
    }

    @Test func noValueCanAddALine() throws {
        let origin = SDPOrigin(
            username: "a\r\nm=audio",
            sessionID: 1,
            sessionVersion: 1,
            connection: SDPConnection(.v4(0x0A00_0001))
        )
        let description = SessionDescription(
            origin: origin,
            name: "x\nm=audio 1 RTP/AVP 0\r\n\u{0}",
            attributes: [SDPAttribute("tool", "a\rm=b")]
        )
        let read = try SessionDescription(description.serialized())
        #expect(read.media.isEmpty)
        #expect(read.name == "xm=audio 1 RTP/AVP 0")
        #expect(read.attribute("tool") == "am=b")
    }

    @Test func whatWasReadComesBackWithoutAChange() throws {
        let description = try Descriptions.parse(Descriptions.encryptedAndPlain)
        #expect(try SessionDescription(description.serialized()) == description)
    }
}
