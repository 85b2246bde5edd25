/// The sum of products of samples and coefficients that makes one output sample.
///
/// Sixteen bits are multiplied with sixteen, and the products of neighbors added: compilers make one instruction of it
/// (pmaddwd on x86). The lanes overflow for no input, because no lane of any table's rows holds coefficients whose
/// magnitudes add up to 2^16; a test says so.
struct PolyphaseSum {
    // Two, so that an addition need not wait for the one before.
    private var even = SIMD4<Int32>()
    private var odd = SIMD4<Int32>()

    /// The bits behind the point while the lanes are added.
    private static let fraction = 13

    /// Adds the products of 16 samples, which begin `offset` bytes into `source`.
    @inline(__always)
    private mutating func add(_ source: RawSpan, _ offset: Int, _ first: SIMD8<Int16>, _ second: SIMD8<Int16>) {
        // Any bits are eight samples, and the callers below have checked that they are there.
        let low = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD8<Int16>.self)
        let high = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 16, as: SIMD8<Int16>.self)
        self.even &+= Self.pairs(low, first)
        self.odd &+= Self.pairs(high, second)
    }

    @inline(__always)
    private static func pairs(_ samples: SIMD8<Int16>, _ coefficients: SIMD8<Int16>) -> SIMD4<Int32> {
        let products = SIMD8<Int32>(truncatingIfNeeded: samples) &* SIMD8<Int32>(truncatingIfNeeded: coefficients)
        return products.evenHalf &+ products.oddHalf
    }

    /// What the lanes add up to, with `fraction` bits behind the point: four parts.
    @inline(__always)
    private func parts(scale: Int) -> SIMD4<Int32> {
        let shift = SIMD4<Int32>(repeating: Int32(truncatingIfNeeded: scale &- Self.fraction))
        return (self.even &>> shift) &+ (self.odd &>> shift)
    }

    /// Neighbors added: two of the first, then two of the second.
    @inline(__always)
    private static func folded(_ first: SIMD4<Int32>, _ second: SIMD4<Int32>) -> SIMD4<Int32> {
        let both = SIMD8(lowHalf: first, highHalf: second)
        return both.evenHalf &+ both.oddHalf
    }

    /// Four sums, rounded and limited to 16 bits.
    @inline(__always)
    private static func samples(
        _ sums: (PolyphaseSum, PolyphaseSum, PolyphaseSum, PolyphaseSum),
        scale: Int
    ) -> SIMD4<Int16> {
        let first = Self.folded(sums.0.parts(scale: scale), sums.1.parts(scale: scale))
        let second = Self.folded(sums.2.parts(scale: scale), sums.3.parts(scale: scale))
        let half = SIMD4<Int32>(repeating: 1 &<< Int32(Self.fraction - 1))
        let shift = SIMD4<Int32>(repeating: Int32(Self.fraction))
        let rounded = (Self.folded(first, second) &+ half) &>> shift
        // `clamped` would take the lanes apart: all ones where a limit is crossed, and the limit there.
        let (least, most) = (SIMD4<Int32>(repeating: -32_768), SIMD4<Int32>(repeating: 32_767))
        let limited = rounded.replacing(with: least, where: rounded .< least)
        return SIMD4<Int16>(truncatingIfNeeded: limited.replacing(with: most, where: limited .> most))
    }

    /// The sum, rounded and limited to 16 bits.
    @inline(__always)
    private func sample(scale: Int) -> Int16 {
        let sum = self.parts(scale: scale).wrappedSum()
        let rounded = (sum &+ 1 &<< Int32(Self.fraction - 1)) &>> Int32(Self.fraction)
        return Int16(truncatingIfNeeded: min(max(rounded, -32_768), 32_767))
    }

    /// The output sample whose window begins at `start`.
    @inline(__always)
    static func sample(_ table: borrowing PolyphaseTable, phase: Int, of window: Span<Int16>, from start: Int) -> Int16
    {
        let blocks = table.taps / 8
        let row = table.coefficients.span.extracting((phase * blocks)..<((phase + 1) * blocks))
        precondition(start >= 0 && start + table.taps <= window.count)
        let source = unsafe window.bytes
        var sum = PolyphaseSum()
        var offset = 2 * start
        var block = 0
        while block < blocks {
            sum.add(source, offset, unsafe row[unchecked: block], unsafe row[unchecked: block &+ 1])
            offset &+= 32
            block &+= 2
        }
        return sum.sample(scale: table.scale)
    }

    /// Four output samples of one phase, whose windows begin at `start` and each `table.down` further: they share the
    /// loading of the coefficients.
    @inline(__always)
    static func samples(
        _ table: borrowing PolyphaseTable,
        phase: Int,
        of window: Span<Int16>,
        from start: Int
    ) -> SIMD4<Int16> {
        let blocks = table.taps / 8
        let row = table.coefficients.span.extracting((phase * blocks)..<((phase + 1) * blocks))
        precondition(start >= 0 && table.down > 0 && start + 3 * table.down + table.taps <= window.count)
        let source = unsafe window.bytes
        let step = 2 * table.down
        var sums = (PolyphaseSum(), PolyphaseSum(), PolyphaseSum(), PolyphaseSum())
        var offset = 2 * start
        var block = 0
        while block < blocks {
            // `taps` is a multiple of 16, so that there are two blocks or none.
            let first = unsafe row[unchecked: block]
            let second = unsafe row[unchecked: block &+ 1]
            sums.0.add(source, offset, first, second)
            sums.1.add(source, offset &+ step, first, second)
            sums.2.add(source, offset &+ 2 &* step, first, second)
            sums.3.add(source, offset &+ 3 &* step, first, second)
            offset &+= 32
            block &+= 2
        }
        return Self.samples(sums, scale: table.scale)
    }
}
