import CoreTypes

/// All transactions of an endpoint, of both sides: found by key, by call, by identifier or by address, with one queue of
/// deadlines.
///
/// Finding, adding and removing cost the same with ten and with a hundred thousand entries.
struct TransactionTable: Sendable {
    /// A slot and the number of its transaction, so that an old identifier never finds a newer transaction.
    struct Identifier: Hashable, Sendable {
        var slot: UInt32
        var serial: UInt64
    }

    private(set) var clientCount = 0
    private(set) var serverCount = 0
    /// How many of the server transactions belong to known dialogs.
    private(set) var insideCount = 0
    private var records = SlotPool<TransactionRecord>()
    private var pendings = SlotPool<PendingRequest>()
    private var index = HashIndex()
    private var calls = HashIndex()
    private var peers: PeerTable
    private var deadlines = SlotDeadlines()
    /// What the machines do.
    private let tables: TransitionTables

    init(_ key: KeyedHash.Key, tables: TransitionTables = .standard) {
        self.peers = PeerTable(key)
        self.tables = tables
    }

    // MARK: Counting

    /// The hosts that living transactions talk to.
    var hosts: Set<IPAddress> { self.peers.hosts }
    /// How many addresses living transactions talk to.
    var peerCount: Int { self.peers.count }
    /// How many requests of peers are kept to be responded to.
    var pendingCount: Int { self.pendings.count }
    /// How many transactions wait for a timer.
    var timerCount: Int { self.deadlines.count }
    /// When the next timer fires.
    var deadline: Instant? { self.deadlines.earliest }

    // MARK: Finding

    /// The transaction with this key.
    func find(_ key: TransactionKey) -> Identifier? {
        self.index.first(key.low) { self.records[$0]?.key == key }.flatMap { self.identifier($0) }
    }

    /// A server transaction of this call.
    func find(call: UInt64) -> Identifier? {
        self.calls.first(call) { self.records[$0]?.call == call }.flatMap { self.identifier($0) }
    }

    /// The transactions that talk to an address, seen from `binding` when it is given, the oldest first.
    func find(_ address: TransportAddress, _ binding: LocalBinding?) -> [Identifier] {
        var result: [Identifier] = []
        for peer in self.peers.all(address, binding) {
            var slot = peer.latest
            while let record = self.records[slot] {
                result.append(Identifier(slot: slot, serial: record.serial))
                slot = record.previous
            }
        }
        return result.sorted { $0.serial < $1.serial }
    }

    private func identifier(_ slot: UInt32) -> Identifier? {
        self.records[slot].map { Identifier(slot: slot, serial: $0.serial) }
    }

    // MARK: Reading and changing

    /// The transaction, while it lives.
    subscript(_ identifier: Identifier) -> TransactionRecord? {
        guard let record = self.records[identifier.slot], record.serial == identifier.serial else { return nil }
        return record
    }

    /// Changes the transaction in place, while it lives.
    @discardableResult
    mutating func update<Result>(_ identifier: Identifier, _ change: (inout TransactionRecord) -> Result) -> Result? {
        let result = self.records.update(identifier.slot) { record -> Result? in
            record.serial == identifier.serial ? change(&record) : nil
        }
        return result ?? nil
    }

    /// Gives an event to the transaction, while it lives; says what is to be done.
    mutating func handle(
        _ event: TransactionEvent,
        of identifier: Identifier,
        durations: TimerDurations,
        now: Instant
    ) -> TransactionAction? {
        let tables = self.tables
        return self.update(identifier) { $0.machine.handle(event, by: tables, durations: durations, now: now) }
    }

    /// Fires the timer of the transaction that is due, while it lives; says what is to be done.
    mutating func handleTimeout(
        of identifier: Identifier,
        durations: TimerDurations,
        now: Instant
    ) -> TransactionAction? {
        let tables = self.tables
        return self.update(identifier) { $0.machine.handleTimeout(by: tables, durations: durations, now: now) }
    }

    /// The address that the transaction talks to, and the socket.
    func destination(of record: TransactionRecord) -> Destination? {
        self.peers[record.peer].map { Destination(address: $0.address, binding: $0.binding) }
    }

    /// Whether the transaction talks to that address; asked for each retransmission, so nothing is copied.
    func talks(_ identifier: Identifier, to address: TransportAddress) -> Bool {
        self.records.read(identifier.slot) { $0.peer }.flatMap { self.peers.isAddress($0, address) } ?? false
    }

    /// Whether the transaction talks to that host, at any port.
    func talks(_ identifier: Identifier, toHost host: IPAddress) -> Bool {
        self.records.read(identifier.slot) { $0.peer }.flatMap { self.peers.isHost($0, host) } ?? false
    }

    /// Whether the transaction is an INVITE of a peer that got a 2xx; asked for each ACK, so nothing is copied.
    func isAccepted(_ identifier: Identifier) -> Bool {
        self.records.read(identifier.slot) { $0.machine.state(InviteServerTransaction.self) == .accepted } ?? false
    }

    /// The request of a peer that the transaction user may yet respond to.
    func pending(_ identifier: Identifier) -> PendingRequest? {
        self[identifier].flatMap { self.pendings[$0.pending] }
    }

    /// Notes where the request of a peer came from when it came again, while the transaction user may yet respond.
    mutating func setSource(_ source: TransportAddress, of identifier: Identifier) {
        guard let pending = self[identifier]?.pending else { return }
        self.pendings.update(pending) { $0.source = source }
    }

    /// Notes the To tag of the latest response, while the transaction user may yet respond.
    mutating func setSentTag(_ tag: String, of identifier: Identifier) {
        guard let pending = self[identifier]?.pending else { return }
        self.pendings.update(pending) { $0.sentTag = tag }
    }

    /// Forgets the request of a peer, which got its final response.
    mutating func removePending(of identifier: Identifier) {
        guard let record = self[identifier] else { return }
        _ = self.pendings.remove(record.pending)
        self.update(identifier) { $0.pending = .max }
    }

    // MARK: Adding and removing

    /// Adds a transaction that talks to `destination`; asking for the limit first is the caller's duty. One that had
    /// the key is found no more, and ends by its timers.
    mutating func insert(
        _ record: TransactionRecord,
        request: PendingRequest? = nil,
        to destination: Destination
    ) -> Identifier {
        var record = record
        if let request { record.pending = self.pendings.insert(request) }
        let slot = self.records.insert(record)
        self.link(slot, to: destination)
        self.index.insert(record.key.low, slot)
        if record.isClient {
            self.clientCount += 1
        } else {
            self.serverCount += 1
            if record.dialog != .max { self.insideCount += 1 }
            self.calls.insert(record.call, slot)
        }
        self.deadlines.schedule(slot, at: record.machine.deadline)
        return Identifier(slot: slot, serial: record.serial)
    }

    /// Takes a transaction out.
    mutating func remove(_ identifier: Identifier) -> TransactionRecord? {
        guard let record = self[identifier] else { return nil }
        let slot = identifier.slot
        self.deadlines.cancel(slot)
        self.index.remove(record.key.low, slot)
        if record.isClient {
            self.clientCount -= 1
        } else {
            self.serverCount -= 1
            if record.dialog != .max { self.insideCount -= 1 }
            self.calls.remove(record.call, slot)
        }
        self.unlink(record)
        _ = self.pendings.remove(record.pending)
        return self.records.remove(slot)
    }

    /// Has the transaction talk to another address from now on.
    mutating func move(_ identifier: Identifier, to destination: Destination) {
        guard let record = self[identifier] else { return }
        self.unlink(record)
        self.link(identifier.slot, to: destination)
    }

    /// Puts the record of a slot at the end of the list of its address.
    private mutating func link(_ slot: UInt32, to destination: Destination) {
        let number = self.peers.number(destination.address, destination.binding)
        let previous = self.peers[number]?.latest ?? .max
        self.records.update(slot) { record in
            record.peer = number
            record.previous = previous
            record.next = .max
        }
        self.records.update(previous) { $0.next = slot }
        self.peers.update(number) { peer in
            peer.latest = slot
            peer.count += 1
        }
    }

    /// Takes a record out of the list of its address.
    private mutating func unlink(_ record: TransactionRecord) {
        self.records.update(record.previous) { $0.next = record.next }
        self.records.update(record.next) { $0.previous = record.previous }
        self.peers.update(record.peer) { peer in
            if record.next == .max { peer.latest = record.previous }
            peer.count -= 1
        }
        if self.peers[record.peer]?.count == 0 { self.peers.remove(record.peer) }
    }

    // MARK: Deadlines

    /// Arms the deadline of the transaction anew.
    mutating func reschedule(_ identifier: Identifier) {
        guard let record = self[identifier] else { return }
        self.deadlines.schedule(identifier.slot, at: record.machine.deadline)
    }

    /// The transaction with the earliest deadline, when that is not after `now`; its deadline is gone then.
    mutating func popExpired(_ now: Instant) -> Identifier? {
        self.deadlines.popExpired(now).flatMap { self.identifier($0) }
    }
}
