import CoreTypes
import Testing

/// Arithmetic of instants, at the ends of the range too.
@Suite struct InstantTests {
    @Test func `Adding and subtracting are each other's opposite`() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<1_000 {
            let instant = Instant(nanoseconds: Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
            let duration = Duration.nanoseconds(
                Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
            )
            #expect(instant + duration - duration == instant)
            #expect((instant + duration) - instant == duration)
            #expect((instant + duration > instant) == (duration > .zero))
        }
    }

    @Test func `Past its ends an instant stays at them`() {
        let last = Instant(nanoseconds: .max)
        let first = Instant(nanoseconds: .min)
        #expect(last + .nanoseconds(1) == last)
        #expect(first + .nanoseconds(-1) == first)
        #expect(Instant.zero + .seconds(Int64.max) == last)
        #expect(Instant.zero + .seconds(Int64.min) == first)
        #expect(first - .seconds(5) == first)
        #expect(last - .seconds(-5) == last)
    }

    @Test func `Subtracting the longest negative duration does not go backwards`() {
        #expect(Instant.zero - .nanoseconds(Int64.min) == Instant(nanoseconds: .max))
        #expect(Instant.zero - .seconds(Int64.min) == Instant(nanoseconds: .max))
    }

    @Test func `Units`() {
        #expect(Duration.milliseconds(1_500).nanoseconds == 1_500_000_000)
        #expect(Duration.microseconds(-1_999).milliseconds == -1)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.milliseconds(-1).nanoseconds == -1_000_000)
        var instant = Instant.zero
        instant += .seconds(2)
        #expect(instant.nanoseconds == 2_000_000_000)
    }
}
