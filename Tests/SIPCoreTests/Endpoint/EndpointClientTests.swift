import CoreTypes
import SIPCore
import Testing

@Suite("Endpoint as a client")
struct EndpointClientTests {
    /// The peer's answer to a message that we sent.
    func answer(_ status: Int, to request: SIPMessage, tag: String = "theirs") -> SIPMessageBuilder {
        SIPMessageBuilder(response: status, to: request, toTag: tag)
    }

    @Test func requestGetsViaWithFreshBranchAndRport() throws {
        let bench = EndpointBench { $0.userAgent = "Svetlana" }
        _ = try bench.send(.options)
        _ = try bench.send(.options, callID: "c2")
        let sent = try bench.sent()
        let vias = sent.map(\.message.topVia)
        #expect(vias.map(\.sentBy) == ["192.0.2.1:5060", "192.0.2.1:5060"])
        #expect(vias.allSatisfy { $0.rport == .requested && $0.branch?.hasPrefix("z9hG4bK") == true })
        #expect(Set(vias.map(\.branch)).count == 2)
        #expect(sent.allSatisfy { $0.to == EndpointBench.peer })
        #expect(sent.first?.message.first(.userAgent) == "Svetlana")
    }

    @Test func eachAnswerIsDeliveredOnce() throws {
        let bench = EndpointBench()
        let id = try bench.send(.options)
        let request = try #require(bench.sent().first?.message)
        let kept = bench.endpoint.request(of: id)
        #expect(kept == request)
        for status in [100, 200, 200] { try bench.receive(self.answer(status, to: request)) }
        #expect(bench.events().map(\.word) == ["response 100", "response 200"])
        #expect(try bench.run(milliseconds: 5000).isEmpty)
        #expect(bench.isEmpty)
        #expect(bench.endpoint.counters.retransmissionsReceived == 1)
        try bench.receive(self.answer(200, to: request))
        #expect(bench.endpoint.counters.strayResponses == 1)
        #expect(bench.events().isEmpty)
    }

    @Test func ACKToARefusalIsMadeByTheEndpoint() throws {
        let bench = EndpointBench()
        var invite = try EndpointBench.request(.invite)
        try invite.add(.route, "<sip:192.0.2.10;lr>")
        _ = try bench.endpoint.send(invite, to: bench.destination, now: bench.now)
        let request = try #require(bench.sent().first?.message)
        let refusal = self.answer(486, to: request)
        for retransmission in 0..<3 {
            try bench.receive(refusal)
            let ack = try #require(bench.sent().first?.message)
            #expect(ack.method == .ack)
            #expect(ack.requestURIText == request.requestURIText)
            #expect(ack.topVia == request.topVia)
            #expect(ack.vias.count == 1)
            #expect(ack.toTag == "theirs")
            #expect(ack.cSeq == CSeq(number: 1, method: .ack))
            #expect(ack.routes.count == 1)
            #expect(bench.events().map(\.word) == (retransmission == 0 ? ["response 486"] : []))
        }
        #expect(try bench.run(milliseconds: 32_000).isEmpty)
        #expect(bench.isEmpty)
    }

    @Test func repeatedAndForkedSuccessesArePassedUp() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        try bench.receive(self.answer(180, to: request))
        for tag in ["a", "a", "b"] { try bench.receive(self.answer(200, to: request, tag: tag)) }
        let tags = bench.events().compactMap { event -> String? in
            guard case .response(_, let message) = event else { return nil }
            return message.toTag
        }
        #expect(tags == ["theirs", "a", "a", "b"])
        // The endpoint makes no ACK to a 2xx; the transaction user does, and sends it again for each retransmission.
        #expect(try bench.lines() == [])
        let ack = try EndpointBench.request(.ack)
        let bytes = try bench.endpoint.sendWithoutTransaction(ack, to: bench.destination, now: bench.now)
        bench.endpoint.resend(bytes, to: bench.destination)
        let acks = try bench.sent()
        #expect(acks.count == 2 && acks.first?.message == acks.last?.message)
        #expect(acks.first?.message.topVia.branch != request.topVia.branch)
        try bench.run(milliseconds: 32_000)
        #expect(bench.isEmpty)
    }

    @Test func noAnswerFailsOnce() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        _ = try bench.send(.register, callID: "c2")
        let sent = try bench.run(milliseconds: 40_000)
        #expect(
            sent.filter { $0.message.method == .invite }.map(\.milliseconds) == [
                0, 500, 1500, 3500, 7500, 15_500, 31_500,
            ]
        )
        #expect(sent.filter { $0.message.method == .register }.count == 11)
        #expect(bench.events().map(\.word) == ["failed timeout", "failed timeout"])
        #expect(bench.isEmpty)
        #expect(bench.endpoint.counters.retransmissionsSent == 16)
    }

    @Test func transportFailureIsToldAtOnce() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        _ = try bench.send(.options, callID: "c2")
        _ = try bench.sent()
        bench.endpoint.handleTransportFailure(to: address("192.0.2.99:5060"), now: bench.now)
        #expect(bench.events().isEmpty)
        bench.endpoint.handleTransportFailure(to: EndpointBench.peer, now: bench.now)
        #expect(
            bench.events().map(\.word) == [
                "failed transport(the request could not be delivered)",
                "failed transport(the request could not be delivered)",
            ]
        )
        #expect(bench.isEmpty)
    }

    @Test func failureAfterTheFinalAnswerIsNotTold() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        try bench.receive(self.answer(404, to: request))
        bench.endpoint.handleTransportFailure(to: EndpointBench.peer, now: bench.now)
        #expect(bench.events().map(\.word) == ["response 404"])
        _ = try bench.sent()
        #expect(bench.isEmpty)
    }

    @Test func cancelWaitsForAProvisional() throws {
        let bench = EndpointBench()
        let id = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        bench.endpoint.cancel(id, now: bench.now)
        #expect(try bench.lines() == [])
        try bench.receive(self.answer(100, to: request))
        let cancel = try #require(bench.sent().first?.message)
        #expect(cancel.method == .cancel)
        #expect(cancel.topVia == request.topVia)
        #expect(cancel.requestURIText == request.requestURIText)
        #expect(cancel.cSeq == CSeq(number: 1, method: .cancel))
        #expect(cancel.toTag == nil)
        try bench.receive(self.answer(200, to: cancel))
        try bench.receive(self.answer(487, to: request))
        // Of the CANCEL the transaction user hears nothing.
        #expect(bench.events().map(\.word) == ["response 100", "response 487"])
        #expect(try bench.lines() == ["ACK sip:200@192.0.2.10"])
        try bench.run(milliseconds: 40_000)
        #expect(bench.isEmpty)
    }

    @Test func cancelIsRepeatedAndTheINVITEEndsWithoutAnAnswer() throws {
        let bench = EndpointBench()
        let id = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        try bench.receive(self.answer(180, to: request))
        bench.endpoint.cancel(id, now: bench.now)
        bench.endpoint.cancel(id, now: bench.now)
        let sent = try bench.run(milliseconds: 40_000)
        #expect(sent.count == 11 && sent.allSatisfy { $0.message.method == .cancel })
        #expect(bench.events().map(\.word) == ["response 180", "failed timeout"])
        #expect(bench.isEmpty)
    }

    @Test func cancelOfAnotherMethodDoesNothing() throws {
        let bench = EndpointBench()
        let id = try bench.send(.options)
        let request = try #require(bench.sent().first?.message)
        try bench.receive(self.answer(100, to: request))
        bench.endpoint.cancel(id, now: bench.now)
        #expect(try bench.lines() == [])
    }

    @Test func ringingForEverIsCanceledByTimerC() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        try bench.receive(self.answer(180, to: request))
        let sent = try bench.run(milliseconds: 230_000)
        #expect(sent.first?.milliseconds == 190_000)
        #expect(sent.first?.message.method == .cancel)
        #expect(bench.events().map(\.word) == ["response 180", "failed timeout"])
        #expect(bench.isEmpty)
    }

    @Test func answersOfOthersAreDropped() throws {
        let bench = EndpointBench()
        _ = try bench.send(.options)
        let request = try #require(bench.sent().first?.message)
        var foreign = self.answer(200, to: request)
        try foreign.add(.via, "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKx")
        try bench.receive(foreign)
        var guessed = self.answer(200, to: request)
        try guessed.replace(.via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess")
        try bench.receive(guessed)
        // The CSeq method is part of the match: a 200 to CANCEL is none to the INVITE.
        var method = self.answer(200, to: request)
        try method.replace(.cSeq, "1 CANCEL")
        try bench.receive(method)
        #expect(bench.events().isEmpty)
        #expect(bench.endpoint.counters.strayResponses == 3)
    }

    @Test func tooManyRequestsFailAtOnce() throws {
        let bench = EndpointBench { $0.maximumClientTransactions = 2 }
        let ids = try (0..<4).map { try bench.send(.options, callID: "c\($0)") }
        #expect(Set(ids).count == 4)
        #expect(try bench.lines().count == 2)
        #expect(bench.events().map(\.word) == ["failed overloaded", "failed overloaded"])
    }
}
