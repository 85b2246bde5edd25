import SIPCore

/// Writes a request that is right but for what a test makes wrong about it.
///
/// Each line that is not given is a plain one; `nil` leaves it out.
func ownRequest(
    _ startLine: String,
    via: String? = "Via: SIP/2.0/UDP kiosk.svetlana.example;branch=z9hG4bKtrial7",
    from: String? = "From: <sip:nora@svetlana.example>;tag=k81",
    to: String? = "To: <sip:emil@harbor.example>",
    callID: String? = "Call-ID: trial-7@kiosk.svetlana.example",
    cSeq: String? = nil,
    maxForwards: String? = "Max-Forwards: 70",
    _ more: [String] = [],
    length: String? = nil,
    body: String = ""
) -> [UInt8] {
    let method = startLine.prefix { $0 != " " }
    let head = [startLine, via, from, to, callID, cSeq ?? "CSeq: 17 \(method)", maxForwards].compactMap { $0 } + more
    let lines = head + [length ?? "Content-Length: \(body.utf8.count)", "", ""]
    return Array((lines.joined(separator: "\r\n") + body).utf8)
}

/// Writes a response in the same way.
func ownResponse(
    _ startLine: String,
    via: String = "Via: SIP/2.0/UDP kiosk.svetlana.example;branch=z9hG4bKtrial7",
    cSeq: String = "CSeq: 17 INVITE",
    _ more: [String] = []
) -> [UInt8] {
    ownRequest(startLine, via: via, to: "To: <sip:emil@harbor.example>;tag=h2", cSeq: cSeq, maxForwards: nil, more)
}

/// A description of a session, for whom it matters only that there is one.
let ownDescription = """
    v=0\r\no=nora 4 4 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\nm=audio 41000 RTP/AVP 8\r\n
    """

let ownSession = ["Contact: <sip:nora@kiosk.svetlana.example>", "Content-Type: application/sdp"]
