import CoreTypes
import SIPCore
import Testing

/// One endpoint on a bench: messages as text go in, what it sends and tells comes out, and the clock is turned by hand.
final class EndpointBench {
    struct Sent {
        var milliseconds: Int64
        var message: SIPMessage
        var to: TransportAddress

        var line: String { self.message.description }
    }

    var endpoint: SIPEndpoint
    var now = Instant.zero
    let binding: LocalBinding
    static let peer = address("192.0.2.10:5060")

    init(
        transport: TransportProtocol = .udp,
        seed: UInt64 = 1,
        _ change: (inout SIPEndpoint.Configuration) -> Void = { _ in }
    ) {
        var configuration = SIPEndpoint.Configuration()
        change(&configuration)
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: seed))
        self.binding = LocalBinding(transport: transport, address: address("192.0.2.1:5060"))
    }

    var destination: Destination { Destination(address: Self.peer, binding: self.binding) }

    func receive(_ text: String, from source: TransportAddress = EndpointBench.peer) {
        self.endpoint.receive(Array(text.utf8), from: source, on: self.binding, now: self.now)
    }

    func receive(_ builder: SIPMessageBuilder, from source: TransportAddress = EndpointBench.peer) throws {
        self.endpoint.receive(try builder.build().bytes, from: source, on: self.binding, now: self.now)
    }

    /// What waits to be sent; each must be a message that our own parser takes.
    func sent() throws -> [Sent] {
        var result: [Sent] = []
        while let transmit = self.endpoint.pollTransmit() {
            let message = try SIPMessage(transmit.bytes)
            result.append(Sent(milliseconds: self.now.nanoseconds / 1_000_000, message: message, to: transmit.to))
        }
        return result
    }

    func lines() throws -> [String] { try self.sent().map(\.line) }

    func events() -> [SIPEndpointEvent] {
        var result: [SIPEndpointEvent] = []
        while let event = self.endpoint.pollEvent() { result.append(event) }
        return result
    }

    /// Turns the clock, firing each timer at its time; gives what was sent.
    @discardableResult
    func run(milliseconds: Int64) throws -> [Sent] {
        let end = self.now + .milliseconds(milliseconds)
        var result = try self.sent()
        while let deadline = self.endpoint.deadline, deadline <= end {
            self.now = max(self.now, deadline)
            self.endpoint.handleTimeout(now: self.now)
            result += try self.sent()
        }
        self.now = end
        return result
    }

    /// The identifier of the one request that waits among the events.
    func serverID() throws -> ServerTransactionID {
        let identifiers = self.events().compactMap { event -> ServerTransactionID? in
            guard case .request(let id, _, _, _) = event else { return nil }
            return id
        }
        try #require(identifiers.count == 1)
        return try #require(identifiers.first)
    }

    /// The start of an answer; the endpoint cannot be copied, so no macro may touch it.
    func answer(_ status: Int, to id: ServerTransactionID, tag: String? = nil) throws -> SIPMessageBuilder {
        let builder = self.endpoint.makeResponse(status, to: id, toTag: tag)
        return try #require(builder)
    }

    /// Answers as the transaction user.
    func respond(_ status: Int, to id: ServerTransactionID, tag: String? = "ours") throws {
        let response = try self.answer(status, to: id, tag: tag)
        self.endpoint.respond(id, response, now: self.now)
    }

    /// Sends a request as the transaction user.
    func send(_ method: SIPMethod, callID: String = "c1") throws -> ClientTransactionID {
        try self.endpoint.send(Self.request(method, callID: callID), to: self.destination, now: self.now)
    }

    static func request(_ method: SIPMethod, callID: String = "c1") throws -> SIPMessageBuilder {
        var request = SIPMessageBuilder(request: method, uri: SIPURI(user: "200", host: "192.0.2.10"))
        try request.add(.from, "<sip:100@192.0.2.1>;tag=mine")
        try request.add(.to, "<sip:200@192.0.2.10>")
        try request.add(.callID, callID)
        try request.add(.cSeq, "1 \(method)")
        try request.add(.contact, "<sip:100@192.0.2.1>")
        return request
    }

    /// The text of a request of the peer.
    static func text(
        _ method: String,
        branch: String = "z9hG4bKpeer1",
        sentBy: String = "192.0.2.10:5060",
        rport: String = ";rport",
        uri: String = "sip:100@192.0.2.1",
        callID: String = "in1",
        cSeq: UInt32 = 1,
        toTag: String? = nil,
        headers: [String] = []
    ) -> String {
        let lines =
            [
                "\(method) \(uri) SIP/2.0",
                "Via: SIP/2.0/UDP \(sentBy);branch=\(branch)\(rport)",
                "Max-Forwards: 70",
                "From: <sip:200@192.0.2.10>;tag=theirs",
                "To: <sip:100@192.0.2.1>" + (toTag.map { ";tag=\($0)" } ?? ""),
                "Call-ID: \(callID)",
                "CSeq: \(cSeq) \(method)",
            ] + headers + ["Contact: <sip:200@192.0.2.10>", "Content-Length: 0", "", ""]
        return lines.joined(separator: "\r\n")
    }

    /// Whether nothing is left; asked at the end of a test.
    var isEmpty: Bool {
        self.endpoint.gauges == SIPEndpoint.Gauges()
    }
}

func address(_ text: String) -> TransportAddress {
    TransportAddress(text) ?? TransportAddress(host: .v4(0), port: 0)
}

extension SIPEndpointEvent {
    /// A short word for the kind of event, for comparing.
    var word: String {
        switch self {
        case .request(_, let message, _, _): "request \(message.method)"
        case .acknowledged: "acknowledged"
        case .cancelled: "cancelled"
        case .response(_, let message): "response \(message.statusCode)"
        case .failed(_, let failure): "failed \(failure)"
        case .serverTransactionEnded(_, let acknowledged): "ended \(acknowledged)"
        case .undeliverable: "undeliverable"
        case .malformed(_, _, let answered): "malformed \(answered)"
        case .refused(let report): "refused \(report.status) \(report.isAnswered)"
        }
    }
}
