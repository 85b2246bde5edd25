/// The coefficients of the polyphase filter of one ratio, designed once and shared by all streams that have it.
///
/// A low pass with a linear phase, as ``LowPassDesign`` makes it. Relative to the lower of the two rates its response is 48
/// samples long. What it passes is within 0.35 dB up to 0.4375 of that rate: 3.5 kHz of 8 kHz, 7 kHz of 16 kHz. The
/// upper half of the spectrum is 72 dB down, its edge included.
struct PolyphaseTable: Sendable {
    /// How many output samples there are for `down` input samples.
    let up: Int
    /// How many input samples there are for `up` output samples.
    let down: Int
    /// The input samples that an output sample is made of; a multiple of 16.
    let taps: Int
    /// How many of them lie behind the middle one, which is where the output sample of phase 0 is.
    let reach: Int
    /// One row of `taps` coefficients for each phase, in the order of the samples that they are multiplied with.
    let coefficients: [SIMD8<Int16>]
    /// A gain of 1 is this power of 2.
    let scale: Int

    /// The length of the response in samples of the lower rate; half of it is the delay.
    static let length = 48

    private init(_ up: Int, _ down: Int) {
        self.up = up
        self.down = down
        // The response is sampled at the rate that is a multiple of both.
        let multiple = max(up, down)
        let half = LowPassDesign(reach: Self.length / 2 * multiple - 1, bands: Self.bands(multiple)).half
        let reach = Self.length / 2 * multiple / up
        let taps = (2 * reach + 15) / 16 * 16
        self.reach = reach
        self.taps = taps
        let rows = (0..<up).map { phase -> [Double] in
            let values = (0..<taps).map { index -> Double in
                let distance = abs((index - (taps - reach - 1)) * up - phase)
                return distance < half.count ? half[distance] : 0
            }
            // Every phase passes a constant alike; otherwise silence with an offset would whistle.
            let sum = values.reduce(0, +)
            return values.map { $0 / sum }
        }
        // As large as fits, for what rounding takes from the coefficients comes back in the stop band.
        let largest = rows.joined().reduce(0) { max($0, $1.magnitude) }
        var scale = 15
        while largest * Double(2 << scale) < 32_767 { scale += 1 }
        self.scale = scale
        self.coefficients = rows.flatMap { row in
            stride(from: 0, to: taps, by: 8).map { start in
                var block = SIMD8<Int16>()
                for lane in 0..<8 { block[lane] = Int16((row[start + lane] * Double(1 << scale)).rounded()) }
                return block
            }
        }
    }

    /// What is wanted, at `multiple` times the lower rate.
    ///
    /// Squares alone would leave the edges worst on both sides of the transition: they have bands and weights of their own.
    private static func bands(_ multiple: Int) -> [LowPassDesign.Band] {
        func range(_ low: Double, _ high: Double) -> ClosedRange<Double> {
            (low / Double(multiple))...(high / Double(multiple))
        }
        return [
            .init(range: range(0, 0.432), weight: 1, passes: true),
            .init(range: range(0.432, 0.439), weight: 10, passes: true),
            .init(range: range(0.498, 0.54), weight: 1e5, passes: false),
            .init(range: range(0.54, Double(multiple) / 2), weight: 1e4, passes: false),
        ]
    }
}

extension PolyphaseTable {
    /// The table for a pair of rates; `nil` when it is none of the ratios between 8, 12, 16, 24, 32 and 48 kHz that have one.
    static func between(_ inputRate: Int, _ outputRate: Int) -> PolyphaseTable? {
        guard inputRate > 0, outputRate > 0, inputRate != outputRate else { return nil }
        var (divisor, rest) = (inputRate, outputRate)
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        switch (outputRate / divisor, inputRate / divisor) {
        case (2, 1): return Self.up2
        case (3, 1): return Self.up3
        case (4, 1): return Self.up4
        case (6, 1): return Self.up6
        case (3, 2): return Self.up3down2
        case (4, 3): return Self.up4down3
        case (1, 2): return Self.down2
        case (1, 3): return Self.down3
        case (1, 4): return Self.down4
        case (1, 6): return Self.down6
        case (2, 3): return Self.up2down3
        case (3, 4): return Self.up3down4
        default: return nil
        }
    }

    // Each is made when the first stream needs it.
    private static let up2 = PolyphaseTable(2, 1)
    private static let up3 = PolyphaseTable(3, 1)
    private static let up4 = PolyphaseTable(4, 1)
    private static let up6 = PolyphaseTable(6, 1)
    private static let up3down2 = PolyphaseTable(3, 2)
    private static let up4down3 = PolyphaseTable(4, 3)
    private static let down2 = PolyphaseTable(1, 2)
    private static let down3 = PolyphaseTable(1, 3)
    private static let down4 = PolyphaseTable(1, 4)
    private static let down6 = PolyphaseTable(1, 6)
    private static let up2down3 = PolyphaseTable(2, 3)
    private static let up3down4 = PolyphaseTable(3, 4)
}
