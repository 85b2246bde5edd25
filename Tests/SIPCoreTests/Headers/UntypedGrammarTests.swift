import Testing

@testable import SIPCore

/// Headers that are text here: their grammar is known all the same, and what breaks it has a verdict.
@Suite struct UntypedGrammarTests {
    static let wellFormed: [(HeaderName, [String])] = [
        (.acceptEncoding, ["gzip;q=0.5", "*", "identity", "gzip, identity;q=0.5", ""]),
        (.acceptLanguage, ["da, en-gb;q=0.8, en;q=0.7", "*", ""]),
        (
            .alertInfo,
            ["<http://www.example.com/sounds/moo,1.wav>", "<http://a.example/x;y,z>;purpose=card;q=\"a,\\\"b\""]
        ),
        (.allow, ["INVITE, ACK,\r\n UPDATE, bye", ""]),
        (.authenticationInfo, ["nextnonce=\"47364c23432d2e131a5fb210812c\", qop=auth, nc=0000001A, cnonce=\"0a4f\""]),
        (
            .authorization,
            ["Digest realm=\"a, b\", stale=FALSE,qop=\"auth,auth-int\"", "NewScheme apparam=\"newvalue\""]
        ),
        (
            .date,
            [
                "Sat, 13 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010\r\n  23:29:00 GMT", "Thu, 29 Feb 2024 12:00:00 GMT",
                "Sat, 01 Jan 0000 00:00:00 GMT", "Tue, 29 Feb 2000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
            ]
        ),
        (.priority, ["Emergency", "non-urgent"]),
        (.retryAfter, ["5", "5 ()", "120 (a(b)c\\\\);duration=1;x=\"y\"", "0(x)", "99999999999999999999"]),
        (.timestamp, ["54", "54.3 0.9", "54.3\t .5", "5. 1.", "99999999999999999999999.5 1"]),
        (.supported, ["path, gruu,outbound", ""]),
        (.rAck, ["776656 1 INVITE", "4294967295\t 2  PRACK"]),
        (.rSeq, ["988789", "4294967295"]),
        (.sessionExpires, ["4000 ; Refresher = UAC", "1800;refresher=uas;a=b", "99999999999"]),
        (.minSE, ["90;x=y", "60"]),
        (.replaces, ["98732@sip.example.com\r\n ;from-tag=r33th4x0r\r\n ;to-tag=ff87ff;early-only"]),
        (.join, ["12345600@atlanta.example.com;from-tag=1234567;to-tag=23431"]),
        (
            .referTo,
            ["<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345&Accept-Contact=*%3Baudio>"]
        ),
        (.referredBy, ["\"A, B\" <sip:r@ref.example>;cid=\"1@x\""]),
        (.referSub, ["False", "true;a=b"]),
        (.event, ["refer;id=93809824", "presence.winfo;id=7", "refer;adaptive-min-rate=2"]),
        (.allowEvents, ["presence , refer,foo.winfo"]),
        (.subscriptionState, ["Terminated;reason=noresource", "active; expires=600 ; retry-after=99999999999"]),
        (.acceptContact, ["*;mobility=\"fixed\";explicit;require, *;audio"]),
        (.path, ["<sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>"]),
        (.pCalledPartyID, ["sip:user1-business@example.com"]),
        (.flowTimer, ["126"]),
    ]

    static let malformed: [(HeaderName, [String])] = [
        (
            .date,
            [
                "", "Sat, 13 Nov 2010 23:29:00 EST", "sat, 13 Nov 2010 23:29:00 GMT", "Sat, 13 nov 2010 23:29:00 GMT",
                "Sat, 13 Nov 2010 23:29:00 gmt", "Saturday, 13-Nov-10 23:29:00 GMT", "Sat Nov 13 23:29:00 2010",
                "Sat, 3 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 10 23:29:00 GMT", "Sat, 31 Nov 2010 23:29:00 GMT",
                "Wed, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 1900 00:00:00 GMT", "Sat, 00 Nov 2010 23:29:00 GMT",
                "Sat, 13 Nov 2010 24:00:00 GMT", "Sat, 13 Nov 2010 23:60:00 GMT", "Sat, 13 Nov 2010 23:29:60 GMT",
                "Sat,13 Nov 2010 23:29:00 GMT", "Sat, 13  Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 GMT+1",
                "Sat, 13 Nov 20100 23:29:00 GMT", "Sat, 13 Nov 2010 23:29 GMT",
                "Sat, 99999999999999999999 Nov 2010 23:29 GMT",
            ]
        ),
        (.retryAfter, ["", "x", "5 (", "5 (a\\", "5;duration=x", "5 ) ", "-1", "5;duration=1;duration=2", "5 x"]),
        (.timestamp, ["", ".5", "x", "5 x", "5 .", "5 1 2", "5.1.2", "-5"]),
        (.authorization, ["Digest", "Digest realm", "Digest realm=", "Digest realm=\"a", "Digest a=b, Digest c=d"]),
        (.supported, ["a b", "a;b"]),
        (.alertInfo, ["http://a.example", "<http://a.example"]),
        (.rAck, ["", "1", "1 2", "1 INVITE", "4294967296 1 INVITE", "1 4294967296 INVITE", "1 2 A B"]),
        (.rSeq, ["0", "4294967296"]),
        (
            .sessionExpires,
            [
                "", "x", "90;refresher=me", "90;refresher", "90;refresher=uac;Refresher=uas", "9 0", "90,91",
            ]
        ),
        (.minSE, ["60 s"]),
        (
            .replaces,
            [
                "", "a", "a;to-tag=1", "a;from-tag=1", "a;to-tag=1;from-tag=2;to-tag=3", "a;to-tag;from-tag=2",
                "a;to-tag=1;from-tag=2;early-only=yes", "a b;to-tag=1;from-tag=2", "a;to-tag=\"1\";from-tag=2",
            ]
        ),
        (.referSub, ["maybe"]),
        (.referredBy, ["<sip:r@ref.example>;cid=\"1", "nobody"]),
        (.event, ["", ".a", "a.", "a..b", "a;id", "a;id=\"1\"", "a, b"]),
        (
            .subscriptionState,
            ["", "active;expires", "active;expires=-1", "active;expires=1;expires=2", "active terminated"]
        ),
        (.acceptContact, ["sip:a@b"]),
    ]

    @Test(arguments: UntypedGrammarTests.wellFormed)
    func aWellFormedValueHasNoVerdict(name: HeaderName, values: [String]) throws {
        for value in values {
            #expect(try HeaderSample.message("\(name): \(value)").verdict(of: name) == nil, "\(name): \(value)")
        }
    }

    @Test(arguments: UntypedGrammarTests.malformed)
    func aMalformedValueHasAVerdict(name: HeaderName, values: [String]) throws {
        for value in values {
            let verdict = try HeaderSample.message("\(name): \(value)").verdict(of: name)
            #expect(verdict?.status == 400, "\(name): \(value)")
        }
    }
}
