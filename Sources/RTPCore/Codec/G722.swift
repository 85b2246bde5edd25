/// The rate of a G.722 stream: the lower bits of an octet may carry something else (ITU-T G.722 section 1.2).
///
/// RTP knows 64 kbit/s only (RFC 3551 section 4.5.2).
public enum G722Mode: Int, Sendable, Hashable, CaseIterable {
    /// 64 kbit/s: all eight bits are audio.
    case kilobits64
    /// 56 kbit/s: the lowest bit is not.
    case kilobits56
    /// 48 kbit/s: the two lowest bits are not.
    case kilobits48
}

/// Encodes 16 kHz speech with ITU-T G.722 at 64 kbit/s: two samples become one octet.
public struct G722Encoder: AudioEncoder, Sendable {
    private var lower = G722Band(isHigher: false)
    private var higher = G722Band(isHigher: true)
    private var history = InlineArray<24, Int32>(repeating: 0)

    /// Makes an encoder at rest.
    public init() {}

    /// Appends one octet for each two samples; `false` and nothing appended for an odd number of samples.
    public mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        guard samples.count.isMultiple(of: 2) else { return false }
        let start = bytes.count
        bytes.resize(to: start + samples.count / 2)
        var output = bytes.mutableSpan
        for index in 0..<(samples.count / 2) {
            let (low, high) = self.split(Int32(samples[2 * index]), Int32(samples[2 * index + 1]))
            output[start + index] = self.encode(low: low, high: high)
        }
        return true
    }

    /// The octet of one sample of each sub-band: what the recommendation's test sequences begin with.
    @inline(__always)
    mutating func encode(low: Int32, high: Int32) -> UInt8 {
        let code = G722Encoder.quantize(saturated(low &- self.lower.s), step: self.lower.det)
        let coarse = Int(code >> 2)
        self.lower.adapt(
            difference: (self.lower.det &* g722Inverse4[coarse]) >> 15,
            step: g722LowerSteps[coarse]
        )
        let difference = saturated(high &- self.higher.s)
        let isLarge = (difference < 0 ? ~difference : difference) >= (564 &* self.higher.det) >> 12
        // 0 and 1 for what is below zero, 2 and 3 for the rest, the larger one first.
        let top = (difference < 0 ? 0 : 2) + (isLarge ? 0 : 1)
        self.higher.adapt(
            difference: (self.higher.det &* g722InverseHigh[top]) >> 15,
            step: g722HigherSteps[top]
        )
        return UInt8(truncatingIfNeeded: top) << 6 | code
    }

    /// QUANTL: the code of the interval that the difference lies in.
    @inline(__always)
    static func quantize(_ difference: Int32, step: Int32) -> UInt8 {
        // A search would jump where nobody can foretell; all levels at once take a third of its time. Level times step
        // is shifted by 12 bits in the recommendation, here by 16 from sixteen times the level: the high half.
        let magnitude = SIMD8(repeating: Int16(truncatingIfNeeded: difference < 0 ? ~difference : difference))
        let factor = SIMD8<UInt32>(truncatingIfNeeded: SIMD8(repeating: UInt16(truncatingIfNeeded: step)))
        var above = SIMD8<Int16>()
        for levels in [0, 1, 2, 3] {
            let products = SIMD8<UInt32>(truncatingIfNeeded: g722DecisionLevels[levels]) &* factor
            let bounds = SIMD8<Int16>(truncatingIfNeeded: products &>> 16)
            above &+= SIMD8<Int16>(repeating: 0).replacing(with: 1, where: bounds .<= magnitude)
        }
        let interval = min(Int(above.wrappedSum()), 30)
        return difference < 0 ? g722NegativeCodes[interval] : g722PositiveCodes[interval]
    }

    /// The transmit quadrature mirror filter: two samples of audio become one of each sub-band.
    @inline(__always)
    private mutating func split(_ first: Int32, _ second: Int32) -> (low: Int32, high: Int32) {
        for index in 0..<22 { self.history[index] = self.history[index + 2] }
        self.history[22] = first
        self.history[23] = second
        var even: Int32 = 0
        var odd: Int32 = 0
        for index in 0..<12 {
            even = even &+ self.history[2 * index] &* g722Mirror[index]
            odd = odd &+ self.history[2 * index + 1] &* g722Mirror[11 - index]
        }
        return ((even &+ odd) >> 14, (odd &- even) >> 14)
    }
}

/// Decodes ITU-T G.722 to 16 kHz speech: one octet becomes two samples.
public struct G722Decoder: AudioDecoder, Sendable {
    private let mode: G722Mode
    private var lower = G722Band(isHigher: false)
    private var higher = G722Band(isHigher: true)
    private var history = InlineArray<24, Int32>(repeating: 0)

    /// Makes a decoder at rest.
    public init(mode: G722Mode = .kilobits64) {
        self.mode = mode
    }

    /// Replaces `samples` by two for each octet; `false` for an empty payload.
    public mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        samples.resize(to: payload.count * 2)
        var output = samples.mutableSpan
        for index in 0..<payload.count {
            let (low, high) = self.decode(payload[index])
            let (first, second) = self.join(low &+ high, low &- high)
            output[2 * index] = Int16(truncatingIfNeeded: saturated(first))
            output[2 * index + 1] = Int16(truncatingIfNeeded: saturated(second))
        }
        return !payload.isEmpty
    }

    /// Goes back to rest.
    public mutating func reset() {
        self = G722Decoder(mode: self.mode)
    }

    /// One sample of each sub-band: what the recommendation's test sequences end with.
    @inline(__always)
    mutating func decode(_ code: UInt8) -> (low: Int32, high: Int32) {
        let fine: Int32
        switch self.mode {
        case .kilobits64: fine = g722Inverse6[Int(code & 63)]
        case .kilobits56: fine = g722Inverse5[Int(code & 63) >> 1]
        case .kilobits48: fine = g722Inverse4[Int(code & 63) >> 2]
        }
        let low = self.lower.s &+ (self.lower.det &* fine) >> 15
        let coarse = Int(code & 63) >> 2
        self.lower.adapt(
            difference: (self.lower.det &* g722Inverse4[coarse]) >> 15,
            step: g722LowerSteps[coarse]
        )
        let top = Int(code >> 6)
        let difference = (self.higher.det &* g722InverseHigh[top]) >> 15
        let high = self.higher.s &+ difference
        self.higher.adapt(difference: difference, step: g722HigherSteps[top])
        return (min(max(low, -16_384), 16_383), min(max(high, -16_384), 16_383))
    }

    /// The receive quadrature mirror filter.
    @inline(__always)
    private mutating func join(_ sum: Int32, _ difference: Int32) -> (Int32, Int32) {
        for index in 0..<22 { self.history[index] = self.history[index + 2] }
        self.history[22] = sum
        self.history[23] = difference
        var first: Int32 = 0
        var second: Int32 = 0
        for index in 0..<12 {
            first = first &+ self.history[2 * index] &* g722Mirror[index]
            second = second &+ self.history[2 * index + 1] &* g722Mirror[11 - index]
        }
        return (second >> 11, first >> 11)
    }
}
