import CoreTypes
import Testing

@testable import SIPCore

/// Bodies with parts, and the way to the part that is wanted (RFC 2046, RFC 5621).
@Suite struct MultipartTests {
    private static func message(type: String, _ body: [UInt8], _ more: [(HeaderName, String)] = []) throws -> SIPMessage
    {
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        builder.setBody(body, contentType: type)
        for (name, value) in more { try builder.add(name, value) }
        return try builder.build()
    }

    private static func wire(_ lines: String...) -> [UInt8] {
        Array(lines.joined(separator: "\r\n").utf8)
    }

    /// The example of RFC 2046 section 5.1.1.
    private static let simple = MultipartTests.wire(
        "This is the preamble.  It is to be ignored.",
        "",
        "--simple boundary",
        "",
        "This is implicitly typed plain US-ASCII text.",
        "It does NOT end with a linebreak.",
        "--simple boundary  ",
        "Content-type: text/plain;",
        " charset=us-ascii",
        "",
        "This is explicitly typed plain US-ASCII text.",
        "It DOES end with a linebreak.",
        "",
        "--simple boundary--",
        "",
        "This is the epilogue.  It is also to be ignored.",
        ""
    )

    @Test func exampleOfRFC2046() throws {
        let type = try #require(MediaType("multipart/mixed; boundary=\"simple boundary\""))
        let body = try #require(MultipartBody(MultipartTests.simple[...], type: type))
        #expect(body.parts.count == 2)
        #expect(
            String(decoding: body.parts[0].body, as: UTF8.self).hasSuffix("does NOT end with a linebreak.".dropFirst(5))
        )
        #expect(body.parts[0].headers.isEmpty)
        #expect(body.parts[0].mediaType == MediaType("text", "plain"))
        #expect(body.parts[1].mediaType?.charset == "us-ascii")
        #expect(body.parts[1].body.suffix(4) == Array("k.\r\n".utf8)[...])
        #expect(String(decoding: body.preamble, as: UTF8.self) == "This is the preamble.  It is to be ignored.\r\n")
        #expect(String(decoding: body.epilogue, as: UTF8.self).hasPrefix("\r\nThis is the epilogue."))
        #expect(body.isComplete)
    }

    @Test func aDescriptionIsFoundInAMultipart() throws {
        let body = MultipartTests.wire(
            "--a",
            "Content-Type: application/resource-lists+xml",
            "Content-ID: <cn35t8jf02@example.com>",
            "Content-Disposition: recipient-list;handling=optional",
            "",
            "<x/>",
            "--a",
            "CONTENT-TYPE : multipart/alternative;boundary=b",
            "",
            "--b",
            "",
            "words",
            "--b",
            "c: application/sdp",
            "Content-Disposition: early-session",
            "",
            "v=early",
            "--b",
            "Content-Type: Application/SDP",
            "",
            "v=0",
            "",
            "--b--",
            "--a--"
        )
        let message = try MultipartTests.message(type: "multipart/mixed;boundary=a", body)
        #expect(
            message.parts.map { $0.mediaType?.name } == [
                "application/resource-lists+xml", "text/plain", "application/sdp", "application/sdp",
            ]
        )
        #expect(message.body(ofType: "application/sdp").map { Array($0) } == Array("v=0\r\n".utf8))
        #expect(
            message.body(ofType: "application/SDP", disposition: "early-session").map { Array($0) }
                == Array("v=early".utf8)
        )
        #expect(message.part(contentID: "cn35t8jf02@example.com")?.disposition.isRequired == false)
        #expect(message.part(contentID: "nobody") == nil)
        #expect(message.body(ofType: "text/html") == nil)
        #expect(message.multipart?.parts.count == 2)
        #expect(message.bodyVerdict == nil)
    }

    @Test func aBodyWithoutPartsIsOne() throws {
        let plain = try MultipartTests.message(type: "application/sdp", Array("v=0".utf8))
        #expect(plain.body(ofType: "application/sdp").map { Array($0) } == Array("v=0".utf8))
        #expect(plain.parts.count == 1 && plain.multipart == nil)
        #expect(try HeaderSample.message().parts.isEmpty)
        let zipped = try MultipartTests.message(type: "application/sdp", [0x1F, 0x8B], [(.contentEncoding, "gzip")])
        #expect(zipped.body(ofType: "application/sdp") == nil)
        let early = try MultipartTests.message(type: "application/sdp", [1], [(.contentDisposition, "early-session")])
        #expect(early.body(ofType: "application/sdp") == nil)
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        builder.setBody([1, 2], contentType: nil)
        #expect(try builder.build().body(ofType: "text/plain") == nil)
    }

    @Test func partsKeepEveryByte() throws {
        let content: [UInt8] =
            [0, 0x0D, 0x0A, 0x0A, 0x0D, 0xFF] + Array("\n--b\r--b\r\n--bb\r\n --b\r\n--b-\r\n-\r\n".utf8)
        let body = Array("--b\r\nX: y\r\n\r\n".utf8) + content + Array("\r\n--b--".utf8)
        let parsed = try #require(
            MultipartBody(body[...], type: MediaType("multipart/mixed;boundary=b") ?? MediaType("", ""))
        )
        #expect(parsed.parts.count == 1)
        #expect(Array(parsed.parts[0].body) == content)
    }

    @Test func emptyPartsAndMissingEnds() throws {
        let type = try #require(MediaType("multipart/mixed;boundary=b"))
        func parts(_ text: String) -> [String]? {
            MultipartBody(Array(text.utf8)[...], type: type)?.parts.map { String(decoding: $0.body, as: UTF8.self) }
        }
        #expect(parts("--b\r\n--b--") == [""])
        #expect(parts("--b\r\n\r\n--b\r\n\r\n\r\n--b--") == ["", ""])
        #expect(parts("--b\r\nContent-Type: a/b\r\n--b\r\n\r\nx\r\n--b--junk\r\n--b--") == ["", "x\r\n--b--junk"])
        #expect(parts("--b\r\n\r\nx") == ["x"])
        #expect(MultipartBody(Array("--b\r\n\r\nx".utf8)[...], type: type)?.isComplete == false)
        for text in [
            "", "x", "--b--", "--b", "--bb\r\n\r\nx\r\n--bb--", "--b\r\nno header\r\n\r\n--b--",
            "--b\r\na: b\rc\r\n--b--",
        ] {
            #expect(parts(text) == nil, "\(text)")
        }
    }

    @Test func limitsHold() throws {
        let type = try #require(MediaType("multipart/mixed;boundary=b"))
        let many = Array((String(repeating: "--b\r\n\r\nx\r\n", count: 65) + "--b--").utf8)
        #expect(MultipartBody(many[...], type: type) == nil)
        #expect(try MultipartTests.message(type: type.description, many).parts.count == 1)
        let headers = Array(("--b\r\n" + String(repeating: "a: b\r\n", count: 65) + "\r\n--b--").utf8)
        #expect(MultipartBody(headers[...], type: type) == nil)
        // Six deep: the limit stops at four, and what is left is one part.
        var body = Array("v=0".utf8)
        var name = "application/sdp"
        for depth in 0..<6 {
            body = Array("--\(depth)\r\nContent-Type: \(name)\r\n\r\n".utf8) + body + Array("\r\n--\(depth)--".utf8)
            name = "multipart/mixed;boundary=\(depth)"
            let message = try MultipartTests.message(type: name, body)
            #expect((message.body(ofType: "application/sdp") != nil) == (depth < 4))
            #expect((message.bodyVerdict == nil) == (depth < 4))
        }
        // A hundred parts, ten in each of ten.
        let inner = String(repeating: "--i\r\n\r\nx\r\n", count: 10) + "--i--\r\n"
        let outer =
            String(repeating: "--b\r\nContent-Type: multipart/mixed;boundary=i\r\n\r\n" + inner, count: 10) + "--b--"
        #expect(try MultipartTests.message(type: type.description, Array(outer.utf8)).parts.count <= 64)
        #expect(try MultipartTests.message(type: type.description, Array(outer.utf8)).bodyVerdict != nil)
    }

    @Test(arguments: ["", "\"\"", "\"a \"", "\"a\\\"b\"", "a&b", String(repeating: "x", count: 71)])
    func illegalBoundaries(_ boundary: String) {
        let type = MediaType("multipart/mixed;boundary=\(boundary)")
        #expect(type.map { MultipartBody(Array("--a\r\n\r\nx\r\n--a--".utf8)[...], type: $0) == nil } ?? true)
        #expect(MultipartBody(Array("--a\r\n\r\nx\r\n--a--".utf8)[...], type: MediaType("multipart", "mixed")) == nil)
    }

    @Test func whatIsBuiltIsRead() throws {
        var random = SeededRandom(seed: 2046)
        let parts = [
            BodyPart(
                MediaType("application", "sdp"),
                Array("v=0\r\n".utf8),
                disposition: ContentDisposition("session")
            ),
            BodyPart(MediaType("application", "octet-stream"), [0, 13, 10, 45, 45]),
            BodyPart(headers: [], body: []),
        ]
        let (type, bytes) = try MultipartBody(parts: parts).encoded(using: &random)
        #expect(MultipartBody(bytes[...], type: type)?.parts == parts)
        let message = try MultipartTests.message(type: type.description, bytes)
        #expect(message.parts == parts)
        // A boundary that stands in a part already is not taken.
        let trap = SeededRandom(seed: 7)
        var copy = trap
        let taken = copy.token(24)
        copy = trap
        let nested = MultipartBody(parts: [BodyPart(MediaType("a", "b"), "x\r\n--\(taken)\r\ny".utf8)])
        let encoded = try nested.encoded(using: &copy)
        #expect(encoded.type.boundary != taken)
        #expect(MultipartBody(encoded.bytes[...], type: encoded.type)?.parts == nested.parts)
        var unsafe = BodyPart(MediaType("a", "b"), [])
        unsafe.headers.append(HeaderField("X-Y", "a\r\nb"))
        #expect(throws: SIPBuildError.illegalCharacter("X-Y")) {
            try MultipartBody(parts: [unsafe]).encoded(using: &copy)
        }
    }

    @Test func verdictsHavePlaces() throws {
        func verdict(_ type: String, _ marked: String) throws {
            let bytes = Array(marked.utf8)
            let offset = try #require(HeaderSample.offset(of: "§", in: bytes))
            let message = try MultipartTests.message(type: type, Array(marked.replacing("§", with: "").utf8))
            let verdict = try #require(message.bodyVerdict, "\(marked)")
            #expect(verdict.offset == message.length - message.body.count + offset, "\(marked)")
            #expect(verdict.status == 400 && verdict.layer == .validation && verdict.header == .contentType)
        }
        try verdict("multipart/mixed", "§--a\r\n\r\n--a--")
        try verdict("multipart/mixed;boundary=a", "--a\r\n\r\nx§")
        try verdict("multipart/mixed;boundary=a", "--a\r\n§{}\r\n\r\nx\r\n--a--")
        try verdict("multipart/mixed;boundary=a", "--a\r\nContent-Type: message/sipfrag\r\n\r\n§SIP/2.0 99 x\r\n--a--")
        try verdict("message/sipfrag;version=2.0", "SIP/2.0 200 OK\r\nnothing§\r\n")
        try verdict("application/dtmf-relay", "Signal=1\r\nDuration=§x")
        try verdict("application/dtmf", "1\r\n§2")
        try verdict("application/simple-message-summary", "Messages-Waiting: no\r\n§Voice-Message: 1")
        #expect(try MultipartTests.message(type: "text/§".replacing("§", with: ""), [1]).bodyVerdict?.layer == .header)
        #expect(try MultipartTests.message(type: "text/plain", [0, 13, 0]).bodyVerdict == nil)
    }
}
