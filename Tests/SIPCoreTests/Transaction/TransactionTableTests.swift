import CoreTypes
import Testing

@testable import SIPCore

@Suite("Transaction table")
struct TransactionTableTests {
    static let binding = LocalBinding(transport: .udp, address: address("192.0.2.1:5060"))

    func record(_ serial: UInt64, key: UInt64? = nil, isClient: Bool = true) -> TransactionRecord {
        let machine = TransactionMachine(
            isClient ? .nonInviteClient : .nonInviteServer,
            isReliable: false,
            durations: TimerDurations(TimerSettings()),
            now: .zero
        )
        // A poor hash on purpose: a few values of its upper half only.
        let key = TransactionKey(low: (key ?? serial) % 7 << 32, high: key ?? serial)
        return TransactionRecord(machine: machine, key: key, serial: serial, call: serial % 5, bytes: [], marks: [])
    }

    func destination(_ number: UInt64) -> Destination {
        Destination(address: TransportAddress(host: .v4(UInt32(number % 13)), port: 5060), binding: Self.binding)
    }

    @Test func entriesAreFoundUntilTheyAreRemoved() {
        var table = TransactionTable(KeyedHash.Key(low: 1, high: 2))
        var living: [UInt64: TransactionTable.Identifier] = [:]
        var gone: [TransactionTable.Identifier] = []
        var random = SeededRandom(seed: 1)
        for number in UInt64(1)..<5000 {
            if Bool.random(using: &random) || living.isEmpty {
                let record = self.record(number, isClient: number % 3 != 0)
                living[number] = table.insert(record, to: self.destination(number))
            } else if let (old, identifier) = living.min(by: { $0.key * 31 % 101 < $1.key * 31 % 101 }) {
                #expect(table.remove(identifier)?.serial == old)
                #expect(table.remove(identifier) == nil)
                #expect(table.find(self.record(old).key) == nil)
                living[old] = nil
                gone.append(identifier)
            }
            #expect(table.clientCount + table.serverCount == living.count)
            #expect(table.clientCount == living.keys.count { $0 % 3 != 0 })
            #expect(table.timerCount == living.count)
            if number % 500 == 0 { self.checkPeers(table, living) }
        }
        for (number, identifier) in living {
            #expect(table[identifier]?.serial == number)
            #expect(table.find(self.record(number).key) == identifier)
            #expect(table[identifier].flatMap { table.destination(of: $0) } == self.destination(number))
        }
        // No identifier ever names a second entry.
        #expect(gone.allSatisfy { table[$0] == nil })
        #expect(Set(gone + living.values).count == gone.count + living.count)
        for identifier in living.values { _ = table.remove(identifier) }
        #expect(table.peerCount == 0 && table.timerCount == 0 && table.deadline == nil)
        #expect((UInt64(0)..<5).allSatisfy { table.find(call: $0) == nil })
    }

    private func checkPeers(_ table: TransactionTable, _ living: [UInt64: TransactionTable.Identifier]) {
        for number in UInt64(0)..<13 {
            let expected = living.keys.filter { $0 % 13 == number }.sorted()
            let found = table.find(self.destination(number).address, nil)
            #expect(found.map(\.serial) == expected)
            #expect(table.find(self.destination(number).address, Self.binding).count == expected.count)
            let other = LocalBinding(transport: .tcp, address: Self.binding.address)
            #expect(table.find(self.destination(number).address, other).isEmpty)
        }
        for call in UInt64(0)..<5 {
            let isThere = living.keys.contains { $0 % 3 == 0 && $0 % 5 == call }
            #expect((table.find(call: call) != nil) == isThere)
        }
    }

    @Test func changesInPlaceAndAfterTheEnd() {
        var table = TransactionTable(KeyedHash.Key(low: 1, high: 2))
        let identifier = table.insert(self.record(1), to: self.destination(1))
        table.update(identifier) { $0.bytes = [1] }
        table.update(identifier) { $0.bytes.append(2) }
        #expect(table[identifier]?.bytes == [1, 2])
        _ = table.remove(identifier)
        let change: Void? = table.update(identifier) { $0.bytes.append(3) }
        #expect(change == nil)
        #expect(table[identifier] == nil)
        // The slot is used again; the old identifier does not find what is in it now.
        let next = table.insert(self.record(2), to: self.destination(1))
        #expect(next.slot == identifier.slot && table[identifier] == nil && table[next]?.serial == 2)
    }

    @Test func pendingRequestsGoWithTheirTransactions() throws {
        var table = TransactionTable(KeyedHash.Key(low: 1, high: 2))
        let request = try SIPMessage(Array(EndpointBench.text("OPTIONS").utf8))
        let identifiers = (UInt64(1)...3).map { number in
            let record = self.record(number, isClient: false)
            let pending = PendingRequest(request: request, source: EndpointBench.peer)
            return table.insert(record, request: pending, to: self.destination(1))
        }
        #expect(table.pendingCount == 3)
        table.setSentTag("t", of: identifiers[0])
        #expect(table.pending(identifiers[0])?.sentTag == "t" && table.pending(identifiers[1])?.sentTag == nil)
        table.removePending(of: identifiers[0])
        table.removePending(of: identifiers[0])
        #expect(table.pending(identifiers[0]) == nil && table.pendingCount == 2)
        for identifier in identifiers { _ = table.remove(identifier) }
        #expect(table.pendingCount == 0)
    }

    @Test func indexWithOneHashForAll() {
        var index = HashIndex()
        for slot in UInt32(0)..<100 { index.insert(0xFFFF_FFFF_0000_0001, slot) }
        for slot in stride(from: UInt32(0), to: 100, by: 2) { index.remove(0xFFFF_FFFF_0000_0001, slot) }
        for slot in UInt32(0)..<100 {
            #expect((index.first(0xFFFF_FFFF_0000_0001) { $0 == slot } != nil) == (slot % 2 == 1))
        }
        #expect(index.count == 50)
        // Taking out what is not there changes nothing.
        index.remove(0xFFFF_FFFF_0000_0001, 0)
        index.remove(5, 1)
        #expect(index.count == 50)
    }

    @Test func poolUsesItsSlotsAgain() {
        var pool = SlotPool<Int>()
        let slots = (0..<1000).map { pool.insert($0) }
        #expect(Set(slots).count == 1000)
        for slot in slots.dropFirst(10) { #expect(pool.remove(slot) != nil) }
        #expect(pool.count == 10 && slots[..<10].map { pool[$0] } == (0..<10).map { $0 })
        #expect(slots.contains(pool.insert(7)))
        #expect(pool[UInt32.max] == nil && pool.remove(UInt32.max) == nil)
    }
}
