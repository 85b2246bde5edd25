import Testing

@testable import SIPCore

/// The headers of RFC 3261 that tell of a call, a date, a failure.
@Suite struct RequestHeaderTests {
    @Test func textHeaders() throws {
        let message = try HeaderSample.message(
            "s: Tech\r\n  Support,\tas \"it\" is",
            "Organization: Boxes by Bob",
            "Server: HomeServer v2",
            "User-Agent: Softphone/1.2 (beta; (nested))",
            "Priority: Emergency",
            "In-Reply-To: 70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com",
            "Reply-To: \"Bob, C\" <sip:bob@biloxi.com>;x=y"
        )
        #expect(message.subject == "Tech Support,\tas \"it\" is")
        #expect(message.organization == "Boxes by Bob")
        #expect(message.server == "HomeServer v2")
        #expect(message.userAgent == "Softphone/1.2 (beta; (nested))")
        #expect(message.priority == .emergency)
        #expect(message.inReplyTo == ["70710@saturn.bell-tel.com", "17320@saturn.bell-tel.com"])
        #expect(message.replyTo?.displayName == "Bob, C")
        #expect(message.verdicts.isEmpty)
        let empty = try HeaderSample.message("Subject:")
        #expect(empty.subject == "")
        #expect(empty.organization == nil && empty.priority == nil && empty.inReplyTo.isEmpty && empty.replyTo == nil)
        expectRoundTrip("non-urgent", Priority.self)
    }

    @Test func infoReferencesOfTheRFC() throws {
        let message = try HeaderSample.message(
            "Alert-Info: <http://www.example.com/sounds/moo,1.wav>",
            "Call-Info: <http://wwww.example.com/alice/photo.jpg> ;purpose=icon,",
            "\t<http://www.example.com/alice/> ;purpose=info",
            "Error-Info: <sip:not-in-service-recording@atlanta.com>"
        )
        #expect(message.alertInfo.map(\.uri.description) == ["http://www.example.com/sounds/moo,1.wav"])
        #expect(message.callInfo.map(\.purpose) == ["icon", "info"])
        #expect(message.errorInfo.first?.uri.user == "not-in-service-recording")
        expectRoundTrip("<http://a.example/x;y,z>;purpose=card;q=\"a,\\\"b\"", InfoReference.self)
        #expect(InfoReference("http://a.example") == nil)
        #expect(InfoReference("<http://a.example") == nil)
    }

    // MARK: Date

    @Test func dateOfTheRFC() throws {
        let date = try #require(SIPDate("Sat, 13 Nov 2010 23:29:00 GMT"))
        #expect(date.secondsSince1970 == 1_289_690_940)
        #expect(date.description == "Sat, 13 Nov 2010 23:29:00 GMT")
        #expect(try HeaderSample.message("Date: Sat, 13 Nov 2010\r\n  23:29:00 GMT").date == date)
        #expect(SIPDate("Thu, 01 Jan 1970 00:00:00 GMT")?.secondsSince1970 == 0)
        #expect(SIPDate("Thu, 29 Feb 2024 12:00:00 GMT") != nil)
        #expect(SIPDate("Sat, 01 Jan 0000 00:00:00 GMT")?.secondsSince1970 == -62_167_219_200)
        #expect(SIPDate("Fri, 31 Dec 9999 23:59:59 GMT")?.secondsSince1970 == 253_402_300_799)
    }

    @Test(arguments: [
        "", "Sat, 13 Nov 2010 23:29:00 EST", "sat, 13 Nov 2010 23:29:00 GMT", "Sat, 13 nov 2010 23:29:00 GMT",
        "Sat, 13 Nov 2010 23:29:00 gmt", "Saturday, 13-Nov-10 23:29:00 GMT", "Sat Nov 13 23:29:00 2010",
        "Sat, 3 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 10 23:29:00 GMT", "Sat, 31 Nov 2010 23:29:00 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 1900 00:00:00 GMT", "Sat, 00 Nov 2010 23:29:00 GMT",
        "Sat, 13 Nov 2010 24:00:00 GMT", "Sat, 13 Nov 2010 23:60:00 GMT", "Sat, 13 Nov 2010 23:29:60 GMT",
        "Sat,13 Nov 2010 23:29:00 GMT", "Sat, 13  Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 GMT+1",
        "Sat, 13 Nov 20100 23:29:00 GMT", "Sat, 13 Nov 2010 23:29 GMT", "Sat, 99999999999999999999 Nov 2010 23:29 GMT",
    ])
    func malformedDates(_ text: String) {
        #expect(SIPDate(text) == nil)
    }

    @Test func everyDayIsWrittenAndReadAgain() throws {
        // Every 397th day from the year 0 to the year 9999, with a time that moves on.
        var seconds: Int64 = -62_167_219_200
        while let date = SIPDate(secondsSince1970: seconds) {
            #expect(SIPDate(date.description) == date)
            seconds += 397 * 86_400 + 3_601
        }
        #expect(SIPDate(secondsSince1970: .max) == nil)
        #expect(SIPDate(secondsSince1970: .min) == nil)
        #expect(SIPDate(secondsSince1970: 951_782_400)?.description == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(SIPDate(secondsSince1970: -1)?.description == "Wed, 31 Dec 1969 23:59:59 GMT")
    }

    // MARK: Retry-After, Timestamp, Warning

    @Test func retryAfterOfTheRFC() throws {
        let value = try #require(RetryAfter("18000;duration=3600"))
        #expect(value.seconds == 18_000 && value.duration == 3_600 && value.comment == nil)
        let message = try HeaderSample.message("Retry-After: 120 (I'm in a \\) meeting, (really))")
        #expect(message.retryAfterDetails?.comment == "I'm in a ) meeting, (really)")
        #expect(message.retryAfter == 120)
        #expect(RetryAfter("99999999999999999999")?.seconds == .max)
        for text in ["5", "5 ()", "120 (a(b)c\\\\);duration=1;x=\"y\"", "0(x)"] {
            expectRoundTrip(text, RetryAfter.self)
        }
        for text in ["", "x", "5 (", "5 (a\\", "5;duration=x", "5 ) ", "-1", "5;duration=1;duration=2", "5 x"] {
            #expect(RetryAfter(text) == nil, "\(text)")
        }
    }

    @Test func timestampIsGivenBackWithADelay() throws {
        let message = try HeaderSample.message("Timestamp: 54.3\t .5")
        let timestamp = try #require(message.timestamp)
        #expect(timestamp.value == "54.3")
        #expect(timestamp.delay == .milliseconds(500))
        #expect(Timestamp("54")?.delayed(by: .milliseconds(1_250)).description == "54 1.25")
        #expect(Timestamp("54.")?.delayed(by: .seconds(-1)).description == "54. 0")
        #expect(Timestamp(nanoseconds: 1_000_000_001).description == "1.000000001")
        #expect(Timestamp("1 0.123456789999")?.delay == .nanoseconds(123_456_789))
        #expect(Timestamp("1 99999999999999999999")?.delay == nil)
        for text in ["54", "54.3 0.9", "5. 1.", "99999999999999999999999.5 1"] { expectRoundTrip(text, Timestamp.self) }
        for text in ["", ".5", "x", "5 x", "5 .", "5 1 2", "5.1.2", "-5"] { #expect(Timestamp(text) == nil, "\(text)") }
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

    // MARK: Authentication

    @Test func authenticationHeaders() throws {
        let message = try HeaderSample.message(
            "Authentication-Info: nextnonce=\"47364c23432d2e131a5fb210812c\", qop=auth, nc=0000001A, cnonce=\"0a4f\"",
            "Authorization: Digest username=\"Alice \\\"A\\\"\", realm=\"atlanta.com\",",
            " nonce=\"84a4cc6f3082121f32b42a2187831a9e\", response=\"7587245234b3434cc3412213e5f113a5432\"",
            "WWW-Authenticate: NewScheme apparam=\"newvalue\""
        )
        #expect(message.authenticationInfo?.nextNonce == "47364c23432d2e131a5fb210812c")
        #expect(message.authenticationInfo?.nonceCount == 26)
        #expect(message.authenticationInfo?.qop == "auth")
        let authorization = try #require(message.authorizationValues(.authorization).first)
        #expect(authorization.scheme == "Digest")
        #expect(authorization.realm == "atlanta.com")
        #expect(authorization.parameters["username"] == "Alice \"A\"")
        #expect(message.authorizationValues(.wwwAuthenticate).map(\.scheme) == ["NewScheme"])
        #expect(message.verdicts.isEmpty)
        expectRoundTrip("Digest realm=\"a, b\", stale=FALSE,qop=\"auth,auth-int\"", AuthorizationValue.self)
        expectRoundTrip("nextnonce=\"a\"", AuthenticationInfo.self)
        for text in ["Digest", "Digest realm", "Digest realm=", "Digest realm=\"a", "Digest a=b, Digest c=d"] {
            #expect(AuthorizationValue(text) == nil, "\(text)")
        }
    }
}
