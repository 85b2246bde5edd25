import CoreTypes
import Testing

/// The generator: the same numbers for the same seed, and good ones.
@Suite struct SeededRandomTests {
    @Test func `The same seed gives the same numbers`() {
        var (one, other, third) = (SeededRandom(seed: 7), SeededRandom(seed: 7), SeededRandom(seed: 8))
        let numbers = (0..<100).map { _ in one.next() }
        #expect(numbers == (0..<100).map { _ in other.next() })
        #expect(numbers != (0..<100).map { _ in third.next() })
        #expect(Set(numbers).count == 100)
    }

    /// Each number is SipHash-2-4 of the salt and a count, whose key is never shown: what `TransactionKeyTests` compares with
    /// its authors' own vectors. From numbers alone no other one can be worked out, as it could from a state that is
    /// only shifted and added.
    @Test func `A number is the keyed hash of a count`() {
        var random = SeededRandom(entropy: (1, 2, 3, .max))
        for count: UInt64 in 0..<10 {
            var hash = KeyedHash(KeyedHash.Key(low: 1, high: 2))
            hash.combine(UInt64(3))
            hash.combine(count)
            #expect(random.next() == hash.finish())
        }
    }

    @Test func `All 256 bits of the entropy count`() {
        let zero: [UInt64] = [0, 0, 0, 0]
        var seen: Set<[UInt64]> = []
        for word in 0..<4 {
            for bit: UInt64 in 0..<64 {
                var words = zero
                words[word] = 1 << bit
                var random = SeededRandom(entropy: (words[0], words[1], words[2], words[3]))
                seen.insert([random.next(), random.next()])
            }
        }
        #expect(seen.count == 256)
    }

    @Test func `Generators that were split go their own ways`() {
        var (one, same) = (SeededRandom(seed: 5), SeededRandom(seed: 5))
        var (child, twin) = (one.split(), same.split())
        var second = one.split()
        let numbers = (0..<50).map { _ in child.next() }
        #expect(numbers == (0..<50).map { _ in twin.next() })
        #expect(Set(numbers + (0..<50).map { _ in one.next() } + (0..<50).map { _ in second.next() }).count == 150)
    }

    @Test func `Entropy of zeros does not stand still`() {
        var random = SeededRandom(entropy: (0, 0, 0, 0))
        #expect(Set((0..<20).map { _ in random.next() }).count > 10)
    }

    @Test func `Every bit is as often set as not`() {
        var random = SeededRandom(seed: 11)
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<4_000 {
            let number = random.next()
            for bit in 0..<64 where number >> UInt64(bit) & 1 == 1 { counts[bit] += 1 }
        }
        for count in counts { #expect((1_800...2_200).contains(count)) }
    }

    @Test func `Tokens have their length and do not repeat`() {
        var random = SeededRandom(seed: 3)
        for length in [-1, 0, 1, 16, 17, 33] {
            let token = random.token(length)
            #expect(token.count == max(0, length))
            #expect(token.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        }
        #expect(Set((0..<1_000).map { _ in random.token(16) }).count == 1_000)
    }
}
