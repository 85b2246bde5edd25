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

    @Test func `The numbers of the authors' own program`() {
        // xoshiro256** from the state 1, 2, 3, 4.
        var random = SeededRandom(entropy: (1, 2, 3, 4))
        #expect((0..<4).map { _ in random.next() } == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
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
