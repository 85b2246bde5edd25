import CoreTypes

/// The dialogs that the transaction user has, each with the hosts that may speak in it: found by the keyed hash of Call-ID and our
/// tag, as a transaction is by its own.
///
/// An entry that was removed is kept, but not found, while transactions of it live. The transaction user's limit on its dialogs is
/// the limit of this.
struct DialogDirectory: Sendable {
    private struct Entry: Sendable {
        let key: TransactionKey
        var hosts: [IPAddress]
        /// The server transactions that live in it.
        var transactions = 0
        var isListed = true
    }

    private var entries = SlotPool<Entry>()
    private var index = HashIndex()

    /// How many dialogs can be found.
    var count: Int { self.index.count }

    /// The number of a dialog.
    func find(_ key: TransactionKey) -> UInt32? {
        self.index.first(key.low) { number in self.entries.read(number) { $0.key == key } ?? false }
    }

    /// Whether a host may speak in a dialog.
    func admits(_ host: IPAddress, to number: UInt32) -> Bool {
        self.entries.read(number) { $0.hosts.contains(host) } ?? false
    }

    /// The hosts that may speak in any dialog.
    var hosts: Set<IPAddress> {
        var hosts: Set<IPAddress> = []
        self.entries.forEach { hosts.formUnion($0.hosts) }
        return hosts
    }

    /// How many server transactions of a dialog live.
    func transactions(of number: UInt32) -> Int {
        self.entries.read(number) { $0.transactions } ?? 0
    }

    /// Lists a dialog, or changes its hosts.
    mutating func set(_ key: TransactionKey, hosts: [IPAddress]) {
        if let number = self.find(key) {
            self.entries.update(number) { $0.hosts = hosts }
        } else {
            self.index.insert(key.low, self.entries.insert(Entry(key: key, hosts: hosts)))
        }
    }

    /// Takes a dialog out.
    mutating func remove(_ key: TransactionKey) {
        guard let number = self.find(key) else { return }
        self.index.remove(key.low, number)
        self.entries.update(number) { $0.isListed = false }
        self.release(number)
    }

    /// Counts a transaction that begins in a dialog.
    mutating func begin(_ number: UInt32) {
        self.entries.update(number) { $0.transactions += 1 }
    }

    /// Counts a transaction that ended.
    mutating func end(_ number: UInt32) {
        self.entries.update(number) { $0.transactions -= 1 }
        self.release(number)
    }

    private mutating func release(_ number: UInt32) {
        guard let entry = self.entries[number], !entry.isListed, entry.transactions <= 0 else { return }
        _ = self.entries.remove(number)
    }
}
