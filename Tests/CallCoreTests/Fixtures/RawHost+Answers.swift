import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

extension RawHost {
    /// A host in Alice's place whose INVITE Bob has accepted, with an offer or without, and the To tag of his 200, which has
    /// had no ACK yet.
    static func accepted(by phones: TwoPhones, offer: String? = RawHost.offer) throws -> (raw: RawHost, tag: String) {
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let headers = offer == nil ? [] : ["Content-Type: application/sdp"]
        raw.send(raw.request("INVITE", to: bob, headers: headers), body: offer ?? "", to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let answer = try #require(raw.answers(.invite).first)
        #expect(answer.statusCode == 200)
        return (raw, try #require(answer.toTag))
    }

    /// Answers a request, with the headers that every answer has and those that a test adds.
    func answer(
        _ request: SIPMessage,
        _ status: Int,
        _ headers: [String] = [],
        tag: String = "callee",
        body: String = ""
    ) {
        let vias = request.lines(.via).map { "Via: \($0)" }
        let lines =
            ["SIP/2.0 \(status) Test"] + vias + [
                "From: \(request.lines(.from)[0])",
                "To: \(request.lines(.to)[0])" + (status > 100 ? ";tag=\(tag)" : ""),
                "Call-ID: \(request.callID)", "CSeq: \(request.cSeq)", "Contact: <sip:callee@\(self.port)>",
            ] + headers
        let via = request.topVia
        let host = IPAddress(via.host) ?? self.address
        self.send(lines, body: body, to: TransportAddress(host: host, port: via.port ?? 5_060))
    }
}
