public import CoreTypes

/// Gives the packets of a store in order as they come, without a clock.
///
/// A packet whose predecessor was given leaves at once. One that comes behind a gap waits for the missing packets, but
/// no longer than `hold`; then the gap is given up and reported. `hold` begins at 40 ms and follows how deep the network
/// reorders: a packet that just missed its turn raises it at once; ten seconds in which a shorter one would have done lower
/// it again, for packets that never come are no reason to wait. The first packet of a stream never waits.
///
/// It keeps the order and not the packets: like a `JitterBuffer` it works on a `PacketStore`, always the same one.
public struct ReorderBuffer: Sendable {
    /// The bounds of the wait.
    public struct Settings: Sendable, Hashable {
        /// How long a packet behind a gap waits in the beginning, and at least.
        public var minimumHold: Duration
        /// How long it waits at most.
        public var maximumHold: Duration

        /// Makes settings.
        public init(
            minimumHold: Duration = .milliseconds(40),
            maximumHold: Duration = .milliseconds(100)
        ) {
            self.minimumHold = minimumHold
            self.maximumHold = maximumHold
        }
    }

    /// The packet whose turn it is.
    public struct Release: Sendable, Hashable {
        /// The packet without its payload.
        public var entry: PacketStore.Entry
        /// How many packets are missing between the one given before and this one.
        public var missingPackets: Int
        /// Whether this is the first packet of a stream.
        public var beginsStream: Bool
    }

    /// What became of a packet.
    public enum Insertion: Sendable, Hashable {
        /// It is stored.
        case stored
        /// It is stored, and the oldest was dropped for it.
        case storedDroppingOldest
        /// One with its position is stored already, or it is too long.
        case ignored
        /// Its turn is over.
        case late
    }

    private struct Gap {
        var position: StreamPosition
        var count: Int
        var since: Instant
    }

    /// How long a packet behind a gap waits at present.
    public private(set) var hold: Duration
    private let settings: Settings
    private var expected: StreamPosition?
    private var head: Release?
    private var lastGap: Gap?
    /// Packets since the wait was last of use.
    private var sinceUse = 0

    /// Makes a buffer for an empty store.
    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        self.hold = settings.minimumHold
    }

    /// Whether `next` would look for another packet: the turn of the last one is over.
    var isBetweenPackets: Bool {
        self.head == nil
    }

    /// When the gap before the stored packets is given up, or `nil` when there is none.
    public func deadline(of store: PacketStore) -> Instant? {
        guard self.head == nil, let first = store.first, !self.isNext(first.position) else { return nil }
        return store.earliestArrival.map { $0 + self.hold }
    }

    /// Puts a packet into the store, unless its turn is over; the oldest leaves for it when there is no room.
    public mutating func insert(
        _ entry: PacketStore.Entry,
        payload: Span<UInt8>,
        into store: inout PacketStore
    ) -> Insertion {
        if let expected, entry.position < expected {
            self.learn(from: entry)
            return .late
        }
        switch store.insertDroppingOldest(entry, payload: payload) {
        case .stored:
            self.learn(fromGapFilledBy: entry, in: store)
            return .stored
        case .duplicate, .oversized: return .ignored
        case .full:
            // The reader is far behind. What it misses shows as a gap.
            self.head = nil
            return .storedDroppingOldest
        }
    }

    /// The packet whose turn it is; the same one until `removeFirst` is called. `nil` when nothing is ready.
    public mutating func next(in store: PacketStore, now: Instant) -> Release? {
        if let head { return head }
        guard let entry = store.first else { return nil }
        let begins = self.expected?.epoch != entry.position.epoch
        var missing = 0
        if !self.isNext(entry.position), let expected {
            // Nothing of an ended stream is worth waiting for.
            guard let waiting = store.earliestArrival else { return nil }
            guard store.holds(after: entry.position.epoch) || now - waiting >= self.hold else { return nil }
            missing = Int(clamping: entry.position.sequence - expected.sequence)
            self.lastGap = Gap(position: expected, count: missing, since: waiting)
        }
        self.expected = entry.position
        let release = Release(entry: entry, missingPackets: missing, beginsStream: begins)
        self.head = release
        return release
    }

    /// Ends the turn of the packet that `next` gave.
    public mutating func removeFirst(from store: inout PacketStore) {
        guard let head else { return }
        self.head = nil
        self.expected = head.entry.position.next
        store.removeFirst()
        self.sinceUse += 1
        // Ten seconds of packets of 20 ms.
        if self.sinceUse >= 500 {
            self.sinceUse = 0
            self.hold = max(self.hold - ReorderBuffer.step, self.settings.minimumHold)
        }
    }

    /// Drops all packets, as when the codec changes; the stream goes on.
    public mutating func removeAll(from store: inout PacketStore) {
        self.head = nil
        store.removeAll()
    }

    private func isNext(_ position: StreamPosition) -> Bool {
        guard let expected else { return true }
        return position == expected || position.epoch != expected.epoch
    }

    /// A packet that came after its gap was given up says how long the wait should have been.
    private mutating func learn(from entry: PacketStore.Entry) {
        guard let gap = self.lastGap, entry.position.epoch == gap.position.epoch else { return }
        let offset = entry.position.sequence - gap.position.sequence
        guard offset >= 0, offset < Int64(gap.count) else { return }
        let needed = entry.arrival - gap.since + ReorderBuffer.step
        // A packet for which no wait would have been long enough, such as a stray copy, teaches nothing.
        guard needed <= self.settings.maximumHold + ReorderBuffer.step else { return }
        self.sinceUse = 0
        if needed > self.hold { self.hold = min(needed, self.settings.maximumHold) }
    }

    /// A packet that came in time, and would not have with a wait that is a step shorter, keeps the wait as it is.
    private mutating func learn(fromGapFilledBy entry: PacketStore.Entry, in store: PacketStore) {
        guard let overtaken = store.earliestArrival(behind: entry.position) else { return }
        if entry.arrival - overtaken + ReorderBuffer.step > self.hold - ReorderBuffer.step { self.sinceUse = 0 }
    }

    /// By how much the wait gets shorter, and how much longer it is than what was needed last.
    private static let step = Duration.milliseconds(10)
}
