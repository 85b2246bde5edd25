public import CoreTypes

/// Received payloads in the order of the stream, in slots that are used again.
///
/// One slot holds one packet; the room for its payload grows to the largest that came, and the slots double when more
/// packets wait than ever before, for few streams need all of them. Nothing is allocated per packet. Two kinds of reader
/// work on it: `ReorderBuffer`, which wants order, and `JitterBuffer`, which wants a clock.
public struct PacketStore: Sendable {
    /// What a packet means to the audio.
    public enum Kind: Sendable, Hashable {
        /// A payload of the codec.
        case audio
        /// Comfort noise (RFC 3389): its payload says how loud the peer's room is.
        case comfortNoise
        /// A telephone-event or a payload of no known type: it explains its number and holds no audio.
        case placeholder
    }

    /// A packet without its payload.
    public struct Entry: Sendable, Hashable {
        /// Its place in the stream.
        public var position: StreamPosition
        /// Its timestamp.
        public var timestamp: Wrapping<UInt32>
        /// What it means.
        public var kind: Kind
        /// When it came.
        public var arrival: Instant
        /// Whether it had the marker bit.
        public var isMarked = false
        /// The codec of its payload; `nil` for the one that the reader was made for.
        public var codec: AudioCodec?

        /// Makes an entry.
        public init(position: StreamPosition, timestamp: Wrapping<UInt32>, kind: Kind, arrival: Instant) {
            self.position = position
            self.timestamp = timestamp
            self.kind = kind
            self.arrival = arrival
        }
    }

    /// What became of a packet.
    public enum Insertion: Sendable, Hashable {
        /// It is stored.
        case stored
        /// One with its position is stored already.
        case duplicate
        /// There is no slot.
        case full
        /// The payload is longer than any datagram that we read.
        case oversized
    }

    private struct Slot {
        var entry: Entry
        var length: Int
        var number: UInt64
        var previous: Int
        var next: Int
    }

    /// The longest payload that is taken: an Ethernet frame's worth.
    public static let maximumPayload = 1_500
    private static let none = -1
    /// Slots that there are from the beginning: 160 ms of the usual packets.
    private static let firstSlots = 8

    /// How many packets are stored.
    public private(set) var count = 0
    /// How many packets were ever stored.
    private(set) var inserted: UInt64 = 0
    /// How many packets can be stored.
    public let capacity: Int
    private var slots: [Slot]
    private var payloads: [UInt8]
    private var stride: Int
    private var head = PacketStore.none
    private var tail = PacketStore.none
    private var free: Int

    /// Makes a store of `capacity` slots.
    public init(capacity: Int, payloadHint: Int = 192) {
        let capacity = max(capacity, 1)
        self.capacity = capacity
        self.stride = min(max(payloadHint, 16), PacketStore.maximumPayload)
        self.slots = []
        self.payloads = []
        self.free = PacketStore.none
        self.addSlots(min(capacity, PacketStore.firstSlots))
    }

    /// The first packet in the order of the stream.
    public var first: Entry? {
        self.head == PacketStore.none ? nil : self.slots[self.head].entry
    }

    /// The arrival of the packet that waits the longest.
    public var earliestArrival: Instant? {
        var index = self.head
        guard index != PacketStore.none else { return nil }
        var earliest = self.slots[index].entry.arrival
        while index != PacketStore.none {
            earliest = min(earliest, self.slots[index].entry.arrival)
            index = self.slots[index].next
        }
        return earliest
    }

    /// The arrival of whichever of the packets behind `position` came first; `nil` when none is stored.
    ///
    /// Looks from the end, where there is nothing to see as a rule.
    func earliestArrival(behind position: StreamPosition) -> Instant? {
        var index = self.tail
        var earliest: Instant?
        while index != PacketStore.none, position < self.slots[index].entry.position {
            let arrival = self.slots[index].entry.arrival
            earliest = earliest.map { min($0, arrival) } ?? arrival
            index = self.slots[index].previous
        }
        return earliest
    }

    /// Shows every stored packet that came after the first `number` ones, in the order of the stream.
    ///
    /// A reader with a clock learns from packets as they come, also from those whose turn is over.
    func forEach(insertedAfter number: UInt64, _ body: (Entry) -> Void) {
        guard number < self.inserted else { return }
        var index = self.head
        while index != PacketStore.none {
            if self.slots[index].number > number { body(self.slots[index].entry) }
            index = self.slots[index].next
        }
    }

    /// The packet behind the first one.
    var second: Entry? {
        guard self.head != PacketStore.none, self.slots[self.head].next != PacketStore.none else { return nil }
        return self.slots[self.slots[self.head].next].entry
    }

    /// Whether a packet of a later stream than `epoch` is stored.
    public func holds(after epoch: UInt32) -> Bool {
        self.tail != PacketStore.none && self.slots[self.tail].entry.position.epoch > epoch
    }

    /// Stores a packet in its place; searches from the end, where packets belong as a rule.
    public mutating func insert(_ entry: Entry, payload: Span<UInt8>) -> Insertion {
        guard payload.count <= PacketStore.maximumPayload else { return .oversized }
        var before = self.tail
        while before != PacketStore.none, entry.position < self.slots[before].entry.position {
            before = self.slots[before].previous
        }
        if before != PacketStore.none, self.slots[before].entry.position == entry.position { return .duplicate }
        if self.free == PacketStore.none {
            guard self.slots.count < self.capacity else { return .full }
            self.addSlots(min(self.slots.count, self.capacity - self.slots.count))
        }
        let index = self.free
        self.free = self.slots[index].next
        if payload.count > self.stride { self.widen(to: payload.count) }
        self.copy(payload, to: index * self.stride)
        let after = before == PacketStore.none ? self.head : self.slots[before].next
        self.inserted += 1
        self.slots[index] = Slot(
            entry: entry,
            length: payload.count,
            number: self.inserted,
            previous: before,
            next: after
        )
        if before == PacketStore.none { self.head = index } else { self.slots[before].next = index }
        if after == PacketStore.none { self.tail = index } else { self.slots[after].previous = index }
        self.count += 1
        return .stored
    }

    /// Stores a packet, in place of the first one when there is no slot: `.full` says so.
    ///
    /// Who does not read gets the newest: it is worth more.
    mutating func insertDroppingOldest(_ entry: Entry, payload: Span<UInt8>) -> Insertion {
        let insertion = self.insert(entry, payload: payload)
        guard insertion == .full else { return insertion }
        self.removeFirst()
        _ = self.insert(entry, payload: payload)
        return .full
    }

    /// Lends the payload of the first packet; `nil` when there is none.
    public func withFirstPayload<Result>(_ body: (Span<UInt8>) -> Result) -> Result? {
        guard self.head != PacketStore.none else { return nil }
        let start = self.head * self.stride
        return body(self.payloads.span.extracting(start..<(start + self.slots[self.head].length)))
    }

    /// Frees the slot of the first packet.
    public mutating func removeFirst() {
        let index = self.head
        guard index != PacketStore.none else { return }
        self.head = self.slots[index].next
        if self.head == PacketStore.none {
            self.tail = PacketStore.none
        } else {
            self.slots[self.head].previous = PacketStore.none
        }
        self.slots[index].next = self.free
        self.free = index
        self.count -= 1
    }

    /// Frees all slots.
    public mutating func removeAll() {
        while self.head != PacketStore.none { self.removeFirst() }
    }

    private mutating func copy(_ payload: Span<UInt8>, to start: Int) {
        guard !payload.isEmpty else { return }
        var target = self.payloads.mutableSpan
        for index in 0..<payload.count { target[start + index] = payload[index] }
    }

    /// Makes that many more slots, when all are taken.
    private mutating func addSlots(_ count: Int) {
        let empty = Entry(
            position: StreamPosition(epoch: 0, sequence: 0),
            timestamp: Wrapping(0),
            kind: .placeholder,
            arrival: .zero
        )
        let first = self.slots.count
        let end = first + count
        self.slots.reserveCapacity(end)
        for index in first..<end {
            let next = index + 1 < end ? index + 1 : PacketStore.none
            self.slots.append(Slot(entry: empty, length: 0, number: 0, previous: PacketStore.none, next: next))
        }
        self.payloads.reserveCapacity(end * self.stride)
        self.payloads.append(contentsOf: repeatElement(0, count: count * self.stride))
        self.free = first
    }

    /// Makes the slots wider, rarely: to the next power of two, and never beyond the longest payload.
    private mutating func widen(to length: Int) {
        var wider = self.stride
        while wider < length { wider *= 2 }
        wider = min(wider, PacketStore.maximumPayload)
        var moved = [UInt8](repeating: 0, count: self.slots.count * wider)
        for slot in self.slots.indices {
            for index in 0..<min(self.slots[slot].length, self.stride) {
                moved[slot * wider + index] = self.payloads[slot * self.stride + index]
            }
        }
        self.payloads = moved
        self.stride = wider
    }
}
