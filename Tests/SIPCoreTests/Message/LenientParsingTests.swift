import CoreTypes
import Testing

@testable import SIPCore

/// What nobody needs must not cost a call: each of these was met, and is borne.
@Suite struct LenientParsingTests {
    static let invite = """
        INVITE sip:a@b.example SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
        From: <sip:c@d.example>;tag=1
        To: <sip:a@b.example>
        Call-ID: 1@192.0.2.1
        CSeq: 1 INVITE
        Max-Forwards: 70
        Contact: <sip:c@192.0.2.1>
        Record-Route: <sip:proxy.example;lr>
        Content-Length: 0


        """
    static let response = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
        From: <sip:c@d.example>;tag=1
        To: <sip:a@b.example>;tag=2
        Call-ID: 1@192.0.2.1
        CSeq: 1 INVITE
        Contact: <sip:a@192.0.2.2>
        Content-Length: 0


        """

    private func message(_ text: String) throws -> SIPMessage { try SIPMessage(Sample.wire(text)) }

    // MARK: Names and addresses

    @Test(arguments: [
        ("\"\"name\"\" <sip:c@d.example>;tag=1", "name"), ("\"\"Anna Lind\"\"<sip:c@d.example>;tag=1", "Anna Lind"),
        ("Anna \"the boss\" Lind <sip:c@d.example>;tag=1", "Anna \"the boss\" Lind"),
        ("\"Anna\" Lind <sip:c@d.example>;tag=1", "Anna\" Lind"), ("\"\" <sip:c@d.example>;tag=1", ""),
        ("\"\"\"\" <sip:c@d.example>;tag=1", ""), ("\"a\\\"b\" <sip:c@d.example>;tag=1", "a\"b"),
    ])
    func quotesInDisplayNames(_ value: String, _ name: String) throws {
        let message = try self.message(Self.invite.replacing("<sip:c@d.example>;tag=1", with: value))
        #expect(message.from.displayName == name)
        #expect(message.from.uri.host == "d.example" && message.fromTag == "1")
        // What we make of it can be read again.
        let again = try #require(NameAddress(message.from.description))
        #expect(again.displayName == name && again.tag == "1")
        let first = "<sip:first@d.example>, \(value), <sip:last@d.example>"
        let contacts = try self.message(Self.invite.replacing("<sip:c@192.0.2.1>", with: first)).contacts
        #expect(contacts.map(\.uri.user) == ["first", "c", "last"])
    }

    @Test(arguments: ["\"Anna <sip:c@d.example>;tag=1", "\"a\"b\"c <sip:c@d.example>;tag=1", "\"a\" sip:c@d.example"])
    func quotesWithoutTheirOthersAreRefused(_ value: String) {
        let text = Self.invite.replacing("<sip:c@d.example>;tag=1", with: value)
        #expect(throws: SIPParseError.self) { try self.message(text) }
    }

    /// A line with a CR in it is read by another way, which has the same limit.
    @Test func theLimitOnHeadersHoldsForLinesWithALoneCR() {
        let head = Self.response.replacing("Contact: <sip:a@192.0.2.2>", with: "X: a\rb")
        #expect(throws: Never.self) { try self.message(head) }
        let many = (0..<300).map { "X-\($0): a\rb" }.joined(separator: "\n")
        #expect(throws: SIPParseError.self) {
            try self.message(Self.response.replacing("Contact: <sip:a@192.0.2.2>", with: many))
        }
    }

    @Test func anEmptyUserIsNone() throws {
        let from = Self.invite.replacing("sip:c@d.example", with: "sip:@d.example")
        let message = try self.message(from.replacing("INVITE sip:a@b", with: "INVITE sip:@b"))
        #expect(message.from.uri.user == nil && message.from.uri.host == "d.example" && message.fromTag == "1")
        #expect(message.requestURI?.user == nil && message.requestURI?.host == "b.example")
        // The answer repeats it as it came.
        let answer = try SIPMessageBuilder(response: 200, to: message, toTag: "x").build()
        #expect(answer.lines(.from) == ["<sip:@d.example>;tag=1"])
    }

    @Test func theFirstContactOfSIPIsTheTarget() throws {
        for contact in [
            "<tel:+4420>, <sip:c@192.0.2.7>", "<mailto:c@d.example>\nContact: <sip:c@192.0.2.7>",
            "<sip:c@192.0.2.7>, rubbish <>", "rubbish <>\nContact: <sip:c@192.0.2.7>",
        ] {
            let request = try self.message(Self.invite.replacing("<sip:c@192.0.2.1>", with: contact))
            #expect(Dialog(receiving: request, localTag: "2")?.remoteTarget.host == "192.0.2.7")
        }
        let none = try self.message(Self.invite.replacing("<sip:c@192.0.2.1>", with: "<tel:+4420>"))
        #expect(Dialog(receiving: none, localTag: "2") == nil)
    }

    // MARK: Lines and ends

    @Test(arguments: ["Max-Forwards 70", ": 70", "a line of words", "@@@: 1", "-----", "\u{0}\u{1}\u{2}"])
    func aLineThatIsNoHeaderIsPassedOver(_ line: String) throws {
        let message = try self.message(Self.invite.replacing("Max-Forwards: 70", with: line))
        #expect(message.contacts.count == 1 && message.callID == "1@192.0.2.1")
        #expect(!message.contains(.maxForwards))
    }

    @Test func theEmptyLineMayBeMissingWhereThereIsNoBody() throws {
        let whole = Sample.wire(Self.invite)
        let bare = Sample.wire(Self.invite.replacing("Content-Length: 0\n", with: ""))
        for bytes in [whole.dropLast(2), whole.dropLast(3), whole.dropLast(4), bare.dropLast(2)] {
            let message = try SIPMessage(Array(bytes))
            #expect(message.body.isEmpty && message.contacts.count == 1)
            #expect(try SIPMessageBuilder(response: 200, to: message, toTag: "x").build().statusCode == 200)
        }
        // Where a body is missing, or a line's end, something was cut.
        let body = Sample.wire(Self.invite.replacing("Length: 0", with: "Length: 5"))
        for bytes in [body.dropLast(2), body.dropLast(4), bare.dropLast(4), bare.dropLast(9)] {
            #expect(throws: SIPParseError.self) { try SIPMessage(Array(bytes)) }
        }
    }

    @Test(arguments: ["\0", "\0\0\0\0", "rubbish", "\r\n", "INVITE sip:x SIP/2.0\r\n\r\n"])
    func whatStandsBehindTheBodyIsLeftAside(_ behind: String) throws {
        let text = Self.invite.replacing("Content-Length: 0\n\n", with: "Content-Type: x/y\nContent-Length: 3\n\nabc")
        let message = try SIPMessage(Sample.wire(text) + behind.utf8)
        #expect(Array(message.body) == Array("abc".utf8))
    }

    // MARK: Headers that nobody needs

    @Test(arguments: [
        "Max-Forwards: 300", "Max-Forwards: many", "Max-Forwards: 70\nMax-Forwards: 70", "Route: rubbish",
        "Route: <sip:a@b", "Date: yesterday", "Warning: \"", "Expires: soon", "Timestamp: x", "Accept: ;;;",
        "Content-Disposition: \"", "Subject: \u{1}\u{7f}", "Allow: ,,,", "Supported: ;", "User-Agent: (((",
        "Session-Expires: x", "P-Asserted-Identity: \"", "Diversion: <", "History-Info: ;;", "Reason: ;",
    ])
    func anUnreadableHeaderIsNoMatter(_ header: String) throws {
        let bench = EndpointBench()
        let text = Self.invite.replacing("Max-Forwards: 70", with: header)
        bench.endpoint.receive(Sample.wire(text), from: EndpointBench.peer, on: bench.binding, now: .zero)
        #expect(bench.events().map(\.word) == ["request INVITE"])
    }

    @Test(arguments: ["BYE", "OPTIONS", "INFO", "CANCEL", "ACK", "MESSAGE"])
    func contactsAndRoutesMatterOnlyWhereSomebodyNeedsThem(_ method: String) throws {
        let rubbish = Self.invite.replacing("<sip:c@192.0.2.1>", with: "<sip:c@")
            .replacing("<sip:proxy.example;lr>", with: "rubbish <")
        #expect(throws: SIPParseError.self) { try self.message(rubbish) }
        #expect(try self.message(rubbish.replacing("INVITE", with: method)).contacts.isEmpty)
        #expect(throws: SIPParseError.self) {
            try self.message(Self.invite.replacing("<sip:proxy.example;lr>", with: "rubbish <"))
        }
        // A registrar has to understand every binding.
        let register = Self.invite.replacing("INVITE", with: "REGISTER")
        #expect(throws: SIPParseError.self) {
            try self.message(register.replacing("<sip:c@192.0.2.1>", with: "<sip:c@192.0.2.1>, <sip:c@"))
        }
    }

    // MARK: Responses

    @Test(arguments: [
        "Contact: <sip:a@", "Contact: \"", "Date: yesterday", "Warning: 4242", "Expires: soon", "Record-Route: <",
        "Content-Length: many", "Content-Length: 0\nContent-Length: 7", "Content-Length: -1", "no header at all",
        "Retry-After: (", "Server: \r (", "WWW-Authenticate: Digest", "Max-Forwards: x", "Via: rubbish", "Require: ;",
        "P-Asserted-Identity: <sip:", "\u{0}: \u{0}", "Content-Type: ", "Subject: \u{7f}\u{1}",
    ])
    func aResponseIsNotLostForAHeader(_ header: String) throws {
        let lines = String(decoding: Sample.wire(Self.response), as: UTF8.self).split(separator: "\r\n")
        let text = lines.filter { !$0.hasPrefix("Content-Length") }.joined(separator: "\r\n")
        let more = header.split(separator: "\n").joined(separator: "\r\n")
        let response = try SIPMessage(Array("\(text)\r\n\(more)\r\n\r\n".utf8))
        #expect(response.statusCode == 200 && response.toTag == "2" && response.fromTag == "1")
    }

    @Test(arguments: [
        "<sip:a@b;;tag=2", "\"Anna <sip:a@b.example>;tag=2", "<sip:a b@c>;x=y ; tag = 2", "rubbish;tag=2", ";tag=2",
        "<>;tag=2", "<sip:a@b.example>;TAG=2, more", "Lind, Anna <sip:a@b.example>;tag=2",
    ])
    func ofAPartyOfAResponseTheTagIsEnough(_ value: String) throws {
        let text = Self.response.replacing("<sip:a@b.example>;tag=2", with: value)
        let response = try self.message(text)
        #expect(response.toTag == "2" && response.to.tag == "2")
        // The dialog names whom we called, and the ACK to a refusal too.
        let target = try #require(SIPURI("sip:a@b.example"))
        let local = try #require(NameAddress("<sip:c@d.example>"))
        var dialog = Dialog(calling: local, localTag: "1", target: target, response: response)
        let bye = try dialog.makeRequest(.bye).request.build(via: Via(transport: .udp, host: "h", branch: "z9hG4bKx"))
        #expect(bye.toTag == "2" && bye.to.uri.host.hasPrefix("b"))
        let refusal = try self.message(text.replacing("200 OK", with: "486 Busy Here"))
        let ack = try SIPMessageBuilder.ack(forNon2xx: refusal, to: self.message(Self.invite)).build()
        #expect(ack.toTag == "2")
    }

    @Test func whatCarriesAResponseMustBeReadable() {
        for (old, new) in [
            ("Via: SIP/2.0/UDP", "Via: SIP/2.0"), ("CSeq: 1", "CSeq: x"), ("Call-ID: 1@192.0.2.1", "Call-ID: a b"),
            ("Call-ID: 1@192.0.2.1\n", ""), ("Content-Length: 0", "Content-Length: 9"),
        ] {
            #expect(throws: SIPParseError.self) { try self.message(Self.response.replacing(old, with: new)) }
        }
    }
}
