import CoreTypes
import Testing

@testable import SIPCore

@Suite struct SIPParserTests {
    @Test func keepsWhatItReadLastAndNothingElse() throws {
        var parser = SIPParser()
        let samples = (Sample.all + Sample.short).map { Sample.wire($0) }
        for bytes in samples + samples.reversed() {
            try parser.parse(bytes.span)
            let message = parser.makeMessage(bytes.span)
            let other = try SIPMessage(bytes)
            #expect(message == other)
            #expect(message.headerLines.map(\.value) == other.headerLines.map(\.value))
            #expect(message.contacts == other.contacts)
            #expect(message.core.isRequest == other.isRequest)
            #expect(throws: SIPParseError.self) { try parser.parse(Array("INVITE sip:a".utf8).span) }
        }
    }

    @Test func givesWhatATransactionIsFoundBy() throws {
        var parser = SIPParser()
        let bytes = Sample.wire(Sample.challenge)
        try parser.parse(bytes.span)
        let core = parser.core
        #expect(core.status == 407)
        #expect(core.knownMethod == .register)
        #expect(core.topVia.branch.string(in: bytes) == "z9hG4bKPj1")
        #expect(core.topVia.host.string(in: bytes) == "192.0.2.10")
        #expect(core.topVia.port == 49_180)
        #expect(core.topVia.rport.string(in: bytes) == "rport=49180")
        #expect(core.topVia.received.string(in: bytes) == "received=192.0.2.10")
        #expect(core.hasOneVia)
        #expect(core.callID.string(in: bytes) == "51b")
        #expect(core.cSeq.number == 2)
        #expect(core.from.tag.string(in: bytes) == "8a")
        #expect(core.to.tag.string(in: bytes) == "5a6b")
        try parser.parse(Sample.wire(Sample.invite).span)
        #expect(!parser.core.hasOneVia)
        #expect(parser.core.maxForwards == 70)
        #expect(parser.core.contact?.uri.host.isEmpty == false)
    }

    @Test func findsEveryHeaderByItsName() {
        for known in KnownHeader.allCases {
            for name in [known.spelling, lowercased(known.spelling), known.spelling.uppercased()] {
                let bytes = Array(name.utf8)
                #expect(KnownHeader(bytes.span, 0..<bytes.count) == known, "add \(name) to KnownHeader.find")
                // In the middle of other bytes, and not with any byte changed.
                let padded = Array("\r\n".utf8) + bytes + Array(": 12345678".utf8)
                #expect(KnownHeader(padded.span, 2..<(2 + bytes.count)) == known)
                for index in bytes.indices {
                    var changed = bytes
                    changed[index] = changed[index] == 0x7E ? 0x21 : 0x7E
                    #expect(KnownHeader(changed.span, 0..<bytes.count) == nil)
                    changed[index] = 0
                    #expect(KnownHeader(changed.span, 0..<bytes.count) == nil)
                }
                let longer = bytes + [0]
                #expect(KnownHeader(longer.span, 0..<longer.count) == nil)
            }
        }
        for core in CoreHeader.allCases {
            #expect(KnownHeader(rawValue: core.rawValue).map { "\($0)" } == "\(core)")
        }
        for method in SIPMethod.known {
            let bytes = Array(method.rawValue.utf8)
            #expect(KnownMethod(bytes.span, ByteRange(0, bytes.count)).map { "\($0)".uppercased() } == method.rawValue)
            let small = Array(lowercased(method.rawValue).utf8)
            #expect(KnownMethod(small.span, ByteRange(0, small.count)) == nil)
        }
    }

    // RFC 3261 section 25.1, and what its comments in `CharacterClass` say of peers.
    @Test func knowsTheCharactersOfTheGrammar() {
        let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let mark = "-_.!~*'()"
        func check(_ set: CharacterClass, _ text: String) {
            let expected = Set(text.utf8)
            for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == expected.contains(byte), "\(byte)") }
        }
        check(.token, alphanumeric + "-.!%*_+`'~")
        check(.host, alphanumeric + "-._")
        check(.user, alphanumeric + mark + "&=+$,;?/#")
        check(.uriParameter, alphanumeric + mark + "[]/:&+$")
        check(.uriParameters, alphanumeric + mark + "[]/:&+$" + ";=,")
        check(.space, " \t\r\n")
        check(.callID, alphanumeric + "-.!%*_+`'~()<>:\\\"/[]?{}@")
        check(.uriHeader, alphanumeric + mark + "[]/?:+$")
        check(.uriHeaders, alphanumeric + mark + "[]/?:+$" + "=&")
        check(.scheme, alphanumeric + "+-.")
        check(.ipv6, "0123456789abcdefABCDEF:.")
    }

    @Test func readsMoreHeadersThanTheFirstPartOfItsIndexHolds() throws {
        var text = ""
        for index in 0..<240 { text += "X-\(index): \(index)\n" }
        let message = try Sample.message(Sample.ok.replacing("Content-Length", with: text + "Content-Length"))
        #expect(message.headerLines.count == 247)
        #expect(message.first("X-239") == "239")
        #expect(message.headerLines.map(\.name.description).filter { $0.hasPrefix("X-") }.count == 240)
        // The same parser, and a message that is small again.
        var parser = SIPParser()
        try parser.parse(message.bytes.span)
        #expect(parser.makeMessage(message.bytes.span) == message)
        try parser.parse(Sample.wire(Sample.ok).span)
        #expect(parser.makeMessage(Sample.wire(Sample.ok).span).headerLines.count == 7)
    }

    @Test func readsTheLastBytesOfABuffer() throws {
        // Values of every length end at every distance from the end of the bytes.
        for length in 0..<40 {
            let value = String(repeating: "v", count: length)
            let text = Sample.ok.replacing("Content-Length: 0\n", with: "X:\(value)\n")
            #expect(try Sample.message(text).first("X") == value)
        }
    }

    @Test(arguments: [
        "Call\rID: 2", "Call\r\nID: 2", "Max\rForwards: 1", "X\u{0}: 1", "To\u{0}: <sip:a@b>", "X\u{7F}: 1",
        "\u{E9}: 1",
        "X Y: 1", "Content-\rLength: 0", "Via\u{1}: x",
    ])
    func aNameThatIsNoneNamesNothing(_ line: String) throws {
        func message(_ sample: String) throws -> SIPMessage {
            let text = String(decoding: Sample.wire(sample), as: UTF8.self)
            return try SIPMessage(Array(text.replacing("Contact:", with: line + "\r\nContact:").utf8))
        }
        // The line is passed over, and is no second header of one that it looks like.
        let response = try message(Sample.ok)
        for name in [HeaderName.callID, .to, .via, .contentLength] { #expect(response.lines(name).count == 1) }
        #expect(response.contacts.count == 1 && !response.contains(.maxForwards))
        // A CR that stands alone ends the line for some readers: no request with one is served.
        if line.utf8.contains(0x0D), !line.contains("\r\n") {
            let request = LenientParsingTests.invite
            #expect(throws: SIPParseError.self) { try message(request) }
        }
    }

    /// What a hostile peer repeats, 60 000 bytes of it: a parser that looks back is seen by the time limit.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "To: \"", "To: \\", "To: <", "To: %41", "To: sip:%41", "To: <sip:%41", "To: <sip:a:", "To: ,", "Via: ,",
            "Contact: <sip:a@b>,", "Contact: \"\",", "Contact: <,", "Contact: a,", "To: ;", "To: <sip:a>;a=\"\"",
            "Route: <sip:%", "Via: SIP/2.0/UDP a;b,", "Record-Route: <sip:[::1]>,", "Contact: <sip:a;b?c=", "X: \n ",
            "Supported: a,", "Warning: \"", "Contact: x<x<",
        ]
    )
    func bearsWithAFlood(_ piece: String) throws {
        let parts = piece.split(separator: " ", maxSplits: 1)
        let flood = String(repeating: String(parts[1]), count: 60_000 / parts[1].utf8.count)
        for text in [Sample.register, Sample.ok] {
            let bytes = Sample.wire(text.replacing("CSeq", with: "\(parts[0]) \(flood)\nCSeq"))
            var limits = SIPLimits()
            limits.headerLength = 65_535
            limits.headerCount = 65_535
            guard let message = try? SIPMessage(bytes, limits: limits) else { continue }
            _ = (message.contacts.count, message.vias.count, message.routes.count, message.headerLines.count)
            _ = (message.values(.supported).count, message.values(.warning).count, message.to.description)
        }
    }
}
