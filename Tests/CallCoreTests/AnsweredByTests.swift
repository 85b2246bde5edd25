import SIPCore
import Testing

@testable import CallCore

/// What the responses to an INVITE say of who answered: every value of every line.
@Suite struct AnsweredByTests {
    private func response(_ start: String, _ lines: String...) throws -> SIPMessage {
        let text =
            "SIP/2.0 \(start)\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:b>;tag=1\r\nTo: <sip:a>;tag=2\r\n"
            + "Call-ID: c\r\nCSeq: 1 INVITE\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        return try SIPMessage(Array(text.utf8))
    }

    @Test(arguments: [("id", true), ("user;id", true), ("none", false)])
    func whoWantsToStayUnnamedIsMarked(privacy: String, isPrivate: Bool) throws {
        let response = try self.response("200 OK", "P-Asserted-Identity: <sip:x@a>", "Privacy: \(privacy)")
        #expect(AnsweredBy(response, ringingTag: "2", wasForwarded: false).isPrivate == isPrivate)
    }

    @Test func everyValueIsKept() throws {
        var way = CallWay()
        way.note(
            try self.response(
                "181 Forwarded",
                "Diversion: <sip:200@a>;reason=no-answer",
                "History-Info: <sip:200@a>;index=1"
            )
        )
        let answer = AnsweredBy(
            try self.response(
                "200 OK",
                "P-Asserted-Identity: \"A, B\" <sip:x@a>, <tel:+4930123>",
                "Diversion: <sip:201@a>;reason=user-busy",
                "History-Info: <sip:200@a>;index=1, <sip:201@a;cause=408>;index=1.1",
                "History-Info: <sip:202@a;cause=486>;index=1.2",
                "Reason: SIP;cause=200",
                "Reason: Q.850;cause=17"
            ),
            ringingTag: "2",
            wasForwarded: false,
            way: way
        )
        #expect(answer.identities == ["\"A, B\" <sip:x@a>", "<tel:+4930123>"])
        #expect(answer.assertedIdentity == "\"A, B\" <sip:x@a>")
        #expect(answer.diversions == ["<sip:200@a>;reason=no-answer", "<sip:201@a>;reason=user-busy"])
        #expect(answer.history.count == 3 && answer.history.last == "<sip:202@a;cause=486>;index=1.2")
        #expect(answer.reasons == ["SIP;cause=200", "Q.850;cause=17"])
    }

    @Test func remotePartyIDStandsInWhereNothingIsAsserted() throws {
        let answer = AnsweredBy(
            try self.response("200 OK", "Remote-Party-ID: <sip:1@a>;party=called", "Remote-Party-ID: <sip:2@a>"),
            ringingTag: nil,
            wasForwarded: false
        )
        #expect(answer.identities.count == 2 && answer.diversion == nil)
    }

    // The PBX chooses how much it says.
    @Test func onlySoMuchIsKept() throws {
        var way = CallWay()
        for number in 0..<100 {
            way.note(
                try self.response(
                    "183 Progress",
                    "Diversion: <sip:\(number)@a>",
                    "History-Info: <sip:\(number)@a>;index=1"
                )
            )
        }
        way.note(try self.response("183 Progress", "Diversion: <sip:\(String(repeating: "9", count: 2_000))@a>"))
        #expect(way.diversions.count == 16 && way.history.count == 1)
    }
}
