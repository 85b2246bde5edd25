import CoreTypes
import SIPCore

extension RawHost {
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
