import CoreTypes
import Testing

@testable import SIPCore

@Suite("Transaction keys and table")
struct TransactionTableTests {
    func key(_ number: Int) -> TransactionKey { .client(branch: "b\(number)", method: .options) }

    @Test func entriesAreFoundUntilTheyAreRemoved() {
        var table = TransactionTable<Int>(limit: 1000)
        var living: [Int: TransactionTable<Int>.Identifier] = [:]
        var gone: [TransactionTable<Int>.Identifier] = []
        var random = SeededRandom(seed: 1)
        for number in 0..<5000 {
            if Bool.random(using: &random) || living.isEmpty {
                guard !table.isFull else { continue }
                living[number] = table.insert(number, key: self.key(number))
            } else if let (old, identifier) = living.min(by: { $0.key < $1.key }) {
                #expect(table.remove(identifier) == old)
                #expect(table.remove(identifier) == nil)
                #expect(table.find(self.key(old)) == nil)
                living[old] = nil
                gone.append(identifier)
            }
            #expect(table.count == living.count)
        }
        for (number, identifier) in living {
            #expect(table[identifier] == number)
            #expect(table.find(self.key(number)) == identifier)
        }
        // No identifier ever names a second entry.
        #expect(gone.allSatisfy { table[$0] == nil })
        #expect(Set(gone + living.values).count == gone.count + living.count)
        #expect(table.identifiers { _ in true }.count == living.count)
    }

    @Test func limitAndChangeInPlace() {
        var table = TransactionTable<[Int]>(limit: 1)
        let identifier = table.insert([1], key: self.key(1))
        #expect(table.isFull)
        table[identifier]?.append(2)
        #expect(table[identifier] == [1, 2])
        _ = table.remove(identifier)
        table[identifier]?.append(3)
        #expect(table[identifier] == nil && table.count == 0 && !table.isFull)
    }

    @Test func keysOfRFC3261() throws {
        let invite = try SIPMessage(Array(EndpointBench.text("INVITE").utf8))
        let ack = try SIPMessage(Array(EndpointBench.text("ACK", toTag: "x").utf8))
        let cancel = try SIPMessage(Array(EndpointBench.text("CANCEL").utf8))
        #expect(TransactionKey(request: ack) == TransactionKey(request: invite))
        #expect(TransactionKey(request: cancel) != TransactionKey(request: invite))
        #expect(TransactionKey(request: cancel, method: .invite) == TransactionKey(request: invite))
        let port = try SIPMessage(Array(EndpointBench.text("INVITE", sentBy: "192.0.2.10").utf8))
        #expect(TransactionKey(request: port) == TransactionKey(request: invite))
        let other = try SIPMessage(Array(EndpointBench.text("INVITE", sentBy: "192.0.2.10:5061").utf8))
        #expect(TransactionKey(request: other) != TransactionKey(request: invite))
        #expect(!TransactionKey(request: invite).isLegacy)
    }

    @Test func keysOfRFC2543() throws {
        func key(
            _ method: String,
            uri: String = "sip:100@192.0.2.1",
            callID: String = "1",
            toTag: String? = nil
        ) throws -> TransactionKey {
            let text = EndpointBench.text(method, branch: "old", uri: uri, callID: callID, toTag: toTag)
            return TransactionKey(request: try SIPMessage(Array(text.utf8)))
        }
        #expect(try key("INVITE").isLegacy)
        #expect(try key("INVITE") == key("ACK", toTag: "answer"))
        #expect(try key("INVITE") != key("OPTIONS"))
        #expect(try key("INVITE") != key("INVITE", uri: "sip:101@192.0.2.1"))
        #expect(try key("INVITE") != key("INVITE", callID: "2"))
    }

    @Test func statelessTagsAreSteadyAndKeyed() {
        // The first vector of the SipHash paper: key 00…0f, message 00…0e.
        let tag = StatelessTag(key: (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)).tag(UInt8(0)...UInt8(14))
        #expect(tag == "sa129ca6149be45e5")
    }
}
