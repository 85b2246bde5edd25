import CoreTypes
import Testing

@testable import SIPCore

@Suite struct BuilderTests {
    private func options() throws -> SIPMessageBuilder {
        var builder = SIPMessageBuilder(request: .options, uri: SIPURI(user: "a", host: "b.example"))
        try builder.add(.from, "<sip:c@d.example>;tag=1")
        try builder.add(.to, "<sip:a@b.example>")
        try builder.add(.callID, "1")
        try builder.add(.cSeq, "1 OPTIONS")
        return builder
    }

    private let via = Via(transport: .udp, host: "192.0.2.1", branch: "z9hG4bK1")

    @Test func buildsWhatItReadsBack() throws {
        var builder = try self.options()
        try builder.add("X-Thing", "b")
        try builder.prepend(.route, "<sip:p.example;lr>")
        builder.setBody(Array("hello".utf8), contentType: "text/plain")
        let message = try builder.build(via: self.via)
        #expect(
            String(decoding: message.bytes, as: UTF8.self) == """
                OPTIONS sip:a@b.example SIP/2.0\r
                Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1\r
                Route: <sip:p.example;lr>\r
                Max-Forwards: 70\r
                From: <sip:c@d.example>;tag=1\r
                To: <sip:a@b.example>\r
                Call-ID: 1\r
                CSeq: 1 OPTIONS\r
                X-Thing: b\r
                Content-Type: text/plain\r
                Content-Length: 5\r
                \r
                hello
                """
        )
        #expect(builder.hasHeader(.cSeq))
        #expect(builder.first(.callID) == "1")
        #expect(builder.method == .options)
    }

    @Test(arguments: [HeaderName.from, .to, .callID, .cSeq, .maxForwards])
    func refusesAMessageWithoutAMandatoryHeader(_ name: HeaderName) throws {
        var builder = try self.options()
        builder.remove(name)
        #expect(throws: SIPBuildError.missingHeader(name)) { try builder.build(via: self.via) }
    }

    @Test func refusesARequestWithoutAVia() throws {
        #expect(throws: SIPBuildError.missingHeader(.via)) { try self.options().build() }
    }

    @Test(arguments: ["a\r\nB: c", "a\nB: c", "a\rB", "a\0", "\r\n\r\nbody"])
    func refusesASecondHeaderInAValue(_ value: String) throws {
        var builder = try self.options()
        #expect(throws: SIPBuildError.illegalCharacter(.subject)) { try builder.add(.subject, value) }
        #expect(throws: SIPBuildError.illegalCharacter(.subject)) { try builder.prepend(.subject, value) }
        #expect(throws: SIPBuildError.illegalCharacter(.subject)) { try builder.replace(.subject, value) }
        var typed = try self.options()
        typed.setBody([], contentType: value)
        #expect(throws: SIPBuildError.self) { try typed.build(via: self.via) }
        var named = via
        named.host = value
        #expect(throws: SIPBuildError.self) { try self.options().build(via: named) }
    }

    @Test func refusesABrokenStartLine() throws {
        let uri = SIPURI(user: "a", host: "b.example SIP/2.0\r\nX: y")
        #expect(throws: SIPBuildError.illegalStartLine) {
            try SIPMessageBuilder(request: .options, uri: uri).build(via: self.via)
        }
        let method = SIPMethod(rawValue: "A B")
        #expect(throws: SIPBuildError.illegalStartLine) {
            try SIPMessageBuilder(request: method, uri: SIPURI(host: "b")).build(via: self.via)
        }
        let request = try Sample.message(Sample.invite)
        #expect(throws: SIPBuildError.illegalStartLine) {
            try SIPMessageBuilder(response: 200, reason: "a\r\nb", to: request, toTag: "1").build()
        }
        #expect(throws: SIPBuildError.illegalName("a b")) {
            var builder = try self.options()
            try builder.add("a b", "c")
        }
        #expect(throws: SIPBuildError.self) {
            try SIPMessageBuilder(response: 200, to: request, toTag: "1\r\nX: y").build()
        }
    }

    @Test func echoesWhatAResponseMust() throws {
        let request = try Sample.message(Sample.invite)
        let response = try SIPMessageBuilder(response: 180, to: request, toTag: "77").build()
        #expect(response.statusCode == 180)
        #expect(response.reasonPhrase == "Ringing")
        #expect(response.lines(.via) == request.lines(.via))
        #expect(response.lines(.recordRoute) == request.lines(.recordRoute))
        #expect(response.lines(.from) == request.lines(.from))
        #expect(response.toTag == "77")
        #expect(response.callID == request.callID)
        #expect(response.cSeq == request.cSeq)
        let trying = try SIPMessageBuilder(response: 100, to: request, toTag: "77").build()
        #expect(trying.toTag == nil)
        #expect(!trying.contains(.recordRoute))
        let busy = try SIPMessageBuilder(response: 486, to: request, toTag: "77").build()
        #expect(!busy.contains(.recordRoute))
    }

    @Test func keepsATagThatIsThere() throws {
        let request = try Sample.message(
            Sample.invite.replacing("To: Bob <sip:bob@biloxi.example>", with: "To: <sip:b@b>;tag=z")
        )
        #expect(try SIPMessageBuilder(response: 200, to: request, toTag: "77").build().toTag == "z")
    }

    @Test func makesTheACKOfARefusal() throws {
        var builder = SIPMessageBuilder(copying: try Sample.message(Sample.invite))
        try builder.add(.route, "<sip:p.example;lr>")
        let request = try builder.build()
        let refusal = try SIPMessageBuilder(response: 486, to: request, toTag: "77").build()
        let ack = try SIPMessageBuilder.ack(forNon2xx: refusal, to: request).build()
        #expect(ack.method == .ack)
        #expect(ack.requestURIText == request.requestURIText)
        #expect(ack.vias == [request.topVia])
        #expect(ack.toTag == "77")
        #expect(ack.fromTag == request.fromTag)
        #expect(ack.cSeq == CSeq(number: 314_159, method: .ack))
        #expect(ack.routes == request.routes)
        #expect(ack.body.isEmpty)
        let cancel = try SIPMessageBuilder.cancel(of: request).build()
        #expect(cancel.method == .cancel)
        #expect(cancel.vias == [request.topVia])
        #expect(cancel.toTag == nil)
        #expect(cancel.cSeq == CSeq(number: 314_159, method: .cancel))
        #expect(cancel.routes == request.routes)
    }

    @Test func replacesAndRemoves() throws {
        var builder = try self.options()
        try builder.add(.route, "<sip:1.example>")
        try builder.add(.route, "<sip:2.example>")
        try builder.replace(.route, "<sip:3.example>")
        try builder.replace(.cSeq, "2 OPTIONS")
        #expect(try builder.build(via: self.via).routes.map(\.uri.host) == ["3.example"])
        #expect(try builder.build(via: self.via).cSeq.number == 2)
        builder.remove(.route)
        #expect(!builder.hasHeader(.route))
    }

    @Test func copiesUnknownHeadersByteByByte() throws {
        var bytes = Sample.wire(Sample.ok)
        let odd = Array("X-Bytes: \u{1}".utf8) + [0xFF, 0xFE] + Array(" a\r\n  folded\r\n".utf8)
        let start = try #require(bytes.firstIndex(of: 0x0A))
        bytes.insert(contentsOf: odd, at: start + 1)
        let message = try SIPMessage(bytes)
        let copy = try SIPMessageBuilder(copying: message).build()
        #expect(copy.rawLines("X-Bytes") == message.rawLines("X-Bytes"))
        #expect(copy.rawLines("X-Bytes").first?.contains(0xFF) == true)
        #expect(copy.first("X-Bytes")?.hasSuffix("a folded") == true)
    }

    @Test func cannotBeMadeToSmuggle() throws {
        var random = SeededRandom(seed: 3_261)
        let pieces = ["a", "b c", "\r", "\n", "\r\n", "\0", "\t", ": x", "\u{E9}", "\r\n\r\n", "\u{2028}", "\r\n y"]
        for _ in 0..<2_000 {
            let value = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            let isBad = value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
            var builder = try self.options()
            do throws(SIPBuildError) {
                try builder.add("X-Value", value)
                #expect(!isBad)
                let message = try builder.build(via: self.via)
                #expect(message.headerLines.count == 8)
                #expect(message.lines("X-Value").count == 1)
            } catch {
                #expect(isBad && error == .illegalCharacter("X-Value"), "\(value.debugDescription): \(error)")
            }
            var tagged = try self.options()
            tagged.setBody([], contentType: value)
            if let message = try? tagged.build(via: self.via) { #expect(!isBad && message.headerLines.count == 8) }
        }
    }
}
