import CoreTypes
import SIPCore
import Testing

/// What the endpoint answers by itself to requests that it cannot serve, beyond the tables of torture messages.
@Suite struct EndpointAnswerTests {
    /// The endpoint's word, and the lines that it sent.
    private func answer(
        _ bytes: [UInt8],
        owner: TortureCase.Owner = .userAgent,
        _ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }
    ) -> (word: String, lines: [String]) {
        var bench = TortureBench(owner: owner, change)
        let word = bench.answer(to: bytes, isAccepted: (try? SIPMessage(bytes)) != nil)
        #expect(bench.complaints.isEmpty)
        let text = bench.sent.first.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        return (word, text.split(separator: "\r\n").map(String.init))
    }

    // MARK: Bodies

    /// What PBXs and telephones send without being asked, and must not be refused for.
    @Test(arguments: [
        ("NOTIFY", "application/simple-message-summary"), ("NOTIFY", "message/sipfrag;version=2.0"),
        ("NOTIFY", "application/dialog-info+xml"), ("INFO", "application/dtmf-relay"), ("INFO", "application/dtmf"),
        ("OPTIONS", "text/x-anything"), ("BYE", "text/plain"), ("UPDATE", "application/SDP"),
        ("INVITE", "Application / sdp ; charset=utf-8"), ("MESSAGE", "text/plain;charset=UTF-8"),
    ]) func bodiesThatPass(_ method: String, _ type: String) {
        for to in ["To: <sip:emil@harbor.example>", "To: <sip:emil@harbor.example>;tag=in"] {
            let bytes = ownRequest(
                "\(method) sip:e@harbor.example SIP/2.0",
                to: to,
                ["Content-Type: \(type)"],
                body: "x"
            )
            #expect(self.answer(bytes).word == (to.hasSuffix("in") ? "481 by the owner" : "200 by the owner"))
        }
    }

    @Test func aBodyWithoutATypeIsTheOwnersToJudge() {
        let bytes = ownRequest("INVITE sip:e@harbor.example SIP/2.0", body: ownDescription)
        #expect(self.answer(bytes).word == "200 by the owner")
    }

    @Test func theConfigurationSaysWhatIsRead() {
        let bytes = ownRequest(
            "INVITE sip:e@harbor.example SIP/2.0",
            ["Content-Type: multipart/mixed;boundary=b", "Content-Encoding: gzip"],
            body: "--b--"
        )
        #expect(self.answer(bytes).word == "415 Accept-Encoding: identity")
        let many = { (configuration: inout SIPEndpoint.Configuration) in
            configuration.content.acceptedEncodings = ["gzip"]
            configuration.content.acceptedTypes[.invite] = ["application/sdp", "multipart/alternative"]
        }
        #expect(self.answer(bytes, many).word == "415 Accept: application/sdp, multipart/alternative")
        #expect(
            self.answer(bytes) {
                many(&$0)
                $0.content.acceptedTypes[.invite]?.append("multipart/mixed")
            }.word == "200 by the owner"
        )
    }

    @Test func anAcceptThatIsEmptyRulesOutEverything() {
        let bytes = ownRequest("INVITE sip:e@harbor.example SIP/2.0", ["Accept:"])
        #expect(self.answer(bytes).word == "406")
        #expect(self.answer(bytes).lines.contains { $0.hasPrefix("Warning: 399 ") })
        // An answer to OPTIONS can do without a body, unless the owner says otherwise.
        let options = ownRequest("OPTIONS sip:e@harbor.example SIP/2.0", ["Accept: text/html"])
        #expect(self.answer(options).word == "200 by the owner")
        #expect(self.answer(options) { $0.content.answeredTypes[.options] = ["application/sdp"] }.word == "406")
    }

    /// The order of RFC 3261 section 8.2: method, URI, Require, body, Accept.
    @Test func theFirstReasonIsTheOneThatIsTold() {
        func request(_ start: String, _ more: [String]) -> [UInt8] {
            ownRequest(start, more + ["Accept: x/y", "Content-Type: x/y"], body: "x")
        }
        #expect(self.answer(request("WALTZ x:y SIP/2.0", ["Require: a"])).word == "501 Allow")
        #expect(self.answer(request("PUBLISH x:y SIP/2.0", ["Require: a"])).word == "405 Allow")
        #expect(self.answer(request("INVITE x:y SIP/2.0", ["Require: a"])).word == "416")
        #expect(self.answer(request("INVITE sip:y SIP/2.0", ["Require: a"])).word == "420 Unsupported: a")
        #expect(self.answer(request("INVITE sip:y SIP/2.0", [])).word == "415 Accept: application/sdp")
    }

    // MARK: Broken requests

    /// The reason says what is wrong (RFC 3261 section 21.4.1), and no byte of the peer's gets into it.
    @Test func theReasonExplains() {
        func reason(_ bytes: [UInt8]) -> String? { self.answer(bytes).lines.first }
        let start = "OPTIONS sip:e@harbor.example SIP/2.0"
        #expect(
            reason(ownRequest(start, cSeq: "CSeq: 17 SPY"))
                == "SIP/2.0 400 Bad Request (CSeq: its method is not that of the request)"
        )
        #expect(reason(ownRequest(start, callID: nil)) == "SIP/2.0 400 Bad Request (Call-ID: it is missing)")
        #expect(reason(ownRequest("OPTIONS sip:e@harbor.example SIP/4.2")) == "SIP/2.0 505 Version Not Supported")
        let spied = reason(ownRequest(start, ["SpyName: 1\r2"]))
        #expect(spied?.hasPrefix("SIP/2.0 400 Bad Request (") == true && spied?.contains("Spy") == false)
    }

    @Test func foldedLinesAreRepeatedWhole() throws {
        let bytes = ownRequest(
            "OPTIONS sip:e@harbor.example SIP/2.0",
            via: "V\t:\r\n SIP/2.0/UDP\r\n\tk.example ;branch=z9hG4bKa",
            to: "to: \"E\"\r\n <sip:e@harbor.example> ; Tag =\r\n 5",
            cSeq: "CSeq: 17\r\n SPY"
        )
        let lines = self.answer(bytes).lines
        #expect(lines.contains("Via: SIP/2.0/UDP k.example ;branch=z9hG4bKa"))
        #expect(lines.contains("To: \"E\" <sip:e@harbor.example> ; Tag = 5"))
        #expect(lines.contains("CSeq: 17 SPY"))
    }

    @Test func everyViaIsRepeatedAndTheFirstOfTheOthers() {
        let bytes = ownRequest(
            "OPTIONS sip:e@harbor.example SIP/2.0",
            ["v: SIP/2.0/TCP b.example;branch=2", "f: <sip:x@y>;tag=2", "Via: broken", "i: second"]
        )
        let lines = self.answer(bytes).lines
        #expect(lines.filter { $0.hasPrefix("Via: ") }.count == 3)
        #expect(lines.filter { $0.hasPrefix("From: ") } == ["From: <sip:nora@svetlana.example>;tag=k81"])
        #expect(lines.filter { $0.hasPrefix("Call-ID: ") } == ["Call-ID: trial-7@kiosk.svetlana.example"])
        #expect(lines.contains { $0.hasPrefix("To: <sip:emil@harbor.example>;tag=s") })
    }

    /// Neither an ACK nor a broken answer, nor what only looks like a request.
    @Test func whatIsNeverAnswered() {
        let silent: [[UInt8]] = [
            ownRequest("ACK sip:e@harbor.example SIP/2.0", cSeq: "CSeq: x ACK"),
            ownRequest("ACK  sip:e@harbor.example SIP/2.0", cSeq: "CSeq: 1 ACK"),
            ownRequest("ACK sip:e@harbor.example SIP/9.0", cSeq: "CSeq: 1 ACK"),
            ownResponse("SIP/2.0 999 Odd"), ownResponse("sip/2.0 200 OK", cSeq: "CSeq: x"),
            ownResponse("SIP/9.0 200 OK"),
            ownRequest("OPTIONS sip:e@harbor.example SIP/2.0", via: nil),
            ownRequest("OPTIONS sip:e@harbor.example SIP/2.0", via: "Via: \u{1}"),
            ownRequest("INVITE sip:e@harbor.example"),
            Array("GET / HTTP/1.1\r\nHost: e\r\n\r\n".utf8),
        ]
        for bytes in silent { #expect(self.answer(bytes).word == "dropped as malformed") }
    }

    /// The ACK to our 400 ends in the endpoint, even though the request that it confirms was never understood.
    @Test func theAcknowledgmentOfARefusalIsForNobody() throws {
        var endpoint = SIPEndpoint(configuration: SIPEndpoint.Configuration(), random: SeededRandom(seed: 5))
        let binding = LocalBinding(transport: .udp, address: address("192.0.2.1:5060"))
        let peer = address("192.0.2.10:5060")
        let invite = ownRequest("INVITE sip:e@harbor.example?Subject=x SIP/2.0")
        var tags: Set<String> = []
        for _ in 0..<2 {
            endpoint.receive(invite, from: peer, on: binding, now: .zero)
            let polled = endpoint.pollTransmit()
            let refusal = try SIPMessage(try #require(polled).bytes)
            #expect(refusal.statusCode == 400)
            tags.insert(try #require(refusal.toTag))
        }
        // A retransmission gets the same tag, as if we remembered it (RFC 3261 section 8.2.7).
        #expect(tags.count == 1)
        while endpoint.pollEvent() != nil {}
        let to = "To: <sip:emil@harbor.example>;tag=\(tags.first ?? "")"
        let ack = ownRequest("ACK sip:e@harbor.example SIP/2.0", to: to)
        endpoint.receive(ack, from: peer, on: binding, now: .zero)
        let event = endpoint.pollEvent()
        #expect(event == nil)
        let transmit = endpoint.pollTransmit()
        #expect(transmit == nil)
    }

    /// The same request by two ways, and a CANCEL of nothing.
    @Test func mergedRequestsAndStrayCancels() throws {
        var endpoint = SIPEndpoint(configuration: SIPEndpoint.Configuration(), random: SeededRandom(seed: 5))
        let binding = LocalBinding(transport: .udp, address: address("192.0.2.1:5060"))
        func statuses(_ bytes: [UInt8]) throws -> [Int] {
            endpoint.receive(bytes, from: address("192.0.2.10:5060"), on: binding, now: .zero)
            var result: [Int] = []
            while let transmit = endpoint.pollTransmit() { result.append(try SIPMessage(transmit.bytes).statusCode) }
            return result
        }
        let start = "INVITE sip:emil@harbor.example SIP/2.0"
        #expect(try statuses(ownRequest(start)).isEmpty)
        #expect(try statuses(ownRequest(start, via: "Via: SIP/2.0/UDP b.example;branch=z9hG4bKb")) == [482])
        let cancel = "CANCEL sip:emil@harbor.example SIP/2.0"
        #expect(try statuses(ownRequest(cancel, via: "Via: SIP/2.0/UDP b.example;branch=z9hG4bKc")) == [481])
        #expect(try statuses(ownRequest(cancel)).contains(200))
    }

    /// The cookie alone names no transaction: two requests with it are two (RFC 4475 section 3.2.1).
    @Test func aBareCookieIsNoBranch() throws {
        var endpoint = SIPEndpoint(configuration: SIPEndpoint.Configuration(), random: SeededRandom(seed: 5))
        let binding = LocalBinding(transport: .udp, address: address("192.0.2.1:5060"))
        for callID in ["Call-ID: one", "Call-ID: two", "Call-ID: one"] {
            let via = "Via: SIP/2.0/UDP k.example;branch=z9hG4bK"
            let bytes = ownRequest("OPTIONS sip:e@harbor.example SIP/2.0", via: via, callID: callID)
            endpoint.receive(bytes, from: address("192.0.2.10:5060"), on: binding, now: .zero)
        }
        #expect(endpoint.gauges.serverTransactions == 2)
        #expect(endpoint.counters.retransmissionsReceived == 1)
    }

    @Test func refusalsOfBrokenRequestsAreLimited() {
        var endpoint = SIPEndpoint(configuration: SIPEndpoint.Configuration(), random: SeededRandom(seed: 5))
        let binding = LocalBinding(transport: .udp, address: address("192.0.2.1:5060"))
        let broken = ownRequest("INVITE sip:e@harbor.example SIP/2.0", from: nil, to: nil, callID: nil)
        for _ in 0..<50 { endpoint.receive(broken, from: address("192.0.2.10:5060"), on: binding, now: .zero) }
        var count = 0
        while let transmit = endpoint.pollTransmit() {
            count += 1
            // The answer is no larger than what asked for it, so that nobody is flooded by way of us.
            #expect(transmit.bytes.count <= broken.count + 64)
        }
        #expect(count == 10 && endpoint.counters.malformed == 50)
    }
}
