import CoreTypes
import SIPCore

/// An endpoint, and a record of what it told its owner: every promise of its interface is checked as it runs.
struct WatchedEndpoint: ~Copyable {
    private var endpoint: SIPEndpoint
    private(set) var now = Instant.zero
    private var live: Set<ServerTransactionID> = []
    private var ended: Set<ServerTransactionID> = []
    /// Those that got a final answer of the owner.
    private var answered: Set<ServerTransactionID> = []
    private var waiting: Set<ClientTransactionID> = []
    private var finished: Set<ClientTransactionID> = []
    private var deadlinesMissed = 0

    /// What left, for whoever plays the network; emptied by `takeTransmits`.
    private var transmits: [Transmit] = []
    /// What happened, for whoever plays the owner; emptied by `takeEvents`.
    private var events: [SIPEndpointEvent] = []

    init(_ configuration: SIPEndpoint.Configuration, seed: UInt64) {
        self.endpoint = SIPEndpoint(configuration: configuration, random: SeededRandom(seed: seed))
    }

    var gauges: SIPEndpoint.Gauges { self.endpoint.gauges }
    var deadline: Instant? { self.endpoint.deadline }

    // MARK: Inputs

    mutating func receive(_ bytes: [UInt8], from source: TransportAddress, on binding: LocalBinding) {
        self.endpoint.receive(bytes, from: source, on: binding, now: self.now)
        // More than a handful of messages for one would make a flood of us.
        check(self.drain() <= 4, "one datagram made \(self.transmits.count) messages")
    }

    mutating func fail(to address: TransportAddress) {
        self.endpoint.handleTransportFailure(to: address, now: self.now)
        self.drain()
    }

    /// Lets time pass, each deadline met on the way.
    mutating func advance(_ duration: Duration) {
        let end = self.now + duration
        var rounds = 0
        while let deadline = self.endpoint.deadline, deadline <= end {
            rounds += 1
            check(rounds < 50_000, "the clock stands still at \(self.now)")
            self.now = max(self.now, deadline)
            if isBrokenOnPurpose, self.endpoint.gauges.clientTransactions == 3 { break }
            self.endpoint.handleTimeout(now: self.now)
            if let next = self.endpoint.deadline {
                check(next > self.now, "the deadline that was met is still there")
            }
            self.drain()
        }
        self.now = max(self.now, end)
    }

    /// Lets time pass until nothing is left to do, and proves that nothing is left.
    mutating func finish() {
        // Timer C, what an owner may leave unanswered and the waits behind them, twice over.
        for _ in 0..<4 { self.advance(.seconds(600)) }
        let gauges = self.endpoint.gauges
        check(gauges == SIPEndpoint.Gauges(), "after forty minutes there is still \(gauges)")
        check(self.endpoint.deadline == nil, "nothing lives, but there is a deadline")
        check(self.live.isEmpty, "\(self.live.count) requests were told and never ended")
        check(self.waiting.isEmpty, "\(self.waiting.count) requests were sent and got neither an answer nor a failure")
    }

    // MARK: Commands

    mutating func send(
        _ request: SIPMessageBuilder,
        to destination: Destination,
        noAnswerLimit: Duration? = nil
    ) -> ClientTransactionID? {
        let limit = noAnswerLimit
        guard let id = try? self.endpoint.send(request, to: destination, noAnswerLimit: limit, now: self.now) else {
            return nil
        }
        check(self.waiting.insert(id).inserted && !self.finished.contains(id), "an identifier came twice")
        self.drain()
        return id
    }

    mutating func sendWithoutTransaction(_ request: SIPMessageBuilder, to destination: Destination) {
        _ = try? self.endpoint.sendWithoutTransaction(request, to: destination, now: self.now)
        self.drain()
    }

    mutating func cancel(_ id: ClientTransactionID) {
        self.endpoint.cancel(id, now: self.now)
        self.drain()
    }

    mutating func respond(_ id: ServerTransactionID, _ status: Int) {
        guard let response = self.endpoint.makeResponse(status, to: id) else {
            let wasAnswered = self.answered.contains(id) || self.endpoint.counters.unanswered > 0
            check(!self.live.contains(id) || wasAnswered, "a request that waits cannot be answered")
            return
        }
        self.endpoint.respond(id, response, now: self.now)
        if status >= 200 { self.answered.insert(id) }
        self.drain()
    }

    func request(of id: ClientTransactionID) -> SIPMessage? {
        self.endpoint.request(of: id)
    }

    // MARK: Outputs

    mutating func takeTransmits() -> [Transmit] {
        defer { self.transmits.removeAll() }
        return self.transmits
    }

    mutating func takeEvents() -> [SIPEndpointEvent] {
        defer { self.events.removeAll() }
        return self.events
    }

    /// Empties both polls and gives the number of messages that left.
    @discardableResult
    private mutating func drain() -> Int {
        var sent = 0
        var echoes = 0
        while let transmit = self.endpoint.pollTransmit() {
            sent += 1
            if !self.checkTransmit(transmit) { echoes += 1 }
            if self.transmits.count < 256 { self.transmits.append(transmit) }
        }
        while let event = self.endpoint.pollEvent() {
            self.checkEvent(event)
            if case .malformed(_, from: _, answered: true) = event { echoes -= 1 }
            if self.events.count < 256 { self.events.append(event) }
        }
        check(echoes <= 0, "what left is no message, and no answer to one that was none")
        let gauges = self.endpoint.gauges
        let configuration = self.endpoint.configuration
        check(gauges.transmits == 0 && gauges.events == 0, "drained, and there is more: \(gauges)")
        check(gauges.serverTransactions <= configuration.maximumServerTransactions, "over the limit: \(gauges)")
        // A CANCEL of ours may come on top: it is the only way to get rid of its INVITE.
        check(gauges.clientTransactions <= 2 * configuration.maximumClientTransactions, "over the limit: \(gauges)")
        let transactions = gauges.clientTransactions + gauges.serverTransactions
        check(gauges.timers == transactions, "a transaction without a timer: \(gauges)")
        check(transactions == 0 || self.endpoint.deadline != nil, "transactions live, and there is no deadline")
        return sent
    }

    /// Whether what left is a message; the refusal of a broken request is not when it has to echo what was broken, but
    /// even then it is one response and no more.
    private func checkTransmit(_ transmit: Transmit) -> Bool {
        if let message = try? SIPMessage(transmit.bytes) {
            check(message.length == transmit.bytes.count, "bytes behind the message left with it")
            return true
        }
        check(transmit.bytes.starts(with: "SIP/2.0 ".utf8), "what left is neither a message nor a response")
        var framer = StreamFramer()
        framer.append(transmit.bytes)
        let frame = try? framer.next()
        check(
            frame == .message(transmit.bytes),
            "what left is not one message: \(String(decoding: transmit.bytes, as: UTF8.self))"
        )
        return false
    }

    private mutating func checkEvent(_ event: SIPEndpointEvent) {
        switch event {
        case .request(let id, let message, from: _, on: _):
            check(message.isRequest && message.method != .ack && message.method != .cancel, "told of \(message.method)")
            check(self.live.insert(id).inserted && !self.ended.contains(id), "a request was told twice")
        case .acknowledged(let message, from: _):
            check(message.method == .ack, "acknowledged by \(message.method)")
        case .cancelled(let id), .undeliverable(let id):
            check(self.live.contains(id), "something happened to a request that has ended")
        case .response(let id, let message):
            check(!message.isRequest, "an answer that is a request")
            if message.statusCode >= 200 {
                // Of an INVITE's 2xx there may be more; of everything else one final answer.
                let isRepeatable = message.method == .invite && message.statusCode < 300
                let isFirst = self.waiting.remove(id) != nil
                check(isFirst || isRepeatable, "a second final answer was told")
                self.finished.insert(id)
            } else {
                check(self.waiting.contains(id), "a provisional answer after the end")
            }
        case .failed(let id, _):
            // `.overloaded` names a transaction that never was, so that it is not yet known when this is told.
            if self.waiting.remove(id) == nil {
                check(!self.finished.contains(id), "a failure after the end")
            }
            self.finished.insert(id)
        case .serverTransactionEnded(let id, acknowledged: _):
            check(self.live.remove(id) != nil, "a request ended twice")
            self.ended.insert(id)
        case .malformed(let error, from: _, answered: _):
            check((400...699).contains(error.status), "\(error)")
        case .refused(let report):
            check((400...699).contains(report.status), "refused with \(report.status)")
        }
    }
}
