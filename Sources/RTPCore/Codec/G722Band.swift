/// The adaptive predictor and scale factor of one sub-band of G.722, the same in encoder and decoder.
///
/// Names follow the recommendation: `s` is the predictor's output, `det` the scale factor, `nb` its logarithm.
struct G722Band: Sendable {
    /// The prediction of the next sample.
    private(set) var s: Int32 = 0
    /// The quantizer's step.
    private(set) var det: Int32
    private var nb: Int32 = 0
    private var sz: Int32 = 0
    // Poles: two coefficients, the last reconstructed and partially reconstructed samples.
    private var a1: Int32 = 0
    private var a2: Int32 = 0
    private var r1: Int32 = 0
    private var p1: Int32 = 0
    private var p2: Int32 = 0
    // Zeros: six coefficients and the last six quantized differences.
    private var b = SIMD8<Int32>()
    private var d = SIMD8<Int32>()
    private let isHigher: Bool

    init(isHigher: Bool) {
        self.isHigher = isHigher
        self.det = isHigher ? 8 : 32
    }

    /// Takes the quantized difference and what its code adds to the logarithm of the scale factor.
    @inline(__always)
    mutating func adapt(difference: Int32, step: Int32) {
        // LOGSCL, SCALEL and their likes for the higher sub-band.
        let ceiling: Int32 = self.isHigher ? 22_528 : 18_432
        self.nb = min(max((self.nb &* 127) >> 7 &+ step, 0), ceiling)
        let shift = (self.isHigher ? 10 : 8) &- self.nb >> 11
        let power = g722Antilogarithms[Int((self.nb >> 6) & 31)]
        self.det = (shift < 0 ? power &<< (0 &- shift) : power &>> shift) &<< 2
        self.predict(difference)
    }

    @inline(__always)
    private mutating func predict(_ difference: Int32) {
        let r = saturated(self.s &+ difference)
        let p = saturated(self.sz &+ difference)
        self.adaptPoles(p)
        self.adaptZeros(difference)
        // FILTEP and FILTEZ.
        let poles = saturated(
            (self.a1 &* saturated(r &+ r)) >> 15 &+ (self.a2 &* saturated(self.r1 &+ self.r1)) >> 15
        )
        self.r1 = r
        self.p2 = self.p1
        self.p1 = p
        let products = (self.b &* saturated(self.d &+ self.d)) &>> 15
        self.sz = saturated(products.wrappedSum())
        self.s = saturated(poles &+ self.sz)
    }

    /// UPPOL2 and UPPOL1.
    @inline(__always)
    private mutating func adaptPoles(_ p: Int32) {
        let isFirstSame = (p ^ self.p1) >= 0
        let isSecondSame = (p ^ self.p2) >= 0
        let quadruple = saturated(self.a1 &<< 2)
        let leaning = isFirstSame ? min(0 &- quadruple, 32_767) : quadruple
        let second = (isSecondSame ? 128 : -128) &+ leaning >> 7 &+ (self.a2 &* 32_512) >> 15
        self.a2 = min(max(second, -12_288), 12_288)
        let first = saturated((isFirstSame ? 192 : -192) &+ (self.a1 &* 32_640) >> 15)
        let bound = saturated(15_360 &- self.a2)
        self.a1 = min(max(first, 0 &- bound), bound)
    }

    /// UPZERO and DELAYA.
    @inline(__always)
    private mutating func adaptZeros(_ difference: Int32) {
        let gain: Int32 = difference == 0 ? 0 : 128
        let signs = (self.d ^ difference) &>> 31
        // `gain` where the signs are the same, its negative where they differ.
        let nudges = (SIMD8(repeating: gain) ^ signs) &- signs
        self.b = saturated(nudges &+ (self.b &* 32_640) &>> 15)
        self.d = SIMD8(difference, self.d[0], self.d[1], self.d[2], self.d[3], self.d[4], 0, 0)
        self.b[6] = 0
        self.b[7] = 0
    }
}

/// The value within 16 bits.
@inline(__always)
func saturated(_ value: Int32) -> Int32 {
    min(max(value, -32_768), 32_767)
}

@inline(__always)
private func saturated(_ values: SIMD8<Int32>) -> SIMD8<Int32> {
    values.clamped(lowerBound: SIMD8(repeating: -32_768), upperBound: SIMD8(repeating: 32_767))
}
