/// Many deadlines, of which only the earliest is armed: a binary heap with one deadline per key.
///
/// Scheduling a key again moves its deadline. All operations are O(log n).
public struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var instant: Instant
        var key: Key
    }
    private var heap: [Entry] = []
    private var positions: [Key: Int] = [:]

    /// Makes an empty queue.
    public init() {}

    /// The earliest deadline, or `nil` when nothing is scheduled.
    public var earliest: Instant? {
        self.heap.first?.instant
    }

    /// How many keys have a deadline.
    public var count: Int {
        self.heap.count
    }

    /// The deadline of `key`, if it has one.
    public func deadline(of key: Key) -> Instant? {
        self.positions[key].map { self.heap[$0].instant }
    }

    /// Gives `key` a deadline in place of the one that it had; `nil` cancels it.
    public mutating func schedule(_ key: Key, at instant: Instant?) {
        guard let instant else {
            self.cancel(key)
            return
        }
        if let position = self.positions[key] {
            self.heap[position].instant = instant
            self.restore(position)
        } else {
            self.heap.append(Entry(instant: instant, key: key))
            self.positions[key] = self.heap.count - 1
            self.siftUp(self.heap.count - 1)
        }
    }

    /// Removes the deadline of `key`, if it has one.
    public mutating func cancel(_ key: Key) {
        guard let position = self.positions.removeValue(forKey: key) else { return }
        let last = self.heap.removeLast()
        guard position < self.heap.count else { return }
        self.heap[position] = last
        self.positions[last.key] = position
        self.restore(position)
    }

    /// Removes and returns the key with the earliest deadline, when that is not after `now`.
    public mutating func popExpired(_ now: Instant) -> Key? {
        guard let first = self.heap.first, first.instant <= now else { return nil }
        self.cancel(first.key)
        return first.key
    }

    private mutating func restore(_ position: Int) {
        if position > 0, self.heap[position].instant < self.heap[(position - 1) / 2].instant {
            self.siftUp(position)
        } else {
            self.siftDown(position)
        }
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard self.heap[position].instant < self.heap[parent].instant else { return }
            self.exchange(position, parent)
            position = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        while true {
            var least = position
            for child in [2 * position + 1, 2 * position + 2]
            where child < self.heap.count && self.heap[child].instant < self.heap[least].instant {
                least = child
            }
            guard least != position else { return }
            self.exchange(position, least)
            position = least
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        self.heap.swapAt(left, right)
        self.positions[self.heap[left].key] = left
        self.positions[self.heap[right].key] = right
    }
}
