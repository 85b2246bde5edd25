import Testing

@testable import svetlana

@Suite struct ConfigurationValueTests {
    @Test(arguments: [
        ("0.8", Duration.milliseconds(800)), ("800 ms", .milliseconds(800)), ("30s", .seconds(30)),
        ("15 min", .seconds(900)),
        ("2 h", .seconds(7_200)), ("1.5 minutes", .seconds(90)),
    ])
    func `a length of time is read`(text: String, expected: Duration) {
        #expect(Duration(configured: text) == expected)
    }

    @Test(arguments: ["", "s", "-1", "1 day", "1e400", "1..2", "99999999999"])
    func `what is no length of time is refused`(text: String) {
        #expect(Duration(configured: text) == nil)
    }

    @Test(arguments: [
        ("extensions", "1", true), ("extensions", "99999", true), ("extensions", "100000", false),
        ("extensions", "", false),
        ("extensions", "+100", false), ("extensions", "12a", false), ("extensions", "*100", false),
        ("8XX", "812", true), ("8xx", "8123", false), ("8XX", "8a2", false), ("8XX", "712", false),
        ("+4930*", "+4930123", true), ("+4930*", "004930123", false), ("+4930*", "+4930", true),
        ("+4930*", "+493", false),
        ("*", "0190666666", true), ("*", "evil@host", false), ("100", "100", true), ("100", "1000", false),
    ])
    func `what may be dialed is what fits a rule`(rule: String, number: String, allowed: Bool) throws {
        let rules = DialRules(allow: [try #require(DialRules.Rule(rule))])
        #expect(rules.allows(number) == allowed)
    }

    @Test(arguments: ["", "+", "1*2", "sip:1@x", "abc", "1 2"])
    func `what is no rule is refused`(text: String) {
        #expect(DialRules.Rule(text) == nil)
    }

    @Test func `only extensions may be dialed by default and nothing when the list is empty`() throws {
        #expect(BotConfiguration().dial.allows("100"))
        #expect(!BotConfiguration().dial.allows("0190666666"))
        #expect(try ConfigurationTests.parse("dial: {allow: []}").dial.allows("100") == false)
    }

    @Test(
        arguments: [
            ("pbx.example", "pbx.example", nil), ("10.0.0.1:5061", "10.0.0.1", 5061), ("[::1]", "[::1]", nil),
            ("[::1]:5070", "[::1]", 5070),
        ] as [(String, String, UInt16?)]
    )
    func `a host is read`(text: String, host: String, port: UInt16?) {
        #expect(SIPSettings.Server(text) == .init(host: host, port: port))
    }

    @Test(arguments: ["", ":5060", "a:0", "a:x", "a b", "::1", "[::1", "[x]", "a@b", "a/b", "ä"])
    func `what is no host is refused`(text: String) {
        #expect(SIPSettings.Server(text) == nil)
    }

    @Test func `addresses are told from names`() {
        for text in ["192.168.1.10", "0.0.0.0", "::1", "2001:db8::2"] { #expect(IPText.isAddress(text)) }
        for text in ["", "1.2.3", "1.2.3.256", "1.2.3.04x", "pbx", "[::1]", "1.2.3.4:5"] {
            #expect(!IPText.isAddress(text))
        }
    }

    @Test func `a word is corrected only when it is near`() {
        #expect(Spelling.nearest(to: "pasword", among: ["password", "port"]) == "password")
        #expect(Spelling.nearest(to: "PROT", among: ["password", "port"]) == "port")
        #expect(Spelling.nearest(to: "xyz", among: ["password", "port"]) == nil)
        #expect(Spelling.nearest(to: "", among: ["password", "port"]) == nil)
    }
}
