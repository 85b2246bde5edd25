import Testing

@testable import SIPCore

/// The headers of RFC 3323, 3325, 3326, 5806, 7044: who calls, and how the call came here.
@Suite struct IdentityHeaderTests {
    @Test func assertedIdentities() throws {
        let message = try HeaderSample.message(
            "P-Asserted-Identity: \"Cullen, J\" <sip:fluffy@cisco.com>, tel:+14085264000",
            "Privacy: id;User ; critical",
            "PRIVACY: history"
        )
        #expect(message.assertedIdentities.map(\.uri.scheme) == [.sip, .tel])
        #expect(message.assertedIdentities[0].displayName == "Cullen, J")
        let privacy = try #require(message.privacy)
        #expect(privacy.values == ["id", "User", "critical", "history"])
        #expect(privacy.hidesIdentity && privacy.contains("user") && !privacy.contains("none"))
        expectRoundTrip("id;critical", Privacy.self)
        #expect(Privacy("id,critical") == Privacy(["id", "critical"]))
        for text in ["", ";", "id;", "id critical", "id;;user"] { #expect(Privacy(text) == nil, "\(text)") }
        #expect(try HeaderSample.message("Privacy: id", "Privacy: ;").privacy == nil)
        #expect(try HeaderSample.message().privacy == nil)
    }

    @Test func reasonsOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Reason: SIP ;cause=200 ;text=\"Call completed, \\\"elsewhere\\\"\", Q.850;cause=16;text=\"Terminated\"",
            "REASON: SIP;cause=x",
            "Reason: FOO;text=Call\r\n completed elsewhere;cause=1"
        )
        #expect(message.reasons.map(\.protocolName) == ["SIP", "Q.850", "FOO"])
        #expect(message.reasons[0].cause == 200)
        #expect(message.reasons[0].text == "Call completed, \"elsewhere\"")
        #expect(message.cause(of: "q.850") == 16)
        #expect(message.reasons[2].text == "Call completed elsewhere")
        #expect(message.reasons[2].description == "FOO;text=\"Call completed elsewhere\";cause=1")
        #expect(Reason(cause: 486, text: "a\"b").description == "SIP;cause=486;text=\"a\\\"b\"")
        for text in ["SIP", "Q.850;cause=0", "SIP;cause=486;text=\"\"", "X;text=a b"] {
            expectRoundTrip(text, Reason.self)
        }
        for text in ["", ";cause=1", "SIP;cause", "SIP;cause=4294967296", "SIP;cause=1;cause=2", "SIP;text=", "SIP x"] {
            #expect(Reason(text) == nil, "\(text)")
        }
    }

    @Test func diversionsOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Diversion: \"B, C\" <sip:+19195551002@b.example>;reason=no-answer;counter=1;privacy=full;screen=\"yes\",",
            " tel:1;reason=\"user-busy\";limit=5",
            "Diversion: <sip:c@d.example>;counter=x"
        )
        #expect(message.diversions.map(\.reason) == ["no-answer", "user-busy"])
        let first = try #require(message.diversions.first)
        #expect(first.counter == 1 && first.limit == nil && first.privacy == "full" && first.screen == "yes")
        #expect(message.diversions[1].limit == 5)
        expectRoundTrip("<sip:a@b>;reason=time-of-day;x=\"y\"", Diversion.self)
        for text in ["", "sip:", "<sip:a@b>;reason", "<sip:a@b>;counter=-1", "<sip:a@b>;reason=a;reason=b", "\"x\""] {
            #expect(Diversion(text) == nil, "\(text)")
        }
    }

    @Test func historyOfTheRFC() throws {
        let message = try HeaderSample.message(
            "History-Info: <sip:bob@biloxi.example.com?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22&privacy=none>;index=1;foo=bar,",
            " <sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D486>;index=1.2;rc=1, <sip:carol@example.com>;index=1.3.10;mp=1.2",
            "History-Info: <sip:no-index@example.com>, <sip:x@y>;index=1..2"
        )
        let history = message.historyInfo
        #expect(history.map(\.index) == [[1], [1, 2], [1, 3, 10]])
        #expect(history[0].reasons.map(\.cause) == [302])
        #expect(history[0].reasons.first?.text == "Moved")
        #expect(history[0].privacy?.values == ["none"])
        #expect(history[0].origin == nil)
        #expect(history[1].origin?.change == .routedToContact)
        #expect(history[2].origin?.change == .mapped)
        #expect(history[2].origin?.index == [1, 2])
        let made = HistoryInfo(uri: SIPURI(user: "a", host: "b"), index: [1, 1], change: .unchanged, from: [1])
        #expect(made.description == "<sip:a@b>;index=1.1;np=1")
        expectRoundTrip("<sip:bob@192.0.2.3>;index=1.1;rc=1;x=\"y\"", HistoryInfo.self)
        let many = try #require(
            HistoryInfo(
                "<sip:a@b;cause=302?Reason=SIP%3Bcause%3D486%2C%20Q.850%3Bcause%3D17&reason=x>;index=1;cause=408"
            )
        )
        #expect(many.causes.map(\.cause) == [302, 408, 486, 17, nil])
        #expect(many.causes.map(\.protocolName) == ["SIP", "SIP", "SIP", "Q.850", "x"])
        for text in [
            "<sip:a@b>", "<sip:a@b>;index=", "<sip:a@b>;index=.1", "<sip:a@b>;index=1.", "<sip:a@b>;index=4294967296",
        ] {
            #expect(HistoryInfo(text) == nil, "\(text)")
        }
    }

    @Test func warningsOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Warning: 307 isi.edu \"Session parameter 'foo' not understood\", 399 [2001:db8::1]:5060 \"a, \\\"b\\\" c\"",
            "Warning: 3 x \"y\", 301 isi.edu \"Incompatible network address type 'E.164'\""
        )
        #expect(message.warnings.map(\.code) == [307, 399, 301])
        #expect(message.warnings[1].agent == "[2001:db8::1]:5060")
        #expect(message.warnings[1].text == "a, \"b\" c")
        expectRoundTrip("399 a.example:5060 \"x\\\\\\\"\"", Warning.self)
        #expect(Warning("099 a \"b\"")?.description == "099 a \"b\"")
        for text in ["", "307", "307 isi.edu", "307 isi.edu text", "3070 a \"b\"", "307 a \"b", "307  \"b\""] {
            #expect(Warning(text) == nil, "\(text)")
        }
    }

    @Test func remotePartyID() throws {
        let message = try HeaderSample.message(
            "Remote-Party-ID: \"100\"<sip:100@192.0.2.195>;party=calling;screen=YES;privacy=off;id-type=subscriber"
        )
        let party = try #require(message.remotePartyIDs.first)
        #expect(party.isScreened && party.party == "calling" && party.privacy == "off")
        #expect(party.identityType == "subscriber" && party.uri.user == "100")
        expectRoundTrip("\"A;B\" <sip:a@b>;party=called", RemotePartyID.self)
        #expect(RemotePartyID("<sip:a@b>;party=\"called\"") == nil)
    }
}
