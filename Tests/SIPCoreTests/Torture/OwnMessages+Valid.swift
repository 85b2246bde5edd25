import SIPCore

/// Messages that look odd and are right: one of our own for each kind in RFC 4475 section 3.1.1.
let ownValidMessages: [TortureCase] = [
    TortureCase(
        name: "white space wherever it may stand",
        section: "3.1.1.1",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example;extra SIP/2.0",
            via:
                "VIA\t: SIP /\r\n 2.0/ UDP\r\n\t192.0.2.77 ; branch = 77odd , SIP/ 2.0/TCP relay.example;branch=\r\n z9hG4bKb",
            from: "f:\"N. \\\\\\\"Nora\\\"\"   <sip:nora@svetlana.example>\r\n ;\r\n tag = k81",
            to: "tO   :\r\n sip:emil@harbor.example  ; tag   =   gone",
            cSeq: "cSEQ: 00017\r\n  INVITE",
            maxForwards: "mAX-fORWARDS: 0070",
            ["Subject:", "X-Odd: ,,;;,", "m: <sip:nora@192.0.2.77> ; q\r\n = 0.5", "c: application/sdp"],
            length: "l\t: \(ownDescription.utf8.count)",
            body: ownDescription
        ),
        answer: "481 by the owner"
    ),
    TortureCase(
        name: "every character that a token may have",
        section: "3.1.1.2",
        bytes: ownRequest(
            "-.!%*_+`'~aZ09 sip:&=+$,;?/-_.!~*'()%20:&=+$,-@harbor.example SIP/2.0",
            via: "Via: SIP/2.0/UDP kiosk.svetlana.example;branch=z9hG4bK-.!%*_+`'~",
            from: "From: a-.!%*_+`'~ b <sip:nora@svetlana.example>;p-.!%*_+`'~=\"\u{e9}\u{4e16}\";tag=-.!%*_+`'~",
            to: "To: \"\\\u{7} \\\u{0} \\\u{7f}\" <sip:emil@harbor.example>",
            callID: "Call-ID: w%-.!*_+'`~()<>:\\/\"[]?{}@q%-.!*_+'`~()<>:\\/\"[]?{}",
            maxForwards: "Max-Forwards: 255",
            ["x-.!%*_+`'~:\u{e9}\u{4e16}"]
        ),
        answer: "501 Allow"
    ),
    TortureCase(
        name: "escapes in URIs",
        section: "3.1.1.3",
        bytes: ownRequest(
            "INVITE sip:tel%3A12%40home.example@harbor.example SIP/2.0",
            from: "From: <sip:two%20words@svetlana.example>;tag=k81",
            to: "To: sip:%65m%69l@harbor.example",
            ["Contact:\r\n <sip:n%6Fra@192.0.2.77;%6C%72;co%6Cor=%25%31>", "Content-Type: application/sdp"],
            body: ownDescription
        ),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "an escaped zero in a user",
        section: "3.1.1.4",
        bytes: ownRequest(
            "REGISTER sip:harbor.example SIP/2.0",
            from: "From: sip:n%00@harbor.example;tag=k81",
            to: "To: sip:n%00@harbor.example",
            ["Contact: <sip:%00@192.0.2.77>", "Contact: <sip:%00%00@192.0.2.77>"]
        ),
        owner: .registrar,
        answer: "200 by the registrar"
    ),
    TortureCase(
        name: "percent signs that are no escapes",
        section: "3.1.1.5",
        bytes: ownRequest(
            "%52EGISTER sip:harbor.example SIP/2.0",
            from: "From: \"%4E%\" <sip:nora@svetlana.example>;tag=k81",
            ["Contact: <sip:one@192.0.2.77>", "Con%74act: <sip:two@192.0.2.77>"]
        ),
        owner: .registrar,
        answer: "501 Allow"
    ),
    TortureCase(
        name: "no space before the bracket",
        section: "3.1.1.6",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0", from: "From: Nora<sip:n@svetlana.example>;tag=k"),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "very long values",
        section: "3.1.1.7",
        bytes: ownRequest(
            "INVITE sip:emil@harbor.example SIP/2.0",
            from:
                "From: <sip:\(String(repeating: "nora", count: 90))@svetlana.example>;tag=\(String(repeating: "k", count: 600))",
            callID: "Call-ID: \(String(repeating: "c", count: 900))",
            (1...60).map { "Via: SIP/2.0/TCP hop\($0).example" } + ["\(String(repeating: "X-", count: 100))Y: z"]
                + ownSession,
            body: ownDescription
        ),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "bytes behind the message",
        section: "3.1.1.8",
        bytes: ownRequest("OPTIONS sip:emil@harbor.example SIP/2.0") + [0x0D, 0x0A]
            + ownRequest("BYE sip:emil@harbor.example SIP/2.0"),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "semicolon in a user",
        section: "3.1.1.9",
        bytes: ownRequest("OPTIONS sip:emil;floor=2%40back@harbor.example SIP/2.0", ["Accept: */*"]),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "transports that we do not speak",
        section: "3.1.1.10",
        bytes: ownRequest(
            "OPTIONS sip:emil@harbor.example SIP/2.0",
            ["Via: SIP/2.0/PIGEON loft.example;branch=z9hG4bKc", "Via: SIP/2.0/SCTP s.example;branch=z9hG4bKd"]
        ),
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a body of several parts, one of them binary",
        section: "3.1.1.11",
        bytes: ownRequest(
            "MESSAGE sip:emil@harbor.example SIP/2.0",
            ["Content-Type: multipart/mixed;boundary=seam"],
            body: "--seam\r\nContent-Type: text/plain\r\n\r\nHi\r\n--seam\r\nContent-Type: image/x-dot\r\n\r\n"
                + "\u{0}\r\n\n\u{1b}\u{0}\r\n--seam--"
        ),
        owner: .omnivore,
        answer: "200 by the owner"
    ),
    TortureCase(
        name: "a reason in another script",
        section: "3.1.1.12",
        bytes: ownResponse("SIP/2.0 200 = 4 * 50 \u{5e73}\u{548c}"),
        answer: "dropped as stray"
    ),
    TortureCase(
        name: "an empty reason",
        section: "3.1.1.13",
        bytes: ownResponse("SIP/2.0 100 "),
        answer: "dropped as stray"
    ),
]
