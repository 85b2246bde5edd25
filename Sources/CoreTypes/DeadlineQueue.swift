/// Many deadlines, of which only the earliest is armed: one deadline per key.
///
/// Scheduling a key again moves its deadline. All operations are O(log n). Where the keys are numbers without large
/// gaps, `SlotDeadlines` does the same without hashing.
public struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private var deadlines = SlotDeadlines()
    private var slots: [Key: UInt32] = [:]
    private var keys: [Key?] = []
    private var free: [UInt32] = []

    /// Makes an empty queue.
    public init() {}

    /// The earliest deadline, or `nil` when nothing is scheduled.
    public var earliest: Instant? {
        self.deadlines.earliest
    }

    /// How many keys have a deadline.
    public var count: Int {
        self.deadlines.count
    }

    /// The deadline of `key`, if it has one.
    public func deadline(of key: Key) -> Instant? {
        self.slots[key].flatMap { self.deadlines.deadline(of: $0) }
    }

    /// Gives `key` a deadline in place of the one that it had; `nil` cancels it.
    public mutating func schedule(_ key: Key, at instant: Instant?) {
        guard let instant else {
            self.cancel(key)
            return
        }
        self.deadlines.schedule(self.slots[key] ?? self.makeSlot(key), at: instant)
    }

    /// Removes the deadline of `key`, if it has one.
    public mutating func cancel(_ key: Key) {
        guard let slot = self.slots.removeValue(forKey: key) else { return }
        self.deadlines.cancel(slot)
        self.release(slot)
    }

    /// Removes and returns the key with the earliest deadline, when that is not after `now`.
    public mutating func popExpired(_ now: Instant) -> Key? {
        guard let slot = self.deadlines.popExpired(now), let key = self.keys[Int(slot)] else { return nil }
        self.slots[key] = nil
        self.release(slot)
        return key
    }

    private mutating func makeSlot(_ key: Key) -> UInt32 {
        let slot = self.free.popLast() ?? UInt32(truncatingIfNeeded: self.keys.count)
        if Int(slot) == self.keys.count { self.keys.append(key) } else { self.keys[Int(slot)] = key }
        self.slots[key] = slot
        return slot
    }

    private mutating func release(_ slot: UInt32) {
        self.keys[Int(slot)] = nil
        self.free.append(slot)
    }
}
