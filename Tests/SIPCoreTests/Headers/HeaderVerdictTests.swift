import Testing

@testable import SIPCore

/// A header that is present and malformed reads as `nil`, and the verdict says where the fault is.
@Suite struct HeaderVerdictTests {
    /// Header lines with the sign § before the byte at fault.
    static let faults: [String] = [
        "Accept: text§", "Accept: text/plain;q=§2", "Accept: a/b,§, c/d", "Accept-Encoding: gzip;q§",
        "Accept-Language: en-§",
        "Accept-Language: §toolongalanguage", "Alert-Info: §http://a.example", "Alert-Info: <§>", "Allow: INVITE §ACK",
        "Authentication-Info: nextnonce§", "Authorization: Digest§", "Authorization: Digest username=§\"a",
        "Call-Info: <http://a.example>;purpose=§\"icon\"", "Contact: <sip:a@b>;q=§1.5",
        "Contact: <sip:a@b>, \"x;y\" <sip:c@d>;a=b;expires=§now", "Content-Disposition: §",
        "Content-Encoding: gzip§;q=1", "Content-Language: en,§*", "Content-Type: application§",
        "Content-Type: a/b;§=c", "Content-Type: a/b;boundary=§", "Date: Sat, 13 Nov 2010 23:29:00 §EST",
        "Date: Sat, §31 Nov 2010 23:29:00 GMT", "Error-Info: <sip:a@b§", "Expires: §soon", "Expires: 60§s",
        "In-Reply-To: a@b §c", "MIME-Version: 1§", "Min-Expires: §-1", "Priority: §\"high\"", "Require: a§;b",
        "Reply-To: <nothing§>", "Retry-After: 5 §(never", "Retry-After: 5;duration=§x", "Supported: a,§",
        "Timestamp: §x",
        "Timestamp: 1 §.", "Warning: §3070 a \"b\"", "Warning: 307 a §b", "Warning: 307 a \"b\", §3", "RAck: 1 2§",
        "RAck: §4294967296 1 INVITE", "RSeq: §0", "RSeq: 1§.5", "Privacy: id;§", "P-Asserted-Identity: <sip:a@b> §x",
        "Reason: SIP;cause=§high", "Reason: SIP;cause=1;§cause=2", "Reason: SIP;text=§\"a", "Path: §<sip:a@b",
        "Refer-To: <sip:a@b>§, <sip:c@d>", "Accept-Contact: §sip:a@b", "Reject-Contact: *;require=§1",
        "Replaces: a;to-tag=1§", "Replaces: a;to-tag=§\"1\";from-tag=2", "Join: §;to-tag=1",
        "Referred-By: <sip:a@b>;cid=§",
        "SIP-ETag: a §b", "Session-Expires: 90;refresher=§me", "Min-SE: §x", "Refer-Sub: §no", "Flow-Timer: 12§m",
        "Diversion: \"a\" <sip:a;b@c;d=e>;x;counter=§x", "Event: §.a", "Event: a;id§", "Allow-Events: a§;b",
        "Subscription-State: active;expires=§x", "History-Info: <sip:a@b>§", "History-Info: <sip:a@b>;index=1.§",
        "Remote-Party-ID: <sip:a@b>;screen=§\"yes\"", "P-Called-Party-ID: §", "Request-Disposition: a,§;",
        "WWW-Authenticate: Digest realm=\"a\",§", "Subscription-State: active §x", "x: 1;§\"",
        "Reason: SIP\r\n ;cause=§x",
    ]

    @Test(arguments: HeaderVerdictTests.faults)
    func faultsAreToldByTheirPlace(_ line: String) throws {
        let marked = HeaderSample.wire([line])
        let offset = try #require(HeaderSample.offset(of: "§", in: marked))
        let message = try SIPMessage(HeaderSample.wire([line.replacing("§", with: "")]))
        let name = try #require(HeaderName(String(line.prefix { $0 != ":" })))
        let verdict = try #require(message.verdict(of: name))
        #expect(verdict.layer == .header)
        #expect(verdict.header == name)
        #expect(verdict.status == 400)
        #expect(verdict.offset == offset, "\(verdict)")
        #expect(message.verdicts == [verdict])
    }

    @Test func wellFormedAndAbsentHeadersHaveNone() throws {
        let message = try HeaderSample.message("Date: Sat, 13 Nov 2010 23:29:00 GMT", "X-Odd: \" (", "Subject: \" (")
        #expect(message.verdict(of: .date) == nil)
        #expect(message.verdict(of: .expires) == nil)
        #expect(message.verdict(of: "X-Odd") == nil)
        #expect(message.verdicts.isEmpty)
    }

    @Test func aHeaderThatStandsOnceMayNotStandTwice() throws {
        let message = try HeaderSample.message("Expires: 5", "Event: a", "event: b", "Supported: a", "Supported: b")
        let verdict = try #require(message.verdict(of: .event))
        #expect(verdict.offset == HeaderSample.offset(of: "b\r\nSupported", in: message.bytes))
        #expect(message.first(.event) == "a")
        #expect(message.verdicts.count == 1)
    }

    @Test func malformedItemsAreLeftOut() throws {
        let message = try HeaderSample.message("Reason: SIP;cause=x, \"odd\", Q.850;cause=16", "Warning: nonsense")
        #expect(message.reasons.map(\.protocolName) == ["Q.850"])
        #expect(message.warnings.isEmpty)
        #expect(message.verdicts.map(\.header) == [.reason, .warning])
    }

    @Test func everyGrammarTakesAnyBytes() throws {
        // Each grammar meets the values of all others.
        let values = HeaderVerdictTests.faults.map { $0.replacing("§", with: "").drop { $0 != ":" }.dropFirst() }
        var (good, bad) = (0, 0)
        for name in HeaderGrammar.table.keys where ![.contentLength, .contact, .route, .recordRoute].contains(name) {
            for value in values {
                guard let message = try? HeaderSample.message("\(name):\(value)") else { continue }
                if message.verdict(of: name) == nil { good += 1 } else { bad += 1 }
            }
        }
        // Both happen often: a check that takes anything, or nothing, is none.
        #expect(good > values.count)
        #expect(bad > values.count)
    }

    // MARK: Building

    @Test func typedValuesAreBuilt() throws {
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        try builder.add(.reason, Reason(cause: 200, text: "Call completed \"elsewhere\", \\ really"))
        try builder.add(.privacy, Privacy(["id", "user"]))
        try builder.replace(.privacy, Privacy(["none"]))
        let message = try builder.build()
        #expect(message.reasons.first?.text == "Call completed \"elsewhere\", \\ really")
        #expect(message.privacy == Privacy(["none"]))
    }

    @Test func noPartOfAValueSmugglesInAnother() throws {
        var builder = SIPMessageBuilder(copying: try HeaderSample.message())
        func refuses(_ name: HeaderName, _ value: some SIPHeaderValue) {
            #expect(throws: SIPBuildError.illegalCharacter(name)) { try builder.add(name, value) }
        }
        refuses(.reason, Reason(protocolName: "SIP, Q.850"))
        refuses(.reason, Reason(protocolName: "SIP", text: "a\r\nVia: x"))
        refuses(.privacy, Privacy([]))
        refuses(.privacy, Privacy(["id\u{0}"]))
        refuses(.contentDisposition, ContentDisposition("session;handling=optional"))
        refuses(.warning, Warning(code: 1, agent: "a b", text: ""))
        var parameters = Parameters()
        parameters.set("a;b", "c")
        refuses(.contentType, MediaType("a", "b", parameters: parameters))
    }
}
