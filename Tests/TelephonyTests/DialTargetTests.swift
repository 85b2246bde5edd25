import SIPCore
import Testing

@testable import Telephony

@Suite struct DialTargetTests {
    private static func uri(_ text: String) throws -> String {
        let account = try #require(SIPURI("sip:200@pbx.example:5070"))
        return try DialTarget(text, at: account).uri.description
    }

    @Test(arguments: [
        ("100", "sip:100@pbx.example:5070"), ("+49301", "sip:+49301@pbx.example:5070"),
        ("*97", "sip:*97@pbx.example:5070"),
        ("sip:100@pbx.example", "sip:100@pbx.example"), ("SIP:100@pbx.example:5080", "sip:100@pbx.example:5080"),
        ("100@pbx.example:5080", "sip:100@pbx.example:5080"),
        ("tel:+49-30-1", "sip:+49301@pbx.example:5070;user=phone"),
        ("TEL:(030)1.2", "sip:03012@pbx.example:5070;user=phone"),
        ("tel:7;phone-context=x.example", "sip:7;phone-context=x.example@pbx.example:5070;user=phone"),
        ("sip:100@[2001:db8::1]:5061", "sip:100@[2001:db8::1]:5061"),
    ])
    func `what is called is understood`(text: String, uri: String) throws {
        #expect(try Self.uri(text) == uri)
    }

    @Test(arguments: [
        "", " ", "mailto:a@b", "http://x", "sip:", "sip:@x", "1 2", "100\r\nX: y", "sip:100@pbx.example?X=1", "100@",
        "tel:", "tel:--",
        "é", "sip:100@pbx.example:99999",
    ])
    func `what is no target is refused`(text: String) {
        #expect(throws: TelephonyError.invalidTarget) { try Self.uri(text) }
    }

    @Test(arguments: ["sips:100@pbx.example", "SIPS:100@pbx.example", "sips:100@pbx.example;transport=udp"])
    func `what asks for TLS does not leave in the clear`(text: String) {
        #expect(throws: TelephonyError.insecureTransport) { try Self.uri(text) }
    }
}
