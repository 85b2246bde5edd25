import CoreTypes
import SIPCore

@testable import Telephony

/// Calls, and says nothing more than it is told to.
struct PeerThatIsGone {
    private let socket: RTPSocket
    private let callee: TransportAddress

    init(calls callee: TransportAddress, port: UInt16) throws {
        self.socket = try RTPSocket(host: Phones.loopback, port: port)
        self.callee = callee
    }

    private func send(_ method: String, tag: String = "", body: String = "") {
        var lines = [
            "\(method) sip:200@\(self.callee) SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(self.socket.port);branch=z9hG4bK\(method)", "Max-Forwards: 70",
            "From: <sip:gone@127.0.0.1>;tag=gone", "To: <sip:200@127.0.0.1>\(tag)", "Call-ID: gone",
            "CSeq: 1 \(method)",
            "Contact: <sip:gone@127.0.0.1:\(self.socket.port)>",
        ]
        if !body.isEmpty { lines.append("Content-Type: application/sdp") }
        lines += ["Content-Length: \(body.utf8.count)", "", body]
        self.socket.send(Array(lines.joined(separator: "\r\n").utf8), to: self.callee)
    }

    /// Calls, with an offer of PCMU.
    func invite() {
        self.send("INVITE", body: "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 42862 RTP/AVP 0\r\n")
    }

    /// Returns when the 200 has come, with the parameter that its To has.
    func accepted() async throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            try Task.checkCancellation()
            await Task.yield()
            guard let (count, _) = self.socket.receive(into: &buffer),
                let response = try? SIPMessage(Array(buffer[..<count])), response.statusCode == 200
            else { continue }
            return response.to.tag.map { ";tag=\($0)" } ?? ""
        }
    }

    /// Sends the ACK.
    func acknowledge(_ tag: String) {
        self.send("ACK", tag: tag)
    }
}
