/// The transactions of one side: slots that are used again, found by key or by identifier, never more than the limit.
///
/// Finding, adding and removing cost the same with ten and with a hundred thousand entries.
struct TransactionTable<Record: Sendable>: Sendable {
    /// A slot and how often it was used before, so that an old identifier never finds a newer transaction.
    struct Identifier: Hashable, Sendable {
        var slot: UInt32
        var generation: UInt32
    }

    private struct Slot: Sendable {
        var generation: UInt32
        var key: TransactionKey?
        var record: Record?
    }

    /// The most entries that the table takes.
    let limit: Int
    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private var byKey: [TransactionKey: Identifier] = [:]

    init(limit: Int) {
        self.limit = max(limit, 0)
    }

    /// How many transactions live.
    var count: Int {
        self.byKey.count
    }

    /// Whether no further one is taken.
    var isFull: Bool {
        self.byKey.count >= self.limit
    }

    /// Adds a transaction; asking `isFull` first is the caller's duty. One that had the key is lost.
    mutating func insert(_ record: Record, key: TransactionKey) -> Identifier {
        if let former = self.byKey[key] { _ = self.remove(former) }
        let identifier: Identifier
        if let slot = self.free.popLast() {
            self.slots[Int(slot)].generation &+= 1
            identifier = Identifier(slot: slot, generation: self.slots[Int(slot)].generation)
            self.slots[Int(slot)].key = key
            self.slots[Int(slot)].record = record
        } else {
            identifier = Identifier(slot: UInt32(self.slots.count), generation: 0)
            self.slots.append(Slot(generation: 0, key: key, record: record))
        }
        self.byKey[key] = identifier
        return identifier
    }

    /// The transaction with this key.
    func find(_ key: TransactionKey) -> Identifier? {
        self.byKey[key]
    }

    /// The transaction, while it lives; set in place without a copy.
    subscript(_ identifier: Identifier) -> Record? {
        get {
            guard self.contains(identifier) else { return nil }
            return self.slots[Int(identifier.slot)].record
        }
        _modify {
            guard self.contains(identifier) else {
                var nothing: Record?
                yield &nothing
                return
            }
            yield &self.slots[Int(identifier.slot)].record
        }
    }

    /// Whether the transaction lives.
    func contains(_ identifier: Identifier) -> Bool {
        let slot = Int(identifier.slot)
        return slot < self.slots.count && self.slots[slot].generation == identifier.generation
            && self.slots[slot].record != nil
    }

    /// Takes a transaction out.
    mutating func remove(_ identifier: Identifier) -> Record? {
        guard self.contains(identifier) else { return nil }
        let slot = Int(identifier.slot)
        let record = self.slots[slot].record
        if let key = self.slots[slot].key { self.byKey[key] = nil }
        self.slots[slot].key = nil
        self.slots[slot].record = nil
        self.free.append(identifier.slot)
        return record
    }

    /// The living transactions for which the condition holds, in the order of their slots.
    func identifiers(where condition: (Record) -> Bool) -> [Identifier] {
        self.slots.indices.compactMap { index in
            guard let record = self.slots[index].record, condition(record) else { return nil }
            return Identifier(slot: UInt32(index), generation: self.slots[index].generation)
        }
    }
}
