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
        (487, .notAnswered), (603, .declined), (488, .notAcceptable), (606, .notAcceptable), (500, .serverTrouble),
        (503, .serverTrouble), (423, .intervalTooBrief), (302, .refused), (405, .refused), (499, .refused),
    ])
    func eachStatusHasItsVerdict(status: Int, verdict: Verdict) {
        let diagnosis = self.explanation(.invite).refusal(status: status, reason: "Because")
        #expect(diagnosis.verdict == verdict)
        #expect(diagnosis.summary.contains("\(status) Because"))
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
        #expect(Sipctl.configuration.discussion.contains(Verdict.table))
    }
}
