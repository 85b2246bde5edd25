import BenchmarkKit
import CMeasure
import CoreTypes
import SIPCore

/// An endpoint whose peer and clock are played, so that a given number of transactions lives all the time.
///
/// Each step starts one transaction and takes it to where only its last timer is left; the clock moves so far in each
/// step that, when as many live as are wanted, one ends for each that starts. So a step measures a whole life.
final class EndpointDriver {
    /// What a step does.
    enum Flow: Sendable, CaseIterable {
        /// OPTIONS comes, 200 goes; ends with timer J.
        case optionsServer
        /// INVITE comes, 100, 180 and 200 go, ACK comes; ends with timer L.
        case inviteServer
        /// OPTIONS goes, 200 comes; ends with timer K.
        case optionsClient
        /// INVITE goes, 100, 180 and 200 come, ACK goes; ends with timer M.
        case inviteClient

        /// How long a transaction lives after its last message: 64 times T1, or T4.
        var lingering: Duration {
            switch self {
            case .optionsServer, .inviteServer, .inviteClient: .seconds(32)
            case .optionsClient: .seconds(5)
            }
        }
    }

    private let flow: Flow
    private let tick: Duration
    private var endpoint: SIPEndpoint
    private var now = Instant.zero
    private var number = 0
    private var sent = 0
    private var told = 0

    private let peer: TransportAddress
    private let binding: LocalBinding
    private let destination: Destination
    private var options = PeerMessages.options
    private var invite = PeerMessages.invite
    private var ack = PeerMessages.ack
    private let request: SIPMessageBuilder
    private let ackRequest: SIPMessageBuilder
    private let trying: [UInt8]
    private let early: [UInt8]
    private let final: [UInt8]
    private var lastRequest: [UInt8] = []
    private var response: [UInt8] = []

    init(_ flow: Flow, live: Int) throws {
        var configuration = SIPEndpoint.Configuration()
        configuration.maximumServerTransactions = live + 1000
        configuration.maximumClientTransactions = live + 1000
        configuration.userAgent = "Svetlana/1.0"
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: 7))
        self.flow = flow
        self.tick = .nanoseconds(flow.lingering.nanoseconds / Int64(live))
        guard let peer = TransportAddress("198.51.100.20:5060"), let own = TransportAddress("192.0.2.44:5060"),
            let uri = SIPURI("sip:117@pbx.example"), let contact = SIPURI("sip:117@198.51.100.20:5060;transport=udp")
        else { throw WrongResult("an address cannot be read") }
        self.peer = peer
        self.binding = LocalBinding(transport: .udp, address: own)
        self.destination = Destination(address: peer, binding: self.binding)
        let method = flow == .inviteClient ? SIPMethod.invite : .options
        self.request = try Self.request(method, uri, toTag: false)
        self.ackRequest = try Self.request(.ack, contact, toTag: true)
        self.trying = NumberedMessage(PeerMessages.response(method.rawValue, toTag: false)).bytes
        self.early = NumberedMessage(PeerMessages.response(method.rawValue, toTag: true)).bytes
        self.final = self.early
    }

    private static func request(_ method: SIPMethod, _ uri: SIPURI, toTag: Bool) throws -> SIPMessageBuilder {
        var request = SIPMessageBuilder(request: method, uri: uri)
        try request.add(.from, "\"Front Desk\" <sip:204@pbx.example>;tag=9d41e0c27a")
        try request.add(.to, "<sip:117@pbx.example>\(toTag ? ";tag=as3b71d0e5" : "")")
        try request.add(.callID, "f72e4c0911d84a6cbb05@192.0.2.44")
        try request.add(.cSeq, "2 \(method)")
        try request.add(.contact, "<sip:204@192.0.2.44:5060;transport=udp>")
        return request
    }

    /// Takes so many steps.
    func run(_ steps: Int) {
        for _ in 0..<steps { self.step() }
    }

    /// How many transactions live.
    var live: Int {
        let gauges = self.endpoint.gauges
        return gauges.serverTransactions + gauges.clientTransactions
    }

    /// How many messages left in a step, and how many events were told.
    func countStep() -> (sent: Int, told: Int) {
        self.sent = 0
        self.told = 0
        self.step()
        return (self.sent, self.told)
    }

    private func step() {
        self.now += self.tick
        self.number += 1
        if let deadline = self.endpoint.deadline, deadline <= self.now {
            self.endpoint.handleTimeout(now: self.now)
            self.drain()
        }
        switch self.flow {
        case .optionsServer:
            self.options.number(self.number)
            self.receive(self.options.bytes)
            self.answerNew(with: [200])
        case .inviteServer:
            self.invite.number(self.number)
            self.ack.number(self.number)
            self.receive(self.invite.bytes)
            self.answerNew(with: [100, 180, 200])
            self.receive(self.ack.bytes)
            self.drain()
        case .optionsClient:
            _ = try? self.endpoint.send(self.request, to: self.destination, now: self.now)
            self.drain()
            self.receiveResponse("SIP/2.0 200 OK", self.final)
        case .inviteClient:
            _ = try? self.endpoint.send(self.request, to: self.destination, now: self.now)
            self.drain()
            self.receiveResponse("SIP/2.0 100 Trying", self.trying)
            self.receiveResponse("SIP/2.0 180 Ringing", self.early)
            self.receiveResponse("SIP/2.0 200 OK", self.final)
            _ = try? self.endpoint.sendWithoutTransaction(self.ackRequest, to: self.destination, now: self.now)
            self.drain()
        }
    }

    // MARK: Retransmissions

    /// Sends the latest request (to a server) or answer (to a client) once more; whether it was absorbed.
    func repeatLatest() -> Bool {
        let before = self.endpoint.counters.retransmissionsReceived
        self.told = 0
        switch self.flow {
        case .optionsServer: self.receive(self.options.bytes)
        case .inviteServer: self.receive(self.invite.bytes)
        case .optionsClient, .inviteClient: self.receive(self.response)
        }
        self.drain()
        return self.endpoint.counters.retransmissionsReceived == before + 1 && self.told == 0
    }

    /// Starts an INVITE that rings and is not answered.
    func ring() {
        self.number += 1
        self.invite.number(self.number)
        self.receive(self.invite.bytes)
        self.answerNew(with: [180])
    }

    // MARK: The owner and the peer

    private func receive(_ bytes: [UInt8]) {
        self.endpoint.receive(bytes, from: self.peer, on: self.binding, now: self.now)
    }

    private func answerNew(with statuses: [Int]) {
        while let event = self.endpoint.pollEvent() {
            self.told += 1
            guard case .request(let id, _, _, _) = event else { continue }
            for status in statuses {
                let tag = status == 100 ? nil : "4f0d12b7e8a96633"
                guard let response = self.endpoint.makeResponse(status, to: id, toTag: tag) else { continue }
                self.endpoint.respond(id, response, now: self.now)
            }
        }
        self.drain()
    }

    private func drain() {
        while let transmit = self.endpoint.pollTransmit() {
            self.sent += 1
            self.lastRequest = transmit.bytes
        }
        while self.endpoint.pollEvent() != nil { self.told += 1 }
    }

    /// The peer's answer to the latest request: its top Via, and the rest as it is.
    private func receiveResponse(_ startLine: StaticString, _ rest: [UInt8]) {
        self.response.removeAll(keepingCapacity: true)
        startLine.withUTF8Buffer { self.response.append(contentsOf: $0) }
        let start = self.lastRequest.firstIndex(of: 0x0D) ?? 0
        let end = self.lastRequest[(start + 1)...].firstIndex(of: 0x0D) ?? start
        self.response.append(contentsOf: self.lastRequest[start..<(end + 2)])
        self.response.append(contentsOf: rest)
        self.receive(self.response)
        while self.endpoint.pollEvent() != nil { self.told += 1 }
    }
}
