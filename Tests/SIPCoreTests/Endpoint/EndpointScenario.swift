import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Two endpoints over a simulated network: one calls, the other answers, and both keep account of every request.
///
/// The owners behave as sessions do: the callee repeats its 2xx until the ACK comes, the caller acknowledges each 2xx.
final class EndpointScenario {
    /// What became of a request, as its client saw it.
    struct Outcome: Equatable {
        var finals: [Int] = []
        var failures: [TransactionFailure] = []
    }

    /// What the callee does with a request.
    enum Plan {
        case answer(status: Int, after: Duration, ringing: Bool)
        case silence
    }

    private struct Answering {
        var id: ServerTransactionID
        var plan: Plan
        var isRinging: Bool
        /// The interval to the next repetition of a 2xx, while its ACK is awaited.
        var interval: Duration?
        var callID: String
    }

    var caller: SIPEndpoint
    var callee: SIPEndpoint
    var network: SimulatedNetwork
    var random: SeededRandom
    var now = Instant.zero
    private(set) var outcomes: [ClientTransactionID: Outcome] = [:]
    private(set) var planned: [String: Plan] = [:]
    private(set) var canceled: Set<String> = []
    private(set) var callIDs: [ClientTransactionID: String] = [:]
    private(set) var served: [ServerTransactionID: Int] = [:]
    private(set) var ended: [ServerTransactionID: Int] = [:]
    private(set) var ladder: [String] = []
    private var acks: [String: [UInt8]] = [:]
    private var answering: [ServerTransactionID: Answering] = [:]
    private var ownTimers = DeadlineQueue<ServerTransactionID>()
    private var cancels = DeadlineQueue<ClientTransactionID>()
    private let callerBinding = LocalBinding(transport: .udp, address: address("10.0.0.1:5060"))
    private let calleeBinding = LocalBinding(transport: .udp, address: address("10.0.0.2:5060"))

    init(seed: UInt64, conditions: SimulatedNetwork.Conditions) {
        var random = SeededRandom(seed: seed)
        let configuration = SIPEndpoint.Configuration()
        self.caller = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: random.next()))
        self.callee = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: random.next()))
        self.network = SimulatedNetwork(conditions: conditions, seed: random.next())
        self.random = random
    }

    /// Sends `count` requests at chosen times, and runs until nothing is left to happen.
    func run(requests count: Int) throws {
        var starts = (0..<count).map { _ in Instant.milliseconds(Int64.random(in: 0...20_000, using: &self.random)) }
        starts.sort(by: >)
        var steps = 0
        while true {
            let deadlines = [
                starts.last, self.caller.deadline, self.callee.deadline, self.network.deadline,
                self.ownTimers.earliest, self.cancels.earliest,
            ]
            guard let next = deadlines.compactMap(\.self).min() else { break }
            self.now = max(self.now, next)
            steps += 1
            try #require(steps < 100_000, "the scenario does not come to an end")
            while let start = starts.last, start <= self.now {
                starts.removeLast()
                try self.sendRequest(number: starts.count)
            }
            while let delivery = self.network.popDelivery(now: self.now) {
                if delivery.to == self.callerBinding.address {
                    self.caller.receive(delivery.bytes, from: delivery.from, on: self.callerBinding, now: self.now)
                } else {
                    self.callee.receive(delivery.bytes, from: delivery.from, on: self.calleeBinding, now: self.now)
                }
            }
            while let id = self.cancels.popExpired(self.now) { self.caller.cancel(id, now: self.now) }
            while let id = self.ownTimers.popExpired(self.now) { self.continueAnswering(id) }
            self.caller.handleTimeout(now: self.now)
            self.callee.handleTimeout(now: self.now)
            try self.drain()
        }
    }

    var areGaugesZero: Bool {
        self.caller.gauges == SIPEndpoint.Gauges() && self.callee.gauges == SIPEndpoint.Gauges()
            && self.network.inFlight == 0 && self.answering.isEmpty
    }

    // MARK: The caller

    private func sendRequest(number: Int) throws {
        let method: SIPMethod = [.invite, .invite, .options, .message][Int(self.random.next() & 3)]
        let callID = "call\(number)"
        self.planned[callID] = self.plan(for: method)
        var request = SIPMessageBuilder(request: method, uri: SIPURI(user: "200", host: "10.0.0.2"))
        try request.add(.from, "<sip:100@10.0.0.1>;tag=f\(number)")
        try request.add(.to, "<sip:200@10.0.0.2>")
        try request.add(.callID, callID)
        try request.add(.cSeq, "1 \(method)")
        try request.add(.contact, "<sip:100@10.0.0.1>")
        let destination = Destination(address: self.calleeBinding.address, binding: self.callerBinding)
        let id = try self.caller.send(request, to: destination, now: self.now)
        self.outcomes[id] = Outcome()
        self.callIDs[id] = callID
        if method == .invite, self.random.next() & 3 == 0 {
            self.canceled.insert(callID)
            self.cancels.schedule(
                id,
                at: self.now + .milliseconds(Int64.random(in: 0...4000, using: &self.random))
            )
        }
    }

    private func plan(for method: SIPMethod) -> Plan {
        if self.random.next() % 10 == 0 { return .silence }
        let status = [200, 200, 200, 404, 486, 503, 603][Int(self.random.next() % 7)]
        let after = Duration.milliseconds(Int64.random(in: 0...5000, using: &self.random))
        return .answer(status: status, after: after, ringing: method == .invite && self.random.next() & 1 == 0)
    }

    private func acknowledge(_ response: SIPMessage) throws {
        let destination = Destination(address: self.calleeBinding.address, binding: self.callerBinding)
        let key = response.callID + (response.toTag ?? "")
        if let bytes = self.acks[key] {
            self.caller.resend(bytes, to: destination)
            return
        }
        var ack = SIPMessageBuilder(request: .ack, uri: SIPURI(user: "200", host: "10.0.0.2"))
        try ack.add(.from, response.from.description)
        try ack.add(.to, response.to.description)
        try ack.add(.callID, response.callID)
        try ack.add(.cSeq, "\(response.cSeq.number) ACK")
        self.acks[key] = try self.caller.sendWithoutTransaction(ack, to: destination, now: self.now)
    }

    // MARK: The callee

    private func take(_ id: ServerTransactionID, _ request: SIPMessage) {
        self.served[id, default: 0] += 1
        guard let plan = self.planned[request.callID] else { return }
        switch plan {
        case .silence: break
        case .answer(_, let after, let ringing):
            self.answering[id] = Answering(id: id, plan: plan, isRinging: false, callID: request.callID)
            if ringing, let response = self.callee.makeResponse(180, to: id, toTag: "ringing") {
                self.callee.respond(id, response, now: self.now)
            }
            self.ownTimers.schedule(id, at: self.now + after)
        }
    }

    private func continueAnswering(_ id: ServerTransactionID) {
        guard let answering = self.answering[id], case .answer(let status, _, _) = answering.plan else { return }
        guard let response = self.callee.makeResponse(status, to: id, toTag: "answer") else {
            self.answering[id] = nil
            return
        }
        let isInvite = self.callee.request(of: id)?.method == .invite
        self.callee.respond(id, response, now: self.now)
        guard isInvite, status < 300 else {
            self.answering[id] = nil
            return
        }
        let interval = answering.interval.map { min($0 * 2, .seconds(4)) } ?? .milliseconds(500)
        self.answering[id]?.interval = interval
        self.ownTimers.schedule(id, at: self.now + interval)
    }

    private func stopRepeating(_ callID: String) {
        for (id, answering) in self.answering where answering.callID == callID && answering.interval != nil {
            self.answering[id] = nil
            self.ownTimers.cancel(id)
        }
    }

    // MARK: Driving

    private func drain() throws {
        while let event = self.caller.pollEvent() {
            switch event {
            case .response(let id, let response):
                guard response.statusCode >= 200 else { continue }
                self.outcomes[id]?.finals.append(response.statusCode)
                if response.method == .invite, response.statusCode < 300 { try self.acknowledge(response) }
            case .failed(let id, let failure):
                self.outcomes[id]?.failures.append(failure)
            default: Issue.record("the caller does not expect \(event.word)")
            }
        }
        while let event = self.callee.pollEvent() {
            switch event {
            case .request(let id, let request, _, _): self.take(id, request)
            case .acknowledged(let ack, _): self.stopRepeating(ack.callID)
            case .cancelled(let id):
                self.ownTimers.cancel(id)
                self.answering[id] = nil
                if let response = self.callee.makeResponse(487, to: id, toTag: "answer") {
                    self.callee.respond(id, response, now: self.now)
                }
            case .serverTransactionEnded(let id, _):
                self.ended[id, default: 0] += 1
                self.answering[id] = nil
                self.ownTimers.cancel(id)
            // Only a CANCEL whose INVITE was lost or is over has nothing to cancel.
            case .refused(status: 481, method: .cancel, _, _): break
            default: Issue.record("the callee does not expect \(event.word)")
            }
        }
        while let transmit = self.caller.pollTransmit() { self.carry(transmit, ">") }
        while let transmit = self.callee.pollTransmit() { self.carry(transmit, "<") }
    }

    private func carry(_ transmit: Transmit, _ arrow: String) {
        if let message = try? SIPMessage(transmit.bytes) {
            self.ladder.append("\(self.now.nanoseconds / 1_000_000) \(arrow) \(message) \(message.callID)")
        }
        self.network.send(transmit.bytes, from: transmit.binding.address, to: transmit.to, now: self.now)
    }
}
