import SIPCore

/// Messages that break the grammar: one of our own for each kind in RFC 4475 section 3.1.2.
let ownInvalidMessages: [TortureCase] = [
    TortureCase(
        name: "separators with nothing between them",
        section: "3.1.2.1",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", via: "Via: SIP/2.0/UDP 192.0.2.77;;,,;"),
        verdict: .refused(.header, .via),
        fault: ";;,,;",
        answer: "400"
    ),
    TortureCase(
        name: "a body shorter than Content-Length",
        section: "3.1.2.2",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            ownSession,
            length: "Content-Length: 4711",
            body: ownDescription
        ),
        verdict: .refused(.framing, .contentLength),
        fault: "4711",
        answer: "400"
    ),
    TortureCase(
        name: "a Content-Length below zero",
        section: "3.1.2.3",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", length: "Content-Length: -12"),
        verdict: .refused(.framing, .contentLength),
        fault: "-12",
        answer: "400"
    ),
    TortureCase(
        name: "a CSeq beyond 32 bits",
        section: "3.1.2.4",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            cSeq: "CSeq: 18446744073709551617 REGISTER",
            ["Contact: <sip:nora@192.0.2.77>;expires=99999999999999"]
        ),
        verdict: .refused(.header, .cSeq),
        fault: "18446744073709551617",
        owner: .registrar,
        answer: "400"
    ),
    TortureCase(
        // The RFC lets an element process such a request as if the header were absent.
        name: "a Max-Forwards beyond 255",
        section: "3.1.2.4",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", maxForwards: "Max-Forwards: 256"),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "an Expires beyond 32 bits is only long",
        section: "3.1.2.4",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            ["Contact: <sip:nora@192.0.2.77>", "Expires: 99999999999999999999999"]
        ),
        owner: .registrar,
        answer: "200 by the registrar"
    ),
    TortureCase(
        name: "a response with a CSeq beyond 32 bits",
        section: "3.1.2.5",
        bytes: ownResponse(
            "SIP/2.0 503 Service Unavailable",
            cSeq: "CSeq: 340282366920938463463 OPTIONS",
            ["Retry-After: 99999999999999999999", "Warning: 4242 x \"y\""]
        ),
        verdict: .refused(.header, .cSeq),
        fault: "340282366920938463463",
        answer: "dropped as malformed"
    ),
    TortureCase(
        name: "a quote that is never closed",
        section: "3.1.2.6",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", to: "To: \"Emil <sip:emil@harbor.example>"),
        verdict: .refused(.header, .to),
        fault: "\"Emil <",
        answer: "400"
    ),
    TortureCase(
        name: "brackets around the Request-URI",
        section: "3.1.2.7",
        bytes: ownRequest("INVITE <sip:emil@harbor.example> SIP/2.0"),
        verdict: .refused(.framing),
        fault: "<sip:emil",
        answer: "400"
    ),
    TortureCase(
        name: "a space in the Request-URI",
        section: "3.1.2.8",
        bytes: ownRequest("INVITE sip:emil@harbor.example; user=ip SIP/2.0"),
        verdict: .refused(.framing),
        fault: " user=ip",
        answer: "400"
    ),
    TortureCase(
        name: "two spaces in the start line",
        section: "3.1.2.9",
        bytes: ownRequest("INVITE sip:emil@harbor.example  SIP/2.0"),
        verdict: .refused(.framing),
        fault: "  SIP",
        answer: "400"
    ),
    TortureCase(
        name: "a space behind the version",
        section: "3.1.2.10",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0 ", cSeq: "CSeq: 17 OPTIONS"),
        verdict: .refused(.framing),
        fault: " \r\nVia",
        answer: "400"
    ),
    TortureCase(
        name: "a Request-URI with headers",
        section: "3.1.2.11",
        bytes: ownRequest("INVITE sip:emil@harbor.example?Subject=hello SIP/2.0"),
        verdict: .refused(.validation),
        fault: "?Subject",
        answer: "400"
    ),
    TortureCase(
        name: "a Date in another time zone",
        section: "3.1.2.12",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", ["Date: Tue, 03 Mar 2026 08:00:00 CET"]),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a Contact with headers and no brackets",
        section: "3.1.2.13",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            ["Contact: sip:nora@192.0.2.77?Route=%3Csip:x.example%3E"]
        ),
        verdict: .refused(.header, .contact),
        fault: "?Route",
        owner: .registrar,
        answer: "400"
    ),
    TortureCase(
        name: "spaces inside the brackets",
        section: "3.1.2.14",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", to: "To: \"Emil, H\" < sip:emil@harbor.example >"),
        verdict: .refused(.header, .to),
        fault: "< sip:emil",
        answer: "400"
    ),
    TortureCase(
        name: "a comma in a name without quotes",
        section: "3.1.2.15",
        bytes: ownRequest(
            "OPTIONS sip:emil@harbor.example SIP/2.0",
            from: "From: Lind, Nora <sip:nora@svetlana.example>;tag=k81"
        ),
        verdict: .refused(.header, .from),
        fault: ", Nora",
        answer: "400"
    ),
    TortureCase(
        name: "another version",
        section: "3.1.2.16",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/3.1", via: "Via: SIP/3.1/UDP k.example;branch=z9hG4bKx"),
        verdict: .refused(.validation, nil, 505),
        fault: "SIP/3.1",
        answer: "505"
    ),
    TortureCase(
        name: "a CSeq of another method",
        section: "3.1.2.17",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", cSeq: "CSeq: 17 SUBSCRIBE"),
        verdict: .refused(.validation, .cSeq),
        fault: "SUBSCRIBE",
        answer: "400"
    ),
    TortureCase(
        name: "the same for a method that is not known",
        section: "3.1.2.18",
        bytes: ownRequest("WALTZ sip:emil@harbor.example SIP/2.0", cSeq: "CSeq: 17 POLKA"),
        verdict: .refused(.validation, .cSeq),
        fault: "POLKA",
        answer: "400"
    ),
    TortureCase(
        name: "a status beyond 699",
        section: "3.1.2.19",
        bytes: ownResponse("SIP/2.0 8589934592 fine"),
        verdict: .refused(.framing),
        fault: "8589934592",
        answer: "dropped as malformed"
    ),
]
