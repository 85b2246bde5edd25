import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// A host that sends what a test writes, and keeps what it gets.
final class RawHost: SimulatedHost {
    static let offer = """
        v=0\r
        o=- 1 1 IN IP4 192.0.2.99\r
        s=-\r
        c=IN IP4 192.0.2.99\r
        t=0 0\r
        m=audio 30000 RTP/AVP 0 101\r
        a=rtpmap:0 PCMU/8000\r
        a=rtpmap:101 telephone-event/8000\r
        a=sendrecv\r

        """
    let address: IPAddress
    private(set) var received: [SIPMessage] = []
    private var outbox: [(bytes: [UInt8], from: TransportAddress, to: TransportAddress)] = []

    init(_ simulation: Simulation, at address: IPAddress = .v4(0xC000_0263)) {
        self.address = address
        simulation.add(self)
    }

    var port: TransportAddress { TransportAddress(host: self.address, port: 5_060) }
    var deadline: Instant? { nil }

    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant) {
        if let message = try? SIPMessage(bytes) { self.received.append(message) }
    }

    func handleTimeout(now: Instant) {}

    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)? {
        self.outbox.isEmpty ? nil : self.outbox.removeFirst()
    }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8], to destination: TransportAddress) {
        self.outbox.append((bytes, self.port, destination))
    }

    /// Sends a message of these lines, with Content-Length added.
    @discardableResult
    func send(_ lines: [String], body: String = "", to destination: TransportAddress) -> [UInt8] {
        let text = (lines + ["Content-Length: \(body.utf8.count)", "", ""]).joined(separator: "\r\n") + body
        self.send(Array(text.utf8), to: destination)
        return Array(text.utf8)
    }

    /// The lines of a request to the phone at `target`; one branch a request.
    func request(
        _ method: String,
        to target: TransportAddress,
        cSeq: Int = 1,
        callID: String = "raw-call",
        fromTag: String = "raw",
        toTag: String? = nil,
        branch: String? = nil,
        headers: [String] = []
    ) -> [String] {
        [
            "\(method) sip:bob@\(target) SIP/2.0",
            "Via: SIP/2.0/UDP \(self.address):5060;branch=z9hG4bK\(branch ?? "\(method)\(cSeq)\(callID)");rport",
            "Max-Forwards: 70",
            "From: <sip:raw@\(self.address)>;tag=\(fromTag)",
            "To: <sip:bob@\(target.host)>" + (toTag.map { ";tag=\($0)" } ?? ""),
            "Call-ID: \(callID)",
            "CSeq: \(cSeq) \(method)",
            "Contact: <sip:raw@\(self.address):5060>",
        ] + headers
    }

    /// The answers to requests of that method and number that came, without 100.
    func answers(_ method: SIPMethod, cSeq: UInt32 = 1) -> [SIPMessage] {
        self.received.filter {
            !$0.isRequest && $0.cSeq.method == method && $0.cSeq.number == cSeq && $0.statusCode > 100
        }
    }
}
