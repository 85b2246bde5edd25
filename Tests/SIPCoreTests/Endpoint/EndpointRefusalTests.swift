import CoreTypes
import SIPCore
import Testing

@Suite("What the endpoint refuses by itself")
struct EndpointRefusalTests {
    func answer(
        to text: String,
        from source: TransportAddress = EndpointBench.peer,
        _ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }
    ) throws -> SIPMessage? {
        let bench = EndpointBench(change)
        bench.receive(text, from: source)
        let sent = try bench.sent()
        #expect(sent.count <= 1)
        #expect(bench.events().allSatisfy { $0.word.hasPrefix("refused") || $0.word.hasPrefix("malformed") })
        #expect(bench.isEmpty)
        return sent.first?.message
    }

    @Test func unknownMethodGets501AndAKnownOne405() throws {
        let unknown = try #require(try self.answer(to: EndpointBench.text("DANCE")))
        #expect(unknown.statusCode == 501)
        let known = try #require(try self.answer(to: EndpointBench.text("PUBLISH")))
        #expect(known.statusCode == 405)
        #expect(known.values(.allow).contains("INVITE") && !known.values(.allow).contains("PUBLISH"))
    }

    @Test func requiredOptionGets420() throws {
        let text = EndpointBench.text("INVITE", headers: ["Require: timer, teleport"])
        let refusal = try #require(try self.answer(to: text) { $0.supportedOptions = ["timer"] })
        #expect(refusal.statusCode == 420)
        #expect(refusal.values(.unsupported) == ["teleport"])
        // Nothing is supported that the transaction user did not say.
        #expect(try self.answer(to: text)?.values(.unsupported) == ["timer", "teleport"])
    }

    @Test func foreignSchemeGets416() throws {
        #expect(try self.answer(to: EndpointBench.text("OPTIONS", uri: "http://example.com"))?.statusCode == 416)
    }

    @Test func malformedRequestsGetTheirStatus() throws {
        let number = EndpointBench.text("INVITE").replacingLine("CSeq: 1 INVITE", with: "CSeq: 99999999999 INVITE")
        let version = EndpointBench.text("OPTIONS").replacingOccurrencesOnce(of: "SIP/2.0\r\n", with: "SIP/7.0\r\n")
        for (text, status) in [(number, "400"), (version, "505")] {
            let bench = EndpointBench()
            bench.receive(text, from: address("198.51.100.1:7777"))
            let polled = bench.endpoint.pollTransmit()
            let transmit = try #require(polled)
            // The answer repeats what was broken, and goes to where it came from, whatever the Via says.
            let lines = String(decoding: transmit.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
            #expect(lines.first?.hasPrefix("SIP/2.0 \(status) ") == true)
            #expect(
                lines.filter { $0.hasPrefix("Via: ") } == ["Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKpeer1;rport"]
            )
            #expect(lines.contains { $0.hasPrefix("To: <sip:100@192.0.2.1>;tag=s") })
            #expect(
                text.split(separator: "\r\n").filter { $0.hasPrefix("CSeq") }.map(String.init)
                    == lines.filter { $0.hasPrefix("CSeq") }
            )
            #expect(transmit.to == address("198.51.100.1:7777"))
            #expect(bench.events().map(\.word) == ["malformed true"])
            #expect(bench.isEmpty)
        }
    }

    @Test func malformedBytesThatAreNoRequestGetNothing() throws {
        let broken = EndpointBench.text("ACK").replacingLine("CSeq: 1 ACK", with: "CSeq: x")
        let withoutVia = EndpointBench.text("INVITE").replacingLine(
            "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKpeer1;rport",
            with: "X: y"
        )
        for text in [
            broken, withoutVia, "SIP/2.0 200 OK\r\n\r\n", "hello", "\u{1}\u{2}!", String(repeating: "x", count: 9000),
        ] {
            #expect(try self.answer(to: text) == nil)
        }
    }

    @Test func keepAlivesAreNothing() throws {
        let bench = EndpointBench()
        for text in ["", "\r\n", "\r\n\r\n", "\0", "\0\0\0\0"] { bench.receive(text) }
        #expect(bench.events().isEmpty)
        #expect(bench.endpoint.counters == SIPEndpoint.Counters())
    }

    @Test func strangersGetOne403() throws {
        let known: Set<IPAddress> = [EndpointBench.peer.host]
        let bench = EndpointBench { $0.admission = .only(known, everyone: [.options]) }
        let stranger = address("203.0.113.9:5060")
        bench.receive(EndpointBench.text("INVITE"), from: stranger)
        #expect(try bench.lines() == ["403 Forbidden (INVITE)"])
        for number in 0..<20 {
            bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bK\(number)", callID: "\(number)"), from: stranger)
        }
        #expect(try bench.lines() == [])
        #expect(bench.endpoint.counters.refused == 21 && bench.endpoint.counters.suppressed == 20)
        #expect(bench.events().map(\.word).first == "refused 403 true")
        // The ACK to the 403 ends in the endpoint.
        let tag = try { () throws -> String? in
            try bench.run(milliseconds: 6000)
            bench.receive(EndpointBench.text("INVITE"), from: stranger)
            return try bench.sent().first?.message.toTag
        }()
        _ = bench.events()
        bench.receive(EndpointBench.text("ACK", toTag: tag), from: stranger)
        #expect(bench.events().isEmpty)
        // Who is known passes, in a dialog and outside of it; a stranger's To tag is worth nothing, and what is open to
        // everyone is answered without the transaction user.
        bench.receive(EndpointBench.text("OPTIONS", branch: "z9hG4bKo", callID: "o"), from: stranger)
        #expect(try bench.sent().last?.message.statusCode == 200)
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKk", callID: "k"))
        bench.receive(EndpointBench.text("BYE", branch: "z9hG4bKb", callID: "b", toTag: "x"), from: stranger)
        bench.receive(EndpointBench.text("BYE", branch: "z9hG4bKc", callID: "c", toTag: "x"))
        #expect(bench.events().map(\.word) == ["request INVITE", "refused 481 false", "request BYE"])
    }

    @Test func refusalsAreLimitedPerSource() throws {
        let bench = EndpointBench()
        for number in 0..<100 {
            bench.receive(EndpointBench.text("DANCE", branch: "z9hG4bK\(number)"))
            bench.receive("OPTIONS nonsense SIP/2.0\r\nVia: x\r\nFrom: x\r\nTo: x\r\nCall-ID: x\r\nCSeq: x\r\n\r\n")
        }
        var count = 0
        while bench.endpoint.pollTransmit() != nil { count += 1 }
        #expect(count == 10)
        #expect(bench.endpoint.counters.refused == 100 && bench.endpoint.counters.malformed == 100)
        bench.receive(EndpointBench.text("DANCE"), from: address("192.0.2.20:5060"))
        #expect(try bench.lines().count == 1)
    }

    @Test func fullTableGets503AndServesAgainAfterwards() throws {
        let bench = EndpointBench { $0.maximumServerTransactions = 3 }
        for number in 0..<5 {
            bench.receive(EndpointBench.text("OPTIONS", branch: "z9hG4bK\(number)", callID: "\(number)"))
        }
        let refusals = try bench.sent()
        #expect(refusals.map(\.message.statusCode) == [503, 503])
        #expect(refusals.first?.message.retryAfter != nil)
        #expect(bench.endpoint.gauges.serverTransactions == 3)
        try bench.run(milliseconds: 70_000)
        _ = bench.events()
        #expect(bench.isEmpty)
        bench.receive(EndpointBench.text("OPTIONS", branch: "z9hG4bKlater", callID: "later"))
        #expect(bench.events().map(\.word) == ["request OPTIONS"])
    }

    @Test func hostileBytesNeverLeaveAnythingBehind() throws {
        let bench = EndpointBench()
        var random = SeededRandom(seed: 7)
        let seeds = ["INVITE", "ACK", "CANCEL", "OPTIONS", "BYE"].map { Array(EndpointBench.text($0).utf8) }
        for round in 0..<4000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch UInt8.random(in: 0..<3, using: &random) {
                case 0:
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                default: bytes = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            let source = TransportAddress(host: .v4(UInt32(round)), port: 5060)
            bench.endpoint.receive(bytes, from: source, on: bench.binding, now: bench.now)
            bench.now += .milliseconds(1)
            // What is sent is an answer, whatever came.
            while let transmit = bench.endpoint.pollTransmit() {
                #expect(transmit.bytes.starts(with: "SIP/2.0 ".utf8))
            }
            _ = bench.events()
        }
        try bench.run(milliseconds: 400_000)
        _ = bench.events()
        #expect(bench.isEmpty)
        #expect(bench.endpoint.counters.malformed > 500 && bench.endpoint.counters.requestsReceived > 100)
    }
}

extension String {
    /// The text with one header line changed.
    func replacingLine(_ line: String, with other: String) -> String {
        self.split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0 == line ? other : String($0) }
            .joined(separator: "\r\n")
    }

    /// The text with the first occurrence changed.
    func replacingOccurrencesOnce(of text: String, with other: String) -> String {
        guard let range = self.firstRange(of: text) else { return self }
        return self.replacingCharacters(in: range, by: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, by other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
