@testable import SIPCore

/// Messages that several tests read. Lines end in LF here and in CRLF on the wire.
enum Sample {
    static func wire(_ text: String) -> [UInt8] {
        Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
    }

    static func message(_ text: String) throws -> SIPMessage {
        try SIPMessage(Sample.wire(text))
    }

    static let invite = """
        INVITE sip:bob@biloxi.example SIP/2.0
        Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776asdhds;rport
        Via: SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bK1;received=192.0.2.7, SIP/2.0/TLS a.example ; branch=z9
        Max-Forwards: 70
        Record-Route: <sip:p2.example;lr>, <sip:3CXSBC@192.0.2.194:5060;user=proxy;tnlid=sbc.c8d96e60>
        To: Bob <sip:bob@biloxi.example>
        From: "Alice \\"A\\" Liddell"<sip:alice@atlanta.example>;tag=1928301774
        Call-ID: a84b4c76e66710@pc33.atlanta.example
        CSeq: 314159 INVITE
        Contact: <sip:alice@pc33.atlanta.example;rinstance=aa14540e328cb432>;expires=60
        X-Odd:   kept  as it is
        Supported: replaces, timer
        Supported: path
        Content-Type: application/SDP ;charset=utf-8
        Content-Length: 3

        v=0
        """

    static let ok = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bKnashds8;received=192.0.2.4
        To: Bob <sip:bob@biloxi.example>;tag=a6c85cf
        From: Alice <sip:alice@atlanta.example>;tag=1928301774
        Call-ID: a84b4c76e66710
        CSeq: 314159 INVITE
        Contact: <sip:bob@192.0.2.4>
        Content-Length: 0


        """

    static let register = """
        REGISTER sip:192.0.2.195;transport=tcp SIP/2.0
        v: SIP/2.0/TCP 192.0.2.10:49180;rport;branch=z9hG4bKPj1
        f: <sip:100@192.0.2.195>;tag=8a
        t: <sip:100@192.0.2.195>
        i: 51b
        CSeq: 2 REGISTER
        m: <sip:100@192.0.2.10:49180;transport=TCP;ob>
        Expires: 60
        l: 0


        """

    /// The challenge of a 3CX, as `sipctl` and the registration meet it.
    static let challenge = """
        SIP/2.0 407 Proxy Authentication Required
        Via: SIP/2.0/TCP 192.0.2.10:49180;rport=49180;branch=z9hG4bKPj1;received=192.0.2.10
        Proxy-Authenticate: Digest nonce="414d5359601d45a083:47bb22553dc552c83b26fd6b077f78f5",algorithm=MD5,realm="3CXPhoneSystem"
        To: <sip:100@192.0.2.195>;tag=5a6b
        From: <sip:100@192.0.2.195>;tag=8a
        Call-ID: 51b
        CSeq: 2 REGISTER
        Content-Length: 0


        """

    /// A request and a response with little more than they must have.
    static let short = [
        """
        BYE sip:a:b@[::1]:5;x=y SIP/2.0
        v:SIP/2.0/UDP h:5;rport;branch=z9hG4bK1,SIP/2.0/TCP [::1]
        f:"A \\" "<sip:a@b>;tag=1
        t:sip:c@d;tag=2
        i:1
        CSeq:1 BYE
        m:<sip:a@b?c=d>;q=0,tel:1
        l:1

        x
        """,
        """
        SIP/2.0 486 No
        Via:SIP/2.0/UDP h;branch=z9hG4bK1;received=1.2.3.4
        From:A <sip:a@b>;tag=1
        To: <sip:c@d>
         ;tag=2
        Call-ID:1
        CSeq:1 INVITE


        """,
    ]

    static let all = [Sample.invite, Sample.ok, Sample.register, Sample.challenge]
}
