import CoreTypes
import Testing

@testable import SIPCore

@Suite("Re-INVITE and UPDATE")
struct InviteSessionReINVITETests {
    /// A session of a callee that stands; its peer's INVITE had the CSeq number 10.
    func confirmed() throws -> InviteSession {
        var session = try InviteSessionCalleeTests().confirmed()
        #expect(session.canReINVITE)
        session.contact = try #require(SIPURI("sip:bot@192.0.2.1:5060"))
        return session
    }

    /// A session of a caller that stands; our INVITE had the CSeq number 1.
    func calling() throws -> InviteSession { try InviteSessionCallerTests().confirmed().0 }

    func offer(
        _ session: inout InviteSession,
        _ cSeq: UInt32,
        body: String = "hold",
        method: String = "INVITE"
    ) throws -> [String] {
        let request = try Peer.request(method, cSeq: cSeq, contact: "<sip:100@192.0.2.77>", body: body)
        return session.handleRequest(.placeholder(cSeq), request, now: .zero).brief
    }

    // MARK: The peer's

    @Test func isAnsweredAndAcknowledged() throws {
        var session = try self.confirmed()
        #expect(try self.offer(&session, 11) == ["event re-INVITE hold"])
        #expect(!session.canReINVITE)
        #expect(session.answerReINVITE(.placeholder(99), body: nil, now: .zero).isEmpty)
        let actions = session.answerReINVITE(.placeholder(11), body: Array("held".utf8), now: .zero)
        #expect(actions.brief == ["respond 200"])
        let ok = try actions.sentResponse()
        #expect(Array(ok.body) == Array("held".utf8))
        #expect(ok.contacts.count == 1)
        #expect(ok.first(.require) == nil)
        #expect(session.handleTimeout(now: .seconds(0.5)).brief == ["respond 200"])
        #expect(
            session.handleACK(try Peer.request("ACK", cSeq: 11), now: .seconds(1)).brief == [
                "event acknowledged nothing"
            ]
        )
        #expect(session.deadline == nil)
        #expect(session.dialog?.remoteTarget.host == "192.0.2.77")
        #expect(session.canReINVITE)
    }

    @Test func sessionRefreshWithTimerHeadersIsAnswered() throws {
        var session = try self.confirmed()
        let headers = ["Supported: timer", "Session-Expires: 600;refresher=uac", "Min-SE: 90"]
        let refresh = try Peer.request("INVITE", cSeq: 11, headers: headers, body: "same")
        #expect(session.handleRequest(.placeholder(2), refresh, now: .zero).brief == ["event re-INVITE same"])
        let ok = try session.answerReINVITE(.placeholder(2), body: Array("same".utf8), now: .zero).sentResponse()
        #expect(ok.first(.require) == nil)
        #expect(ok.first(.sessionExpires) == nil)
    }

    @Test func withoutOfferWeMakeOne() throws {
        var session = try self.confirmed()
        #expect(try self.offer(&session, 11, body: "") == ["event re-INVITE nothing"])
        _ = session.answerReINVITE(.placeholder(11), body: Array("ours".utf8), now: .zero)
        // The answer is still to come in the ACK, so another offer has to wait.
        #expect(try self.offer(&session, 12) == ["respond 491"])
        let ack = try Peer.request("ACK", cSeq: 11, body: "theirs")
        #expect(session.handleACK(ack, now: .zero).brief == ["event acknowledged theirs"])
    }

    @Test func refusedLeavesTheSessionAndItsTarget() throws {
        var session = try self.confirmed()
        _ = try self.offer(&session, 11)
        #expect(session.rejectReINVITE(.placeholder(11), now: .zero).brief == ["respond 488"])
        #expect(session.rejectReINVITE(.placeholder(11), now: .zero).isEmpty)
        #expect(session.state == .confirmed)
        #expect(session.dialog?.remoteTarget.host == "192.0.2.9")
        #expect(session.canReINVITE)
    }

    @Test func secondOneWhileTheFirstIsOpen() throws {
        var session = try self.confirmed()
        _ = try self.offer(&session, 11)
        let second = try Peer.request("INVITE", cSeq: 12, body: "again")
        let actions = session.handleRequest(.placeholder(12), second, now: .zero)
        #expect(actions.brief == ["respond 500"])
        let seconds = try #require(try actions.sentResponse().retryAfter)
        #expect((0...10).contains(seconds))
        #expect(session.answerReINVITE(.placeholder(11), body: nil, now: .zero).brief == ["respond 200"])
    }

    @Test func beforeTheInviteIsAnswered() throws {
        var session = try InviteSessionCalleeTests().incoming()
        #expect(try self.offer(&session, 11) == ["respond 500"])
        _ = session.accept(body: nil, now: .zero)
        // The ACK was lost, but its sender goes on: nothing of the description is open.
        #expect(try self.offer(&session, 12) == ["event re-INVITE hold"])
        #expect(session.answerReINVITE(.placeholder(12), body: nil, now: .zero).brief == ["respond 200"])
        #expect(
            session.handleACK(try Peer.request("ACK", cSeq: 12), now: .zero).brief == ["event acknowledged nothing"]
        )
        #expect(session.state == .accepted)
        // The 2xx of the first INVITE is still repeated.
        #expect(session.handleTimeout(now: .seconds(0.5)).brief == ["respond 200"])
        #expect(
            session.handleACK(try Peer.request("ACK", cSeq: 10), now: .zero).brief == ["event acknowledged nothing"]
        )
    }

    @Test func beforeTheAnswerToOurLateOffer() throws {
        var session = try InviteSessionCalleeTests().incoming(body: "")
        _ = session.accept(body: Array("ours".utf8), now: .zero)
        #expect(try self.offer(&session, 11) == ["respond 491"])
    }

    @Test func withoutAcknowledgmentTheSessionEnds() throws {
        var session = try self.confirmed()
        _ = try self.offer(&session, 11)
        _ = session.answerReINVITE(.placeholder(11), body: nil, now: .zero)
        #expect(session.handleTimeout(now: .seconds(32)).brief == ["send BYE bye"])
        #expect(session.handleFailure(.timeout, role: .bye, now: .seconds(64)).brief == ["ended unacknowledged"])
    }

    @Test func cancelledByThePeer() throws {
        var session = try self.confirmed()
        _ = try self.offer(&session, 11)
        #expect(session.handleCancel(.placeholder(11), now: .zero).brief == ["respond 487", "event reofferCancelled"])
        #expect(session.state == .confirmed)
        #expect(session.answerReINVITE(.placeholder(11), body: nil, now: .zero).isEmpty)
    }

    @Test func openWhenTheCallEnds() throws {
        var session = try self.confirmed()
        _ = try self.offer(&session, 11)
        let bye = try Peer.request("BYE", cSeq: 12)
        #expect(
            session.handleRequest(.placeholder(3), bye, now: .zero).brief == [
                "respond 200", "respond 487", "ended remoteHangup",
            ]
        )
        var second = try self.confirmed()
        _ = try self.offer(&second, 11)
        #expect(second.hangUp(now: .zero).brief == ["respond 487", "send BYE bye"])
    }

    @Test func updateIsAnsweredOnceAndWithoutAcknowledgment() throws {
        var session = try self.confirmed()
        #expect(try self.offer(&session, 11, body: "", method: "UPDATE") == ["respond 200"])
        #expect(session.dialog?.remoteTarget.host == "192.0.2.77")
        #expect(try self.offer(&session, 12, method: "UPDATE") == ["event re-INVITE hold"])
        #expect(session.answerReINVITE(.placeholder(12), body: Array("held".utf8), now: .zero).brief == ["respond 200"])
        #expect(session.deadline == nil)
    }

    // MARK: Ours

    @Test func isSentAndAcknowledged() throws {
        var session = try self.calling()
        let actions = session.reINVITE(body: Array("hold".utf8), now: .zero)
        #expect(actions.brief == ["send INVITE reinvite"])
        let builder = try #require(actions.requests.first)
        let request = try builder.sent()
        #expect(request.cSeq.number == 2)
        #expect(request.to.tag == "peer")
        #expect(request.contacts.count == 1)
        #expect(session.reINVITE(body: nil, now: .zero).isEmpty)
        let ok = try Peer.response(200, to: builder, contact: "<sip:100@192.0.2.88>", body: "held")
        let answered = session.handleResponse(ok, role: .reinvite, now: .zero)
        #expect(answered.brief == ["ack peer 2", "event reofferAnswered held"])
        // The ACK goes where the answer's Contact says.
        #expect(try answered.sentRequest().requestURIText == "sip:100@192.0.2.88")
        #expect(session.handleResponse(ok, role: .reinvite, now: .zero).brief == ["resend peer 2"])
        #expect(session.canReINVITE)
    }

    @Test func askingForAnOffer() throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: nil, now: .zero).requests.first)
        let ok = try Peer.response(200, to: builder, body: "theirs")
        #expect(session.handleResponse(ok, role: .reinvite, now: .zero).brief == ["event reofferAnswered theirs"])
        #expect(session.handleResponse(ok, role: .reinvite, now: .zero).isEmpty)
        // Their offer is open, so another one of theirs has to wait.
        #expect(try self.offer(&session, 5) == ["respond 491"])
        let ack = session.acknowledge(answer: Array("ours".utf8), now: .zero)
        #expect(ack.brief == ["ack peer 2"])
        #expect(Array(try ack.sentRequest().body) == Array("ours".utf8))
        #expect(session.acknowledge(answer: [], now: .zero).isEmpty)
    }

    @Test func offerLeftOpenIsAcknowledgedWhenTheCallEnds() throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: nil, now: .zero).requests.first)
        _ = session.handleResponse(try Peer.response(200, to: builder, body: "theirs"), role: .reinvite, now: .zero)
        #expect(session.hangUp(now: .zero).brief == ["ack peer 2", "send BYE bye"])
    }

    @Test func successAfterHangUpIsStillAcknowledged() throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: Array("hold".utf8), now: .zero).requests.first)
        #expect(session.hangUp(now: .zero).brief == ["send BYE bye"])
        let ok = try Peer.response(200, to: builder, body: "held")
        #expect(session.handleResponse(ok, role: .reinvite, now: .zero).brief == ["ack peer 2"])
    }

    @Test func refusedLeavesTheSessionAsItWas() throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: Array("hold".utf8), now: .zero).requests.first)
        let refused = try Peer.response(488, to: builder)
        #expect(session.handleResponse(refused, role: .reinvite, now: .zero).brief == ["event reofferRejected 488"])
        #expect(session.canReINVITE)
    }

    @Test(arguments: [408, 481])
    func peerThatForgotTheDialog(status: Int) throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: Array("hold".utf8), now: .zero).requests.first)
        #expect(
            session.handleResponse(try Peer.response(status, to: builder), role: .reinvite, now: .zero).brief == [
                "send BYE bye"
            ]
        )
        #expect(
            session.handleFailure(.timeout, role: .bye, now: .zero).brief == ["ended dialogLost(status: \(status))"]
        )
    }

    @Test func silenceEndsTheDialog() throws {
        var session = try self.calling()
        _ = session.reINVITE(body: Array("hold".utf8), now: .zero)
        #expect(session.handleFailure(.timeout, role: .reinvite, now: .zero).brief == ["send BYE bye"])
    }

    @Test func whatTheTransportCannotDeliverEndsNoDialog() throws {
        var session = try self.calling()
        _ = session.reINVITE(body: Array("hold".utf8), now: .zero)
        let failure = TransactionFailure.transport(TransportFault(.hostUnreachable))
        #expect(session.handleFailure(failure, role: .reinvite, now: .zero).count == 1)
        #expect(session.state == .confirmed)
        #expect(session.canReINVITE)
    }

    @Test func challengeIsAnswered() throws {
        var session = try self.calling()
        let builder = try #require(session.reINVITE(body: Array("hold".utf8), now: .zero).requests.first)
        let challenge = try Peer.response(407, to: builder)
        #expect(
            session.handleResponse(challenge, role: .reinvite, now: .zero).brief == ["event challenged 407 reinvite"]
        )
        let again = try session.restart(.reinvite, headers: [(.proxyAuthorization, "Digest x")], now: .zero)
        let second = try again.sentRequest()
        #expect(second.cSeq.number == 3)
        #expect(second.first(.proxyAuthorization) == "Digest x")
        #expect(Array(second.body) == Array("hold".utf8))
        _ = session.handleResponse(
            try Peer.response(401, to: try #require(again.requests.first)),
            role: .reinvite,
            now: .zero
        )
        #expect(session.abandon(challenge, role: .reinvite, now: .zero).brief == ["event reofferRejected 407"])
    }

    // MARK: Glare (RFC 3261 sections 14.1 and 14.2)

    @Test func theirsIsRefusedWhileOursIsOnItsWay() throws {
        var session = try self.calling()
        _ = session.reINVITE(body: Array("hold".utf8), now: .zero)
        #expect(try self.offer(&session, 5) == ["respond 491"])
    }

    @Test(arguments: 0..<20)
    func theOwnerOfTheCallIDWaitsLonger(seed: Int) throws {
        var caller = try self.calling()
        var callee = try self.confirmed()
        caller.random = SeededRandom(seed: UInt64(seed))
        callee.random = SeededRandom(seed: UInt64(seed))
        for isCaller in [true, false] {
            var session = isCaller ? caller : callee
            let builder = try #require(session.reINVITE(body: Array("hold".utf8), now: .zero).requests.first)
            #expect(session.handleResponse(try Peer.response(491, to: builder), role: .reinvite, now: .zero).isEmpty)
            let deadline = try #require(session.deadline)
            let milliseconds = (deadline - .zero).milliseconds
            #expect((isCaller ? 2100...4000 : 0...2000).contains(milliseconds))
            #expect(milliseconds % 10 == 0)
            // Meanwhile the peer's has its turn, and ours waits until that one is done.
            #expect(try self.offer(&session, 50) == ["event re-INVITE hold"])
            #expect(session.handleTimeout(now: deadline).isEmpty)
            let later = try #require(session.deadline)
            #expect(session.rejectReINVITE(.placeholder(50), now: later).brief == ["respond 488"])
            #expect(session.handleTimeout(now: max(later, deadline + .seconds(4))).brief == ["send INVITE reinvite"])
        }
    }

    @Test func glareDoesNotGoOnForEver() throws {
        var session = try self.calling()
        var actions = session.reINVITE(body: Array("hold".utf8), now: .zero)
        var now = Instant.zero
        var tries = 0
        while let builder = actions.requests.first, tries < 100 {
            tries += 1
            let answer = session.handleResponse(try Peer.response(491, to: builder), role: .reinvite, now: now)
            guard let deadline = session.deadline else {
                #expect(answer.brief == ["event reofferRejected 491"])
                break
            }
            now = deadline
            actions = session.handleTimeout(now: now)
        }
        #expect(tries == InviteSession.glareLimit + 1)
    }

    @Test func notBeforeTheAcknowledgment() throws {
        var session = try InviteSessionCalleeTests().incoming()
        #expect(session.reINVITE(body: nil, now: .zero).isEmpty)
        _ = session.accept(body: nil, now: .zero)
        #expect(!session.canReINVITE)
    }
}
