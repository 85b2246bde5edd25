public import CoreTypes

/// Telephones, PBXs and whatever else speaks SIP on one simulated network, in virtual time and on one thread.
///
/// The same seed and the same commands give the same story; a minute of it takes microseconds.
public final class Simulation {
    /// A message that was sent.
    public struct Sent: Sendable {
        /// When.
        public var instant: Instant
        /// What.
        public var bytes: [UInt8]
        /// By whom; for a host behind a translator its private address.
        public var from: TransportAddress
        /// To whom.
        public var to: TransportAddress
        /// What the network did with it.
        public var fate: SimulatedNetwork.Fate = .lost
    }

    /// What happened, in order; the numbers are those of ``sent``.
    public enum Entry: Sendable {
        /// A message was sent.
        case sent(Int)
        /// It, or its duplicate, reached a host.
        case delivered(Int, IPAddress, Instant)
        /// It came to a translator, which did not let it through.
        case blocked(Int)
        /// The connections broke.
        case broken(Instant)
        /// A host, or whoever disturbs the network, noted something.
        case note(IPAddress?, StaticString, Int, Instant)
    }

    /// The network; its conditions may be changed at any time.
    public var network: SimulatedNetwork
    /// Loses the datagrams that it says `true` to, whatever the network's conditions are.
    public var loses: ((Sent) -> Bool)?
    /// Everything that was sent, lost datagrams included, but not the media.
    public private(set) var sent: [Sent] = []
    /// What happened, in order.
    public private(set) var entries: [Entry] = []
    /// The translators, by ``addNAT(_:)``'s numbers.
    public var translators: [SimulatedNAT] = []
    /// The time.
    public let clock = SimulatedClock()
    private var hosts: [any SimulatedHost] = []
    private var inside: [IPAddress: Int] = [:]

    /// Makes a network without anybody on it.
    public init(seed: UInt64, conditions: SimulatedNetwork.Conditions = .init()) {
        self.network = SimulatedNetwork(conditions: conditions, seed: seed)
    }

    /// What time it is.
    public var now: Instant { self.clock.now }

    /// Puts somebody on the network.
    public func add(_ host: any SimulatedHost) {
        self.hosts.append(host)
    }

    /// Puts a translator on the network; gives its number.
    public func addNAT(_ translator: SimulatedNAT) -> Int {
        self.translators.append(translator)
        return self.translators.count - 1
    }

    /// Moves an address behind a translator: nobody outside reaches it but through that.
    public func move(_ address: IPAddress, behind translator: Int) {
        self.inside[address] = translator
    }

    /// Whether an address is behind a translator.
    public func isBehindNAT(_ address: IPAddress) -> Bool {
        self.inside[address] != nil
    }

    /// Keeps a note among the messages, for the ladder.
    public func note(_ text: StaticString, _ number: Int = 0, by host: IPAddress? = nil) {
        self.entries.append(.note(host, text, number, self.now))
    }

    /// Breaks the connections between two hosts: what is on its way is lost, and both are notified.
    public func breakConnections(between one: any SimulatedHost, and other: any SimulatedHost) {
        self.entries.append(.broken(self.now))
        self.network.loseInFlight(between: one.address, and: other.address)
        one.handleTransportFailure(to: other.address, now: self.now)
        other.handleTransportFailure(to: one.address, now: self.now)
    }

    // MARK: Time

    /// Lets `duration` pass.
    public func run(for duration: Duration) {
        let end = self.now + duration
        _ = self.run(to: end, until: { false })
        self.clock.now = end
    }

    /// Lets time pass until `condition` holds; `false` when it never did within `limit`.
    public func run(limit: Duration = .seconds(600), until condition: () -> Bool) -> Bool {
        self.run(to: self.now + limit, until: condition)
    }

    /// Lets time pass until nothing is left to happen; `false` when that takes longer than `limit`.
    public func runUntilQuiet(limit: Duration) -> Bool {
        _ = self.run(to: self.now + limit, until: { false })
        return self.deadline == nil
    }

    private func run(to end: Instant, until condition: () -> Bool) -> Bool {
        self.flush()
        var steps = 0
        while !condition() {
            guard let next = self.deadline, next <= end else { return false }
            self.clock.now = max(self.now, next)
            self.step()
            steps += 1
            precondition(steps < 10_000_000, "a deadline that never moves on")
        }
        return true
    }

    private var deadline: Instant? {
        var earliest = self.network.deadline
        for host in self.hosts {
            guard let deadline = host.deadline else { continue }
            if earliest.map({ deadline < $0 }) ?? true { earliest = deadline }
        }
        return earliest
    }

    private func step() {
        while let delivery = self.network.popDelivery(now: self.now) { self.deliver(delivery) }
        var isDue = false
        for host in self.hosts {
            guard let deadline = host.deadline, deadline <= self.now else { continue }
            host.handleTimeout(now: self.now)
            isDue = true
        }
        // One host may have given another a command.
        if isDue { self.flush() }
    }

    // MARK: Carrying

    private func deliver(_ delivery: SimulatedNetwork.Delivery) {
        var destination = delivery.to
        for translator in self.translators where translator.address == delivery.to.host {
            guard let host = translator.receive(from: delivery.from, to: delivery.to.port, now: self.now) else {
                if delivery.number >= 0 { self.entries.append(.blocked(delivery.number)) }
                return
            }
            destination = host
        }
        for host in self.hosts where host.address == destination.host {
            if delivery.number >= 0 { self.entries.append(.delivered(delivery.number, destination.host, self.now)) }
            host.receive(delivery.bytes, from: delivery.from, to: destination, now: self.now)
            self.flush(host)
        }
    }

    private func flush() {
        for host in self.hosts { self.flush(host) }
    }

    private func flush(_ host: any SimulatedHost) {
        while let (bytes, from, to) = host.pollTransmit() {
            // RTP and RTCP have version 2 in their first bits, which no SIP message has.
            let isMedia = bytes.first.map { $0 >> 6 == 2 } ?? false
            var sent = Sent(instant: self.now, bytes: bytes, from: from, to: to)
            sent.fate = self.carry(sent, number: isMedia ? -1 : self.sent.count, isStream: host.isStream)
            guard !isMedia else { continue }
            self.entries.append(.sent(self.sent.count))
            self.sent.append(sent)
        }
    }

    private func carry(_ sent: Sent, number: Int, isStream: Bool) -> SimulatedNetwork.Fate {
        if let loses, loses(sent) { return .lost }
        var from = sent.from
        if let translator = self.inside[from.host], self.inside[sent.to.host] != translator {
            let outside = self.translators[translator].send(from: from, to: sent.to, now: self.now)
            guard let outside else { return .cut }
            from = outside
        } else if let translator = self.inside[sent.to.host], self.inside[from.host] != translator {
            // A private address means nothing outside.
            return .cut
        }
        return isStream
            ? self.network.sendReliably(sent.bytes, from: from, to: sent.to, number: number, now: self.now)
            : self.network.send(sent.bytes, from: from, to: sent.to, number: number, now: self.now)
    }
}

/// The time of a ``Simulation``, for those who give commands in between.
public final class SimulatedClock {
    /// What time it is.
    public internal(set) var now = Instant.zero
}

/// Somebody with an address on the network of a ``Simulation``.
public protocol SimulatedHost: AnyObject {
    /// Its address.
    var address: IPAddress { get }
    /// Whether it speaks over streams, whose bytes arrive once and in order.
    var isStream: Bool { get }
    /// When ``handleTimeout(now:)`` is due.
    var deadline: Instant? { get }
    /// A datagram, or a piece of a stream, came.
    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant)
    /// The deadline has come.
    func handleTimeout(now: Instant)
    /// Nothing reaches that host any more, for now.
    func handleTransportFailure(to address: IPAddress, now: Instant)
    /// The next datagram that leaves.
    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)?
}

extension SimulatedHost {
    /// Datagrams, if nothing else is said.
    public var isStream: Bool { false }
    /// Most hosts learn from timers alone.
    public func handleTransportFailure(to address: IPAddress, now: Instant) {}
}
