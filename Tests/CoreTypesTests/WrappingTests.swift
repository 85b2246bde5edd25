import CoreTypes
import Testing

/// Numbers on a circle.
@Suite struct WrappingTests {
    @Test func `The way is the shorter one, in every pair of 8-bit numbers`() {
        for from in UInt8.min ... .max {
            for steps in -128...127 {
                let start = Wrapping(from)
                let end = start.advanced(by: steps)
                #expect(start.distance(to: end) == steps)
                #expect(start.isBefore(end) == (steps > 0))
            }
        }
    }

    @Test func `Over the end`() {
        #expect(Wrapping<UInt16>(65_535).distance(to: Wrapping(2)) == 3)
        #expect(Wrapping<UInt16>(2).distance(to: Wrapping(65_535)) == -3)
        #expect(Wrapping<UInt32>(.max).advanced(by: 1) == Wrapping(0))
        #expect(Wrapping<UInt32>(0).advanced(by: -1) == Wrapping(.max))
        #expect(Wrapping<UInt32>(5).distance(to: Wrapping(5)) == 0)
        #expect(!Wrapping<UInt32>(5).isBefore(Wrapping(5)))
        #expect(Wrapping<UInt32>(0).distance(to: Wrapping(0x8000_0000)) == -0x8000_0000)
    }

    @Test func `In 64 bits too`() {
        #expect(Wrapping<UInt64>(.max).distance(to: Wrapping(1)) == 2)
        #expect(Wrapping<UInt64>(1).distance(to: Wrapping(.max)) == -2)
        #expect(Wrapping<UInt64>(0).distance(to: Wrapping(1 << 63)) == .min)
    }
}
