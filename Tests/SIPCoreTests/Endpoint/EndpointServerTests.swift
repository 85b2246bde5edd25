import CoreTypes
import SIPCore
import Testing

@Suite("Endpoint as a server")
struct EndpointServerTests {
    @Test func repeatedINVITEGetsTheSameAnswer() throws {
        let bench = EndpointBench()
        let invite = EndpointBench.text("INVITE", headers: ["Record-Route: <sip:p1;lr>, <sip:p2;lr>"])
        bench.receive(invite)
        let id = try bench.serverID()
        #expect(try bench.run(milliseconds: 250).map(\.line) == ["100 Trying (INVITE)"])
        try bench.respond(180, to: id)
        let ringing = try bench.sent()
        #expect(ringing.map(\.line) == ["180 Ringing (INVITE)"])
        #expect(ringing.first?.message.recordRoutes.count == 2)
        bench.receive(invite)
        #expect(try bench.sent().map(\.message) == ringing.map(\.message))
        try bench.respond(486, to: id)
        let busy = try bench.sent()
        bench.receive(invite)
        let again = try bench.sent()
        #expect(again.map(\.message) == busy.map(\.message))
        #expect(bench.events().isEmpty)
        bench.receive(EndpointBench.text("ACK", toTag: "ours"))
        #expect(try bench.run(milliseconds: 60_000).isEmpty)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func INVITERepeatedBeforeAnyAnswerGets100AtOnce() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        #expect(try bench.lines() == [])
        bench.receive(EndpointBench.text("INVITE"))
        #expect(try bench.lines() == ["100 Trying (INVITE)"])
        // No second 100 after that.
        #expect(try bench.run(milliseconds: 1000).isEmpty)
    }

    @Test func quickAnswerNeedsNo100() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        let id = try bench.serverID()
        try bench.respond(200, to: id)
        let sent = try bench.run(milliseconds: 40_000)
        #expect(sent.map(\.line) == ["200 OK (INVITE)"])
        #expect(sent.first?.message.first(.allow)?.contains("INVITE") == true)
    }

    @Test func acceptedAbsorbsINVITEsAndTheOwnerRepeatsThe200() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        let id = try bench.serverID()
        try bench.respond(200, to: id)
        #expect(try bench.lines().count == 1)
        bench.receive(EndpointBench.text("INVITE"))
        #expect(try bench.lines() == [])
        try bench.respond(200, to: id)
        #expect(try bench.lines() == ["200 OK (INVITE)"])
        // The ACK to a 2xx has a branch of its own; a second one is passed up again.
        for _ in 0..<2 {
            bench.receive(EndpointBench.text("ACK", branch: "z9hG4bKack", toTag: "ours"))
            #expect(bench.events().map(\.word) == ["acknowledged"])
        }
        #expect(try bench.run(milliseconds: 32_000).isEmpty)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
        // The transaction has ended: there is nothing to start an answer from, and one from elsewhere is not sent.
        let forgotten = bench.endpoint.request(of: id)
        #expect(forgotten == nil)
        let request = try SIPMessage(Array(EndpointBench.text("INVITE").utf8))
        let late = SIPMessageBuilder(response: 200, to: request, toTag: "late")
        bench.endpoint.respond(id, late, now: bench.now)
        #expect(try bench.lines() == [])
    }

    @Test func withoutACKTheEndSaysSo() throws {
        for status in [200, 404] {
            let bench = EndpointBench()
            bench.receive(EndpointBench.text("INVITE"))
            try bench.respond(status, to: bench.serverID())
            let sent = try bench.run(milliseconds: 40_000)
            // Timer G repeats the 404, the transaction user the 200.
            #expect(sent.count == (status == 200 ? 1 : 11))
            #expect(bench.events().map(\.word) == ["ended false"])
            #expect(bench.isEmpty)
        }
    }

    @Test func ownerWhoNeverAnswersIsReplaced() throws {
        for (method, end) in [("INVITE", Int64(300_000)), ("OPTIONS", 30_000)] {
            let bench = EndpointBench()
            bench.receive(EndpointBench.text(method))
            _ = bench.events()
            let sent = try bench.run(milliseconds: end + 50_000)
            #expect(sent.map(\.message.statusCode).prefix(2) == [100, 500])
            #expect(sent.dropFirst().allSatisfy { $0.message.statusCode == 500 && $0.message.toTag != nil })
            #expect(bench.events().map(\.word) == ["ended false"])
            #expect(bench.endpoint.counters.unanswered == 1)
            #expect(bench.isEmpty)
        }
    }

    @Test func answersThatCannotBeBuiltBecome500() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("OPTIONS"))
        let id = try bench.serverID()
        var answer = try bench.answer(200, to: id)
        answer.remove(.callID)
        bench.endpoint.respond(id, answer, now: bench.now)
        #expect(try bench.lines() == ["500 Server Internal Error (OPTIONS)"])
    }

    @Test func answersGoWhereRFC3581Says() throws {
        let source = address("198.51.100.7:40000")
        for (rport, expected) in [(";rport", "198.51.100.7:40000"), ("", "198.51.100.7:5070")] {
            let bench = EndpointBench()
            bench.receive(
                EndpointBench.text("OPTIONS", sentBy: "10.0.0.5:5070", rport: rport),
                from: source
            )
            try bench.respond(200, to: bench.serverID())
            let sent = try #require(bench.sent().first)
            #expect(sent.to.description == expected)
            #expect(sent.message.topVia.received == source.host)
            #expect(sent.message.topVia.rport == (rport.isEmpty ? .absent : .value(40_000)))
            #expect(sent.message.topVia.host == "10.0.0.5")
        }
    }

    @Test func cancelIsAnsweredAndTheOwnerTold() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        let id = try bench.serverID()
        try bench.respond(180, to: id)
        _ = try bench.sent()
        bench.receive(EndpointBench.text("CANCEL"))
        let answer = try #require(bench.sent().first)
        #expect(answer.line == "200 OK (CANCEL)")
        #expect(answer.message.toTag == "ours")
        #expect(bench.events().map(\.word) == ["cancelled"])
        // A retransmission gets the same 200, and the transaction user hears nothing.
        bench.receive(EndpointBench.text("CANCEL"))
        #expect(try bench.sent().map(\.message) == [answer.message])
        #expect(bench.events().isEmpty)
        try bench.respond(487, to: id)
        #expect(try bench.lines() == ["487 Request Terminated (INVITE)"])
        bench.receive(EndpointBench.text("ACK", toTag: "ours"))
        try bench.run(milliseconds: 40_000)
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func cancelThatTheOwnerForgetsIsAnswered487() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        bench.receive(EndpointBench.text("CANCEL"))
        let sent = try bench.run(milliseconds: 15_000)
        #expect(sent.contains { $0.line == "487 Request Terminated (INVITE)" && $0.milliseconds == 10_000 })
    }

    @Test func cancelAfterTheFinalAnswerChangesNothing() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        try bench.respond(200, to: bench.serverID())
        _ = try bench.sent()
        bench.receive(EndpointBench.text("CANCEL"))
        #expect(try bench.lines() == ["200 OK (CANCEL)"])
        #expect(bench.events().isEmpty)
    }

    @Test func cancelOfNothingGets481() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("CANCEL"))
        let sent = try bench.sent()
        #expect(sent.map(\.message.statusCode) == [481])
        #expect(bench.events().map(\.word) == ["refused 481 true"])
        #expect(bench.isEmpty)
    }

    @Test func mergedRequestGets482() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKone"))
        _ = try bench.serverID()
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKtwo"))
        #expect(try bench.lines() == ["482 Loop Detected (INVITE)"])
        #expect(bench.events().map(\.word) == ["refused 482 true"])
        // A re-INVITE of the same numbers has a To tag, and a new CSeq is a new request.
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKthree", toTag: "ours"))
        bench.receive(EndpointBench.text("INVITE", branch: "z9hG4bKfour", cSeq: 2))
        #expect(bench.events().map(\.word) == ["request INVITE", "request INVITE"])
    }

    @Test func requestsOfRFC2543AreMatched() throws {
        let bench = EndpointBench()
        let invite = EndpointBench.text("INVITE", branch: "1", rport: "")
        bench.receive(invite)
        let id = try bench.serverID()
        bench.receive(invite)
        #expect(try bench.lines() == ["100 Trying (INVITE)"])
        try bench.respond(404, to: id)
        _ = try bench.sent()
        // An ACK with another To tag belongs to another answer.
        bench.receive(EndpointBench.text("ACK", branch: "1", rport: "", toTag: "other"))
        #expect(bench.events().map(\.word) == ["acknowledged"])
        bench.receive(EndpointBench.text("ACK", branch: "1", rport: "", toTag: "ours"))
        #expect(bench.events().isEmpty)
        #expect(try bench.run(milliseconds: 40_000).isEmpty)
        #expect(bench.events().map(\.word) == ["ended true"])
    }

    @Test func sameBranchOfAnotherSenderIsAnotherTransaction() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("OPTIONS", sentBy: "192.0.2.10:5060", callID: "a"))
        bench.receive(EndpointBench.text("OPTIONS", sentBy: "192.0.2.10:5062", callID: "b"))
        #expect(bench.events().map(\.word) == ["request OPTIONS", "request OPTIONS"])
    }

    @Test func reliableTransportEndsAtOnce() throws {
        let bench = EndpointBench(transport: .tcp)
        bench.receive(EndpointBench.text("OPTIONS"))
        try bench.respond(200, to: bench.serverID())
        #expect(try bench.run(milliseconds: 0).map(\.line) == ["200 OK (OPTIONS)"])
        #expect(bench.events().map(\.word) == ["ended true"])
        #expect(bench.isEmpty)
    }

    @Test func transportFailureKeepsTheTransaction() throws {
        let bench = EndpointBench()
        bench.receive(EndpointBench.text("INVITE"))
        let id = try bench.serverID()
        try bench.respond(486, to: id)
        _ = try bench.sent()
        bench.endpoint.handleTransportFailure(to: EndpointBench.peer, now: bench.now)
        #expect(bench.events().map(\.word) == ["undeliverable"])
        bench.receive(EndpointBench.text("INVITE"))
        #expect(try bench.lines() == ["486 Busy Here (INVITE)"])
        #expect(bench.events().isEmpty)
    }
}
