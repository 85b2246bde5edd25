#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The coefficients of the polyphase filter of one ratio, designed once and shared by all streams that have it.
///
/// A low pass with a linear phase: a sine cardinal under a Kaiser window. Relative to the lower of the two rates the
/// window is 64 samples long and the cut lies at 0.4625 of it. That leaves the upper half of the spectrum 72 dB down, the
/// edge at half of the rate included, and everything up to 0.44 of the rate within half a decibel: 3.52 kHz of 8 kHz.
struct PolyphaseTable: Sendable {
    /// How many output samples there are for `down` input samples.
    let up: Int
    /// How many input samples there are for `up` output samples.
    let down: Int
    /// The input samples that an output sample is made of; a multiple of 16.
    let taps: Int
    /// One row of `taps` coefficients for each phase, in the order of the samples that they are multiplied with.
    let coefficients: [SIMD8<Int16>]
    /// A gain of 1 is this power of 2.
    let scale: Int

    /// The length of the window in samples of the lower rate; half of it is the delay.
    static let length = 64
    /// Where the response has fallen by 6 dB, in parts of half of the lower rate.
    private static let cut = 0.925
    /// What the window leaves beyond the transition, in decibels.
    private static let attenuation = 75.0

    private init(_ up: Int, _ down: Int) {
        self.up = up
        self.down = down
        let spread = max(1, Double(down) / Double(up))
        let taps = (Int((Double(Self.length) * spread).rounded(.up)) + 15) / 16 * 16
        self.taps = taps
        let rows = (0..<up).map { phase in
            Self.row(phase: Double(phase) / Double(up), taps: taps, cutoff: Self.cut / 2 / spread)
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

    /// The coefficients of an output sample that lies `phase` of an input sample behind the middle one.
    private static func row(phase: Double, taps: Int, cutoff: Double) -> [Double] {
        let reach = Double(taps) / 2
        // J. F. Kaiser's rule for the shape of his window.
        let beta = 0.1102 * (Self.attenuation - 8.7)
        let values = (0..<taps).map { index in
            let time = Double(index) - (reach - 1) - phase
            guard time.magnitude < reach else { return 0.0 }
            let angle = 2 * Double.pi * cutoff * time
            let cardinal = angle == 0 ? 1 : sin(angle) / angle
            let edge = (1 - time * time / (reach * reach)).squareRoot()
            return cardinal * Self.bessel(beta * edge)
        }
        // Every phase passes a constant alike; otherwise silence with an offset would whistle.
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }

    /// The modified Bessel function of the first kind and order 0, by its power series.
    private static func bessel(_ x: Double) -> Double {
        let quarter = x * x / 4
        var term = 1.0
        var sum = 1.0
        var index = 1.0
        while term > sum * 1e-17 {
            term *= quarter / (index * index)
            sum += term
            index += 1
        }
        return sum
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
