import CoreTypes
import Testing

@testable import SIPCore

@Suite("Transaction keys")
struct TransactionKeyTests {
    private let keys = TransactionKeys(KeyedHash.Key(low: 1, high: 2))

    /// The identity of a request, and its key under a method: its own unless another is given.
    private func identity(_ text: String) throws -> RequestIdentity {
        let message = try SIPMessage(Array(text.utf8))
        return self.keys.server(message.storage.span, message.core)
    }

    private func key(_ text: String, _ method: KnownMethod) throws -> TransactionKey {
        try self.identity(text).key(MethodNumber(method))
    }

    @Test func keysOfRFC3261() throws {
        let invite = try self.key(EndpointBench.text("INVITE"), .invite)
        // An ACK and a CANCEL look for the INVITE, a CANCEL of its own is another transaction.
        #expect(try self.key(EndpointBench.text("ACK", toTag: "x"), .invite) == invite)
        #expect(try self.key(EndpointBench.text("CANCEL"), .invite) == invite)
        #expect(try self.key(EndpointBench.text("CANCEL"), .cancel) != invite)
        // The default port, and the case of the host, make no difference.
        #expect(try self.key(EndpointBench.text("INVITE", sentBy: "192.0.2.10"), .invite) == invite)
        #expect(try self.key(EndpointBench.text("INVITE", sentBy: "192.0.2.10:5061"), .invite) != invite)
        let small = try self.key(EndpointBench.text("INVITE", sentBy: "pbx.example"), .invite)
        #expect(try self.key(EndpointBench.text("INVITE", sentBy: "PBX.Example"), .invite) == small)
        #expect(try !self.identity(EndpointBench.text("INVITE")).isLegacy)
        #expect(try self.identity(EndpointBench.text("INVITE", branch: "Z9hg4Bkx")).isLegacy == false)
        // The cookie alone is no branch.
        #expect(try self.identity(EndpointBench.text("INVITE", branch: "z9hG4bK")).isLegacy)
        // Neither the Request-URI nor tags belong to it, so that a proxy may change them.
        #expect(try self.key(EndpointBench.text("INVITE", uri: "sip:9@192.0.2.1", toTag: "t"), .invite) == invite)
    }

    @Test func branchThatIsUsedAgainIsAnotherTransaction() throws {
        let invite = try self.key(EndpointBench.text("INVITE"), .invite)
        #expect(try self.key(EndpointBench.text("INVITE", callID: "other"), .invite) != invite)
        #expect(try self.key(EndpointBench.text("INVITE", cSeq: 2), .invite) != invite)
    }

    @Test func keysOfRFC2543() throws {
        func key(
            _ method: String,
            uri: String = "sip:100@192.0.2.1",
            callID: String = "1",
            toTag: String? = nil
        ) throws -> TransactionKey {
            let text = EndpointBench.text(method, branch: "old", uri: uri, callID: callID, toTag: toTag)
            let identity = try self.identity(text)
            #expect(identity.isLegacy)
            return identity.key(method == "OPTIONS" ? MethodNumber(.options) : .invite)
        }
        #expect(try key("INVITE") == key("ACK", toTag: "answer"))
        #expect(try key("INVITE") != key("OPTIONS"))
        #expect(try key("INVITE") != key("INVITE", uri: "sip:101@192.0.2.1"))
        #expect(try key("INVITE") != key("INVITE", callID: "2"))
    }

    @Test func methodsAreToldApart() throws {
        let names = ["INVITE", "ACK", "OPTIONS", "FOO", "OOF", "foo", "SUBSCRIBE", "SUBSCRIBER", "ABCDEFGHIJKL"]
        let numbers = try names.map { name in
            let message = try SIPMessage(Array(EndpointBench.text(name).utf8))
            return MethodNumber(message.storage.span, message.core)
        }
        #expect(Set(numbers).count == names.count)
        #expect(numbers.first == .invite)
    }

    @Test func anotherKeyGivesOtherHashes() throws {
        let message = try SIPMessage(Array(EndpointBench.text("INVITE").utf8))
        let others = TransactionKeys(KeyedHash.Key(low: 1, high: 3))
        let bytes = message.storage.span
        let one = self.keys.server(bytes, message.core).key(.invite)
        let other = others.server(bytes, message.core).key(.invite)
        #expect(one != other)
    }
}

@Suite("Identifiers")
struct IdentifierTests {
    /// The reference vectors of SipHash-2-4: key 00…0f, message 00, 01, 02 …
    @Test func vectorsOfSipHash() {
        let key = KeyedHash.Key(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)
        var hash = KeyedHash(key)
        for byte in UInt8(0)..<15 { hash.combine(byte) }
        #expect(hash.finish() == 0xA129_CA61_49BE_45E5)
        #expect(KeyedHash(key).finish() == 0x726F_DB47_DD0E_0E31)
        let wide = KeyedHash(key, wide: true).finishWide()
        #expect(wide == (0xE6A8_25BA_047F_81A3, 0x9302_55C7_1472_F66D))
    }

    @Test func wordsAndPartsHashAsTheirBytes() {
        let key = KeyedHash.Key(low: 3, high: 4)
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for start in 0..<20 {
            for end in start..<60 {
                var parts = KeyedHash(key)
                var single = KeyedHash(key)
                for byte in bytes[..<(start % 8)] {
                    parts.combine(byte)
                    single.combine(byte)
                }
                parts.combine(bytes.span, ByteRange(start, end))
                parts.combine(UInt64(0x0807_0605_0403_0201))
                for byte in bytes[start..<end] { single.combine(byte) }
                for byte in UInt8(1)...8 { single.combine(byte) }
                #expect(parts.finish() == single.finish())
            }
        }
    }

    @Test func statelessTagsAreSteadyAndKeyed() {
        let key = KeyedHash.Key(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)
        #expect(StatelessTag(key: key).tag(UInt8(0)...UInt8(14)) == "sa129ca6149be45e5")
    }

    @Test func aMillionBranchesAndTagsAreAllDifferent() {
        var source = IdentifierSource(key: KeyedHash.Key(low: 5, high: 6))
        var branches: Set<String> = []
        // What cannot be guessed is different too, without the number behind it.
        var guesses: Set<Substring> = []
        var tags: Set<String> = []
        var cookies = 0
        for _ in 0..<1_000_000 {
            let branch = source.makeBranch()
            if branch.hasPrefix(TransactionKey.magicCookie) { cookies += 1 }
            branches.insert(branch)
            guesses.insert(branch[..<(branch.lastIndex(of: ".") ?? branch.startIndex)])
            tags.insert(source.tag(ofTransaction: source.makeSerial()))
        }
        #expect([cookies, branches.count, guesses.count, tags.count] == [1_000_000, 1_000_000, 1_000_000, 1_000_000])
    }

    /// That successive branches differ in half of their bits is the least that unpredictability asks for.
    @Test func successiveBranchesHaveNothingInCommon() throws {
        var source = IdentifierSource(key: KeyedHash.Key(low: 7, high: 8))
        func bits() throws -> UInt64 {
            let text = source.makeBranch().dropFirst(7).prefix { $0 != "." }
            return try #require(UInt64(text, radix: 36))
        }
        var former = try bits()
        var changed = 0
        for _ in 0..<1000 {
            let next = try bits()
            changed += (former ^ next).nonzeroBitCount
            former = next
        }
        #expect((31_500...32_500).contains(changed))
    }

    @Test func endpointsShareNoIdentifier() throws {
        let branches = try (1...50).map { seed in
            let bench = EndpointBench(seed: UInt64(seed))
            _ = try bench.send(.options)
            return try #require(bench.sent().first?.message.topVia.branch)
        }
        #expect(Set(branches).count == 50)
    }
}
