import CoreTypes
import Testing

@testable import SIPCore

/// Requests of a session that are challenged, beside INVITE.
@Suite struct InviteSessionChallengeTests {
    private func confirmed() throws -> (InviteSession, SIPMessageBuilder) {
        var session = InviteSession(
            calling: try #require(SIPURI("sip:100@pbx.example")),
            from: try #require(NameAddress("<sip:bot@pbx.example>")),
            callID: "call-1",
            localTag: "ours",
            contact: try #require(SIPURI("sip:bot@192.0.2.1:5060")),
            random: SeededRandom(seed: 3)
        )
        let invite = try #require(try session.start(offer: Array("offer".utf8), now: .zero).requests.first)
        let ok = try Peer.response(200, to: invite, body: "answer")
        _ = session.handleResponse(ok, role: .invite, now: .zero)
        try #require(session.state == .confirmed)
        return (session, invite)
    }

    @Test func anInfoIsSentAgainAsItWas() throws {
        var (session, _) = try self.confirmed()
        let sent = try session.request(
            .info,
            headers: [("X-Note", "kept")],
            body: Array("Signal=1".utf8),
            contentType: "application/dtmf-relay"
        )
        let info = try #require(sent.requests.first)
        let challenge = try Peer.response(407, to: info)
        #expect(session.handleResponse(challenge, role: .other, now: .zero).brief == ["event challenged 407 other"])
        let what = try #require(session.challengedRequest(.other, challenge))
        #expect(what.method == .info && what.body == Array("Signal=1".utf8))
        #expect(what.uri.description == "sip:100@192.0.2.9:5070")
        let again = try session.restart(
            .other,
            after: challenge,
            headers: [(.proxyAuthorization, "Digest x")],
            now: .zero
        )
        let message = try again.sentRequest()
        #expect(message.method == .info)
        #expect(message.cSeq.number == (try info.sent().cSeq.number) + 1)
        #expect(message.first(.proxyAuthorization) == "Digest x")
        #expect(message.first("X-Note") == "kept")
        #expect(Array(message.body) == Array("Signal=1".utf8))
        let done = try Peer.response(200, to: try #require(again.requests.first))
        #expect(session.handleResponse(done, role: .other, now: .zero).brief == ["event response 200"])
    }

    @Test func anInfoThatIsGivenUpTellsItsResponse() throws {
        var (session, _) = try self.confirmed()
        let info = try #require(try session.request(.info).requests.first)
        let challenge = try Peer.response(401, to: info)
        _ = session.handleResponse(challenge, role: .other, now: .zero)
        #expect(session.abandon(challenge, role: .other, now: .zero).brief == ["event response 401"])
        #expect(session.abandon(challenge, role: .other, now: .zero).isEmpty)
        #expect(session.state == .confirmed)
    }

    @Test func twoInfosAreToldApart() throws {
        var (session, _) = try self.confirmed()
        let first = try #require(try session.request(.info, headers: [("X-N", "1")]).requests.first)
        let second = try #require(try session.request(.info, headers: [("X-N", "2")]).requests.first)
        let later = try Peer.response(407, to: second)
        let earlier = try Peer.response(407, to: first)
        _ = session.handleResponse(later, role: .other, now: .zero)
        _ = session.handleResponse(earlier, role: .other, now: .zero)
        #expect(try session.restart(.other, after: earlier, headers: [], now: .zero).sentRequest().first("X-N") == "1")
        #expect(try session.restart(.other, after: later, headers: [], now: .zero).sentRequest().first("X-N") == "2")
    }

    @Test(arguments: [RequestRole.bye, .other])
    func challengesDoNotLoop(role: RequestRole) throws {
        var (session, _) = try self.confirmed()
        var latest = try #require(
            (role == .bye ? session.hangUp(now: .zero) : try session.request(.info)).requests.first
        )
        var restarts = 0
        while restarts < 50 {
            let challenge = try Peer.response(407, to: latest)
            let actions = session.handleResponse(challenge, role: role, now: .zero)
            guard actions.brief.first?.hasPrefix("event challenged") == true else { break }
            latest = try #require(
                try session.restart(role, after: challenge, headers: [], now: .zero).requests.first
            )
            restarts += 1
        }
        #expect(restarts == InviteSession.challengeLimit)
        #expect(session.state == (role == .bye ? .ended : .confirmed))
    }

    // RFC 3261 section 13.2.2.4: a fork that answers too late is ended, and its proxy may ask who does that.
    @Test func theByeToAForkIsSentAgain() throws {
        var (session, invite) = try self.confirmed()
        let late = try Peer.response(200, to: invite, tag: "fork", body: "answer")
        let actions = session.handleResponse(late, role: .invite, now: .zero)
        #expect(actions.brief == ["ack fork 1", "send BYE release"])
        let bye = try #require(actions.requests.last)
        let challenge = try Peer.response(407, to: bye, tag: "fork")
        #expect(session.handleResponse(challenge, role: .release, now: .zero).brief == ["event challenged 407 release"])
        #expect(session.challengedRequest(.release, challenge)?.method == .bye)
        let again = try session.restart(
            .release,
            after: challenge,
            headers: [(.proxyAuthorization, "Digest x")],
            now: .zero
        )
        #expect(again.brief == ["send BYE release"])
        let message = try again.sentRequest()
        #expect(message.to.tag == "fork")
        #expect(message.first(.proxyAuthorization) == "Digest x")
        #expect(message.cSeq.number == (try bye.sent().cSeq.number) + 1)
        let done = try Peer.response(200, to: try #require(again.requests.first), tag: "fork")
        #expect(session.handleResponse(done, role: .release, now: .zero).isEmpty)
        #expect(session.challengedRequest(.release, challenge) == nil)
        #expect(session.state == .confirmed)
    }
}
