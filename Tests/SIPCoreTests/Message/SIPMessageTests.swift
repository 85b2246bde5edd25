import CoreTypes
import Testing

@testable import SIPCore

@Suite struct SIPMessageTests {
    @Test func readsEveryTypedPartOfARequest() throws {
        let message = try Sample.message(Sample.invite)
        #expect(message.isRequest)
        #expect(message.method == .invite)
        #expect(message.statusCode == 0)
        #expect(message.requestURI?.description == "sip:bob@biloxi.example")
        #expect(message.vias.map(\.host) == ["pc33.atlanta.example", "[2001:db8::1]", "a.example"])
        #expect(message.vias.map(\.branch) == ["z9hG4bK776asdhds", "z9hG4bK1", "z9"])
        #expect(message.vias.map(\.transport) == [.udp, .tcp, .tls])
        #expect(message.vias[1].received == IPAddress("192.0.2.7"))
        #expect(message.vias[1].port == 5070)
        #expect(message.topVia.rport == .requested)
        #expect(message.topVia.sentBy == "pc33.atlanta.example:5060")
        #expect(message.vias[2].sentBy == "a.example:5061")
        #expect(message.from.displayName == "Alice \"A\" Liddell")
        #expect(message.from.uri.user == "alice")
        #expect(message.from.tag == "1928301774")
        #expect(message.fromTag == "1928301774")
        #expect(message.to.displayName == "Bob")
        #expect(message.to.tag == nil)
        #expect(message.toTag == nil)
        #expect(message.callID == "a84b4c76e66710@pc33.atlanta.example")
        #expect(message.cSeq == CSeq(number: 314_159, method: .invite))
        #expect(message.contacts.count == 1)
        #expect(message.contacts.first?.uri.parameters["rinstance"] == "aa14540e328cb432")
        #expect(message.contacts.first?.expires == 60)
        #expect(message.isWildcardContact == false)
        #expect(message.recordRoutes.map(\.uri.isLooseRouter) == [true, false])
        #expect(message.recordRoutes.last?.uri.parameters["tnlid"] == "sbc.c8d96e60")
        #expect(message.maxForwards == 70)
        #expect(message.expires == nil)
        #expect(message.contentType == "application/sdp")
        #expect(message.values(.supported) == ["replaces", "timer", "path"])
        #expect(message.lines(.supported) == ["replaces, timer", "path"])
        #expect(message.first("x-odd") == "kept  as it is")
        #expect(message.contains("X-ODD"))
        #expect(!message.contains("X-Absent"))
        #expect(Array(message.body) == Array("v=0".utf8))
        #expect(message.headerLines.count == 14)
        #expect(message.headerLines.map(\.name).last == .contentLength)
    }

    @Test func keepsTheBytesAsTheyCame() throws {
        for text in Sample.all {
            let bytes = Sample.wire(text)
            let message = try SIPMessage(bytes)
            #expect(message.bytes == Array(bytes.prefix(message.length)))
            #expect(try SIPMessage(message.bytes) == message)
        }
    }

    @Test func readsAResponse() throws {
        let message = try Sample.message(Sample.ok)
        #expect(!message.isRequest)
        #expect(message.statusCode == 200)
        #expect(message.reasonPhrase == "OK")
        #expect(message.method == .invite)
        #expect(message.requestURI == nil)
        #expect(message.toTag == "a6c85cf")
        #expect(message.description == "200 OK (INVITE)")
    }

    @Test func resolvesCompactNames() throws {
        let message = try Sample.message(Sample.register)
        #expect(message.topVia.transport == .tcp)
        #expect(message.callID == "51b")
        #expect(message.contacts.first?.uri.transport == .tcp)
        #expect(message.expires == 60)
        #expect(message.headerLines.map(\.name.description).contains("Call-ID"))
    }

    @Test func joinsFoldedLines() throws {
        let message = try Sample.message(
            """
            OPTIONS sip:a@b SIP/2.0
            Via : SIP / 2.0
              /UDP
            \t192.0.2.2 ; branch = z9hG4bK1
            From: a
              <sip:a@b>
             ;tag=1
            To:
             sip:b@b ;x=1
            CALL-id: 1
            cseq: 0009
               OPTIONS
            Subject: one
                  two


            """
        )
        #expect(message.topVia.host == "192.0.2.2")
        #expect(message.topVia.branch == "z9hG4bK1")
        #expect(message.from.displayName == "a")
        #expect(message.from.tag == "1")
        #expect(message.to.uri.description == "sip:b@b")
        #expect(message.to.parameters["x"] == "1")
        #expect(message.cSeq.number == 9)
        #expect(message.first(.subject) == "one two")
    }

    @Test func bearsWithBareLineFeedsAndLeadingLineEnds() throws {
        let text = "\r\n\n" + Sample.ok
        let message = try SIPMessage(Array(text.utf8))
        #expect(message.statusCode == 200)
        #expect(message.length == text.utf8.count)
    }

    @Test func cutsWhatFollowsTheBody() throws {
        let bytes = Sample.wire(Sample.ok) + Array("INVITE sip:x".utf8)
        #expect(try SIPMessage(bytes).length == Sample.wire(Sample.ok).count)
    }

    @Test func readsAWildcardContact() throws {
        let text = Sample.register.replacing("m: <sip:100@192.0.2.10:49180;transport=TCP;ob>", with: "Contact:  * ")
        let message = try Sample.message(text)
        #expect(message.isWildcardContact)
        #expect(message.contacts.isEmpty)
    }

    @Test func bearsWithAResponseThatARequestMustNotBe() throws {
        // A peer that answered is heard in spite of a Contact that nobody can read and a large CSeq (a FreeSWITCH).
        let text = Sample.ok.replacing("314159", with: "2147483648")
            .replacing("Contact: <sip:bob@192.0.2.4>", with: "Contact: <<<")
            .replacing(" 200 OK", with: " 200")
        let message = try Sample.message(text)
        #expect(message.cSeq.number == 2_147_483_648)
        #expect(message.reasonPhrase.isEmpty)
        #expect(message.contacts.isEmpty)
    }

    @Test func splitsListsOutsideQuotesAndBracketsOnly() throws {
        let text = Sample.ok.replacing(
            "Contact: <sip:bob@192.0.2.4>",
            with:
                "Contact: \"a, \\\" b\" <sip:a,b@c;x=1,2>;q=0.5 ,, sip:d@e;expires=7\nWarning: 399 h \"x, y\", 301 i \"z\""
        )
        let message = try Sample.message(text)
        #expect(message.contacts.map(\.uri.description) == ["sip:a,b@c;x=1,2", "sip:d@e"])
        #expect(message.contacts.first?.displayName == "a, \" b")
        #expect(message.contacts.last?.expires == 7)
        #expect(message.values(.warning) == ["399 h \"x, y\"", "301 i \"z\""])
    }

    @Test func comparesNamesWithoutRegardToCase() {
        let names = ["i", "CALL-ID", "x-a", "X-A", "X-B", "with space", "", "a:", "\u{E9}"].map { HeaderName($0) }
        #expect(names[0] == .callID)
        #expect(names[1] == .callID)
        #expect(names[2] == names[3])
        #expect(names[2]?.hashValue == names[3]?.hashValue)
        #expect(names[2] != names[4])
        #expect(names.suffix(4) == [nil, nil, nil, nil])
        #expect(HeaderName.wwwAuthenticate.description == "WWW-Authenticate")
        for known in KnownHeader.allCases { #expect(HeaderName(known.spelling)?.known == known) }
    }
}
