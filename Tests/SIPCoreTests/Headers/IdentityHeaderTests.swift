import Testing

@testable import SIPCore

/// The headers of RFC 3323, 3325, 3326, 3327, 3608, 5806, 7044, 7315: who calls, and how the call came here.
@Suite struct IdentityHeaderTests {
    @Test func assertedIdentities() throws {
        let message = try HeaderSample.message(
            "P-Asserted-Identity: \"Cullen, J\" <sip:fluffy@cisco.com>, tel:+14085264000",
            "p-preferred-identity: sip:a@b.example;x=1",
            "Privacy: id;User ; critical",
            "PRIVACY: history"
        )
        #expect(message.assertedIdentities.map(\.uri.scheme) == [.sip, .tel])
        #expect(message.assertedIdentities[0].displayName == "Cullen, J")
        #expect(message.preferredIdentities.count == 1)
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

    @Test func routes() throws {
        let message = try HeaderSample.message(
            "Path: <sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>",
            "Service-Route: <sip:P2.HOME.EXAMPLE.COM;lr>,",
            " <sip:HSP.HOME.EXAMPLE.COM;lr>"
        )
        #expect(message.path.map(\.uri.host) == ["P3.EXAMPLEHOME.COM", "P1.EXAMPLEVISITED.COM"])
        #expect(message.serviceRoute.map(\.uri.isLooseRouter) == [true, true])
        #expect(message.serviceRoute.count == 2)
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
        #expect(history[0].reason?.cause == 302)
        #expect(history[0].reason?.text == "Moved")
        #expect(history[0].privacy?.values == ["none"])
        #expect(history[0].origin == nil)
        #expect(history[1].origin?.change == .routedToContact)
        #expect(history[2].origin?.change == .mapped)
        #expect(history[2].origin?.index == [1, 2])
        let made = HistoryInfo(uri: SIPURI(user: "a", host: "b"), index: [1, 1], change: .unchanged, from: [1])
        #expect(made.description == "<sip:a@b>;index=1.1;np=1")
        expectRoundTrip("<sip:bob@192.0.2.3>;index=1.1;rc=1;x=\"y\"", HistoryInfo.self)
        for text in [
            "<sip:a@b>", "<sip:a@b>;index=", "<sip:a@b>;index=.1", "<sip:a@b>;index=1.", "<sip:a@b>;index=4294967296",
        ] {
            #expect(HistoryInfo(text) == nil, "\(text)")
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

    @Test func networkHeaders() throws {
        let message = try HeaderSample.message(
            "P-Access-Network-Info: 3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11, DSL;a=\"b,c\"",
            "P-Visited-Network-ID: other.net, \"Visited, network number 1\"",
            "P-Charging-Vector: icid-value=\"1234bc9876e\";icid-generated-at=192.0.2.8",
            "P-Called-Party-ID: sip:user1-business@example.com",
            "P-Associated-URI: <sip:a@b>, <sip:c@d>"
        )
        #expect(message.accessNetworkInfo == ["3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11", "DSL;a=\"b,c\""])
        #expect(message.visitedNetworkIDs == ["other.net", "\"Visited, network number 1\""])
        #expect(message.chargingVector?.hasPrefix("icid-value=") == true)
        #expect(message.calledPartyID?.uri.user == "user1-business")
        #expect(message.associatedURIs.count == 2)
        #expect(message.verdicts.isEmpty)
    }
}
