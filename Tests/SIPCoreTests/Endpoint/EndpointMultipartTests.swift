import CoreTypes
import Testing

@testable import SIPCore

/// A description of a session within a multipart is as good as one alone, as long as nothing else has to be understood
/// (RFC 5621, RFC 3261 section 8.2.3).
@Suite("Endpoint: bodies in parts")
struct EndpointMultipartTests {
    private static let sdp = "Content-Type: application/sdp\r\n\r\n\(ownDescription)"

    /// A body of these parts, each with its headers.
    private static func body(_ parts: [String], boundary: String = "seam") -> String {
        parts.map { "--\(boundary)\r\n\($0)\r\n" }.joined() + "--\(boundary)--\r\n"
    }

    private static func nested(_ part: String, _ depth: Int) -> String {
        guard depth > 0 else { return part }
        let boundary = "b\(depth)"
        return "Content-Type: multipart/mixed;boundary=\(boundary)\r\n\r\n"
            + Self.body([Self.nested(part, depth - 1)], boundary: boundary)
    }

    private static let geo = "Content-Type: application/pidf+xml\r\nContent-ID: <here@h>\r\n"
    private static let optional = "Content-Disposition: render;handling=optional\r\n"
    private static let html = "Content-Type: text/html\r\n"

    private func answer(
        _ type: String,
        _ body: String,
        method: String = "INVITE",
        headers: [String] = []
    ) throws
        -> (word: String, description: [UInt8]?)
    {
        let bench = EndpointBench()
        let bytes = ownRequest(
            "\(method) sip:e@harbor.example SIP/2.0",
            ["Content-Type: \(type)"] + headers,
            body: body
        )
        bench.receive(String(decoding: bytes, as: UTF8.self))
        guard let event = bench.events().first else { return ("nothing", nil) }
        guard case .request(_, let request, from: _, on: _) = event else {
            let sent = try bench.sent().first?.message
            return ("\(sent?.statusCode ?? 0) \(sent?.first(.accept) ?? "")", nil)
        }
        return ("taken", request.sessionBody.map { Array($0) })
    }

    @Test(arguments: [
        ("mixed", [sdp]), ("Mixed", [geo + optional + "\r\n<xml/>", sdp]), ("mixed", [sdp, html + optional + "\r\nx"]),
        ("related", [sdp, geo + "\r\n<xml/>"]), ("alternative", [html + "\r\nx", sdp]), ("mixed", [nested(sdp, 3)]),
        (
            "alternative",
            [html + "\r\n<p>", "Content-Type: multipart/mixed;boundary=in\r\n\r\n" + body([sdp], boundary: "in")]
        ),
        ("unheard-of", [sdp]), ("mixed", ["Content-Disposition: session\r\n" + sdp]),
        // What does not say that it matters does not beside a description: many a PBX adds what it knows of the caller.
        ("mixed", [sdp, html + "\r\nx"]), ("mixed", [geo + "\r\n<xml/>", sdp, html + "\r\nx"]),
    ])
    func theDescriptionIsFound(_ subtype: String, _ parts: [String]) throws {
        for method in ["INVITE", "UPDATE"] {
            let answer = try self.answer("multipart/\(subtype);boundary=seam", Self.body(parts), method: method)
            #expect(answer.word == "taken")
            #expect(answer.description == Array(ownDescription.utf8))
        }
    }

    @Test(arguments: [
        // A part that must be understood and is not.
        ("mixed", [html + "\r\nx"]), ("mixed", [sdp, geo + "Content-Disposition: render\r\n\r\n<xml/>"]),
        ("mixed", [sdp, html + "\r\nx", html + "Content-Disposition: render\r\n\r\nx"]),
        ("mixed", [geo + "Content-Disposition: render;handling=required\r\n\r\n<xml/>", sdp]),
        // The root is what a related body is about.
        ("related", [geo + "\r\n<xml/>", sdp]),
        ("alternative", [html + "\r\nx", geo + "\r\n<xml/>"]),
        // No session's description.
        ("mixed", ["Content-Disposition: early-session\r\n" + sdp]),
        ("mixed", ["Content-Transfer-Encoding: base64\r\n" + sdp]), ("mixed", ["Content-Encoding: gzip\r\n" + sdp]),
        // Deeper than anybody has to look.
        ("mixed", [nested(sdp, 4)]), ("mixed", [nested(sdp, 20)]),
    ])
    func whatMustBeUnderstoodIsRefused(_ subtype: String, _ parts: [String]) throws {
        let answer = try self.answer("multipart/\(subtype);boundary=seam", Self.body(parts))
        #expect(answer.word == "415 application/sdp")
    }

    @Test func aBodyThatIsNotWhatItSaysIsBroken() throws {
        for body in ["x", "--seam--\r\n", "--seam\r\n\(Self.sdp)\r\n", "--other\r\n\r\nx\r\n--other--"] {
            #expect(try self.answer("multipart/mixed;boundary=seam", body).word == "400 ")
        }
        #expect(try self.answer("multipart/mixed", Self.body([Self.sdp])).word == "400 ")
    }

    @Test func aWholeBodyThatMayBeLeftAsideIsNoOffer() throws {
        let headers = ["Content-Disposition: render;handling=optional"]
        let answer = try self.answer(
            "multipart/mixed;boundary=seam",
            Self.body([Self.html + "\r\nx"]),
            headers: headers
        )
        #expect(answer.word == "taken" && answer.description == nil)
    }

    @Test func onlyTheSessionsDescriptionIsTaken() throws {
        let early =
            "Content-Disposition: early-session;handling=optional\r\n" + Self.sdp.replacing("nora", with: "early")
        let answer = try self.answer("multipart/mixed;boundary=seam", Self.body([early, Self.sdp]))
        #expect(answer.description == Array(ownDescription.utf8))
    }
}
