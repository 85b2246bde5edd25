import CoreTypes
import SIPCore
import Testing

/// The caller's own limit for an answer, given with the request.
@Suite("Endpoint: the caller's limit")
struct EndpointLimitTests {
    private func answer(_ status: Int, to request: SIPMessage) -> SIPMessageBuilder {
        SIPMessageBuilder(response: status, to: request, toTag: "theirs")
    }

    /// An INVITE that rings, with a limit of twenty seconds that is over.
    private func ringing() throws -> (bench: EndpointBench, request: SIPMessage) {
        let bench = EndpointBench()
        _ = try bench.endpoint.send(
            EndpointBench.request(.invite),
            to: bench.destination,
            noAnswerLimit: .seconds(20),
            now: bench.now
        )
        let request = try #require(bench.sent().first?.message)
        try bench.run(milliseconds: 100)
        try bench.receive(self.answer(180, to: request))
        let sent = try bench.run(milliseconds: 19_950)
        #expect(sent.map(\.line) == ["CANCEL sip:200@192.0.2.10"])
        #expect(sent.first?.milliseconds == 20_000)
        #expect(bench.events().map(\.word) == ["response 180"])
        return (bench, request)
    }

    @Test func callIsCanceledAndThe487SaysNoAnswer() throws {
        let (bench, request) = try self.ringing()
        for _ in 0..<2 {
            try bench.receive(self.answer(487, to: request))
            #expect(try bench.lines() == ["ACK sip:200@192.0.2.10"])
        }
        #expect(bench.events().map(\.word) == ["failed noAnswer"])
        try bench.run(milliseconds: 80_000)
        #expect(bench.events().isEmpty)
        #expect(bench.isEmpty)
    }

    @Test func answerThatCrossesTheCancelIsPassedUp() throws {
        for status in [200, 486] {
            let (bench, request) = try self.ringing()
            try bench.receive(self.answer(status, to: request))
            #expect(bench.events().map(\.word) == ["response \(status)"])
            try bench.run(milliseconds: 80_000)
            #expect(bench.events().isEmpty)
            #expect(bench.isEmpty)
        }
    }

    @Test func calleeThatIsSilentEvenToTheCancel() throws {
        let (bench, _) = try self.ringing()
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["failed noAnswer"])
        #expect(bench.isEmpty)
    }

    @Test func limitThatIsOverBeforeAnyAnswer() throws {
        let bench = EndpointBench()
        _ = try bench.endpoint.send(
            EndpointBench.request(.invite),
            to: bench.destination,
            noAnswerLimit: .seconds(2),
            now: bench.now
        )
        let request = try #require(bench.sent().first?.message)
        // Nothing can be canceled of which no answer tells that it arrived (RFC 3261 section 9.1).
        #expect(try bench.run(milliseconds: 3000).allSatisfy { $0.message.method == .invite })
        try bench.receive(self.answer(100, to: request))
        #expect(try bench.run(milliseconds: 0).map(\.line) == ["CANCEL sip:200@192.0.2.10"])
    }

    @Test func anotherRequestIsGivenUp() throws {
        let bench = EndpointBench()
        _ = try bench.endpoint.send(
            EndpointBench.request(.options),
            to: bench.destination,
            noAnswerLimit: .seconds(2),
            now: bench.now
        )
        let request = try #require(bench.sent().first?.message)
        #expect(try bench.run(milliseconds: 10_000).map(\.milliseconds) == [500, 1500])
        #expect(bench.events().map(\.word) == ["failed noAnswer"])
        try bench.receive(self.answer(200, to: request))
        #expect(bench.endpoint.counters.strayResponses == 1)
        #expect(bench.isEmpty)
    }
}
