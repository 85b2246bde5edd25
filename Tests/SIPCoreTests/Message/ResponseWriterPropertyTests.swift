import CoreTypes
import Testing

@testable import SIPCore

/// Whatever the request looks like: the writer says what the builder says, and needs exactly as much room as it takes.
@Suite struct ResponseWriterPropertyTests {
    /// Every request that the tests have, and some whose lines stand and end in unusual ways.
    static let requests: [[UInt8]] = {
        let samples = [Sample.invite, Sample.register, Sample.short[0]].map { Sample.wire($0) }
        let own = ownValidMessages.map(\.bytes)
        return (samples + own + Self.unusual).filter { (try? SIPMessage($0))?.isRequest == true }
    }()

    private static let unusual: [[UInt8]] = [
        // Bare line feeds, and both kinds in turn.
        Array(Sample.invite.utf8),
        Array(Sample.invite.replacing("\nTo:", with: "\r\nTo:").replacing("\nCall-ID", with: "\r\nCall-ID").utf8),
        // White space at the end of lines, so that they do not stand together.
        Sample.wire(Sample.invite.replacing("biloxi.example>\n", with: "biloxi.example> \n")),
        Sample.wire(Sample.register.replacing("tag=8a\n", with: "tag=8a \t\n")),
        // The other way around, and everything apart.
        ownRequest(
            "SUBSCRIBE sip:a@b SIP/2.0",
            via: nil,
            from: "CSeq: 1 SUBSCRIBE",
            to: "Call-ID: 1",
            callID: "To: <sip:a@b>",
            cSeq: "From: <sip:c@d>;tag=1",
            ["Record-Route: <sip:p;lr>", "X: 1", "Via: SIP/2.0/UDP h;rport;branch=1", "Y: 2", "v: SIP/2.0/UDP i"]
        ),
        ownRequest("OPTIONS sip:a@b SIP/2.0", ["Timestamp: 54", "Record-Route: <sip:p;lr>", "Timestamp: 55"]),
        ownRequest("NEWEST sip:a@b SIP/2.0", to: "To: <sip:a@b>;tag=4", ["Record-Route: <sip:p;lr>"]),
    ]

    private let source = TransportAddress(host: .v4(0xCB00_71FE), port: 65_535)

    private func write(
        _ status: Int,
        _ parser: borrowing SIPParser,
        _ datagram: [UInt8],
        from source: TransportAddress?,
        into storage: inout [UInt8]
    ) throws(SIPBuildError) -> Int {
        var buffer = storage.mutableSpan
        let writer = try ResponseWriter(
            status,
            to: parser,
            datagram.span,
            from: source,
            toTag: "77",
            into: &buffer
        )
        return try writer.finish(into: &buffer)
    }

    /// What the builder makes, without the Record-Route that only a response which may make a dialog needs.
    private func expected(_ status: Int, to request: SIPMessage) throws -> [UInt8] {
        let message = try SIPMessageBuilder(response: status, to: request, toTag: "77").build()
        let makesDialog = ![.options, .register, .bye, .info, .message, .cancel].contains(request.method)
        guard !makesDialog else { return message.bytes }
        let lines = String(decoding: message.bytes, as: UTF8.self).components("\r\n")
        return Array(lines.filter { !$0.hasPrefix("Record-Route:") }.joined(separator: "\r\n").utf8)
    }

    /// The request as the builder writes one: long names, one space behind the colon, nothing folded.
    private func plain(_ request: SIPMessage) throws -> [UInt8] {
        let first = String(decoding: request.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        let lines = request.headerLines.map { "\($0.name): \($0.value)" }
        return Array(([String(first)] + lines + ["", ""]).joined(separator: "\r\n").utf8) + request.body
    }

    @Test(arguments: [100, 180, 200, 302, 404], Self.requests)
    func saysWhatTheBuilderSays(_ status: Int, _ bytes: [UInt8]) throws {
        let request = try SIPMessage(bytes)
        var parser = SIPParser()
        try parser.parse(bytes.span)
        var storage = [UInt8](repeating: 0xAA, count: 8_192)
        let count = try self.write(status, parser, bytes, from: nil, into: &storage)
        let got = try SIPMessage(Array(storage[..<count]))
        let wanted = try SIPMessage(try self.expected(status, to: request))
        #expect(got.length == count)
        #expect(got.reasonPhrase == wanted.reasonPhrase)
        #expect(
            got.headerLines.map { "\($0.name): \($0.value)" } == wanted.headerLines.map { "\($0.name): \($0.value)" }
        )
    }

    @Test(arguments: [100, 180, 200, 302, 404], Self.requests)
    func writesTheBuildersBytes(_ status: Int, _ bytes: [UInt8]) throws {
        let plain = try self.plain(try SIPMessage(bytes))
        var parser = SIPParser()
        try parser.parse(plain.span)
        var storage = [UInt8](repeating: 0xAA, count: 8_192)
        let count = try self.write(status, parser, plain, from: nil, into: &storage)
        let wanted = try self.expected(status, to: try SIPMessage(plain))
        #expect(String(decoding: storage[..<count], as: UTF8.self) == String(decoding: wanted, as: UTF8.self))
        // With the Via filled in as well.
        let withSource = try self.write(status, parser, plain, from: self.source, into: &storage)
        let filledIn = try ViaRules.received(try SIPMessage(plain), from: self.source)
        let second = try self.expected(status, to: filledIn)
        #expect(String(decoding: storage[..<withSource], as: UTF8.self) == String(decoding: second, as: UTF8.self))
    }

    @Test(arguments: [nil, TransportAddress(host: .v4(0x0102_0304), port: 7)], Self.requests)
    func needsExactlyTheRoomThatItTakes(_ source: TransportAddress?, _ bytes: [UInt8]) throws {
        var parser = SIPParser()
        try parser.parse(bytes.span)
        var storage = [UInt8](repeating: 0xAA, count: 8_192)
        let whole = try self.write(200, parser, bytes, from: source, into: &storage)
        let wanted = Array(storage[..<whole])
        for capacity in 0..<whole {
            var small = [UInt8](repeating: 0xAA, count: capacity)
            do throws(SIPBuildError) {
                _ = try self.write(200, parser, bytes, from: source, into: &small)
                Issue.record("\(capacity) bytes were enough for \(whole)")
            } catch {
                #expect(error == .bufferTooSmall)
            }
        }
        var exact = [UInt8](repeating: 0xAA, count: whole)
        #expect(try self.write(200, parser, bytes, from: source, into: &exact) == whole)
        #expect(exact == wanted)
    }
}

extension String {
    /// The parts between the separators.
    fileprivate func components(_ separator: String) -> [Substring] {
        self.split(separator: separator, omittingEmptySubsequences: false)
    }
}
