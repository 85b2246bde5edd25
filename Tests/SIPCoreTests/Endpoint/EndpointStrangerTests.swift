import CoreTypes
import SIPCore
import Testing

/// Whoever is not known costs a count, and now and then an answer that is never repeated and never long.
@Suite("Endpoint: strangers")
struct EndpointStrangerTests {
    private let stranger = address("203.0.113.9:5060")

    private func bench(_ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }) -> EndpointBench {
        EndpointBench { configuration in
            configuration.admission = .only([EndpointBench.peer.host], everyone: [.options])
            configuration.knowsDialogs = true
            configuration.userAgent = "A product with a name that is rather long/1.2.3 (and a comment)"
            change(&configuration)
        }
    }

    @Test func optionsAreAnsweredWithoutATransaction() throws {
        let bench = self.bench { $0.supportedOptions = ["100rel"] }
        bench.receive(EndpointBench.text("OPTIONS"), from: self.stranger)
        let answer = try #require(try bench.sent().first?.message)
        #expect(answer.statusCode == 200)
        #expect(answer.values(.allow).contains("INVITE"))
        #expect(answer.values(.accept) == ["application/sdp"])
        #expect(answer.values(.supported) == ["100rel"])
        #expect(answer.toTag != nil)
        #expect(bench.events().isEmpty && bench.isEmpty)
        // A retransmission is a new question, with the same tag in its answer.
        bench.receive(EndpointBench.text("OPTIONS"), from: self.stranger)
        #expect(try bench.sent().first?.message.toTag == answer.toTag)
        bench.receive(EndpointBench.text("OPTIONS", callID: "x", headers: ["Require: tea"]), from: self.stranger)
        let refusal = try #require(try bench.sent().first?.message)
        #expect(refusal.statusCode == 420 && refusal.values(.unsupported) == ["tea"])
        #expect(bench.endpoint.counters.inquiries == 3)
    }

    @Test func aMethodThatNobodyKnowsIsToldSo() throws {
        let bench = self.bench()
        bench.receive(EndpointBench.text("DANCE"), from: self.stranger)
        #expect(try bench.sent().map(\.message.statusCode) == [501])
    }

    @Test func whoIsKnownHasRatesOfHisOwn() throws {
        let bench = self.bench()
        for number in 0..<20_000 {
            let source = TransportAddress(host: .v4(0xCB00_7100 &+ UInt32(number % 99)), port: 5060)
            let branch = "z9hG4bK\(number)"
            switch number % 3 {
            case 0: bench.receive(EndpointBench.text("INVITE", branch: branch, toTag: "x"), from: source)
            case 1: bench.receive("OPTIONS nonsense SIP/2.0\r\nVia: x\r\nCSeq: x\r\n\r\n", from: source)
            default: bench.receive(EndpointBench.text("OPTIONS", branch: branch), from: source)
            }
        }
        while bench.endpoint.pollTransmit() != nil {}
        bench.receive(EndpointBench.text("PUBLISH"))
        #expect(try bench.sent().map(\.message.statusCode) == [405])
    }

    /// The shorter the request, the shorter the answer; to the shortest there is none.
    @Test func noAnswerIsMoreThanTwoAndAHalfTimesAsLong() throws {
        var answered = 0
        for padding in stride(from: 0, through: 400, by: 20) {
            for method in ["OPTIONS", "INVITE", "DANCE", "CANCEL", "BYE"] {
                let bench = self.bench { $0.allowedMethods += (0..<20).map { SIPMethod(rawValue: "METHOD\($0)") } }
                let bytes = Array(
                    """
                    \(method) sip:a SIP/2.0\r
                    v:SIP/2.0/UDP a;branch=z9hG4bK1\r
                    f:<sip:b>;tag=1\r
                    t:<sip:a>\(method == "BYE" ? ";tag=2" : "")\r
                    i:\(String(repeating: "c", count: 1 + padding))\r
                    CSeq:1 \(method)\r
                    m:<sip:b>\r
                    \r

                    """.utf8
                )
                bench.endpoint.receive(bytes, from: self.stranger, on: bench.binding, now: bench.now)
                while let transmit = bench.endpoint.pollTransmit() {
                    answered += 1
                    #expect(2 * transmit.bytes.count <= 5 * bytes.count)
                }
                let broken = Array("\(method) sip:a SIP/2.0\r\nv:x\r\nCSeq:1\r\nX:\(padding)\r\n\r\n".utf8)
                bench.endpoint.receive(broken, from: address("203.0.113.8:9"), on: bench.binding, now: bench.now)
                while let transmit = bench.endpoint.pollTransmit() {
                    #expect(2 * transmit.bytes.count <= 5 * broken.count)
                }
            }
        }
        #expect(answered > 50)
    }

    @Test func aNetworkOfAddressesIsOneSource() throws {
        let bench = self.bench()
        var answers = 0
        for number in 0..<50 {
            let source = TransportAddress(host: .v6(0x2001_0DB8_0000_0001, UInt64(number)), port: 5060)
            bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bK\(number)"), from: source)
            answers += try bench.sent().count
        }
        #expect(answers == 1)
    }

    @Test func refusalsAreSummedUp() throws {
        let bench = self.bench { $0.refusalInterval = .seconds(60) }
        func reports() -> [RefusalReport] {
            bench.events().compactMap { event in
                guard case .refused(let report) = event else { return nil }
                return report
            }
        }
        for number in 0..<1_000 {
            bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bK\(number)"), from: self.stranger)
        }
        let first = reports()
        #expect(first.map(\.count) == [1] && first.first?.reason == .stranger && first.first?.status == 403)
        // What is wrong with requests of the PBX is told apart, and not lost among those.
        for number in 0..<5 {
            bench.receive(EndpointBench.text("PUBLISH", branch: "z9hG4bKp\(number)", callID: "p\(number)"))
            bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKi\(number)", headers: ["Require: tea"]))
            bench.receive(EndpointBench.text("INFO", branch: "z9hG4bKf\(number)", toTag: "none"))
        }
        #expect(reports().map(\.reason) == [.method, .extension, .unknownDialog])
        try bench.run(milliseconds: 60_000)
        let second = reports()
        #expect(second.map(\.count).sorted() == [4, 4, 4, 999])
        try bench.run(milliseconds: 60_000)
        #expect(reports().isEmpty)
        #expect(bench.endpoint.deadline == nil)
    }

    @Test func sourcesWithoutNumberAreOneLine() throws {
        let bench = self.bench { $0.refusalInterval = .seconds(60) }
        var told = 0
        var events = 0
        var others = 0
        func drain() {
            for case .refused(let report) in bench.events() {
                events += 1
                told += report.count
                if report.source == nil { others += report.count }
            }
        }
        for number in 0..<10_000 {
            let source = TransportAddress(host: .v4(UInt32(number) &* 2_654_435_761), port: 5060)
            bench.receive(EndpointBench.text("REGISTER", branch: "z9hG4bK\(number)"), from: source)
        }
        drain()
        try bench.run(milliseconds: 200_000)
        drain()
        #expect(told == 10_000 && others > 9_000)
        #expect(events < 130)
        #expect(bench.endpoint.deadline == nil)
    }
}
