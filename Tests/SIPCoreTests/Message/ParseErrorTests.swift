import Testing

@testable import SIPCore

/// Messages that must be refused, each by the right layer and with the right status.
@Suite struct ParseErrorTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var layer: SIPParseError.Layer
        var header: HeaderName?
        var status = 400
        var text: String

        var testDescription: String { self.name }
    }

    static let base = """
        OPTIONS sip:a@b.example SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
        From: <sip:c@d.example>;tag=1
        To: <sip:a@b.example>
        Call-ID: 1@192.0.2.1
        CSeq: 1 OPTIONS
        Max-Forwards: 70
        Contact: <sip:c@192.0.2.1>
        Content-Length: 0


        """

    static func with(_ old: String, _ new: String) -> String { ParseErrorTests.base.replacing(old, with: new) }

    // The faults of RFC 4475 section 3.1.2, 3.2 and 3.3 and of RFC 5118, in messages of our own.
    static let faults: [Fault] = [
        Fault(name: "empty", layer: .framing, text: ""),
        Fault(name: "line ends alone", layer: .framing, text: "\n\n\n\n"),
        Fault(
            name: "no empty line before a body",
            layer: .framing,
            text: String(with("Length: 0", "Length: 4").dropLast(1))
        ),
        Fault(name: "a line that does not end", layer: .framing, text: with("Content-Length: 0\n\n", "Subject: hel")),
        Fault(
            name: "Content-Length beyond the datagram",
            layer: .framing,
            header: .contentLength,
            text: with("Length: 0", "Length: 1")
        ),
        Fault(
            name: "negative Content-Length",
            layer: .framing,
            header: .contentLength,
            text: with("Length: 0", "Length: -999")
        ),
        Fault(
            name: "overlong Content-Length",
            layer: .framing,
            header: .contentLength,
            text: with("Length: 0", "Length: 99999999999999999999")
        ),
        Fault(
            name: "two Content-Lengths",
            layer: .framing,
            header: .contentLength,
            text: with("Content-Length: 0", "Content-Length: 0\nl: 1")
        ),
        Fault(
            name: "header that is needed without a colon",
            layer: .validation,
            header: .callID,
            text: with("Call-ID: 1", "Call-ID 1")
        ),
        Fault(
            name: "URI in angle brackets",
            layer: .framing,
            text: with("sip:a@b.example SIP", "<sip:a@b.example> SIP")
        ),
        Fault(
            name: "space in the Request-URI",
            layer: .framing,
            text: with("sip:a@b.example SIP", "sip:a@b.example; lr SIP")
        ),
        Fault(name: "two spaces in the start line", layer: .framing, text: with("OPTIONS sip", "OPTIONS  sip")),
        Fault(name: "space behind the version", layer: .framing, text: with("SIP/2.0\nVia", "SIP/2.0 \nVia")),
        Fault(name: "half an escape", layer: .framing, text: with("sip:a@b.example SIP", "sip:a%4@b.example SIP")),
        Fault(
            name: "IPv6 without brackets",
            layer: .framing,
            text: with("sip:a@b.example SIP", "sip:a@2001:db8::10 SIP")
        ),
        Fault(
            name: "password without a user",
            layer: .framing,
            text: with("sip:a@b.example SIP", "sip::x@b.example SIP")
        ),
        Fault(name: "port too large", layer: .framing, text: with("sip:a@b.example SIP", "sip:b.example:65536 SIP")),
        Fault(
            name: "status too large",
            layer: .framing,
            text: with("OPTIONS sip:a@b.example SIP/2.0", "SIP/2.0 4294967301 better")
        ),
        Fault(
            name: "Via with empty parameters",
            layer: .header,
            header: .via,
            text: with(";branch=z9hG4bK1", ";;,;,,")
        ),
        Fault(name: "Via without a transport", layer: .header, header: .via, text: with("SIP/2.0/UDP", "SIP/2.0")),
        Fault(name: "second Via broken", layer: .header, header: .via, text: with("From:", "Via: x\nFrom:")),
        Fault(name: "quote never closed", layer: .header, header: .to, text: with("To: <", "To: \"Mr. J. User <")),
        Fault(
            name: "space inside the brackets",
            layer: .header,
            header: .to,
            text: with("To: <sip:a@b.example>", "To: \"W\" < sip:a@b.example >")
        ),
        Fault(
            name: "comma in a display name",
            layer: .header,
            header: .from,
            text: with("From: <", "From: Bell, Alexander <")
        ),
        Fault(
            name: "bracket never closed",
            layer: .header,
            header: .from,
            text: with("From: <sip:c@d.example>", "From: <sip:c@d.example")
        ),
        Fault(
            name: "IPv6 without brackets in From",
            layer: .header,
            header: .from,
            text: with("sip:c@d.example", "sip:c@2001:db8::9:1")
        ),
        Fault(
            name: "CSeq too large",
            layer: .header,
            header: .cSeq,
            text: with("CSeq: 1", "CSeq: 36893488147419103232")
        ),
        Fault(name: "CSeq without a number", layer: .header, header: .cSeq, text: with("CSeq: 1 ", "CSeq: ")),
        Fault(
            name: "Contact with headers but no brackets",
            layer: .header,
            header: .contact,
            text: with("<sip:c@192.0.2.1>", "sip:c@192.0.2.1?Route=%3Csip:e%3E").replacing("OPTIONS", with: "INVITE")
        ),
        Fault(name: "two Call-IDs", layer: .header, header: .callID, text: with("Max-F", "Call-ID: 2\nMax-F")),
        Fault(
            name: "two Froms",
            layer: .header,
            header: .from,
            text: with("Max-F", "From: <sip:c@d.example>;tag=2\nMax-F")
        ),
        Fault(name: "empty To", layer: .header, header: .to, text: with("To: <sip:a@b.example>", "To: ")),
        Fault(name: "no Call-ID", layer: .validation, header: .callID, text: with("Call-ID: 1@192.0.2.1\n", "")),
        Fault(
            name: "no Via",
            layer: .validation,
            header: .via,
            text: with("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\n", "")
        ),
        Fault(name: "CSeq of another method", layer: .validation, header: .cSeq, text: with("1 OPTIONS", "1 INVITE")),
        Fault(name: "another version", layer: .validation, status: 505, text: with("SIP/2.0\nVia", "SIP/7.0\nVia")),
        Fault(
            name: "Request-URI with headers",
            layer: .validation,
            text: with("sip:a@b.example SIP", "sip:a@b.example?Route=%3Csip:e%3E SIP")
        ),
    ]

    @Test(arguments: ParseErrorTests.faults) func refuses(_ fault: Fault) throws {
        let bytes = Sample.wire(fault.text)
        let error = #expect(throws: SIPParseError.self) { try SIPMessage(bytes) }
        #expect(error?.layer == fault.layer)
        #expect(error?.header == fault.header)
        #expect(error?.status == fault.status)
        #expect((0...bytes.count).contains(error?.offset ?? -1))
    }

    @Test func acceptsTheMessageThatTheFaultsAreMadeFrom() throws {
        #expect(try Sample.message(ParseErrorTests.base).method == .options)
    }

    @Test func refusesACarriageReturnThatStandsAlone() {
        let bytes = Array(
            String(decoding: Sample.wire(Self.base), as: UTF8.self).replacing("70\r\n", with: "7\r0\r\n").utf8
        )
        #expect(throws: SIPParseError.self) { try SIPMessage(bytes) }
    }

    @Test func holdsEveryLimit() throws {
        let long = Self.with("Max-F", "X: \(String(repeating: "a", count: 70_000))\nMax-F")
        #expect(throws: SIPParseError.self) { try Sample.message(long) }
        var limits = SIPLimits()
        limits.headerCount = 8
        #expect(try SIPMessage(Sample.wire(Self.base), limits: limits).headerLines.count == 8)
        limits.headerCount = 7
        #expect(throws: SIPParseError.self) { try SIPMessage(Sample.wire(Self.base), limits: limits) }
        limits = SIPLimits()
        limits.headerLength = 10
        #expect(throws: SIPParseError.self) { try SIPMessage(Sample.wire(Self.base), limits: limits) }
        limits = SIPLimits()
        limits.messageLength = 100
        let error = #expect(throws: SIPParseError.self) { try SIPMessage(Sample.wire(Self.base), limits: limits) }
        #expect(error?.status == 513)
    }

    // Requests that look odd and are right (RFC 4475 section 3.1.1, RFC 5118), in messages of our own.
    @Test(arguments: [
        ("sip:a@b.example SIP", "sip:sips%3Auser%40example.com@example.net SIP"),
        ("sip:a@b.example SIP", "sip:user;par=u%40example.net@example.com SIP"),
        ("sip:a@b.example SIP", "nobodyKnowsThisScheme:totallyopaquecontent SIP"),
        ("sip:a@b.example SIP", "sip:[2001:db8::10:5070] SIP"),
        ("sip:a@b.example SIP", "sip:null-%00-null@example.com SIP"),
        ("sip:a@b.example SIP", "tel:+1-201-555-0123;phone-context=x SIP"),
        ("SIP/2.0/UDP 192.0.2.1", "SIP/2.0/SCTP [2001:db8:::192.0.2.1]:5060;received=[2001:db8::9:255]"),
        ("SIP/2.0/UDP 192.0.2.1", "SIP  / 2.0\n /UDP\n    192.0.2.2 : 5060"),
        ("To: <sip:a@b.example>", "TO :\n sip:vivekg@chair.example ;   tag    = 1918181833n"),
        ("From: <", "From: \"J Rosenberg \\\\\\\"\" <"),
        ("Call-ID: 1@192.0.2.1", "i: (x)<y>:\\\"/[z]?{w}"),
        ("CSeq: 1 OPTIONS", "cseq: 0009\n  OPTIONS"),
        ("Max-Forwards: 70\n", ""),
        ("Max-Forwards: 70", "Max-Forwards: 0000"),
        (
            "Contact: <sip:c@192.0.2.1>",
            "m:\"Quoted string \\\"\\\"\" <sip:c@x;newparam=newvalue;x>;q=0.33,\n tel:4443322"
        ),
    ])
    func accepts(_ old: String, _ new: String) throws {
        let message = try Sample.message(Self.with(old, new))
        #expect(message.method == .options)
        var copy = SIPMessageBuilder(copying: message)
        if !copy.hasHeader(.maxForwards) { try copy.add(.maxForwards, "70") }
        let again = try copy.build()
        #expect(again.vias == message.vias)
        #expect(again.from == message.from)
        #expect(again.to == message.to)
        #expect(again.contacts == message.contacts)
    }
}
