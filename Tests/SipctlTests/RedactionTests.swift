import SIPDiagnostics
import Testing

@testable import sipctl

/// Nothing secret is printed, and nothing that steers a terminal.
@Suite struct RedactionTests {
    @Test func aDigestResponseIsMaskedAndTheRestStays() {
        let header = "Proxy-Authorization: Digest username=\"a\",realm=\"r\",response=\"0123abcd\",algorithm=MD5"
        let text = Redaction.text(of: Array("REGISTER sip:x SIP/2.0\r\n\(header)\r\n".utf8))
        #expect(!text.contains("0123abcd"))
        #expect(text.contains("username=\"a\"") && text.contains("response=***,algorithm=MD5"))
        #expect(!Redaction.text(of: Array("AUTHORIZATION: Digest RESPONSE=\"77\"".utf8)).contains("77"))
    }

    @Test func keysAndPasswordsAreMasked() {
        let crypto = Redaction.text(of: Array("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20".utf8))
        #expect(crypto == "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20")
        #expect(Redaction.uri("sip:100:secret@pbx.example:5062") == "sip:100:***@pbx.example:5062")
        #expect(Redaction.uri("sip:100@pbx.example:5062") == "sip:100@pbx.example:5062")
        #expect(Redaction.uri("sip:pbx.example:5062") == "sip:pbx.example:5062")
        let to = Redaction.text(of: Array("To: \"A\" <sip:100:secret@pbx.example>;tag=1".utf8))
        #expect(to == "To: \"A\" <sip:100:***@pbx.example>;tag=1")
    }

    @Test func whatIsWrittenInAnotherWayIsMaskedToo() {
        #expect(Redaction.text(of: Array("To: <SIP:100:secret@pbx.example>".utf8)) == "To: <SIP:100:***@pbx.example>")
        let folded = "Authorization: Digest username=\"a\",\r\n response=\"0123abcd\",uri=\"sip:x\""
        #expect(!Redaction.text(of: Array(folded.utf8)).contains("0123abcd"))
    }

    @Test func controlCharactersBecomeDots() {
        #expect(Redaction.line("a\u{1B}[2Jb\u{9B}c") == "a.[2Jb.c")
    }
}
