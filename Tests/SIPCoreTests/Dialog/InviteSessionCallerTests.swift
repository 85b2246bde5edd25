import CoreTypes
import Testing

@testable import SIPCore

@Suite("A session of a caller")
struct InviteSessionCallerTests {
    func makeSession(routes: [String] = []) throws -> InviteSession {
        InviteSession(
            calling: try #require(SIPURI("sip:100@pbx.example:5080;transport=udp")),
            from: try #require(NameAddress("\"Svetlana\" <sip:bot@pbx.example>")),
            callID: "call-1",
            localTag: "ours",
            contact: try #require(SIPURI("sip:bot@192.0.2.1:5060")),
            routeSet: RouteSet(routes.compactMap { NameAddress($0) }),
            random: SeededRandom(seed: 1)
        )
    }

    /// A session whose INVITE with an offer was sent.
    func calling(routes: [String] = []) throws -> (InviteSession, SIPMessageBuilder) {
        var session = try self.makeSession(routes: routes)
        let actions = try session.start(offer: Array("offer".utf8), now: .zero)
        return (session, try #require(actions.requests.first))
    }

    /// A session that stands.
    func confirmed() throws -> (InviteSession, SIPMessageBuilder) {
        var (session, invite) = try self.calling()
        _ = session.handleResponse(try Peer.response(200, to: invite, body: "answer"), role: .invite, now: .zero)
        #expect(session.state == .confirmed)
        return (session, invite)
    }

    @Test func inviteSaysWhoCallsWhomAndFromWhere() throws {
        var session = try self.makeSession(routes: ["<sip:proxy.example;lr>"])
        let actions = try session.start(offer: Array("offer".utf8), headers: [(.subject, "hello")], now: .zero)
        #expect(actions.brief == ["send INVITE invite"])
        #expect(actions.nextHops == ["sip:proxy.example;lr"])
        let invite = try actions.sentRequest()
        #expect(invite.requestURIText == "sip:100@pbx.example:5080;transport=udp")
        #expect(invite.to.description == "<sip:100@pbx.example>")
        #expect(invite.from.description == "\"Svetlana\" <sip:bot@pbx.example>;tag=ours")
        #expect(invite.cSeq == CSeq(number: 1, method: .invite))
        #expect(invite.contacts.map(\.description) == ["<sip:bot@192.0.2.1:5060>"])
        #expect(invite.values(.route) == ["<sip:proxy.example;lr>"])
        #expect(invite.first(.subject) == "hello")
        #expect(invite.first(.allow)?.isEmpty == false)
        #expect(invite.first(.require) == nil)
        #expect(Array(invite.body) == Array("offer".utf8))
        let again = try session.start(offer: nil, now: .zero)
        #expect(again.isEmpty)
    }

    @Test func refusesHeadersThatSmuggle() throws {
        var session = try self.makeSession()
        #expect(throws: SIPBuildError.self) {
            try session.start(offer: nil, headers: [(.subject, "a\r\nEvil: yes")], now: .zero)
        }
        #expect(session.state == .idle)
    }

    @Test func ringsAndAnswers() throws {
        var (session, invite) = try self.calling()
        #expect(
            session.handleResponse(try Peer.response(100, to: invite, contact: nil), role: .invite, now: .zero).isEmpty
        )
        #expect(
            session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .zero).brief == [
                "event ringing"
            ]
        )
        let early = try Peer.response(183, to: invite, body: "early")
        #expect(session.handleResponse(early, role: .invite, now: .zero).brief == ["event progress 183 early"])
        #expect(session.state == .proceeding)
        let ok = try Peer.response(200, to: invite, body: "answer")
        let actions = session.handleResponse(ok, role: .invite, now: .zero)
        #expect(actions.brief == ["ack peer 1", "event answered answer"])
        let ack = try actions.sentRequest()
        #expect(ack.requestURIText == "sip:100@192.0.2.9:5070")
        #expect(ack.cSeq == CSeq(number: 1, method: .ack))
        #expect(ack.to.tag == "peer")
        #expect(ack.from.tag == "ours")
        #expect(ack.body.isEmpty)
        #expect(session.state == .confirmed)
        #expect(session.deadline == nil)
    }

    @Test func repeatedSuccessIsAcknowledgedEachTime() throws {
        var (session, invite) = try self.confirmed()
        let ok = try Peer.response(200, to: invite, body: "answer")
        #expect(session.handleResponse(ok, role: .invite, now: .seconds(1)).brief == ["resend peer 1"])
        #expect(session.handleResponse(ok, role: .invite, now: .seconds(2)).brief == ["resend peer 1"])
        let bye = session.hangUp(now: .seconds(3))
        #expect(bye.brief == ["send BYE bye"])
        // Even while the BYE is on its way: its ACK was lost.
        #expect(session.handleResponse(ok, role: .invite, now: .seconds(4)).brief == ["resend peer 1"])
    }

    @Test func acknowledgmentGoesByTheRouteSetOfTheAnswer() throws {
        var (session, invite) = try self.calling(routes: ["<sip:outbound.example;lr>"])
        let ok = try Peer.response(
            200,
            to: invite,
            contact: "<sip:100@127.0.0.1:5060>",
            recordRoutes: ["<sip:far.example;lr>", "<sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60>"],
            body: "answer"
        )
        let actions = session.handleResponse(ok, role: .invite, now: .zero)
        let ack = try actions.sentRequest()
        #expect(ack.requestURIText == "sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60")
        #expect(ack.values(.route) == ["<sip:far.example;lr>", "<sip:100@127.0.0.1:5060>"])
        #expect(actions.nextHops == ["sip:3CXSBC@192.168.1.194:5060;user=proxy;tnlid=sbc.c8d96e60"])
        let bye = try session.hangUp(now: .zero).sentRequest()
        #expect(bye.requestURIText == ack.requestURIText)
        #expect(bye.values(.route) == ack.values(.route))
        #expect(bye.cSeq.number == 2)
    }

    @Test func otherForkThatAnswersIsAcknowledgedAndEnded() throws {
        var (session, invite) = try self.confirmed()
        let fork = try Peer.response(200, to: invite, tag: "fork", contact: "<sip:fork@192.0.2.50>", body: "answer")
        let actions = session.handleResponse(fork, role: .invite, now: .zero)
        #expect(actions.brief == ["ack fork 1", "send BYE release"])
        let bye = try #require(actions.requests.last).sent()
        #expect(bye.requestURIText == "sip:fork@192.0.2.50")
        #expect(bye.to.tag == "fork")
        #expect(bye.cSeq.number == 2)
        #expect(session.handleResponse(fork, role: .invite, now: .zero).brief == ["resend fork 1"])
        // Neither the fork's 200 to BYE nor its silence touches the call.
        let done = try Peer.response(200, to: try #require(actions.requests.last), contact: nil)
        #expect(session.handleResponse(done, role: .release, now: .zero).isEmpty)
        #expect(session.handleFailure(.timeout, role: .release, now: .zero).isEmpty)
        #expect(session.state == .confirmed)
        #expect(session.dialog?.remoteTag == "peer")
    }

    @Test func forksAreBounded() throws {
        var (session, invite) = try self.confirmed()
        var byes = 0
        for number in 0..<200 {
            let fork = try Peer.response(200, to: invite, tag: "fork\(number)", body: "answer")
            byes += session.handleResponse(fork, role: .invite, now: .zero).requests.count / 2
        }
        #expect(byes == InviteSession.forkLimit)
        #expect(session.acknowledged.count <= 2 * InviteSession.forkLimit)
        for number in 0..<200 {
            _ = session.handleResponse(
                try Peer.response(180, to: invite, tag: "ring\(number)"),
                role: .invite,
                now: .zero
            )
        }
        #expect(session.early.isEmpty)
    }

    @Test func successWithoutTagOrContact() throws {
        var (session, invite) = try self.calling()
        let ok = try Peer.response(200, to: invite, tag: nil, contact: nil, body: "answer")
        let actions = session.handleResponse(ok, role: .invite, now: .zero)
        #expect(actions.brief == ["ack  1", "event answered answer"])
        #expect(try actions.sentRequest().requestURIText == "sip:100@pbx.example:5080;transport=udp")
    }

    @Test func lateOfferIsAnsweredInTheAcknowledgment() throws {
        var session = try self.makeSession()
        let invite = try #require(try session.start(offer: nil, now: .zero).requests.first)
        #expect(try invite.sent().body.isEmpty)
        let ok = try Peer.response(200, to: invite, body: "theirs")
        #expect(session.handleResponse(ok, role: .invite, now: .zero).brief == ["event answered theirs"])
        #expect(session.state == .answered)
        // A retransmission before the owner has answered asks for nothing.
        #expect(session.handleResponse(ok, role: .invite, now: .zero).isEmpty)
        let actions = session.acknowledge(answer: Array("ours".utf8), now: .zero)
        #expect(actions.brief == ["ack peer 1"])
        let ack = try actions.sentRequest()
        #expect(Array(ack.body) == Array("ours".utf8))
        #expect(ack.contentType == "application/sdp")
        #expect(session.state == .confirmed)
        #expect(session.handleResponse(ok, role: .invite, now: .zero).brief == ["resend peer 1"])
    }

    @Test func lateOfferHungUpIsStillAcknowledged() throws {
        var session = try self.makeSession()
        let invite = try #require(try session.start(offer: nil, now: .zero).requests.first)
        _ = session.handleResponse(try Peer.response(200, to: invite, body: "theirs"), role: .invite, now: .zero)
        #expect(session.hangUp(now: .zero).brief == ["ack peer 1", "send BYE bye"])
    }

    @Test(arguments: [301, 404, 486, 503, 603])
    func refusalEnds(status: Int) throws {
        var (session, invite) = try self.calling()
        let actions = session.handleResponse(try Peer.response(status, to: invite), role: .invite, now: .zero)
        #expect(actions.brief == ["ended rejected(status: \(status), reason: \"\(SIPStatus.phrase(status))\")"])
        #expect(session.isEnded)
        #expect(session.deadline == nil)
    }

    @Test func silenceEnds() throws {
        var (session, _) = try self.calling()
        #expect(
            session.handleFailure(.timeout, role: .invite, now: .seconds(32)).brief == [
                "ended failed(SIPCore.TransactionFailure.timeout)"
            ]
        )
        #expect(session.handleFailure(.timeout, role: .invite, now: .seconds(32)).isEmpty)
    }

    @Test func challengeIsAnsweredWithTheNextNumber() throws {
        var (session, invite) = try self.calling()
        let challenge = try Peer.response(
            407,
            to: invite,
            headers: [(.proxyAuthenticate, "Digest realm=\"3CX\",nonce=\"n\"")]
        )
        #expect(session.handleResponse(challenge, role: .invite, now: .zero).brief == ["event challenged 407 invite"])
        let actions = try session.restart(headers: [(.proxyAuthorization, "Digest x")], now: .zero)
        #expect(actions.brief == ["send INVITE invite"])
        let builder = try #require(actions.requests.first)
        let second = try builder.sent()
        #expect(second.cSeq.number == 2)
        #expect(second.callID == "call-1")
        #expect(second.from.tag == "ours")
        #expect(second.to.tag == nil)
        #expect(second.first(.proxyAuthorization) == "Digest x")
        #expect(Array(second.body) == Array("offer".utf8))
        // What comes late for the first INVITE is not for the second.
        #expect(session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .zero).isEmpty)
        let ok = session.handleResponse(try Peer.response(200, to: builder, body: "answer"), role: .invite, now: .zero)
        #expect(ok.brief == ["ack peer 2", "event answered answer"])
        // RFC 3261 section 13.2.2.4: the ACK has the credentials of the INVITE.
        #expect(try ok.sentRequest().first(.proxyAuthorization) == "Digest x")
    }

    @Test func bothChallengersGetTheirCredentials() throws {
        var (session, invite) = try self.calling()
        _ = session.handleResponse(try Peer.response(407, to: invite), role: .invite, now: .zero)
        let second = try #require(
            try session.restart(headers: [(.proxyAuthorization, "one")], now: .zero).requests.first
        )
        _ = session.handleResponse(try Peer.response(401, to: second), role: .invite, now: .zero)
        let third = try session.restart(headers: [(.authorization, "two")], now: .zero).sentRequest()
        #expect(third.first(.proxyAuthorization) == "one")
        #expect(third.first(.authorization) == "two")
        #expect(third.cSeq.number == 3)
    }

    @Test func challengesDoNotLoop() throws {
        var (session, invite) = try self.calling()
        var latest = invite
        var restarts = 0
        while restarts < 50 {
            let actions = session.handleResponse(try Peer.response(407, to: latest), role: .invite, now: .zero)
            guard session.state == .challenged else {
                #expect(actions.brief.first?.hasPrefix("ended rejected(status: 407") == true)
                break
            }
            latest = try #require(try session.restart(headers: [], now: .zero).requests.first)
            restarts += 1
        }
        #expect(restarts == InviteSession.challengeLimit)
    }

    @Test func abandonedChallengeEnds() throws {
        var (session, invite) = try self.calling()
        let challenge = try Peer.response(401, to: invite)
        _ = session.handleResponse(challenge, role: .invite, now: .zero)
        #expect(
            session.abandon(challenge, now: .zero).brief == ["ended rejected(status: 401, reason: \"Unauthorized\")"]
        )
    }

    // MARK: CANCEL

    @Test func cancelWaitsForTheFinalResponse() throws {
        var (session, invite) = try self.calling()
        _ = session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .zero)
        #expect(session.hangUp(now: .seconds(1)).brief == ["cancel"])
        #expect(session.hangUp(now: .seconds(1)).isEmpty)
        #expect(session.state == .cancelling)
        #expect(
            session.handleResponse(try Peer.response(487, to: invite), role: .invite, now: .seconds(1)).brief == [
                "ended localCancel"
            ]
        )
    }

    @Test func cancelThatCrossesTheAnswer() throws {
        var (session, invite) = try self.calling()
        _ = session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .zero)
        _ = session.hangUp(now: .seconds(1))
        let ok = try Peer.response(200, to: invite, body: "answer")
        let actions = session.handleResponse(ok, role: .invite, now: .seconds(1))
        #expect(actions.brief == ["ack peer 1", "send BYE bye"])
        #expect(session.handleResponse(ok, role: .invite, now: .seconds(2)).brief == ["resend peer 1"])
        let done = try Peer.response(200, to: try #require(actions.requests.last), contact: nil)
        #expect(session.handleResponse(done, role: .bye, now: .seconds(2)).brief == ["ended localCancel"])
    }

    @Test func cancelThatNobodyAnswersEndsInTime() throws {
        var (session, invite) = try self.calling()
        _ = session.hangUp(now: .seconds(1))
        // The CANCEL leaves only after this provisional response; 64 times T1 count from there.
        _ = session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .seconds(10))
        #expect(session.deadline == .seconds(42))
        #expect(session.handleTimeout(now: .seconds(41.9)).isEmpty)
        #expect(session.handleTimeout(now: .seconds(42)).brief == ["ended localCancel"])
    }

    @Test func cancelledCallIsNotChallenged() throws {
        var (session, invite) = try self.calling()
        _ = session.hangUp(now: .zero)
        #expect(
            session.handleResponse(try Peer.response(407, to: invite), role: .invite, now: .zero).brief == [
                "ended localCancel"
            ]
        )
    }

    @Test func hangUpBeforeAnythingWasSent() throws {
        var session = try self.makeSession()
        #expect(session.hangUp(now: .zero).brief == ["ended localCancel"])
        #expect(try session.start(offer: nil, now: .zero).isEmpty)
    }

    @Test func byeOfARingingForkLeavesTheCallToTheFinalResponse() throws {
        var (session, invite) = try self.calling()
        _ = session.handleResponse(try Peer.response(180, to: invite), role: .invite, now: .zero)
        let bye = try Peer.request("BYE", cSeq: 1)
        #expect(session.handleRequest(.placeholder(1), bye, now: .zero).brief == ["respond 200"])
        #expect(
            session.handleResponse(try Peer.response(487, to: invite), role: .invite, now: .zero).brief == [
                "ended rejected(status: 487, reason: \"Request Terminated\")"
            ]
        )
    }

    @Test func hostileNumbersAndTagsAreIgnored() throws {
        var (session, invite) = try self.calling()
        let other = try Peer.message([
            "SIP/2.0 200 OK", "Via: \(Peer.via)", "From: <sip:bot@pbx.example>;tag=ours", "To: <sip:x@y>;tag=z",
            "Call-ID: call-1", "CSeq: 4294967295 INVITE",
        ])
        #expect(session.handleResponse(other, role: .invite, now: .zero).isEmpty)
        #expect(session.handleResponse(try Peer.response(200, to: invite), role: .reinvite, now: .zero).isEmpty)
        #expect(session.handleResponse(try Peer.response(200, to: invite), role: .bye, now: .zero).isEmpty)
        #expect(session.state == .calling)
    }
}
