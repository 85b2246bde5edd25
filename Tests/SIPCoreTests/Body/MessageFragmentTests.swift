import Testing

@testable import SIPCore

/// `message/sipfrag` (RFC 3420).
@Suite struct MessageFragmentTests {
    private func fragment(_ text: String) -> MessageFragment? {
        MessageFragment(Array(text.utf8)[...])
    }

    @Test func examplesOfTheRFC() throws {
        let request = try #require(self.fragment("INVITE sip:alice@atlanta.com SIP/2.0\r\n"))
        #expect(request.method == .invite && request.statusCode == nil)
        let response = try #require(self.fragment("SIP/2.0 603 Declined\r\n"))
        #expect(response.statusCode == 603 && response.reasonPhrase == "Declined")
        let headers = try #require(
            self.fragment(
                "From: Alice <sip:alice@atlanta.com>\r\nTo: Bob <sip:bob@biloxi.com>\r\ni: pc33\r\nContact:\r\n <sip:a@b>\r\n"
            )
        )
        #expect(headers.startLine == nil)
        #expect(headers.headers.map(\.name) == [.from, .to, .callID, .contact])
        #expect(headers.headers.first(.contact) == "<sip:a@b>")
        let body = try #require(self.fragment("Content-Type: text/plain\r\n\r\nHello\r\n\r\nthere"))
        #expect(Array(body.body) == Array("Hello\r\n\r\nthere".utf8))
        let bodyAlone = try #require(self.fragment("\r\nHello"))
        #expect(bodyAlone.headers.isEmpty && Array(bodyAlone.body) == Array("Hello".utf8))
    }

    @Test func whatPeersSend() {
        #expect(self.fragment("SIP/2.0 100 Trying")?.statusCode == 100)
        #expect(self.fragment("SIP/2.0 200\r\n")?.reasonPhrase == "")
        #expect(self.fragment("sip/2.0 200 OK\n")?.reasonPhrase == "OK")
        #expect(self.fragment("SIP/2.0 503 Service Unavailable\r\nServer: x\r\n\r\n")?.headers.first(.server) == "x")
        #expect(self.fragment("Foo : bar")?.headers.first("foo") == "bar")
    }

    @Test(arguments: [
        "", "\r\n", "\r\n\r\n".dropLast(2).description, "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 20 OK",
        "SIP/2.0 +20 OK", "SIP/3.0 200 OK",
        "SIP/2.0", "INVITE", "INVITE sip:a@b", "INVITE sip:a@b SIP/1.0", "INVITE nothing SIP/2.0",
        "SIP/2.0 200 OK\r\nx",
        "SIP/2.0 200 a\rb", ": x", "a b: c", "{}",
    ])
    func malformed(_ text: String) {
        #expect(self.fragment(text) == nil, "\(text)")
    }

    @Test func whatIsBuiltIsRead() throws {
        let made = MessageFragment(statusCode: 200, reason: "OK")
        #expect(String(decoding: made.bytes, as: UTF8.self) == "SIP/2.0 200 OK\r\n")
        #expect(MessageFragment(made.bytes[...]) == made)
        #expect(MessageFragment.mediaType.description == "message/sipfrag;version=2.0")
        var full = MessageFragment(statusCode: 486, reason: "Busy\r\nHere")
        full.headers = [HeaderField(.server, "x\r\ny")]
        full.body = [0, 13, 10]
        let read = try #require(MessageFragment(full.bytes[...]))
        #expect(read.reasonPhrase == "Busy  Here" && read.headers.count == 1 && read.body == [0, 13, 10])
    }

    @Test func aTransferIsToldOf() throws {
        var builder = SIPMessageBuilder(copying: try HeaderSample.message("Event: refer", "Subscription-State: active"))
        builder.setBody(Array("SIP/2.0 603 Declined".utf8), contentType: "message/sipfrag")
        #expect(try builder.build().fragment?.statusCode == 603)
        #expect(try HeaderSample.message().fragment == nil)
    }
}
