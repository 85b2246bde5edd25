import CoreTypes
import SIPCore

/// A user that sends the requests that are planned for it and answers those that it gets, as a session would:
/// it acknowledges each 2xx, and repeats its own until the ACK comes.
final class ScenarioUser: ScenarioHost {
    private struct Plan {
        var method: SIPMethod
        var to: TransportAddress
        var cancelAfter: Duration?
        var number = -1
        var id: ClientTransactionID?
    }
    private struct Served {
        var id: ServerTransactionID
        var number: Int
        var isInvite: Bool
        var status: Int
        /// The interval to the next retransmission of a 2xx.
        var interval: Duration?
        var isOver = false
    }

    private let answers: Scenario.Answers
    private var plans: [Plan] = []
    private var owners: [ClientTransactionID: Int] = [:]
    private var served: [Served] = []
    private var serving: [ServerTransactionID: Int] = [:]
    private var acks: [String: [UInt8]] = [:]

    init(
        _ answers: Scenario.Answers,
        at address: IPAddress,
        host: Scenario.Host,
        ledger: ScenarioLedger,
        random: inout Xoshiro,
        expectedRefusals: Set<Int>,
        fault: Fault?
    ) {
        self.answers = answers
        super.init(
            at: address,
            host: host,
            ledger: ledger,
            random: &random,
            expectedRefusals: expectedRefusals,
            fault: fault
        )
    }

    /// Plans requests.
    func plan(_ traffic: Scenario.Traffic, to: TransportAddress) {
        for _ in 0..<traffic.count {
            guard let method = traffic.methods.randomElement(using: &self.random) else { return }
            var plan = Plan(method: method, to: to)
            if method == .invite, self.chance(traffic.canceled) {
                plan.cancelAfter = self.instant(within: traffic.canceledWithin)
            }
            self.tasks.schedule(.start(self.plans.count), at: .zero + self.instant(within: traffic.within))
            self.plans.append(plan)
        }
    }

    private func chance(_ probability: Double) -> Bool {
        Double(self.random.next() >> 11) / Double(1 << 53) < probability
    }

    override func perform(_ task: Task, now: Instant) {
        switch task {
        case .start(let index): self.start(index, now: now)
        case .cancel(let index):
            guard let id = self.plans[index].id else { return }
            self.ledger.simulation.note("cancels", self.plans[index].number, by: self.address)
            self.endpoint.cancel(id, on: self.binding, now: now)
        case .answer(let index): self.answer(index, now: now)
        case .wake: break
        }
    }

    // MARK: The client

    private func start(_ index: Int, now: Instant) {
        let plan = self.plans[index]
        let number = self.ledger.add(.init(client: self.address, sentAt: now, method: plan.method))
        self.plans[index].number = number
        let destination = Destination(address: plan.to, binding: self.binding)
        var request = SIPMessageBuilder(request: plan.method, uri: SIPURI(host: plan.to.host.hostText))
        do {
            try request.add(.from, "<sip:a@x>;tag=f\(number)")
            try request.add(.to, "<sip:b@x>")
            try request.add(.callID, "\(number)")
            try request.add(.cSeq, "1 \(plan.method)")
            if plan.method == .invite { try request.add(.contact, "<sip:a@x>") }
            let id = try self.endpoint.endpoint.send(request, to: destination, now: now)
            self.plans[index].id = id
            self.owners[id] = number
        } catch {
            self.ledger.verdicts.require(false, .asPlanned, now, "a request could not be built: \(error)")
        }
        if let after = plan.cancelAfter {
            self.ledger.requests[number].isCanceled = true
            self.tasks.schedule(.cancel(index), at: now + after)
        }
    }

    private func acknowledge(_ response: SIPMessage, now: Instant) {
        guard let host = response.first(.contact).flatMap({ NameAddress($0) })?.uri.host, let address = IPAddress(host)
        else { return }
        let to = TransportAddress(host: address, port: 5_060)
        let destination = Destination(address: to, binding: self.binding)
        let key = response.callID + (response.toTag ?? "")
        if let bytes = self.acks[key] {
            self.endpoint.endpoint.resend(bytes, to: destination)
            return
        }
        var ack = SIPMessageBuilder(request: .ack, uri: SIPURI(host: host))
        do {
            try ack.add(.from, response.from.description)
            try ack.add(.to, response.to.description)
            try ack.add(.callID, response.callID)
            try ack.add(.cSeq, "\(response.cSeq.number) ACK")
            self.acks[key] = try self.endpoint.endpoint.sendWithoutTransaction(ack, to: destination, now: now)
        } catch {
            self.ledger.verdicts.require(false, .asPlanned, now, "an ACK could not be built: \(error)")
        }
    }

    // MARK: The server

    private func take(_ id: ServerTransactionID, _ request: SIPMessage, now: Instant) {
        let number = Int(request.callID) ?? -1
        let isInvite = request.method == .invite
        let isSilent = self.chance(self.answers.silence)
        let status = isSilent ? 0 : self.answers.statuses.randomElement(using: &self.random) ?? 200
        let rings = isInvite && self.chance(self.answers.ringing)
        let after = self.instant(within: self.answers.within)
        if self.ledger.requests.indices.contains(number), self.ledger.requests[number].planned < 0 {
            self.ledger.requests[number].planned = status
        }
        self.serving[id] = self.served.count
        self.served.append(Served(id: id, number: number, isInvite: isInvite, status: status))
        if rings { self.respond(id, 180, now: now) }
        guard !isSilent else { return }
        self.tasks.schedule(.answer(self.served.count - 1), at: now + after)
    }

    private func answer(_ index: Int, now: Instant) {
        let served = self.served[index]
        guard !served.isOver, var response = self.endpoint.endpoint.makeResponse(served.status, to: served.id) else {
            return
        }
        let isRepeated = served.isInvite && 200..<300 ~= served.status
        if isRepeated { try? response.add(.contact, "<sip:b@\(self.address)>") }
        self.endpoint.endpoint.respond(served.id, response, now: now)
        guard isRepeated else { return }
        // RFC 3261 section 13.3.1.4, over a stream too.
        let interval = served.interval.map { min($0 * 2, .seconds(4)) } ?? .milliseconds(500)
        self.served[index].interval = interval
        self.tasks.schedule(.answer(index), at: now + interval)
    }

    private func finish(_ index: Int) {
        self.served[index].isOver = true
        self.tasks.cancel(.answer(index))
    }

    // MARK: Events

    override func handle(_ event: SIPEndpointEvent, now: Instant) {
        switch event {
        case .request(let id, let request, from: _, on: _): self.take(id, request, now: now)
        case .response(let id, let response):
            guard let number = self.owners[id] else { return }
            let status = response.statusCode
            self.ledger.answered(number, status, now: now)
            if status >= 200 { self.ledger.simulation.note("is told of a response:", status, by: self.address) }
            if response.method == .invite, 200..<300 ~= status { self.acknowledge(response, now: now) }
        case .failed(let id, let failure):
            // Of a request that was not even sent the failure may come before its name is known here.
            let number = self.owners[id] ?? self.ledger.requests.count - 1
            self.ledger.simulation.note("is told of the failure of", number, by: self.address)
            self.ledger.failed(number, failure, now: now)
        case .acknowledged(let ack, from: _):
            guard let number = Int(ack.callID) else { return }
            for index in self.served.indices where self.served[index].number == number { self.finish(index) }
        case .cancelled(let id):
            guard let index = self.serving[id] else { return }
            self.ledger.simulation.note("is told of the CANCEL of", self.served[index].number, by: self.address)
            self.finish(index)
            // Who is silent is so after a CANCEL too, and the endpoint has to answer.
            if self.served[index].status != 0 { self.respond(id, 487, now: now) }
        case .serverTransactionEnded(let id, acknowledged: _):
            if let index = self.serving[id] { self.finish(index) }
        case .undeliverable, .malformed, .refused: break
        }
    }
}
