/// The deadlines of slots that are numbered from 0 on, of which only the earliest is armed: a heap of four children.
///
/// Where a slot stands in the heap is found by its number, without hashing. Four children make half as many steps as
/// two, and those of one parent lie side by side in memory. All operations are O(log n).
public struct SlotDeadlines: Sendable {
    private struct Entry: Sendable {
        var instant: Instant
        var slot: UInt32
    }
    private var heap: [Entry] = []
    /// Where each slot stands in the heap.
    private var positions: [UInt32] = []

    /// Makes an empty queue.
    public init() {}

    /// The earliest deadline, or `nil` when nothing is scheduled.
    public var earliest: Instant? {
        self.heap.first?.instant
    }

    /// How many slots have a deadline.
    public var count: Int {
        self.heap.count
    }

    /// The deadline of `slot`, if it has one.
    public func deadline(of slot: UInt32) -> Instant? {
        self.position(of: slot).map { self.heap[$0].instant }
    }

    /// Gives `slot` a deadline in place of the one that it had; `nil` cancels it.
    public mutating func schedule(_ slot: UInt32, at instant: Instant?) {
        guard let instant else {
            self.cancel(slot)
            return
        }
        let entry = Entry(instant: instant, slot: slot)
        if let position = self.position(of: slot) {
            guard self.heap[position].instant != instant else { return }
            self.place(entry, around: position)
        } else {
            while self.positions.count <= Int(slot) { self.positions.append(Self.nowhere) }
            self.heap.append(entry)
            self.siftUp(entry, from: self.heap.count - 1)
        }
    }

    /// Removes the deadline of `slot`, if it has one.
    public mutating func cancel(_ slot: UInt32) {
        guard let position = self.position(of: slot) else { return }
        self.positions[Int(slot)] = Self.nowhere
        let last = self.heap.removeLast()
        if position < self.heap.count {
            self.place(last, around: position)
        } else if self.heap.isEmpty {
            self.positions.removeAll(keepingCapacity: self.positions.count <= 1024)
        }
    }

    /// Removes and returns the slot with the earliest deadline, when that is not after `now`.
    public mutating func popExpired(_ now: Instant) -> UInt32? {
        guard let first = self.heap.first, first.instant <= now else { return nil }
        self.cancel(first.slot)
        return first.slot
    }

    private func position(of slot: UInt32) -> Int? {
        guard Int(slot) < self.positions.count else { return nil }
        let position = self.positions[Int(slot)]
        return position == Self.nowhere ? nil : Int(position)
    }

    /// Puts an entry where it belongs, when the place at `position` is free.
    private mutating func place(_ entry: Entry, around position: Int) {
        if position > 0, entry.instant < self.heap[(position - 1) / 4].instant {
            self.siftUp(entry, from: position)
        } else {
            self.siftDown(entry, from: position)
        }
    }

    private mutating func siftUp(_ entry: Entry, from start: Int) {
        var position = start
        while position > 0 {
            let parent = (position - 1) / 4
            guard entry.instant < self.heap[parent].instant else { break }
            self.put(self.heap[parent], at: position)
            position = parent
        }
        self.put(entry, at: position)
    }

    private mutating func siftDown(_ entry: Entry, from start: Int) {
        var position = start
        let count = self.heap.count
        while true {
            let first = 4 * position + 1
            guard first < count else { break }
            var least = first
            for child in (first + 1)..<max(first + 1, min(first + 4, count))
            where self.heap[child].instant < self.heap[least].instant {
                least = child
            }
            guard self.heap[least].instant < entry.instant else { break }
            self.put(self.heap[least], at: position)
            position = least
        }
        self.put(entry, at: position)
    }

    private mutating func put(_ entry: Entry, at position: Int) {
        self.heap[position] = entry
        self.positions[Int(entry.slot)] = UInt32(truncatingIfNeeded: position)
    }

    private static let nowhere = UInt32.max
}
