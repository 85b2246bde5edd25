import CoreTypes
import Testing

@testable import SIPCore

@Suite("A session of a callee")
struct InviteSessionCalleeTests {
    func incoming(headers: [String] = [], body: String = "offer", passed: Set<SIPMethod> = []) throws -> InviteSession {
        let session = InviteSession(
            incoming: try Peer.invite(headers: headers, body: body),
            transaction: .placeholder(1),
            localTag: "ours",
            contact: SIPURI(user: "bot", host: "192.0.2.1", port: 5060),
            capabilities: .init(passedMethods: passed),
            random: SeededRandom(seed: 1),
            now: .zero
        )
        return try #require(session)
    }

    func acknowledgment(cSeq: UInt32 = 10, body: String = "") throws -> SIPMessage {
        try Peer.request("ACK", cSeq: cSeq, body: body)
    }

    func confirmed() throws -> InviteSession {
        var session = try self.incoming()
        _ = session.accept(body: Array("answer".utf8), now: .zero)
        _ = session.handleACK(try self.acknowledgment(), now: .zero)
        #expect(session.state == .confirmed)
        return session
    }

    @Test func ringsAndAccepts() throws {
        var session = try self.incoming(headers: ["Record-Route: <sip:sbc.example;tnlid=sbc.c8>"])
        let ring = session.ring(now: .zero)
        #expect(ring.brief == ["respond 180"])
        let ringing = try ring.sentResponse()
        #expect(ringing.to.tag == "ours")
        #expect(ringing.values(.recordRoute) == ["<sip:sbc.example;tnlid=sbc.c8>"])
        #expect(ringing.contacts.map(\.description) == ["<sip:bot@192.0.2.1:5060>"])
        let accept = session.accept(body: Array("answer".utf8), now: .seconds(1))
        #expect(accept.brief == ["respond 200"])
        let ok = try accept.sentResponse()
        #expect(ok.to.tag == "ours")
        #expect(ok.values(.recordRoute) == ["<sip:sbc.example;tnlid=sbc.c8>"])
        #expect(ok.contacts.map(\.description) == ["<sip:bot@192.0.2.1:5060>"])
        #expect(ok.first(.allow) != nil)
        #expect(ok.first(.require) == nil)
        #expect(Array(ok.body) == Array("answer".utf8))
        #expect(session.handleACK(try self.acknowledgment(), now: .seconds(1)).brief == ["event acknowledged nothing"])
        #expect(session.deadline == nil)
        #expect(session.handleACK(try self.acknowledgment(), now: .seconds(1)).isEmpty)
        let bye = try session.hangUp(now: .seconds(2)).sentRequest()
        #expect(bye.requestURIText == "sip:sbc.example;tnlid=sbc.c8")
        #expect(bye.values(.route) == ["<sip:100@192.0.2.9:5070;rinstance=ab>"])
    }

    @Test func noSessionWithoutContact() throws {
        let session = InviteSession(
            incoming: try Peer.invite(contact: nil),
            transaction: .placeholder(1),
            localTag: "ours",
            contact: try #require(SIPURI("sip:bot@192.0.2.1")),
            random: SeededRandom(seed: 1),
            now: .zero
        )
        #expect(session == nil)
    }

    // RFC 3261 section 13.3.1.4: T1, doubled up to T2, until 64 times T1.
    @Test func answerIsRepeatedUntilItIsGivenUp() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        var times: [Int64] = []
        var last: [String] = []
        while let deadline = session.deadline, deadline < .seconds(60), last.isEmpty || last == ["respond 200"] {
            last = session.handleTimeout(now: deadline).brief
            times.append(deadline.nanoseconds / 1_000_000)
        }
        #expect(times == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000])
        #expect(last == ["send BYE bye"])
        let done = session.handleFailure(.timeout, role: .bye, now: .seconds(64))
        #expect(done.brief == ["ended unacknowledged"])
    }

    @Test func acknowledgmentStopsTheRetransmission() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        #expect(session.handleTimeout(now: .seconds(0.5)).brief == ["respond 200"])
        // Of another INVITE or fork, it does not.
        #expect(session.handleACK(try self.acknowledgment(cSeq: 9), now: .seconds(1)).isEmpty)
        #expect(session.handleACK(try Peer.request("ACK", cSeq: 10, from: "other"), now: .seconds(1)).isEmpty)
        #expect(session.state == .accepted)
        #expect(session.handleACK(try self.acknowledgment(), now: .seconds(1)).brief == ["event acknowledged nothing"])
        #expect(session.handleTimeout(now: .seconds(100)).isEmpty)
    }

    @Test func offerOfOursIsAnsweredInTheAcknowledgment() throws {
        var session = try self.incoming(body: "")
        #expect(session.invitation?.body.isEmpty == true)
        let ok = try session.accept(body: Array("ours".utf8), now: .zero).sentResponse()
        #expect(Array(ok.body) == Array("ours".utf8))
        let actions = session.handleACK(try self.acknowledgment(body: "theirs"), now: .zero)
        #expect(actions.brief == ["event acknowledged theirs"])
    }

    @Test func ringingIsRepeatedEveryMinute() throws {
        var session = try self.incoming()
        _ = session.ring(status: 183, body: Array("early".utf8), now: .zero)
        #expect(session.deadline == .seconds(60))
        #expect(session.handleTimeout(now: .seconds(60)).brief == ["respond 183"])
        #expect(session.deadline == .seconds(120))
        _ = session.accept(body: nil, now: .seconds(61))
        _ = session.handleACK(try self.acknowledgment(), now: .seconds(61))
        #expect(session.deadline == nil)
    }

    @Test func impossibleStatusesDoNothing() throws {
        var session = try self.incoming()
        #expect(session.ring(status: 100, now: .zero).isEmpty)
        #expect(session.ring(status: 200, now: .zero).isEmpty)
        #expect(try session.reject(200, now: .zero).isEmpty)
        #expect(session.state == .incoming)
    }

    @Test func rejects() throws {
        var session = try self.incoming()
        #expect(throws: SIPBuildError.self) { try session.reject(503, headers: [(.retryAfter, "1\r\n")], now: .zero) }
        let actions = try session.reject(503, headers: [(.retryAfter, "30")], now: .zero)
        #expect(actions.brief == ["respond 503", "ended declined(status: 503)"])
        #expect(try actions.sentResponse().first(.retryAfter) == "30")
        #expect(session.accept(body: nil, now: .zero).isEmpty)
    }

    @Test func hangUpWhileRingingRefuses() throws {
        var session = try self.incoming()
        _ = session.ring(now: .zero)
        #expect(session.hangUp(now: .zero).brief == ["respond 480", "ended declined(status: 480)"])
        #expect(session.deadline == nil)
    }

    // MARK: CANCEL, Expires, BYE

    @Test func cancelledBeforeTheAnswer() throws {
        var session = try self.incoming()
        _ = session.ring(now: .zero)
        #expect(session.handleCancel(.placeholder(2), now: .zero).isEmpty)
        #expect(session.handleCancel(.placeholder(1), now: .zero).brief == ["respond 487", "ended remoteCancel"])
        #expect(session.accept(body: nil, now: .zero).isEmpty)
    }

    @Test func cancelledAfterTheAnswerChangesNothing() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        #expect(session.handleCancel(.placeholder(1), now: .zero).isEmpty)
        #expect(session.state == .accepted)
    }

    @Test func inviteExpires() throws {
        var session = try self.incoming(headers: ["Expires: 20"])
        _ = session.ring(now: .seconds(1))
        #expect(session.deadline == .seconds(20))
        #expect(session.handleTimeout(now: .seconds(20)).brief == ["respond 487", "ended expired"])
    }

    @Test func endpointThatGaveUpEndsTheSession() throws {
        var session = try self.incoming()
        #expect(session.handleTransactionEnded(.placeholder(9), now: .zero).isEmpty)
        #expect(
            session.handleTransactionEnded(.placeholder(1), now: .zero).brief == [
                "ended failed(SIPCore.TransactionFailure.timeout)"
            ]
        )
        var answered = try self.confirmed()
        #expect(answered.handleTransactionEnded(.placeholder(1), now: .zero).isEmpty)
    }

    @Test func byeInsteadOfCancel() throws {
        var session = try self.incoming()
        _ = session.ring(now: .zero)
        let bye = try Peer.request("BYE", cSeq: 11)
        #expect(
            session.handleRequest(.placeholder(2), bye, now: .zero).brief == [
                "respond 200", "respond 487", "ended remoteHangup",
            ]
        )
    }

    @Test func byeInsteadOfAcknowledgment() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        let bye = try Peer.request("BYE", cSeq: 11)
        #expect(session.handleRequest(.placeholder(2), bye, now: .zero).brief == ["respond 200", "ended remoteHangup"])
        #expect(session.deadline == nil)
    }

    @Test func hangUpWaitsForTheAcknowledgment() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        #expect(session.hangUp(now: .seconds(0.1)).isEmpty)
        #expect(session.state == .releasing)
        #expect(session.handleTimeout(now: .seconds(0.5)).brief == ["respond 200"])
        let actions = session.handleACK(try self.acknowledgment(), now: .seconds(0.6))
        #expect(actions.brief == ["send BYE bye"])
        let done = try Peer.response(200, to: try #require(actions.requests.first), contact: nil)
        #expect(session.handleResponse(done, role: .bye, now: .seconds(0.7)).brief == ["ended localHangup"])
    }

    @Test func hangUpWithoutAcknowledgmentStillSendsTheBye() throws {
        var session = try self.incoming()
        _ = session.accept(body: nil, now: .zero)
        _ = session.hangUp(now: .seconds(0.1))
        #expect(session.handleTimeout(now: .seconds(32)).brief == ["send BYE bye"])
        #expect(session.handleFailure(.timeout, role: .bye, now: .seconds(64)).brief == ["ended localHangup"])
    }

    @Test func byesThatCross() throws {
        var session = try self.confirmed()
        _ = session.hangUp(now: .zero)
        let actions = session.handleRequest(.placeholder(2), try Peer.request("BYE", cSeq: 11), now: .zero)
        #expect(actions.brief == ["respond 200", "ended localHangup"])
        #expect(session.handleFailure(.timeout, role: .bye, now: .seconds(32)).isEmpty)
    }

    @Test(arguments: [200, 404, 481, 500, 603])
    func anyAnswerToByeEnds(status: Int) throws {
        var session = try self.confirmed()
        let bye = try #require(session.hangUp(now: .zero).requests.first)
        #expect(session.handleResponse(try Peer.response(100, to: bye, contact: nil), role: .bye, now: .zero).isEmpty)
        let actions = session.handleResponse(try Peer.response(status, to: bye, contact: nil), role: .bye, now: .zero)
        #expect(actions.brief == ["ended localHangup"])
    }

    @Test func challengedByeIsSentAgainOrGivenUp() throws {
        var session = try self.confirmed()
        let bye = try #require(session.hangUp(now: .zero).requests.first)
        let challenge = try Peer.response(407, to: bye, contact: nil)
        #expect(session.handleResponse(challenge, role: .bye, now: .zero).brief == ["event challenged 407 bye"])
        let again = try session.restart(.bye, headers: [(.proxyAuthorization, "Digest x")], now: .zero)
        #expect(again.brief == ["send BYE bye"])
        let second = try again.sentRequest()
        #expect(second.cSeq.number == 2)
        #expect(second.first(.proxyAuthorization) == "Digest x")
        #expect(session.abandon(challenge, role: .bye, now: .zero).brief == ["ended localHangup"])
    }

    // An owner that loses the BYE's transaction cannot keep the session for ever.
    @Test func lostByeEnds() throws {
        var session = try self.confirmed()
        _ = session.hangUp(now: .zero)
        #expect(session.deadline == .seconds(64))
        #expect(session.handleTimeout(now: .seconds(64)).brief == ["ended localHangup"])
    }

    // MARK: Other requests

    @Test func requestsInsideOfTheDialog() throws {
        var session = try self.confirmed()
        let options = session.handleRequest(.placeholder(2), try Peer.request("OPTIONS", cSeq: 11), now: .zero)
        #expect(options.brief == ["respond 200"])
        #expect(try options.sentResponse().first(.allow) != nil)
        let info = session.handleRequest(
            .placeholder(3),
            try Peer.request("INFO", cSeq: 12, body: "Signal=5"),
            now: .zero
        )
        #expect(info.brief == ["respond 200", "event info Signal=5"])
        let notify = session.handleRequest(.placeholder(4), try Peer.request("NOTIFY", cSeq: 13), now: .zero)
        #expect(notify.brief == ["respond 200", "event notified"])
        #expect(
            session.handleRequest(.placeholder(5), try Peer.request("PRACK", cSeq: 14), now: .zero).brief == [
                "respond 481"
            ]
        )
        let refer = session.handleRequest(.placeholder(6), try Peer.request("REFER", cSeq: 15), now: .zero)
        #expect(refer.brief == ["respond 405"])
        #expect(try refer.sentResponse().first(.allow) != nil)
        #expect(
            session.handleRequest(.placeholder(7), try Peer.request("DANCE", cSeq: 16), now: .zero).brief == [
                "respond 501"
            ]
        )
    }

    @Test func passedMethodsGoToTheOwner() throws {
        var session = try self.incoming(passed: [.refer])
        _ = session.accept(body: nil, now: .zero)
        _ = session.handleACK(try self.acknowledgment(), now: .zero)
        let refer = try Peer.request("REFER", cSeq: 11)
        #expect(session.handleRequest(.placeholder(2), refer, now: .zero).brief == ["event request REFER"])
        let answer = try session.respond(202, to: refer, .placeholder(2))
        #expect(answer.brief == ["respond 202"])
        #expect(throws: SIPBuildError.self) {
            try session.respond(202, to: refer, .placeholder(2), headers: [(.warning, "\n")])
        }
    }

    @Test func outOfOrderAndForeignRequests() throws {
        var session = try self.confirmed()
        #expect(
            session.handleRequest(.placeholder(2), try Peer.request("INFO", cSeq: 9), now: .zero).brief == [
                "respond 500"
            ]
        )
        #expect(
            session.handleRequest(.placeholder(3), try Peer.request("INFO", cSeq: 20_000), now: .zero).brief == [
                "respond 500"
            ]
        )
        #expect(session.state == .confirmed)
        let foreign = try Peer.request("BYE", cSeq: 99, from: "stranger")
        #expect(session.handleRequest(.placeholder(4), foreign, now: .zero).brief == ["respond 481"])
        #expect(session.state == .confirmed)
        // A BYE of the right dialog is taken whatever its number is: refused, it would leave the call up on this side.
        _ = session.handleRequest(.placeholder(5), try Peer.request("BYE", cSeq: 9), now: .zero)
        #expect(session.isEnded)
        #expect(
            session.handleRequest(.placeholder(6), try Peer.request("INFO", cSeq: 12), now: .zero).brief == [
                "respond 481"
            ]
        )
    }

    @Test func ownRequestInsideOfTheDialog() throws {
        var session = try self.confirmed()
        let actions = try session.request(.info, body: Array("Signal=1".utf8), contentType: "application/dtmf-relay")
        #expect(actions.brief == ["send INFO other"])
        let info = try #require(actions.requests.first)
        #expect(try info.sent().contentType == "application/dtmf-relay")
        let done = try Peer.response(200, to: info, contact: nil)
        #expect(session.handleResponse(done, role: .other, now: .zero).brief == ["event response 200"])
        // RFC 3261 section 12.2.1.2: the peer does not know the dialog.
        let lost = try Peer.response(481, to: info, contact: nil)
        #expect(session.handleResponse(lost, role: .other, now: .zero).brief == ["event response 481", "send BYE bye"])
        #expect(session.handleFailure(.timeout, role: .bye, now: .zero).brief == ["ended dialogLost(status: 481)"])
    }

    @Test func nothingIsSentWithoutADialog() throws {
        var session = try self.incoming()
        #expect(try session.request(.info).isEmpty)
    }
}
