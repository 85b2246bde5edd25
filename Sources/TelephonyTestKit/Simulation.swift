public import CoreTypes

/// Telephones, exchanges and whatever else speaks SIP on one simulated network, in virtual time and on one thread.
///
/// The same seed and the same commands give the same story; a minute of it takes microseconds.
public final class Simulation {
    /// A datagram that was sent.
    public struct Sent: Sendable {
        /// When.
        public var instant: Instant
        /// What.
        public var bytes: [UInt8]
        /// By whom.
        public var from: TransportAddress
        /// To whom.
        public var to: TransportAddress
    }

    /// The network; its conditions may be changed at any time.
    public var network: SimulatedNetwork
    /// Loses the datagrams that it says `true` to, whatever the network's conditions are.
    public var loses: ((Sent) -> Bool)?
    /// Everything that was sent, lost datagrams included, but not the media.
    public private(set) var sent: [Sent] = []
    let clock = SimulatedClock()
    private var hosts: [any SimulatedHost] = []

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
        (self.hosts.map(\.deadline) + [self.network.deadline]).compactMap(\.self).min()
    }

    private func step() {
        while let delivery = self.network.popDelivery(now: self.now) {
            for host in self.hosts where host.address == delivery.to.host {
                host.receive(delivery.bytes, from: delivery.from, to: delivery.to, now: self.now)
            }
            self.flush()
        }
        for host in self.hosts {
            guard let deadline = host.deadline, deadline <= self.now else { continue }
            host.handleTimeout(now: self.now)
        }
        self.flush()
    }

    private func flush() {
        for host in self.hosts {
            while let (bytes, from, to) = host.pollTransmit() {
                let sent = Sent(instant: self.now, bytes: bytes, from: from, to: to)
                // RTP and RTCP have version 2 in their first bits, which no SIP message has.
                if bytes.first.map({ $0 >> 6 != 2 }) ?? true { self.sent.append(sent) }
                if self.loses?(sent) == true { continue }
                self.network.send(bytes, from: from, to: to, now: self.now)
            }
        }
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
    /// When ``handleTimeout(now:)`` is due.
    var deadline: Instant? { get }
    /// A datagram came.
    func receive(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, now: Instant)
    /// The deadline has come.
    func handleTimeout(now: Instant)
    /// The next datagram that leaves.
    func pollTransmit() -> (bytes: [UInt8], from: TransportAddress, to: TransportAddress)?
}
