import SIPCore

/// Messages that are well formed and yet not to be served as they are: one of our own for each kind in RFC 4475
/// sections 3.2, 3.3 and 3.4.
let ownApplicationMessages: [TortureCase] = [
    TortureCase(
        name: "a branch with the cookie and nothing behind it",
        section: "3.2.1",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", via: "Via: SIP/2.0/UDP k.example;branch=z9hG4bK"),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "no From, To and Call-ID",
        section: "3.3.1",
        bytes: ownRequest("INVITE sip:emil@harbor.example SIP/2.0", from: nil, to: nil, callID: nil),
        verdict: .refused(.validation, .from),
        fault: "\r\n\r\n",
        answer: "400"
    ),
    TortureCase(
        name: "no Via",
        section: "3.3.1",
        bytes: ownRequest("INVITE sip:emil@harbor.example SIP/2.0", via: nil),
        verdict: .refused(.validation, .via),
        fault: "\r\n\r\n",
        answer: "dropped as malformed"
    ),
    TortureCase(
        name: "a scheme that nobody knows",
        section: "3.3.2",
        bytes: ownRequest("OPTIONS homing-pigeon:grey;loft=2 SIP/2.0"),
        answer: "416"
    ),
    TortureCase(
        name: "a scheme that others know",
        section: "3.3.3",
        bytes: ownRequest("OPTIONS https://harbor.example/emil SIP/2.0"),
        answer: "416"
    ),
    TortureCase(
        name: "other schemes in From, To and Contact",
        section: "3.3.4",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            from: "From: <mailto:nora@svetlana.example>;tag=k81",
            to: "To: urn:service:pilot",
            ["Contact: <name:Nora>"]
        ),
        owner: .registrar,
        answer: "400 by the registrar"
    ),
    TortureCase(
        name: "extensions that nobody supports",
        section: "3.3.5",
        bytes: ownRequest(
            "OPTIONS sip:emil@harbor.example SIP/2.0",
            ["Require: levitation,   timer", "Require: telepathy", "Proxy-Require: haste"]
        ),
        answer: "420 Unsupported: levitation, timer, telepathy"
    ),
    TortureCase(
        name: "a body of a type that nobody reads",
        section: "3.3.6",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ["Content-Type: application/x-runes"],
            body: "\u{16a0}\u{16a2}"
        ),
        answer: "415 Accept: application/sdp"
    ),
    TortureCase(
        name: "the same body, that may be left aside",
        section: "3.3.6",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ["Content-Type: application/x-runes", "Content-Disposition: icon ; Handling = Optional"],
            body: "\u{16a0}\u{16a2}"
        ),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a body in a coding that nobody undoes",
        section: "3.3.6",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ownSession + ["e: x-zip"],
            body: "PK"
        ),
        answer: "415 Accept-Encoding: identity"
    ),
    TortureCase(
        name: "credentials of a scheme that nobody knows",
        section: "3.3.7",
        bytes: ownRequest("REGISTER sip:harbor.example SIP/2.0", ["Authorization: Handshake firm=yes"]),
        owner: .guardedRegistrar,
        answer: "401 by the registrar"
    ),
    TortureCase(
        name: "headers twice that may stand once",
        section: "3.3.8",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ["From: <sip:olga@svetlana.example>;tag=2", "To: <sip:pal@harbor.example>", "CSeq: 18 INVITE"]
        ),
        verdict: .refused(.header, .from),
        fault: "<sip:olga",
        answer: "400"
    ),
    TortureCase(
        name: "two Content-Lengths",
        section: "3.3.9",
        bytes: ownRequest(
            "OPTIONS sip:emil@harbor.example SIP/2.0",
            ["Content-Length: 8", "Content-Type: text/plain"],
            length: "l: 4",
            body: "one, two"
        ),
        verdict: .refused(.framing, .contentLength),
        fault: "4\r\n\r\none",
        answer: "400"
    ),
    TortureCase(
        name: "a response for somebody behind us",
        section: "3.3.10",
        bytes: ownResponse("SIP/2.0 200 OK", ["Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKother"]),
        answer: "dropped as stray"
    ),
    TortureCase(
        name: "Max-Forwards at its end",
        section: "3.3.11",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", maxForwards: "Max-Forwards: 0"),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a parameter of the Contact",
        section: "3.3.12",
        bytes: ownRequest("REGISTER sip:harbor.example SIP/2.0", ["Contact: sip:+4420@gate.example;shade=dark"]),
        owner: .registrar,
        answer: "200 by the registrar"
    ),
    TortureCase(
        name: "a parameter of the Contact's URI",
        section: "3.3.13",
        bytes: ownRequest("REGISTER sip:harbor.example SIP/2.0", ["Contact: <sip:+4420@gate.example;shade=dark>"]),
        owner: .registrar,
        answer: "200 by the registrar"
    ),
    TortureCase(
        name: "a Contact whose URI has headers",
        section: "3.3.14",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            ["Contact: <sip:nora@gate.example?Route=%3Csip:x.example%3E>"]
        ),
        owner: .registrar,
        answer: "200 by the registrar"
    ),
    TortureCase(
        name: "an Accept that rules out SDP",
        section: "3.3.15",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ownSession + ["Accept: text/x-runes, application/sdp;q=0.0"],
            body: ownDescription
        ),
        answer: "406"
    ),
    TortureCase(
        name: "an Accept that lets SDP pass",
        section: "3.3.15",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ownSession + ["Accept: text/x-runes, */*;q=0, Application/* ; q=0.1"],
            body: ownDescription
        ),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a caller of RFC 2543",
        section: "3.4.1",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            via: "Via: SIP/2.0/UDP 192.0.2.77",
            from: "From: <sip:+4420@svetlana.example;user=phone>",
            maxForwards: nil,
            ["Record-Route: <sip:emil@harbor.example;maddr=gate.example>", "Content-Type: application/sdp"],
            length: "X-Without-A-Length: yes",
            body: ownDescription
        ),
        answer: "200 by the owner"
    ),
]
