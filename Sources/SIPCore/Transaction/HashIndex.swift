/// Finds slots by a hash: open addressing in one array, eight bytes an entry, at most three quarters full.
///
/// The hash must be keyed when a peer chooses what is hashed. Several slots may have the same hash; whoever asks says
/// which of them is meant.
struct HashIndex: Sendable {
    /// Zero where nothing is; else half of the hash above the slot's number plus one.
    private var entries: [UInt64] = []
    private(set) var count = 0

    /// The first slot with this hash that `matches`.
    @inline(__always)
    func first(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        guard self.count > 0 else { return nil }
        let mask = self.entries.count &- 1
        var position = Int(truncatingIfNeeded: hash &>> 32) & mask
        while true {
            let entry = self.entries[position]
            if entry == 0 { return nil }
            if entry &>> 32 == hash &>> 32 {
                let slot = UInt32(truncatingIfNeeded: entry) &- 1
                if matches(slot) { return slot }
            }
            position = (position &+ 1) & mask
        }
    }

    /// Adds a slot.
    mutating func insert(_ hash: UInt64, _ slot: UInt32) {
        if 4 * (self.count + 1) > 3 * self.entries.count { self.grow() }
        self.place(hash & 0xFFFF_FFFF_0000_0000 | UInt64(slot &+ 1))
        self.count += 1
    }

    /// Takes a slot out, which was added with this hash.
    mutating func remove(_ hash: UInt64, _ slot: UInt32) {
        guard self.count > 0 else { return }
        let mask = self.entries.count - 1
        let wanted = hash & 0xFFFF_FFFF_0000_0000 | UInt64(slot &+ 1)
        var hole = Int(truncatingIfNeeded: hash &>> 32) & mask
        while self.entries[hole] != wanted {
            if self.entries[hole] == 0 { return }
            hole = (hole &+ 1) & mask
        }
        self.count -= 1
        if self.count == 0, self.entries.count > 1024 {
            self.entries = []
            return
        }
        // What stands behind moves up, unless that would put it before its own place.
        var position = hole
        while true {
            position = (position &+ 1) & mask
            let entry = self.entries[position]
            if entry == 0 { break }
            let home = Int(truncatingIfNeeded: entry &>> 32) & mask
            guard (position &- home) & mask >= (position &- hole) & mask else { continue }
            self.entries[hole] = entry
            hole = position
        }
        self.entries[hole] = 0
    }

    private mutating func place(_ entry: UInt64) {
        let mask = self.entries.count - 1
        var position = Int(truncatingIfNeeded: entry &>> 32) & mask
        while self.entries[position] != 0 { position = (position &+ 1) & mask }
        self.entries[position] = entry
    }

    private mutating func grow() {
        let old = self.entries
        self.entries = [UInt64](repeating: 0, count: max(16, old.count * 2))
        for entry in old where entry != 0 { self.place(entry) }
    }
}
