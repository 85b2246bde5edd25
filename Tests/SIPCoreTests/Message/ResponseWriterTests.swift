import CoreTypes
import Testing

@testable import SIPCore

@Suite struct ResponseWriterTests {
    private let source = TransportAddress(host: .v4(0xC000_0207), port: 40_123)

    private func write(
        _ status: Int,
        _ bytes: [UInt8],
        from source: TransportAddress? = nil,
        toTag: String? = "77",
        capacity: Int = 4_096,
        parsed: Bool = false
    ) throws -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: capacity)
        var buffer = storage.mutableSpan
        var parser = SIPParser()
        try parser.parse(bytes.span)
        let count: Int
        if parsed {
            let message = parser.makeMessage(bytes.span)
            let writer = try ResponseWriter(status, to: message, from: source, toTag: toTag, into: &buffer)
            count = try writer.finish(into: &buffer)
        } else {
            let writer = try ResponseWriter(
                status,
                to: parser,
                bytes.span,
                from: source,
                toTag: toTag,
                into: &buffer
            )
            count = try writer.finish(into: &buffer)
        }
        return Array(storage[..<count])
    }

    @Test(arguments: [100, 180, 200, 404, 606], [Sample.invite, Sample.register, Sample.short[0]])
    func writesWhatTheBuilderBuilds(_ status: Int, _ text: String) throws {
        let bytes = Sample.wire(text)
        let request = try SIPMessage(bytes)
        let expected = try SIPMessageBuilder(response: status, to: request, toTag: "77").build()
        for parsed in [false, true] {
            let message = try SIPMessage(try self.write(status, bytes, parsed: parsed))
            #expect(message.statusCode == status)
            #expect(message.reasonPhrase == expected.reasonPhrase)
            #expect(message.lines(.via) == expected.lines(.via))
            #expect(message.lines(.from) == expected.lines(.from))
            #expect(message.lines(.to) == expected.lines(.to))
            #expect(message.lines(.cSeq) == expected.lines(.cSeq))
            #expect(message.callID == expected.callID)
            #expect(message.body.isEmpty)
            if request.method == .invite {
                #expect(message.lines(.recordRoute) == expected.lines(.recordRoute))
            } else {
                #expect(!message.contains(.recordRoute))
            }
        }
    }

    @Test(arguments: [
        "SIP/2.0/UDP 192.0.2.7;branch=1", "SIP/2.0/UDP 192.0.2.7;branch=1;rport", "SIP/2.0/UDP 192.0.2.8;branch=1",
        "SIP/2.0/UDP h;rport;branch=1, SIP/2.0/UDP i", "SIP/2.0/UDP h;rport=7;received=1.2.3.4;branch=1",
        "SIP/2.0/UDP h;received=1.2.3.4;branch=1;rport=7", "SIP/2.0/UDP 192.0.2.7;received=1.2.3.4;branch=1",
        "SIP/2.0/UDP 192.0.2.7 ; received = 1.2.3.4", "SIP/2.0/UDP h ; rport ; branch=1 , SIP/2.0/UDP i;rport",
        "SIP / 2.0 / UDP\r\n h:5;branch=1;rport;x", "SIP/2.0/UDP 192.0.2.07;branch=1", "SIP/2.0/UDP 192.0.2",
    ])
    func fillsInTheTopVia(_ via: String) throws {
        let text = Sample.short[0].replacing(
            "v:SIP/2.0/UDP h:5;rport;branch=z9hG4bK1,SIP/2.0/TCP [::1]",
            with: "v:\(via.replacing("\r\n", with: "\n"))"
        )
        let bytes = Sample.wire(text)
        let expected = try ViaRules.received(try SIPMessage(bytes), from: self.source)
        let message = try SIPMessage(try self.write(200, bytes, from: self.source))
        #expect(message.topVia.rport == expected.topVia.rport)
        #expect(message.topVia.received == expected.topVia.received)
        #expect(message.topVia.branch == expected.topVia.branch)
        #expect(message.topVia.parameters.items.count == expected.topVia.parameters.items.count)
        #expect(message.vias.count == expected.vias.count)
        #expect(message.vias.dropFirst() == expected.vias.dropFirst())
    }

    @Test(arguments: [
        "2001:db8::1", "::", "::1", "1::", "2001:db8:0:1:1:1:1:1", "2001:0:0:1:0:0:0:1", "2001:db8::1:0:0:1",
        "1:2:3:4:5:6:7:8", "fe80::abcd:0:10",
    ])
    func writesIPv6AsRFC5952Does(_ text: String) throws {
        let address = try #require(IPAddress(text))
        let source = TransportAddress(host: address, port: 5_060)
        let bytes = try self.write(200, Sample.wire(Sample.register), from: source)
        let written = String(decoding: bytes, as: UTF8.self)
        #expect(written.contains(";received=\(address)\r\n"))
        #expect(try SIPMessage(bytes).topVia.received == address)
    }

    @Test func refusesABufferThatIsTooSmall() throws {
        let request = Sample.wire(Sample.invite)
        let whole = try self.write(200, request, from: self.source)
        for capacity in 0..<whole.count {
            #expect(throws: SIPBuildError.bufferTooSmall) {
                try self.write(200, request, from: self.source, capacity: capacity)
            }
        }
        #expect(try self.write(200, request, from: self.source, capacity: whole.count) == whole)
    }

    @Test func addsHeadersAndABody() throws {
        var storage = [UInt8](repeating: 0, count: 2_048)
        var buffer = storage.mutableSpan
        let request = try Sample.message(Sample.invite)
        var writer = try ResponseWriter(183, reason: "Early", to: request, from: nil, toTag: "9", into: &buffer)
        try writer.add(.contact, "<sip:a@192.0.2.1>", into: &buffer)
        try writer.add("X-Thing", "\u{E9}\t1", into: &buffer)
        let body = Array("v=0\r\n".utf8)
        let count = try writer.finish(body: body.span, contentType: "application/sdp", into: &buffer)
        let message = try SIPMessage(Array(storage[..<count]))
        #expect(message.reasonPhrase == "Early")
        #expect(message.contacts.first?.uri.user == "a")
        #expect(message.first("X-Thing") == "\u{E9}\t1")
        #expect(message.contentType == "application/sdp")
        #expect(Array(message.body) == body)
        #expect(message.length == count)
    }

    @Test func cannotBeMadeToSmuggle() throws {
        var random = SeededRandom(seed: 3_581)
        let pieces = ["a", "b c", "\r", "\n", "\r\n", "\0", "\t", ": x", "\u{E9}", "\r\n\r\n", "\u{2028}", "\u{85}"]
        let request = try Sample.message(Sample.invite)
        let plain = try SIPMessage(try self.write(200, request.bytes)).headerLines.count
        var refused = 0
        for _ in 0..<2_000 {
            let value = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            let isBad = value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
            var storage = [UInt8](repeating: 0, count: 2_048)
            var buffer = storage.mutableSpan
            var writer = try ResponseWriter(200, to: request, from: nil, toTag: "9", into: &buffer)
            do throws(SIPBuildError) {
                try writer.add(.subject, value, into: &buffer)
                #expect(!isBad)
            } catch {
                #expect(error == .illegalCharacter(.subject))
                #expect(isBad)
                refused += 1
            }
            let count = try writer.finish(into: &buffer)
            #expect(try SIPMessage(Array(storage[..<count])).headerLines.count == (isBad ? plain : plain + 1))
            let tagged = try? self.write(200, Sample.wire(Sample.invite), toTag: value)
            if let tagged { #expect(try SIPMessage(tagged).toTag == value) }
        }
        #expect(refused > 500)
    }

    @Test func refusesWhatItWritesItself() throws {
        var storage = [UInt8](repeating: 0, count: 2_048)
        var buffer = storage.mutableSpan
        let request = try Sample.message(Sample.invite)
        for status in [0, 99, 700, -1, 4_000_000_000] {
            #expect(throws: SIPBuildError.illegalStartLine) {
                _ = try self.write(status, Sample.wire(Sample.invite))
            }
        }
        var writer = try ResponseWriter(200, to: request, from: nil, toTag: nil, into: &buffer)
        for name in [HeaderName.via, .from, .to, .callID, .cSeq, .contentLength, "a b", "l"] {
            do throws(SIPBuildError) {
                try writer.add(name, "1", into: &buffer)
                Issue.record("\(name) was taken")
            } catch {
                #expect(error == .illegalName(name.description))
            }
        }
        _ = consume writer
    }

    @Test func answersARequestOfManyHeaders() throws {
        var text = ""
        for index in 0..<100 { text += "X-\(index): \(index)\n" }
        let bytes = Sample.wire(Sample.register.replacing("CSeq", with: text + "CSeq"))
        let expected = try self.write(200, bytes, parsed: true)
        #expect(try self.write(200, bytes) == expected)
        #expect(try SIPMessage(expected).cSeq.number == 2)
    }
}
