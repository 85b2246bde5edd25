import CoreTypes
import SIPCore
import Testing

/// What crosses on the wire, and what peers do that the RFC did not mean them to.
@Suite("Endpoint: races and odd peers")
struct EndpointRaceTests {
    private func answer(_ status: Int, to request: SIPMessage, tag: String = "theirs") -> SIPMessageBuilder {
        SIPMessageBuilder(response: status, to: request, toTag: tag)
    }

    // MARK: ACK

    @Test func ACKToARefusalWithABranchOfItsOwn() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(404, to: bench.serverID())
        _ = try bench.sent()
        // The tag of another answer acknowledges nothing here.
        bench.receive(EndpointBench.text("ACK", branch: "z9hG4bKown", toTag: "other"))
        #expect(bench.events().map(\.word) == ["acknowledged"])
        #expect(try bench.run(milliseconds: 500).map(\.line) == ["404 Not Found (INVITE)"])
        bench.receive(EndpointBench.text("ACK", branch: "z9hG4bKown", toTag: "ours"))
        #expect(try bench.run(milliseconds: 40_000).isEmpty)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func ACKToASuccessWithTheBranchOfTheINVITE() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(200, to: bench.serverID())
        bench.receive(EndpointBench.text("ACK", toTag: "ours"))
        #expect(bench.events().map(\.word) == ["acknowledged"])
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func repeatedACKsAreAbsorbed() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(404, to: bench.serverID())
        _ = try bench.sent()
        for _ in 0..<3 { bench.receive(EndpointBench.text("ACK", toTag: "ours")) }
        #expect(bench.events().isEmpty)
        #expect(bench.endpoint.counters.retransmissionsReceived == 2)
        // An ACK before there is an answer to acknowledge means nothing.
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKtwo", callID: "in2"))
        bench.receive(EndpointBench.text("ACK", branch: "z9hG4bKtwo", callID: "in2", toTag: "x"))
        #expect(bench.events().map(\.word) == ["request INVITE"])
        let gauges = bench.endpoint.gauges
        #expect(gauges.serverTransactions == 2)
    }

    @Test func refusalByAnotherForkGetsAnACKWithItsTag() throws {
        let bench = EndpointBench()
        _ = try bench.send(.invite)
        let request = try #require(bench.sent().first?.message)
        var tags: [String?] = []
        for tag in ["a", "a", "b", "b", "a"] {
            try bench.receive(self.answer(486, to: request, tag: tag))
            tags += try bench.sent().map(\.message.toTag)
        }
        #expect(tags == ["a", "a", "b", "b", "a"])
        #expect(bench.events().map(\.word) == ["response 486"])
    }

    // MARK: CANCEL

    @Test func cancelOfAnotherMethodIsAnsweredAndDoesNothing() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("OPTIONS"))
        let id = try bench.serverID()
        bench.receive(EndpointBench.text("CANCEL"))
        #expect(try bench.lines() == ["200 OK (CANCEL)"])
        #expect(bench.events().isEmpty)
        try bench.respond(200, to: id)
        #expect(try bench.lines() == ["200 OK (OPTIONS)"])
        // After the answer too.
        bench.receive(EndpointBench.text("CANCEL", branch: "z9hG4bKpeer1"))
        #expect(try bench.lines() == ["200 OK (CANCEL)"])
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func cancelOfAnotherSenderOrBranchMatchesNothing() throws {
        for text in [
            EndpointBench.text("CANCEL", sentBy: "192.0.2.66:5060"),
            EndpointBench.text("CANCEL", branch: "z9hG4bKother"),
        ] {
            let bench = EndpointBench()
            bench.receive(EndpointBench.text("INVITE"))
            _ = try bench.serverID()
            bench.receive(text)
            #expect(try bench.lines() == ["481 Call/Transaction Does Not Exist (CANCEL)"])
            #expect(bench.events().map(\.word) == ["refused 481 true"])
        }
    }

    @Test func cancelCrossesTheRefusal() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(486, to: bench.serverID())
        _ = try bench.sent()
        bench.receive(EndpointBench.text("CANCEL"))
        let answer = try #require(bench.sent().first?.message)
        #expect(answer.description == "200 OK (CANCEL)" && answer.toTag == "ours")
        #expect(bench.events().isEmpty)
    }

    @Test func cancelOfRFC2543() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE", branch: "1", rport: ""))
        _ = try bench.serverID()
        bench.receive(EndpointBench.text("CANCEL", branch: "1", rport: ""))
        #expect(try bench.lines() == ["200 OK (CANCEL)"])
        #expect(bench.events().map(\.word) == ["cancelled"])
    }

    // MARK: Requests that look like others

    @Test func branchUsedAgainForAnotherRequest() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("OPTIONS", callID: "a"))
        bench.receive(EndpointBench.text("OPTIONS", callID: "b"))
        bench.receive(EndpointBench.text("OPTIONS", callID: "b", cSeq: 2))
        bench.receive(EndpointBench.text("INFO", callID: "b", cSeq: 2))
        #expect(
            bench.events().map(\.word) == ["request OPTIONS", "request OPTIONS", "request OPTIONS", "request INFO"]
        )
        bench.receive(EndpointBench.text("OPTIONS", callID: "a"))
        #expect(bench.endpoint.counters.retransmissionsReceived == 1)
    }

    @Test func mergedRequestIsKnownAfterTheAnswerToo() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("MESSAGE", branch: "z9hG4bKone"))
        try bench.respond(200, to: bench.serverID())
        _ = try bench.sent()
        bench.receive(EndpointBench.text("MESSAGE", branch: "z9hG4bKtwo"))
        #expect(try bench.lines() == ["482 Loop Detected (MESSAGE)"])
        try bench.run(milliseconds: 40_000)
        _ = bench.events()
        bench.receive(EndpointBench.text("MESSAGE", branch: "z9hG4bKthree"))
        #expect(bench.events().map(\.word) == ["request MESSAGE"])
    }

    // MARK: Answers

    @Test func lateProvisionalsMeanNothing() throws {
        for (method, final) in [(SIPMethod.invite, 200), (.invite, 486), (.options, 200)] {
            let bench = EndpointBench()
            _ = try bench.send(method)
            let request = try #require(bench.sent().first?.message)
            try bench.receive(self.answer(final, to: request))
            try bench.receive(self.answer(180, to: request))
            #expect(bench.events().map(\.word) == ["response \(final)"])
        }
    }

    @Test func answerWithoutABranchIsStray() throws {
        let bench = EndpointBench()
        _ = try bench.send(.options)
        var answer = self.answer(200, to: try #require(bench.sent().first?.message))
        try answer.replace(.via, "SIP/2.0/UDP 192.0.2.1:5060")
        try bench.receive(answer)
        #expect(bench.events().isEmpty)
        #expect(bench.endpoint.counters.strayResponses == 1)
    }

    @Test func answeredRequestsAreForgotten() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("OPTIONS"))
        let server = try bench.serverID()
        try bench.respond(200, to: server)
        let client = try bench.send(.options)
        let request = try #require(bench.sent().last?.message)
        try bench.receive(self.answer(200, to: request))
        let kept = (bench.endpoint.request(of: server), bench.endpoint.request(of: client))
        #expect(kept.0 == nil && kept.1 == nil)
        let builder = bench.endpoint.makeResponse(200, to: server)
        #expect(builder == nil)
        // A 2xx to an INVITE is repeated by the transaction user, who needs the INVITE for it.
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKi", callID: "i"))
        let id = try #require(
            bench.events().compactMap { event -> ServerTransactionID? in
                guard case .request(let id, _, _, _) = event else { return nil }
                return id
            }.last
        )
        try bench.respond(200, to: id)
        let invite = bench.endpoint.request(of: id)
        #expect(invite?.method == .invite)
    }

    @Test(arguments: [TransportProtocol.udp, .tcp])
    func no1xxToAnotherMethodBut100WhenItIsDue(transport: TransportProtocol) throws {
        let bench = EndpointBench(transport: transport)
        bench.receive(EndpointBench.text("OPTIONS"))
        let id = try bench.serverID()
        try bench.respond(100, to: id)
        try bench.respond(180, to: id)
        #expect(try bench.lines() == [])
        #expect(try bench.run(milliseconds: 10_000).map(\.milliseconds) == [3500])
        // Now it is repeated with the request.
        bench.receive(EndpointBench.text("OPTIONS"))
        #expect(try bench.lines() == ["100 Trying (OPTIONS)"])
        try bench.respond(200, to: id)
        #expect(try bench.lines() == ["200 OK (OPTIONS)"])
    }

    @Test func reliableTransportsRepeatNothing() throws {
        let bench = EndpointBench(transport: .tcp)
        _ = try bench.send(.invite)
        _ = try bench.send(.options, callID: "c2")
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(486, to: bench.serverID())
        #expect(try bench.run(milliseconds: 40_000).count == 3)
        #expect(bench.events().map(\.word).sorted() == ["ended false", "failed timeout", "failed timeout"])
        #expect(bench.endpoint.counters.retransmissionsSent == 0)
        #expect(bench.isEmpty)
    }

    @Test func failureOfOneSocketLeavesTheOthers() throws {
        let bench = EndpointBench()
        _ = try bench.send(.options)
        let other = LocalBinding(transport: .tcp, address: bench.binding.address, index: 7)
        let destination = Destination(address: EndpointBench.peer, binding: other)
        _ = try bench.endpoint.send(EndpointBench.request(.options), to: destination, now: bench.now)
        bench.endpoint.handleTransportFailure(to: EndpointBench.peer, on: other, now: bench.now)
        #expect(bench.events().map(\.word) == ["failed transport(the request could not be delivered)"])
        let gauges = bench.endpoint.gauges
        #expect(gauges.clientTransactions == 1 && gauges.peers == 1)
    }
}
