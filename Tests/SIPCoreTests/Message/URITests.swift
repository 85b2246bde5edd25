import CoreTypes
import Testing

@testable import SIPCore

@Suite struct URITests {
    @Test(arguments: [
        "sip:alice@atlanta.example", "sip:alice:secret@atlanta.example:5070;transport=tcp",
        "sips:alice@[2001:db8::1]:5061",
        "sip:+1-212-555-1212:1234@gateway.example;user=phone", "sip:192.0.2.4", "sip:a;b=c@d.example;e;f=g?h=i&j=",
        "tel:+358-555-1234567;postd=pp22", "mailto:x@y.example", "sip:*72#@pbx.example",
        "sip:100@127.0.0.1;rinstance=aa14540e",
        "sip:%61lice@atlanta.example;transport=TCP",
    ])
    func roundTrips(_ text: String) {
        #expect(SIPURI(text)?.description == text)
    }

    @Test(arguments: [
        "", "sip:", "sip", ":a@b", "sip:a@", "sip:a@b:", "sip:a@b:65536", "sip:a b@c", "sip:a@b c",
        "sip:a%4@b",
        "sip:a@[::1", "sip:a@[]", "<sip:a@b>", "sip:a@b>", "1sip:a@b", "sip:a@b;x=%", "tel:", "sip::pw@b", "x:",
        "sip:a@b?x=\"",
        "sip:a@2001:db8::1",
    ])
    func refuses(_ text: String) {
        #expect(SIPURI(text) == nil)
    }

    /// Some write so who do not want to be named.
    @Test func anEmptyUserIsNone() {
        #expect(SIPURI("sip:@b")?.description == "sip:b")
    }

    @Test func givesItsParts() throws {
        let uri = try #require(SIPURI("sips:a%20b:pw@Host.example:5061;transport=TLS;lr;x=y?s=1"))
        #expect(uri.scheme == .sips)
        #expect(uri.user == "a%20b")
        #expect(uri.unescapedUser == "a b")
        #expect(uri.password == "pw")
        #expect(uri.host == "Host.example")
        #expect(uri.port == 5061)
        #expect(uri.transport == .tls)
        #expect(uri.isLooseRouter)
        #expect(uri.parameters["X"] == "y")
        #expect(uri.headers == "s=1")
        #expect(SIPURI("sip:a@b;lrx")?.isLooseRouter == false)
        #expect(SIPURI("sip:a@b;LR=on")?.isLooseRouter == true)
        #expect(SIPURI("sip:[2001:db8::1]")?.address == IPAddress("2001:db8::1"))
    }

    @Test func escapesWhatItIsMadeFrom() throws {
        var uri = SIPURI(user: "a b\r\n@c#", host: "d.example", port: 5)
        uri.setParameter("x", "1;2")
        #expect(uri.description == "sip:a%20b%0D%0A%40c%23@d.example:5;x=1%3B2")
        #expect(SIPURI(uri.description)?.unescapedUser == "a b\r\n@c#")
    }

    // The pairs of RFC 3261 section 19.1.4.
    @Test(arguments: [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true
        ),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
        ("sip:a@b;x=1", "sip:a@b;x=2", false),
        ("sip:a@b", "sips:a@b", false),
        ("sip:a@[2001:db8:0::1]", "sip:a@[2001:DB8::1]", true),
        ("tel:+1-201-555-0123", "tel:+12015550123", true),
        ("tel:+12015550123", "tel:+12015550124", false),
        // A name that stands twice is against the rules; the first counts, for a URI is always equivalent to itself.
        ("sip:a@b;user=x;user=y", "sip:a@b;user=x;user=y", true),
        ("sip:a@b;user=x;user=y", "sip:a@b;user=x", true),
        ("sip:a@b;user=x;user=y", "sip:a@b;user=y", false),
    ])
    func compares(_ left: String, _ right: String, _ same: Bool) throws {
        let (one, two) = (try #require(SIPURI(left)), try #require(SIPURI(right)))
        #expect(one.isEquivalent(to: two) == same)
        #expect(two.isEquivalent(to: one) == same)
    }

    // RFC 3261 section 19.1.4: a parameter that only one of two URIs has is ignored, so that what equals a third one
    // need not be equal.
    @Test func isNotTransitive() throws {
        let plain = try #require(SIPURI("sip:carol@chicago.com"))
        let on = try #require(SIPURI("sip:carol@chicago.com;security=on"))
        let off = try #require(SIPURI("sip:carol@chicago.com;security=off"))
        for other in [on, off] {
            #expect(plain.isEquivalent(to: other))
            #expect(other.isEquivalent(to: plain))
        }
        #expect(!on.isEquivalent(to: off))
        #expect(!off.isEquivalent(to: on))
    }

    @Test func readsNameAddresses() throws {
        // 3CX leaves no space before the bracket.
        let one = try #require(NameAddress("\"Asik Kafoor\"<sip:7002@127.0.0.1>;tag=x"))
        #expect(one.displayName == "Asik Kafoor")
        #expect(one.uri.description == "sip:7002@127.0.0.1")
        #expect(one.tag == "x")
        #expect(one.description == "\"Asik Kafoor\" <sip:7002@127.0.0.1>;tag=x")
        let two = try #require(NameAddress("sip:a@b;tag=\"q\\\"\";expires=5"))
        #expect(two.uri.parameters.isEmpty)
        #expect(two.tag == "q\"")
        // A name alone is no tag, as in `SIPMessage`, so that one can be added.
        #expect(NameAddress("<sip:a@b>;tag")?.tag == nil)
        #expect(NameAddress("<sip:a@b>;tag;tag=1")?.tag == "1")
        #expect(two.expires == 5)
        #expect(NameAddress("Bob Smith <sip:a@b;x>")?.displayName == "Bob Smith")
        #expect(NameAddress("Bob Smith <sip:a@b;x>")?.uri.parameters.contains("x") == true)
        #expect(NameAddress("\"\" <sip:a@b>")?.displayName == "")
        #expect(NameAddress("<sip:a@b>;")?.parameters.isEmpty == true)
        for broken in [
            "", "\"a <sip:a@b>", "<sip:a@b", "a, b <sip:a@b>", "sip:a@b?c=d", "\"a\" sip:a@b", "<sip:a@b> x",
        ] {
            #expect(NameAddress(broken) == nil, "\(broken)")
        }
    }

    @Test func changesParameters() throws {
        var address = try #require(NameAddress("<sip:a@b>;Tag=1;x"))
        address.tag = "2"
        #expect(address.description == "<sip:a@b>;tag=2;x")
        address.parameters.set("reason", "two words \"q\"")
        #expect(address.description == "<sip:a@b>;tag=2;x;reason=\"two words \\\"q\\\"\"")
        #expect(NameAddress(address.description) == address)
        address.tag = nil
        address.parameters.remove("X")
        #expect(address.parameters.items.map(\.name) == ["reason"])
    }

    @Test func makesAVia() throws {
        let via = Via(transport: .udp, host: "192.0.2.1", port: 5060, branch: "z9hG4bK1")
        #expect(via.description == "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1")
        #expect(Via(via.description) == via)
        #expect(Via("SIP/2.0/UDP [2001:db8::1];rport=9;received=2001:db8::2")?.rport == .value(9))
        #expect(Via("SIP/2.0/UDP [2001:db8::1];received=2001:db8::2")?.received == IPAddress("2001:db8::2"))
        #expect(Via("SIP/2.0/UDP a, SIP/2.0/UDP b") == nil)
    }
}
