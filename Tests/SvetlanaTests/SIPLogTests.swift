import Testing

@testable import svetlana

/// SIP messages as `log.sip` writes them.
@Suite struct SIPLogTests {
    private static let invite = """
        INVITE sip:+49301234567@pbx.example;user=phone SIP/2.0\r
        Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bK1\r
        From: "Ann Smith" <sip:200@pbx.example>;tag=a\r
        To: Bob Jones <sip:+49301234567@pbx.example>\r
        P-Asserted-Identity: "Ann, Smith" <sip:200:secret@pbx.example>, <tel:+49301112222>\r
        Proxy-Authorization: Digest username="Xq3dK9", realm="3CX, home", nonce="abc",\r
         uri="sip:+49301234567@pbx.example", response="0123456789abcdef", cnonce="feedface", qop=auth, nc=00000001\r
        Authorization: Bearer s3cr3t-token\r
        Subject: the code is 4711\r
        Content-Type: application/sdp\r
        Content-Length: 100\r
        \r
        v=0\r
        o=annsmith 1 1 IN IP4 192.168.1.20\r
        s=Ann's phone\r
        c=IN IP4 192.168.1.20\r
        m=audio 40000 RTP/SAVP 0\r
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r
        k=clear:geheim\r

        """

    private static func text(_ message: String, redacts: Bool) -> String {
        SIPLogText.lines(of: Array(message.utf8), redacts: redacts).joined(separator: "\n")
    }

    @Test(arguments: [true, false])
    func `No secret is written, whatever is redacted`(redacts: Bool) {
        let text = Self.text(Self.invite, redacts: redacts)
        for secret in [
            "0123456789abcdef", "feedface", "s3cr3t", "secret", "WVNfX19z", "geheim",
        ] { #expect(!text.contains(secret), "\(secret)") }
        for kept in [
            "INVITE sip:", "realm=\"3CX, home\"", "nonce=\"abc\"", "username=\"Xq3dK9\"", "nc=00000001",
            "m=audio 40000",
        ] {
            #expect(text.contains(kept), "\(kept)")
        }
    }

    @Test func `Redacted, a number has its last digit and nobody a name`() {
        let text = Self.text(Self.invite, redacts: true)
        #expect(text.contains("INVITE sip:…7@pbx.example;user=phone SIP/2.0"))
        for word in ["4930", "1112222", "sip:200", "Ann", "Smith", "Bob", "Jones", "annsmith", "4711"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains("sip:…0@pbx.example>;tag=a"))
        #expect(text.contains("tel:…2"))
    }

    @Test func `Not redacted, numbers and names are whole`() {
        let text = Self.text(Self.invite, redacts: false)
        #expect(text.contains("INVITE sip:+49301234567@pbx.example"))
        #expect(text.contains("\"Ann Smith\" <sip:200@pbx.example>"))
    }

    @Test(arguments: [
        "Signal=7\r\nDuration=160\r\n", "meet me at 5",
    ])
    func `What somebody pressed or wrote is not told`(body: String) {
        let message = "INFO sip:200@pbx SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\n\(body)"
        for redacts in [true, false] {
            let text = Self.text(message, redacts: redacts)
            #expect(!text.contains("Signal") && !text.contains("meet"))
            #expect(text.contains("(a body of "))
        }
    }

    /// Whatever comes, nothing of it traps, begins a line, or is taken for fail2ban's.
    @Test func `Bytes that are no SIP`() {
        #expect(SIPLogText.lines(of: Array("\r\n\r\n".utf8), redacts: true).isEmpty)
        #expect(SIPLogText.lines(of: [], redacts: true).isEmpty)
        for bytes: [UInt8] in [
            Array(repeating: 0xFF, count: 3_000), Array("\u{1B}[2J\r\n\u{7}: x\r\n:\r\n".utf8),
            Array("Authorization: \"\\".utf8), Array("a sip:@ sips: tel: \"<sip:".utf8),
            Array("From: <<<>,\"\r\nAuthorization: Digest ,,=,response\r\n".utf8),
            Array(String(repeating: "sip:", count: 2_000).utf8),
        ] {
            for redacts in [true, false] {
                for line in SIPLogText.lines(of: bytes, redacts: redacts) {
                    #expect(!line.contains { $0.isNewline } && line.unicodeScalars.count <= 600)
                }
            }
        }
    }

    @Test(arguments: [
        "Authorization: Digest response=abcdef0123, username=u", "AUTHORIZATION :digest RESPONSE=\"abcdef0123\"",
        "Proxy-Authorization:Digest username=\"a\",response=\"abcdef0123\"",
        "Authentication-Info: rspauth=\"abcdef0123\", qop=auth", "Authorization: Basic abcdef0123",
        "Authorization: Digest username=\"x\\\", y=\", response=\"abcdef0123\"",
        "Authorization: Digest unknown=\"abcdef0123\"",
    ])
    func `Credentials in whatever form`(header: String) {
        let text = Self.text("REGISTER sip:pbx SIP/2.0\r\n\(header)\r\n\r\n", redacts: false)
        #expect(!text.contains("abcdef0123"))
    }
}
