import CoreTypes
import Testing

/// The cheap generator: the numbers of its authors, and the same ones for the same seed.
@Suite struct XoshiroTests {
    @Test func `The same seed gives the same numbers`() {
        var (one, other, third) = (Xoshiro(seed: 7), Xoshiro(seed: 7), Xoshiro(seed: 8))
        let numbers = (0..<100).map { _ in one.next() }
        #expect(numbers == (0..<100).map { _ in other.next() })
        #expect(numbers != (0..<100).map { _ in third.next() })
        #expect(Set(numbers).count == 100)
    }

    @Test func `The numbers of the authors' own program`() {
        // xoshiro256** from the state 1, 2, 3, 4.
        var random = Xoshiro(state: (1, 2, 3, 4))
        #expect((0..<4).map { _ in random.next() } == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
    }

    @Test func `A state of zeros does not stand still`() {
        var random = Xoshiro(state: (0, 0, 0, 0))
        #expect(Set((0..<20).map { _ in random.next() }).count > 10)
    }
}
