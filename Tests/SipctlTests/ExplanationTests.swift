import ArgumentParser
import CoreTypes
import SIPCore
import SIPDiagnostics
import Testing

@testable import sipctl

/// What an answer means, in words and in exit codes.
@Suite struct ExplanationTests {
    private func explanation(_ purpose: Explanation.Purpose = .register, id: String? = "auth100") -> Explanation {
        Explanation(
            purpose: purpose,
            peer: "192.0.2.1:5060",
            target: "200",
            account: "100",
            authenticationID: id
        )
    }

    private func response(_ status: Int, _ headers: [(HeaderName, String)] = []) throws -> SIPMessage {
        var request = SIPMessageBuilder(request: .register, uri: SIPURI(host: "192.0.2.1"))
        try request.replace(.maxForwards, "70")
        try request.replace(.from, "<sip:100@192.0.2.1>;tag=a")
        try request.replace(.to, "<sip:100@192.0.2.1>")
        try request.replace(.callID, "call")
        try request.replace(.cSeq, "1 REGISTER")
        let via = Via(transport: .udp, host: "192.0.2.2", port: 5_060, branch: "z9hG4bKa")
        var builder = SIPMessageBuilder(response: status, to: try request.build(via: via), toTag: "b")
        for (name, value) in headers { try builder.add(name, value) }
        return try builder.build()
    }

    @Test func theExtensionAsAuthenticationIDIsNamedFirst() throws {
        let challenge = try self.response(407, [(.proxyAuthenticate, "Digest realm=\"3CX\", nonce=\"n\"")])
        let extensionUsed = self.explanation(id: "100").challengeRefused(challenge, .wrongCredentials)
        #expect(extensionUsed.verdict == .wrongCredentials)
        #expect(extensionUsed.summary.contains("'100' is the extension"))
        #expect(extensionUsed.advice.first?.contains("--auth-user") == true)
        let idUsed = self.explanation().challengeRefused(challenge, .wrongCredentials)
        #expect(!idUsed.summary.contains("is the extension"))
        #expect(idUsed.advice.first?.contains("password") == true)
        #expect(idUsed.summary.contains("'3CX'"))
    }

    @Test func aLoopIsNotAWrongPassword() throws {
        let challenge = try self.response(407, [(.proxyAuthenticate, "Digest realm=\"r\", nonce=\"n\", stale=true")])
        let diagnosis = self.explanation().challengeRefused(challenge, .staleAgain)
        #expect(diagnosis.summary.contains("407 loop"))
        #expect(diagnosis.verdict != .wrongCredentials)
        #expect(!diagnosis.summary.contains("password"))
    }

    @Test(arguments: [
        (403, Verdict.forbidden), (404, .notFound), (604, .notFound), (480, .offline), (486, .busy), (600, .busy),
        (487, .notAnswered), (603, .declined), (608, .declined), (433, .declined), (410, .notFound), (484, .notFound),
        (430, .offline), (400, .refused), (420, .refused), (483, .refused), (580, .serverTrouble),
        (488, .notAcceptable), (606, .notAcceptable), (500, .serverTrouble),
        (503, .serverTrouble), (423, .intervalTooBrief), (302, .refused), (405, .refused), (499, .refused),
    ])
    func eachStatusHasItsVerdict(status: Int, verdict: Verdict) {
        let diagnosis = self.explanation(.invite).refusal(status: status, reason: "Because")
        #expect(diagnosis.verdict == verdict)
        #expect(diagnosis.summary.contains("\(status) Because"))
    }

    @Test(arguments: [488, 606]) func aRefusalOfOurOfferSaysWhatIsWanted(status: Int) throws {
        let body =
            "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 9 RTP/SAVP 18\r\na=rtpmap:18 G729/8000\r\n"
        var builder = SIPMessageBuilder(copying: try self.response(status, []))
        builder.setBody(Array(body.utf8), contentType: "application/sdp")
        let summary = self.explanation(.invite).refusal(try builder.build()).summary
        #expect(summary.contains("wants G729, RTP/SAVP"), "\(summary)")
    }

    @Test func a423SaysWhatThePBXWants() throws {
        let diagnosis = self.explanation().refusal(try self.response(423, [(.minExpires, "120")]))
        #expect(diagnosis.verdict == .intervalTooBrief)
        #expect(diagnosis.advice.first?.contains("--expires 120") == true)
    }

    @Test func retryAfterAndWarningAreHandedOn() throws {
        let headers: [(HeaderName, String)] = [(.retryAfter, "30"), (.warning, "399 pbx \"license\u{7}\"")]
        let advice = self.explanation().refusal(try self.response(503, headers)).advice
        #expect(advice.contains { $0.contains("30 s") })
        #expect(advice.contains { $0.contains("license.") })
    }

    @Test func aPhantomIsSuspectedWhereADeviceDoesNotReact() {
        #expect(self.explanation(.invite).refusal(status: 408, reason: "").verdict == .notAnswered)
        #expect(self.explanation(.options).refusal(status: 408, reason: "").verdict == .offline)
    }

    @Test func aRefusedPortIsNotSilence() {
        let refused = self.explanation().unreachable("Connection refused", isRefusedPort: true)
        #expect(refused.verdict == .unreachable)
        #expect(refused.summary.contains("wrong port"))
        #expect(self.explanation().noReply(after: 8).verdict == .noReply)
        #expect(self.explanation().noReply(after: 8, gotProvisional: true).verdict == .notAnswered)
    }

    @Test func anotherRealmIsNamedWithWhatToGive() throws {
        let challenge = try self.response(401, [(.wwwAuthenticate, "Digest realm=\"r\", nonce=\"n\"")])
        let diagnosis = self.explanation().challengeRefused(challenge, .foreignRealm("r"))
        #expect(diagnosis.verdict != .wrongCredentials)
        #expect(diagnosis.advice.first?.contains("--realm 'r'") == true)
    }

    @Test func aReplyThatCannotBeReadIsNoSilence() {
        let diagnosis = self.explanation().unreadable("Via: \u{7}")
        #expect(diagnosis.verdict == .malformed)
        #expect(diagnosis.summary.contains("replies") && diagnosis.summary.contains("Via: ."))
    }

    @Test func theExitCodesAreDistinctAndListed() {
        let codes = Verdict.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        // 2 and 64 are what shells and the argument parser use for a wrong command line.
        #expect(!codes.contains(2) && !codes.contains(64))
        for verdict in Verdict.allCases { #expect(Verdict.table.contains("\(verdict.rawValue)  \(verdict.meaning)")) }
    }

    // MARK: What is not certain is not said so

    @Test func a480IsNotOfflineForCertain() {
        let away = self.explanation(.invite).refusal(status: 480, reason: "Temporarily Unavailable")
        #expect(away.verdict == .offline && away.summary.contains("probably offline"))
        let rang = self.explanation(.invite).refusal(
            status: 480,
            reason: "Temporarily Unavailable",
            Explanation.Circumstances(rang: true)
        )
        #expect(rang.verdict == .notAnswered && !rang.summary.contains("offline"))
    }

    @Test(arguments: [408, 480, 430]) func whoRangIsNoPhantom(status: Int) {
        let diagnosis = self.explanation(.invite).refusal(
            status: status,
            reason: "",
            Explanation.Circumstances(rang: true)
        )
        #expect(diagnosis.verdict == .notAnswered)
        #expect(!diagnosis.advice.contains { $0.contains("phantom") })
    }

    @Test func a403BlamesThePasswordOnlyWhereOneWasSent() {
        let sent = self.explanation().refusal(
            status: 403,
            reason: "Forbidden",
            Explanation.Circumstances(carriedCredentials: true)
        )
        #expect(sent.advice.first?.contains("password") == true)
        let unasked = self.explanation().refusal(
            status: 403,
            reason: "Forbidden",
            Explanation.Circumstances(carriedCredentials: false)
        )
        #expect(unasked.summary.contains("did not ask for credentials"))
        #expect(!unasked.advice.contains { $0.contains("wrong password") })
        for diagnosis in [sent, unasked] {
            #expect(diagnosis.verdict == .forbidden)
            #expect(diagnosis.advice.allSatisfy { !$0.contains("blacklisted") || $0.contains("may be") })
        }
    }

    @Test func aRefusedPortMayBeAFirewall() {
        let explanation = self.explanation()
        let own = explanation.unreachable("Connection refused", isRefusedPort: true, reporter: "192.0.2.1")
        #expect(own.summary.contains("by the host itself") && own.summary.contains("wrong port"))
        let other = explanation.unreachable("Connection refused", isRefusedPort: true, reporter: "192.0.2.254")
        #expect(other.summary.contains("192.0.2.254, which is not the PBX"))
        #expect(!other.summary.contains("wrong port") && other.verdict == .unreachable)
        // A longer address that begins alike is another.
        #expect(explanation.unreachable("", isRefusedPort: true, reporter: "192.0.2").summary.contains("not the PBX"))
    }

    @Test func silenceSaysHowMuchEvidenceThereIs() {
        let once = self.explanation().noReply(after: 8)
        #expect(once.summary.contains("sent once") && once.advice.contains { $0.contains("one datagram") })
        let often = self.explanation().noReply(after: 8, transmissions: 5)
        #expect(often.summary.contains("sent 5 times") && !often.advice.contains { $0.contains("one datagram") })
        #expect(often.advice.allSatisfy { !$0.contains("blacklist") || $0.contains("may") })
    }

    @Test func aWrongPasswordIsMostLikely() {
        #expect(self.explanation().wrongCredentials(407, nil).summary.contains("most likely a wrong password"))
    }

    // MARK: Lists are handed on whole

    @Test func everyWarningReasonAndRealmIsHandedOn() throws {
        let headers: [(HeaderName, String)] = [
            (.warning, "399 a \"one, with a comma\", 370 b \"two\""), (.warning, "399 c \"three\""),
            (.reason, "Q.850;cause=34"), (.reason, "SIP;cause=503"),
        ]
        let advice = self.explanation(.invite).refusal(try self.response(503, headers)).advice
        for word in ["one, with a comma", "two", "three", "Q.850;cause=34", "SIP;cause=503"] {
            #expect(advice.contains { $0.contains(word) }, "\(word)")
        }
        let both = try self.response(
            401,
            [
                (.wwwAuthenticate, "Digest realm=\"a\", nonce=\"n\""),
                (.wwwAuthenticate, "Digest realm=\"b\", nonce=\"n\""),
            ]
        )
        #expect(self.explanation().credentialsMissing(both).summary.contains("'a' and 'b'"))
    }

    @Test func aRefusalSaysWhatTheResponseSays() throws {
        func diagnosis(_ status: Int, _ headers: [(HeaderName, String)]) throws -> Diagnosis {
            self.explanation(.invite).refusal(try self.response(status, headers))
        }
        let moved = try diagnosis(302, [(.contact, "<sip:201@a.example>"), (.contact, "<sip:202:pw@b.example>")])
        #expect(moved.advice.first?.contains("201@a.example") == true)
        #expect(moved.advice.first?.contains("202:***@b.example") == true)
        #expect(
            try diagnosis(420, [(.unsupported, "timer"), (.unsupported, "100rel")]).summary.hasSuffix("timer, 100rel")
        )
        #expect(
            try diagnosis(405, [(.allow, "ACK"), (.allow, "BYE, OPTIONS")]).advice.first
                == "it allows ACK, BYE, OPTIONS"
        )
    }

    @Test func theBotSpeaksOfItsOwnSettings() {
        var explanation = self.explanation()
        explanation.settings = .svetlana
        let advice = explanation.wrongCredentials(407, nil).advice + explanation.noReply(after: 4).advice
        #expect(!advice.contains { $0.contains("--") })
    }
}
