import SIPCore
import Testing

/// What `sipctl parse` shows.
@Suite struct MessageAnatomyTests {
    static let invite = ownRequest(
        "INVITE sip:emil:pin@harbor.example;transport=udp SIP/2.0",
        via: "v: SIP/2.0/UDP [2001:db8::1]:5070;rport;branch=z9hG4bKa",
        from: "From: \"Nora, \\\"N\\\"\"\r\n <sip:nora@svetlana.example>;tag=k81",
        [
            "X-Odd:  as\tit is",
            "Authorization: Digest username=\"nora\", realm=\"r\", Response=\"c0ffee\", uri=\"sip:x\"",
        ]
            + ownSession,
        body: ownDescription
    )

    @Test func showsEveryPartWithItsPlace() throws {
        let anatomy = MessageAnatomy(Self.invite)
        #expect(anatomy.isAccepted && anatomy.fault == nil)
        #expect(anatomy.length == Self.invite.count && anatomy.trailingLength == 0)
        #expect(anatomy.bodyLength == ownDescription.utf8.count && anatomy.bodyType == "application/sdp")
        #expect(anatomy.bodyOffset == Self.invite.count - ownDescription.utf8.count)
        #expect(
            anatomy.startLine.map(\.name) == [
                "method", "Request-URI", "scheme", "user", "password", "host", "URI ;transport", "version",
            ]
        )
        let via = try #require(anatomy.headers.first)
        #expect(via.name == "Via" && via.written == "v" && via.isKnown)
        #expect(via.offset == Self.invite.firstRange(of: Array("v: SIP".utf8))?.lowerBound)
        #expect(via.parts.map(\.value) == ["UDP", "[2001:db8::1]", "5070", "", "z9hG4bKa"])
        let from = anatomy.headers[1]
        #expect(from.parts.first?.value == "Nora, \"N\"" && from.parts.last?.value == "k81")
        let odd = try #require(anatomy.headers.first { $0.name == "X-Odd" })
        #expect(!odd.isKnown && odd.value == "as\\x09it is" && odd.parts.isEmpty)
        // As many lines as the parser sees, in its order.
        let message = try SIPMessage(Self.invite)
        #expect(anatomy.headers.map(\.name) == message.headerLines.map(\.name.description))
    }

    @Test func textHasALineForEach() {
        let lines = MessageAnatomy(Self.invite).text.split(separator: "\n").map(String.init)
        #expect(lines.first == "accepted: \(Self.invite.count) bytes")
        #expect(lines.contains { $0.hasSuffix("  Via (as v): SIP/2.0/UDP [2001:db8::1]:5070;rport;branch=z9hG4bKa") })
        #expect(lines.contains { $0.hasSuffix("  X-Odd: as\\x09it is  [kept as it is]") })
        #expect(lines.contains { $0.hasSuffix("    ;tag: k81") })
        #expect(lines.last?.hasSuffix("body of \(ownDescription.utf8.count) bytes, application/sdp") == true)
    }

    @Test func masksWhatIsSecret() {
        let text = MessageAnatomy(Self.invite).text
        #expect(!text.contains("c0ffee") && !text.contains("pin@"))
        #expect(text.contains("sip:emil:***@harbor.example;transport=udp"))
        #expect(text.contains("Response=***, uri=\"sip:x\""))
    }

    @Test func bytesBehindTheMessageAreTold() {
        let anatomy = MessageAnatomy(ownRequest("OPTIONS sip:e@h.example SIP/2.0") + Array("tail".utf8))
        #expect(anatomy.trailingLength == 4 && anatomy.bodyLength == 0)
        #expect(anatomy.text.hasSuffix("4 bytes behind the message, left aside"))
        #expect(anatomy.text.contains("no body"))
    }

    @Test func lineEndsBeforeTheMessageMoveItsPlaces() {
        let bytes = [0x0D, 0x0A, 0x0D, 0x0A] + ownRequest("OPTIONS sip:e@h.example SIP/2.0")
        let anatomy = MessageAnatomy(bytes)
        #expect(anatomy.isAccepted && anatomy.startLineOffset == 4)
        #expect(anatomy.startLine.first?.value == "OPTIONS")
        #expect(anatomy.headers.first?.offset == bytes.firstRange(of: Array("Via".utf8))?.lowerBound)
    }

    @Test func aHeaderThatOnlyItsReaderNeedRefuseIsRemarked() throws {
        let row = try #require(OwnTortureTests.cases.first { $0.section == "3.1.2.12" })
        let anatomy = MessageAnatomy(row.bytes)
        #expect(anatomy.isAccepted && anatomy.remarks.map(\.header) == ["Date"])
        let place = try #require(row.bytes.firstRange(of: Array("CET".utf8))?.lowerBound)
        #expect(anatomy.text.contains("byte \(place), Date: "))
        #expect(MessageAnatomy(Self.invite).remarks.isEmpty)
    }

    // What the parser bears is told with its line.
    @Test func whatIsPassedOverIsRemarked() throws {
        let text =
            "\r\nOPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nX-Junk and nothing else\r\n"
            + "From: <sip:b>;tag=1\nTo: <sip:a>\r\nCall-ID: c\r\n: empty\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
        let anatomy = MessageAnatomy(Array(text.utf8))
        #expect(anatomy.isAccepted)
        #expect(anatomy.remarks.map(\.line) == [1, 4, 5, 8, 11])
        let told = anatomy.remarks.map(\.message)
        #expect(told.count { $0.hasPrefix("passed over") } == 2)
        #expect(told.contains { $0.contains("LF alone") } && told.contains { $0.contains("empty line behind") })
        #expect(told.first?.contains("before the start line") == true)
        #expect(!anatomy.headers.contains { $0.name.contains("Junk") }, "what is passed over is no header")
        #expect(anatomy.text.contains("remark: line 4, column 1, byte "))
    }

    // A header that is needed and has no colon: the refusal alone does not say where to look.
    @Test func aLineThatShouldHaveBeenAHeaderIsNamedBesideTheFault() throws {
        let text =
            "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:b>;tag=1\r\nTo: <sip:a>\r\n"
            + "Call-ID c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
        let anatomy = MessageAnatomy(Array(text.utf8))
        #expect(!anatomy.isAccepted)
        #expect(anatomy.remarks.map(\.line) == [5] && anatomy.text.contains("remark: line 5"))
    }

    @Test func aLengthThatIsBorneIsRemarked() throws {
        let text =
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:b>;tag=1\r\nTo: <sip:a>;tag=2\r\n"
            + "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: none\r\n\r\n"
        let anatomy = MessageAnatomy(Array(text.utf8))
        #expect(anatomy.isAccepted && anatomy.remarks.contains { $0.header == "Content-Length" && $0.line == 7 })
    }

    // MARK: Refused

    @Test func caretIsUnderTheByte() throws {
        let bytes = ownRequest("OPTIONS sip:e@h.example SIP/2.0", cSeq: "CSeq: 99999999999 OPTIONS")
        let fault = try #require(MessageAnatomy(bytes).fault)
        #expect(fault.layer == "header" && fault.status == 400 && fault.header == "CSeq")
        #expect(fault.line == 6 && fault.offset >= 0)
        #expect(fault.excerpt == "CSeq: 99999999999 OPTIONS\\x0D")
        let lines = fault.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0] == "refused in header, a server answers 400: CSeq: a number below 2^32 is expected")
        #expect(lines[1].hasPrefix("line 6, column "))
        // The caret stands under one of the digits.
        let caret = lines[3].count - 1
        #expect(lines[3].last == "^" && Array(lines[2])[caret] == "9")
    }

    @Test func caretCountsEscapes() throws {
        var bytes = ownRequest("OPTIONS sip:e@h.example SIP/2.0", ["\u{0}\u{1b}[2J: \rx"])
        let fault = try #require(MessageAnatomy(bytes).fault)
        #expect(fault.excerpt.hasPrefix("\\x00\\x1B[2J: \\x0Dx"))
        #expect(fault.caret == 13 && fault.layer == "framing")
        // Behind bytes that are no text, the caret moves by the width of their escapes.
        bytes = ownRequest("OPTIONS sip:e@h.example SIP/2.0", to: "To: \"\u{e9}\" <sip:e@h example>")
        let second = try #require(MessageAnatomy(bytes).fault)
        #expect(second.excerpt.hasPrefix("To: \"\\xC3\\xA9\" <sip:e@h example"))
        #expect(Array(second.excerpt)[second.caret] == " ")
    }

    @Test func longLinesAreCutAroundTheFault() throws {
        let long = String(repeating: "a", count: 400)
        let bytes = ownRequest("OPTIONS sip:e@h.example SIP/2.0", to: "To: <sip:\(long) \(long)@h>")
        let fault = try #require(MessageAnatomy(bytes).fault)
        #expect(fault.excerpt.count <= 100 && Array(fault.excerpt)[fault.caret] == " ")
        #expect(fault.column > 400)
    }

    /// Whatever the bytes are, there is an anatomy of them, with its places inside and nothing that steers a terminal.
    @Test func noBytesMakeItTrap() {
        var texts: [[UInt8]] = [[], [0x0A], [0x0D], Array(":".utf8), Array("SIP/2.0".utf8), [0xFF, 0xC0, 0x00]]
        for test in OwnTortureTests.cases {
            texts.append(test.bytes)
            for cut in stride(from: 0, to: test.bytes.count, by: 37) { texts.append(Array(test.bytes.prefix(cut))) }
            for place in stride(from: 3, to: test.bytes.count, by: 53) {
                var changed = test.bytes
                changed[place] = UInt8(truncatingIfNeeded: place &* 37)
                texts.append(changed)
            }
        }
        for bytes in texts {
            let anatomy = MessageAnatomy(bytes)
            #expect(anatomy.isAccepted == ((try? SIPMessage(bytes)) != nil))
            #expect(anatomy.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
            #expect(anatomy.headers.allSatisfy { (0..<bytes.count).contains($0.offset) })
            if let fault = anatomy.fault {
                #expect((0...bytes.count).contains(fault.offset) && fault.caret <= fault.excerpt.count)
            }
        }
    }
}
