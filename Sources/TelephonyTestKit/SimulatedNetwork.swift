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

        /// Makes conditions from their parts; without any, those of a good local network.
        public init(
            latency: Duration = .milliseconds(1),
            jitter: Duration = .zero,
            loss: Double = 0,
            duplication: Double = 0,
            reordering: Double = 0,
            reorderingDelay: Duration = .milliseconds(50),
            bandwidth: Int? = nil
        ) {
            self.latency = latency
            self.jitter = jitter
            self.loss = loss
            self.duplication = duplication
            self.reordering = reordering
            self.reorderingDelay = reorderingDelay
            self.bandwidth = bandwidth
        }
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
    }

    /// What happened to the datagrams so far.
    public struct Statistics: Sendable, Equatable {
        /// Sent by anybody.
        public var sent = 0
        /// Never to arrive.
        public var lost = 0
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
        /// When the latest datagram in order arrives.
        var latest = Instant.zero
        /// When the path has carried all that was sent.
        var freeAt = Instant.zero
    }

    /// How a path without conditions of its own treats its datagrams.
    public var conditions: Conditions
    /// What happened so far.
    public private(set) var statistics = Statistics()
    private var random: SeededRandom
    private var paths: [Path: PathState] = [:]
    private var queue: [(serial: UInt64, delivery: Delivery)] = []
    private var serial: UInt64 = 0

    /// Makes a network without anything on its way.
    public init(conditions: Conditions = Conditions(), seed: UInt64) {
        self.conditions = conditions
        self.random = SeededRandom(seed: seed)
    }

    // MARK: Inputs

    /// Sends a datagram.
    public mutating func send(_ bytes: [UInt8], from: TransportAddress, to: TransportAddress, now: Instant) {
        self.statistics.sent += 1
        let path = Path(from: from.host, to: to.host)
        var state = self.paths[path] ?? PathState()
        let conditions = state.conditions ?? self.conditions
        // The numbers are drawn in any case, so that a changed condition does not change the fate of other datagrams.
        let isLost = self.chance(conditions.loss)
        let isDuplicated = self.chance(conditions.duplication)
        let isReordered = self.chance(conditions.reordering)
        let shares = (self.share(), self.share(), self.share())
        guard !isLost, !state.isCut else {
            self.statistics.lost += 1
            return
        }
        var leaves = max(now, state.freeAt)
        if let bandwidth = conditions.bandwidth, bandwidth > 0 {
            leaves += .nanoseconds(Int64(bytes.count) * 1_000_000_000 / Int64(bandwidth))
            state.freeAt = leaves
        }
        var arrival = leaves + conditions.latency + Self.scaled(conditions.jitter, shares.0)
        if isReordered {
            self.statistics.reordered += 1
            arrival += Self.scaled(conditions.reorderingDelay, shares.1)
        } else {
            arrival = max(arrival, state.latest)
            state.latest = arrival
        }
        self.paths[path] = state
        self.insert(Delivery(instant: arrival, bytes: bytes, from: from, to: to))
        if isDuplicated {
            self.statistics.duplicated += 1
            let second = arrival + Self.scaled(max(conditions.jitter, .milliseconds(1)), shares.2)
            self.insert(Delivery(instant: second, bytes: bytes, from: from, to: to))
        }
    }

    /// Gives the path from one host to another conditions of its own; `nil` takes them back.
    public mutating func setConditions(_ conditions: Conditions?, from: IPAddress, to: IPAddress) {
        self.paths[Path(from: from, to: to), default: PathState()].conditions = conditions
    }

    /// Cuts the paths between two hosts, or joins them again; what is on its way still arrives.
    public mutating func setPartition(_ isCut: Bool, between one: IPAddress, and other: IPAddress) {
        self.paths[Path(from: one, to: other), default: PathState()].isCut = isCut
        self.paths[Path(from: other, to: one), default: PathState()].isCut = isCut
    }

    // MARK: Outputs

    /// When the next datagram arrives.
    public var deadline: Instant? {
        self.queue.first?.delivery.instant
    }

    /// How many datagrams are on their way.
    public var inFlight: Int {
        self.queue.count
    }

    /// The next datagram that has arrived by `now`.
    public mutating func popDelivery(now: Instant) -> Delivery? {
        guard let first = self.queue.first, first.delivery.instant <= now else { return nil }
        let last = self.queue.removeLast()
        if !self.queue.isEmpty {
            self.queue[0] = last
            self.siftDown()
        }
        self.statistics.delivered += 1
        return first.delivery
    }

    // MARK: The queue: a heap by arrival, then by the order of sending

    private mutating func insert(_ delivery: Delivery) {
        self.serial += 1
        self.queue.append((self.serial, delivery))
        var index = self.queue.count - 1
        while index > 0, self.precedes(index, (index - 1) / 2) {
            self.queue.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < self.queue.count && self.precedes(child, least) {
                least = child
            }
            guard least != index else { return }
            self.queue.swapAt(index, least)
            index = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (one, other) = (self.queue[left], self.queue[right])
        guard one.delivery.instant == other.delivery.instant else {
            return one.delivery.instant < other.delivery.instant
        }
        return one.serial < other.serial
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
