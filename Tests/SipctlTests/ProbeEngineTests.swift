import CoreTypes
import SIPCore
import SIPDiagnostics
import Testing

@testable import sipctl

/// One request, one repeat with credentials, and never more: in virtual time.
@Suite struct ProbeEngineTests {
    private static let peer = TransportAddress(host: .v4(0xC000_0201), port: 5_060)
    private static let local = TransportAddress(host: .v4(0xC000_0202), port: 40_000)
    private let uri = SIPURI(host: "192.0.2.1")

    private func engine(
        password: String? = "secret",
        timeout: Duration = .seconds(4),
        retransmits: Bool = true
    ) -> ProbeEngine {
        ProbeEngine(
            to: Destination(
                address: Self.peer,
                binding: LocalBinding(transport: .udp, address: Self.local)
            ),
            credentials: password.map { DigestCredentials(username: "auth100", password: $0) },
            requestTimeout: timeout,
            retransmits: retransmits,
            random: SeededRandom(seed: 7)
        )
    }

    private func register() throws -> SIPMessageBuilder {
        var request = SIPMessageBuilder(request: .register, uri: self.uri)
        try request.replace(.maxForwards, "70")
        try request.replace(.from, "<sip:100@192.0.2.1>;tag=a")
        try request.replace(.to, "<sip:100@192.0.2.1>")
        try request.replace(.callID, "call")
        return request
    }

    private func answer(
        _ status: Int,
        to bytes: [UInt8],
        challenge: String? = nil
    ) throws -> [UInt8] {
        let request = try SIPMessage(bytes)
        var builder = SIPMessageBuilder(response: status, to: request, toTag: "b")
        if let challenge { try builder.add(.proxyAuthenticate, challenge) }
        return try builder.build().bytes
    }

    private static func transmit(_ engine: inout ProbeEngine) throws -> [UInt8] {
        let bytes = engine.pollTransmit()
        return try #require(bytes)
    }

    private static func expectNothingSent(_ engine: inout ProbeEngine) {
        let bytes = engine.pollTransmit()
        #expect(bytes == nil)
    }

    private func challenge(_ nonce: String, stale: Bool = false) -> String {
        "Digest realm=\"3CXPhoneSystem\", nonce=\"\(nonce)\", algorithm=MD5" + (stale ? ", stale=true" : "")
    }

    @Test func aChallengeIsAnsweredOnceAndTheAnswerIsTheOutcome() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let first = try Self.transmit(&engine)
        #expect(try !SIPMessage(first).contains(.proxyAuthorization))
        engine.receive(try self.answer(407, to: first, challenge: self.challenge("n1")), now: .zero)
        let second = try Self.transmit(&engine)
        let repeated = try SIPMessage(second)
        #expect(repeated.first(.proxyAuthorization)?.contains("username=\"auth100\"") == true)
        #expect(try repeated.cSeq.number == SIPMessage(first).cSeq.number + 1)
        #expect(repeated.callID == "call")
        engine.receive(try self.answer(200, to: second), now: .zero)
        guard case .answered(let response)? = engine.pollOutcome() else {
            Issue.record("the answer is no outcome")
            return
        }
        #expect(response.statusCode == 200)
        let again = engine.pollOutcome()
        #expect(again == nil)
    }

    @Test func aWrongPasswordCostsTwoRequestsAndNoMore() throws {
        var engine = self.engine(password: "wrong")
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: self.challenge("n1")), now: .zero)
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: self.challenge("n2")), now: .zero)
        guard case .challengeRefused(_, .wrongCredentials)? = engine.pollOutcome() else {
            Issue.record("not told as wrong credentials")
            return
        }
        Self.expectNothingSent(&engine)
        engine.handleTimeout(now: .zero + .seconds(40))
        Self.expectNothingSent(&engine)
    }

    @Test func aNonceThatIsStaleIsTriedAgainAndThenALoop() throws {
        for nonces in [2, 5, 6] {
            var engine = self.engine()
            engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
            for number in 1...nonces {
                let challenge = self.challenge("n\(number)", stale: number > 1)
                engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: challenge), now: .zero)
            }
            if nonces < 6 {
                engine.receive(try self.answer(200, to: Self.transmit(&engine)), now: .zero)
                guard case .answered? = engine.pollOutcome() else { Issue.record("not taken"); return }
            } else {
                guard case .challengeRefused(_, .staleAgain)? = engine.pollOutcome() else {
                    Issue.record("not told as a loop")
                    return
                }
            }
            Self.expectNothingSent(&engine)
        }
    }

    // The registrar asks with 401, then the proxy in front with 407: that is no wrong password.
    @Test func twoRealmsOneAfterTheOtherGetBothDigests() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let first = try SIPMessage(Self.transmit(&engine))
        var home = SIPMessageBuilder(response: 401, to: first, toTag: "b")
        try home.add(.wwwAuthenticate, "Digest realm=\"home\", nonce=\"n1\"")
        engine.receive(try home.build().bytes, now: .zero)
        let edge = "Digest realm=\"edge\", nonce=\"n2\""
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: edge), now: .zero)
        let third = try SIPMessage(Self.transmit(&engine))
        #expect(third.first(.authorization)?.contains("realm=\"home\"") == true)
        #expect(third.first(.proxyAuthorization)?.contains("realm=\"edge\"") == true)
        let again = "Digest realm=\"edge\", nonce=\"n3\""
        engine.receive(try self.answer(407, to: third.bytes, challenge: again), now: .zero)
        guard case .challengeRefused(_, .wrongCredentials)? = engine.pollOutcome() else {
            Issue.record("a refused digest is a wrong password")
            return
        }
    }

    @Test func onlyTheGivenRealmIsAnswered() throws {
        var engine = ProbeEngine(
            to: Destination(address: Self.peer, binding: LocalBinding(transport: .udp, address: Self.local)),
            credentials: DigestCredentials(username: "auth100", password: "secret"),
            realms: ["mine"],
            requestTimeout: .seconds(4),
            random: SeededRandom(seed: 7)
        )
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: self.challenge("n1")), now: .zero)
        guard case .challengeRefused(_, .foreignRealm("3CXPhoneSystem"))? = engine.pollOutcome() else {
            Issue.record("not told as another realm")
            return
        }
        Self.expectNothingSent(&engine)
    }

    // What cannot be read is no silence.
    @Test(arguments: ["SIP/2.0 200 OK\r\nVia: broken\r\n\r\n", "hello\r\n\r\n", "branch"])
    func aMalformedReplyIsToldAsSuch(reply: String) throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let request = try Self.transmit(&engine)
        if reply == "branch" {
            let text = String(decoding: try self.answer(200, to: request), as: UTF8.self)
            engine.receive(Array(text.replacing("z9hG4bK", with: "z9hG4bKother").utf8), now: .zero)
        } else {
            engine.receive(Array(reply.utf8), now: .zero)
        }
        let early = engine.pollOutcome()
        #expect(early == nil, "a good one may follow")
        engine.handleTimeout(now: .zero + .seconds(4))
        guard case .unreadable? = engine.pollOutcome() else {
            Issue.record("told as silence")
            return
        }
    }

    @Test func withoutCredentialsAChallengeIsTheEnd() throws {
        var engine = self.engine(password: nil)
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: self.challenge("n1")), now: .zero)
        guard case .credentialsMissing? = engine.pollOutcome() else {
            Issue.record("not told as missing credentials")
            return
        }
        Self.expectNothingSent(&engine)
    }

    // RFC 3261 section 17.1.2.2: T1, then twice as long each time. One datagram may be lost; several are evidence.
    @Test(arguments: [true, false]) func silenceIsAskedAgainUnlessThatIsNotWanted(retransmits: Bool) throws {
        var engine = self.engine(retransmits: retransmits)
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let request = try Self.transmit(&engine)
        var times: [Duration] = []
        for _ in 0..<100 {
            guard let deadline = engine.deadline else { break }
            engine.handleTimeout(now: deadline)
            while let bytes = engine.pollTransmit() {
                #expect(bytes == request, "a retransmission is the same request, with the same CSeq and branch")
                times.append(deadline - .zero)
            }
            guard let outcome = engine.pollOutcome() else { continue }
            guard case .timeout = outcome else {
                Issue.record("silence came to \(outcome)")
                return
            }
            #expect(deadline == .zero + .seconds(4))
            #expect(times == (retransmits ? [.milliseconds(500), .milliseconds(1_500), .milliseconds(3_500)] : []))
            return
        }
        Issue.record("silence never ended")
    }

    @Test func aLongPatienceIsNotEndedByTheTransaction() throws {
        var engine = self.engine(timeout: .seconds(120))
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        while let deadline = engine.deadline {
            engine.handleTimeout(now: deadline)
            while engine.pollTransmit() != nil {}
            guard engine.pollOutcome() != nil else { continue }
            #expect(deadline == .zero + .seconds(120))
            return
        }
        Issue.record("silence never ended")
    }

    // A lost response: the retransmission is answered, and counts as the same try.
    @Test func aResponseToARetransmissionIsTaken() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        _ = try Self.transmit(&engine)
        engine.handleTimeout(now: .zero + .milliseconds(500))
        let again = try Self.transmit(&engine)
        engine.receive(try self.answer(200, to: again), now: .zero + .milliseconds(510))
        guard case .answered? = engine.pollOutcome() else {
            Issue.record("not taken")
            return
        }
    }

    /// A response with challenges, in order: header and realm.
    private func challenged(_ status: Int, to request: SIPMessage, _ realms: [(HeaderName, String)]) throws -> [UInt8] {
        var builder = SIPMessageBuilder(response: status, to: request, toTag: "b")
        for (header, realm) in realms {
            try builder.add(header, "Digest realm=\"\(realm)\", nonce=\"n-\(realm)-\(request.cSeq.number)\"")
        }
        return try builder.build().bytes
    }

    // Two realms, in each order, and with one name in both headers: all get their digest in the third request.
    @Test(
        arguments: [
            [401, 407], [407, 401],
        ],
        ["other", "same"]
    )
    func aChainOfTwoRealmsIsNoWrongPassword(statuses: [Int], name: String) throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        for (index, status) in statuses.enumerated() {
            let request = try SIPMessage(Self.transmit(&engine))
            let header: HeaderName = status == 401 ? .wwwAuthenticate : .proxyAuthenticate
            let realm = index == 0 ? "same" : name
            engine.receive(try self.challenged(status, to: request, [(header, realm)]), now: .zero)
        }
        let third = try SIPMessage(Self.transmit(&engine))
        #expect(third.lines(.authorization).count == 1 && third.lines(.proxyAuthorization).count == 1)
        engine.receive(try self.answer(200, to: third.bytes), now: .zero)
        guard case .answered? = engine.pollOutcome() else {
            Issue.record("not taken")
            return
        }
    }

    @Test(arguments: [401, 407]) func twoChallengesInOneResponseAreAnsweredInOneRequest(status: Int) throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let first = try SIPMessage(Self.transmit(&engine))
        let both: [(HeaderName, String)] = [(.wwwAuthenticate, "home"), (.proxyAuthenticate, "edge")]
        engine.receive(try self.challenged(status, to: first, both), now: .zero)
        let second = try SIPMessage(Self.transmit(&engine))
        #expect(second.first(.authorization)?.contains("home") == true)
        #expect(second.first(.proxyAuthorization)?.contains("edge") == true)
        // Both asked again: now it is the password.
        engine.receive(try self.challenged(status, to: second, both), now: .zero)
        guard case .challengeRefused(_, .wrongCredentials)? = engine.pollOutcome() else {
            Issue.record("not told as wrong credentials")
            return
        }
    }

    // Of two realms in one header only one gets a digest unless both are given: that the other asks on is no wrong password.
    @Test func aRealmThatGotNoDigestIsNamed() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let both: [(HeaderName, String)] = [(.wwwAuthenticate, "one"), (.wwwAuthenticate, "two")]
        for _ in 0..<2 {
            let request = try SIPMessage(Self.transmit(&engine))
            engine.receive(try self.challenged(401, to: request, both), now: .zero)
        }
        guard case .challengeRefused(_, .foreignRealm("two"))? = engine.pollOutcome() else {
            Issue.record("the other realm is not named")
            return
        }
    }

    // The same for an INVITE, which another part of the program sends: judged by what the request carried.
    @Test func whatTheRequestCarriedDecidesWhoseFaultItIs() throws {
        func request(_ realms: [(HeaderName, String)]) throws -> SIPMessage {
            var builder = try self.register()
            try builder.replace(.cSeq, "2 REGISTER")
            for (header, realm) in realms {
                try builder.add(header, "Digest username=\"a\",realm=\"\(realm)\",nonce=\"n\"")
            }
            return try builder.build(via: Via(transport: .udp, host: "192.0.2.2", port: 40_000, branch: "z9hG4bKa"))
        }
        func refusal(
            _ carried: [(HeaderName, String)],
            _ status: Int,
            _ asked: [(HeaderName, String)]
        ) throws -> ChallengeRefusal {
            let sent = try request(carried)
            return ChallengeRefusal(try SIPMessage(self.challenged(status, to: sent, asked)), of: sent)
        }
        let home: (HeaderName, String) = (.authorization, "home")
        let edge: (HeaderName, String) = (.proxyAuthorization, "edge")
        let asksHome: (HeaderName, String) = (.wwwAuthenticate, "home")
        let asksEdge: (HeaderName, String) = (.proxyAuthenticate, "edge")
        #expect(try refusal([home], 407, [asksEdge]) == .foreignRealm("edge"))
        #expect(try refusal([edge], 401, [asksHome]) == .foreignRealm("home"))
        #expect(try refusal([home, edge], 407, [asksEdge]) == .wrongCredentials)
        #expect(try refusal([home], 401, [asksHome, asksEdge]) == .foreignRealm("edge"))
        #expect(try refusal([(.authorization, "edge")], 407, [asksEdge]) == .foreignRealm("edge"))
        #expect(try refusal([home], 401, [asksHome]) == .wrongCredentials)
        #expect(try refusal([], 401, []) == .unsupported)
    }

    @Test func aProvisionalAnswerIsNoOutcome() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let request = try Self.transmit(&engine)
        engine.receive(try self.answer(100, to: request), now: .zero)
        let early = engine.pollOutcome()
        #expect(early == nil)
        engine.receive(try self.answer(403, to: request), now: .zero)
        guard case .answered(let response)? = engine.pollOutcome() else {
            Issue.record("the final answer is no outcome")
            return
        }
        #expect(response.statusCode == 403)
    }

    @Test func theNextRequestUsesTheNonceAhead() throws {
        var engine = self.engine()
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        engine.receive(try self.answer(407, to: Self.transmit(&engine), challenge: self.challenge("n1")), now: .zero)
        engine.receive(try self.answer(200, to: Self.transmit(&engine)), now: .zero)
        let outcome = engine.pollOutcome()
        #expect(outcome != nil)
        engine.start(try self.register(), method: .register, uri: self.uri, now: .zero)
        let ahead = try SIPMessage(Self.transmit(&engine))
        #expect(ahead.first(.proxyAuthorization)?.contains("nonce=\"n1\"") == true)
        // A fresh nonce may be answered once.
        engine.receive(try self.answer(407, to: ahead.bytes, challenge: self.challenge("n2", stale: true)), now: .zero)
        let again = try SIPMessage(Self.transmit(&engine))
        #expect(again.lines(.proxyAuthorization).count == 1)
        #expect(again.first(.proxyAuthorization)?.contains("nonce=\"n2\"") == true)
    }

    @Test func aCallThatComesInIsRefused() throws {
        var engine = self.engine()
        let invite = """
            INVITE sip:100@192.0.2.2:40000 SIP/2.0\r
            Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r
            Max-Forwards: 70\r
            From: <sip:200@192.0.2.1>;tag=f\r
            To: <sip:100@192.0.2.1>\r
            Call-ID: other\r
            CSeq: 1 INVITE\r
            Contact: <sip:192.0.2.1>\r
            Content-Length: 0\r
            \r

            """
        engine.receive(Array(invite.utf8), now: .zero)
        var statuses: [Int] = []
        while let bytes = engine.pollTransmit() { statuses.append(try SIPMessage(bytes).statusCode) }
        #expect(statuses.last == 480)
    }
}
