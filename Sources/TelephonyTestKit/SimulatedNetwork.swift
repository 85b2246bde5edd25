public import CoreTypes

/// A network of datagrams in virtual time: what is sent arrives later, twice, out of order or never, as the seed has it.
///
/// The same seed and the same sends give the same deliveries. After each input arm `deadline`, and drain
/// `popDelivery` when it has come.
public struct SimulatedNetwork: Sendable {
    /// How a path treats its datagrams.
    public struct Conditions: Sendable, Equatable {
        /// The time that every datagram takes.
        public var latency: Duration
        /// The most that chance adds to it; datagrams stay in order.
        public var jitter: Duration
        /// The part of the datagrams that never arrives, 0 to 1.
        public var loss: Double
        /// The part that arrives twice, 0 to 1.
        public var duplication: Double
        /// The part that is overtaken by others, 0 to 1.
        public var reordering: Double
        /// How long an overtaken datagram is held back at most.
        public var reorderingDelay: Duration
        /// The bytes a second that the path carries; `nil` for any number.
        public var bandwidth: Int?
        /// The bytes that may wait for the bandwidth; what comes to a full queue is dropped. `nil` for any number.
        public var queueLimit: Int?
        /// Losses that come in bursts, beside `loss`.
        public var bursts: Bursts?

        /// Makes conditions from their parts; without any, those of a good local network.
        public init(
            latency: Duration = .milliseconds(1),
            jitter: Duration = .zero,
            loss: Double = 0,
            duplication: Double = 0,
            reordering: Double = 0,
            reorderingDelay: Duration = .milliseconds(50),
            bandwidth: Int? = nil,
            queueLimit: Int? = nil,
            bursts: Bursts? = nil
        ) {
            self.latency = latency
            self.jitter = jitter
            self.loss = loss
            self.duplication = duplication
            self.reordering = reordering
            self.reorderingDelay = reorderingDelay
            self.bandwidth = bandwidth
            self.queueLimit = queueLimit
            self.bursts = bursts
        }
    }

    /// Losses in bursts, as Gilbert and Elliott model them: a path is good or bad, and changes by chance.
    public struct Bursts: Sendable, Equatable {
        /// The chance that a good path is bad for the next datagram, 0 to 1.
        public var begin: Double
        /// The chance that a bad path is good again for the next datagram, 0 to 1.
        public var end: Double
        /// The part that a bad path loses, 0 to 1.
        public var loss: Double

        /// Makes a model from its parts.
        public init(begin: Double, end: Double, loss: Double = 1) {
            self.begin = begin
            self.end = end
            self.loss = loss
        }
    }

    /// What the network does with a datagram.
    public enum Fate: Sendable, Equatable {
        /// It arrives, once or twice.
        case arrives(at: Instant, again: Instant?)
        /// Chance loses it.
        case lost
        /// The path is cut.
        case cut
        /// The queue for the bandwidth is full.
        case dropped
    }

    /// A datagram that arrives.
    public struct Delivery: Sendable, Equatable {
        /// When it arrives.
        public var instant: Instant
        /// What it carries.
        public var bytes: [UInt8]
        /// Who sent it.
        public var from: TransportAddress
        /// Who gets it.
        public var to: TransportAddress
        /// The number that its sender gave it.
        public var number: Int
    }

    /// What happened to the datagrams so far.
    public struct Statistics: Sendable, Equatable {
        /// Sent by anybody.
        public var sent = 0
        /// Never to arrive, whatever the reason.
        public var lost = 0
        /// Of the lost ones those that came to a full queue.
        public var dropped = 0
        /// Sent twice by the network.
        public var duplicated = 0
        /// Held back so that others overtake.
        public var reordered = 0
        /// Given to the receiver.
        public var delivered = 0
    }

    private struct Path: Hashable {
        var from: IPAddress
        var to: IPAddress
    }

    private struct PathState {
        var conditions: Conditions?
        var isCut = false
        /// When the path is cut beside that.
        var cuts: [Range<Instant>] = []
        var isBad = false
        /// When the latest datagram in order arrives.
        var latest = Instant.zero
        /// When the path has carried all that was sent.
        var freeAt = Instant.zero

        func isCut(_ now: Instant) -> Bool {
            self.isCut || self.cuts.contains { $0.contains(now) }
        }
    }

    /// How a path without conditions of its own treats its datagrams.
    public var conditions: Conditions
    /// What happened so far.
    public private(set) var statistics = Statistics()
    private var random: Xoshiro
    private var paths: [Path: PathState] = [:]
    private var queue = DeliveryQueue()

    /// Makes a network without anything on its way.
    public init(conditions: Conditions = Conditions(), seed: UInt64) {
        self.conditions = conditions
        self.random = Xoshiro(seed: seed)
    }

    // MARK: Inputs

    /// Sends a datagram; `number` comes back with its delivery. Tells what becomes of it.
    @discardableResult
    public mutating func send(
        _ bytes: [UInt8],
        from: TransportAddress,
        to: TransportAddress,
        number: Int = 0,
        now: Instant
    ) -> Fate {
        self.statistics.sent += 1
        let path = Path(from: from.host, to: to.host)
        var state = self.paths[path] ?? PathState()
        defer { self.paths[path] = state }
        let conditions = state.conditions ?? self.conditions
        // The numbers are drawn in any case, so that a changed condition does not change the fate of other datagrams.
        let isLost = self.chance(conditions.loss)
        let isDuplicated = self.chance(conditions.duplication)
        let isReordered = self.chance(conditions.reordering)
        let shares = (self.share(), self.share(), self.share())
        let isBurst = self.isInBurst(conditions.bursts, &state)
        if state.isCut(now) { return self.lose(.cut) }
        var leaves = now
        if let bandwidth = conditions.bandwidth, bandwidth > 0 {
            leaves = max(now, state.freeAt)
            let waiting = (leaves - now).nanoseconds / 1_000 * Int64(bandwidth) / 1_000_000
            if let limit = conditions.queueLimit, waiting + Int64(bytes.count) > Int64(limit) {
                return self.lose(.dropped)
            }
            leaves += .nanoseconds(Int64(bytes.count) * 1_000_000_000 / Int64(bandwidth))
            state.freeAt = leaves
        }
        // What is lost behind the queue has used the bandwidth all the same.
        guard !isLost, !isBurst else { return self.lose(.lost) }
        var arrival = leaves + conditions.latency + Self.scaled(conditions.jitter, shares.0)
        if isReordered {
            self.statistics.reordered += 1
            arrival += Self.scaled(conditions.reorderingDelay, shares.1)
        } else {
            arrival = max(arrival, state.latest)
            state.latest = arrival
        }
        var again: Instant?
        self.queue.insert(Delivery(instant: arrival, bytes: bytes, from: from, to: to, number: number))
        if isDuplicated {
            self.statistics.duplicated += 1
            let second = arrival + Self.scaled(max(conditions.jitter, .milliseconds(1)), shares.2)
            again = second
            self.queue.insert(Delivery(instant: second, bytes: bytes, from: from, to: to, number: number))
        }
        return .arrives(at: arrival, again: again)
    }

    /// Sends bytes of a stream: they arrive once and in order, and what is lost on the way costs time.
    ///
    /// A cut path loses them, for the connection over it breaks.
    @discardableResult
    public mutating func sendReliably(
        _ bytes: [UInt8],
        from: TransportAddress,
        to: TransportAddress,
        number: Int = 0,
        now: Instant
    ) -> Fate {
        self.statistics.sent += 1
        let path = Path(from: from.host, to: to.host)
        var state = self.paths[path] ?? PathState()
        defer { self.paths[path] = state }
        let conditions = state.conditions ?? self.conditions
        if state.isCut(now) { return self.lose(.cut) }
        var arrival = now + conditions.latency + Self.scaled(conditions.jitter, self.share())
        var timeout = Duration.milliseconds(200)
        while self.chance(conditions.loss), timeout < .seconds(10) {
            arrival += timeout
            timeout = timeout * 2
        }
        arrival = max(arrival, state.latest)
        state.latest = arrival
        self.queue.insert(Delivery(instant: arrival, bytes: bytes, from: from, to: to, number: number))
        return .arrives(at: arrival, again: nil)
    }

    private mutating func lose(_ fate: Fate) -> Fate {
        self.statistics.lost += 1
        if fate == .dropped { self.statistics.dropped += 1 }
        return fate
    }

    private mutating func isInBurst(_ bursts: Bursts?, _ state: inout PathState) -> Bool {
        guard let bursts else { return false }
        state.isBad = state.isBad ? !self.chance(bursts.end) : self.chance(bursts.begin)
        return self.chance(bursts.loss) && state.isBad
    }

    /// Gives the path from one host to another conditions of its own; `nil` takes them back.
    public mutating func setConditions(_ conditions: Conditions?, from: IPAddress, to: IPAddress) {
        self.paths[Path(from: from, to: to), default: PathState()].conditions = conditions
    }

    /// Cuts the path from one host to another for a time, one way only; what is on its way still arrives.
    public mutating func cut(from: IPAddress, to: IPAddress, during time: Range<Instant>) {
        self.paths[Path(from: from, to: to), default: PathState()].cuts.append(time)
    }

    /// Loses what is on its way between two hosts, as a connection does that breaks.
    public mutating func loseInFlight(between one: IPAddress, and other: IPAddress) {
        self.statistics.lost += self.queue.remove { delivery in
            let ends = (delivery.from.host, delivery.to.host)
            return ends == (one, other) || ends == (other, one)
        }
    }

    /// Cuts the paths between two hosts, or joins them again; what is on its way still arrives.
    public mutating func setPartition(_ isCut: Bool, between one: IPAddress, and other: IPAddress) {
        self.paths[Path(from: one, to: other), default: PathState()].isCut = isCut
        self.paths[Path(from: other, to: one), default: PathState()].isCut = isCut
    }

    // MARK: Outputs

    /// When the next datagram arrives.
    public var deadline: Instant? {
        self.queue.first?.instant
    }

    /// How many datagrams are on their way.
    public var inFlight: Int {
        self.queue.count
    }

    /// The next datagram that has arrived by `now`.
    public mutating func popDelivery(now: Instant) -> Delivery? {
        guard let first = self.queue.first, first.instant <= now else { return nil }
        self.queue.removeFirst()
        self.statistics.delivered += 1
        return first
    }

    // MARK: Chance

    private mutating func share() -> Double {
        Double(self.random.next() >> 11) / Double(1 << 53)
    }

    private mutating func chance(_ probability: Double) -> Bool {
        self.share() < probability
    }

    private static func scaled(_ duration: Duration, _ share: Double) -> Duration {
        .nanoseconds(Int64(Double(duration.nanoseconds) * share))
    }
}
