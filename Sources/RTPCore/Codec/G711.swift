/// The companding laws of ITU-T G.711, by tables: 8 bits a sample at 8 000 samples a second.
public enum G711: Sendable {
    /// The two laws.
    public enum Law: Sendable, Hashable, CaseIterable {
        /// µ-law: 14 bits of a sample count.
        case mu
        /// A-law: 13 bits of a sample count.
        case a
    }

    /// The code of silence, with which gaps and padding are filled.
    public static func silence(_ law: Law) -> UInt8 {
        switch law {
        case .mu: 0xFF
        case .a: 0xD5
        }
    }

    /// The code of one sample.
    public static func encode(_ sample: Int16, law: Law) -> UInt8 {
        switch law {
        case .mu: G711.muEncoding[Int(UInt16(bitPattern: sample) >> 2)]
        case .a: G711.aEncoding[Int(UInt16(bitPattern: sample) >> 3)]
        }
    }

    /// The sample of one code.
    public static func decode(_ code: UInt8, law: Law) -> Int16 {
        switch law {
        case .mu: G711.muDecoding[Int(code)]
        case .a: G711.aDecoding[Int(code)]
        }
    }

    /// Appends the codes of `samples` to `bytes`.
    static func encode(_ samples: Span<Int16>, law: Law, appendingTo bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.resize(to: start + samples.count)
        var output = bytes.mutableSpan
        switch law {
        case .mu: G711.encode(samples, by: G711.muEncoding.span, shift: 2, into: &output, at: start)
        case .a: G711.encode(samples, by: G711.aEncoding.span, shift: 3, into: &output, at: start)
        }
    }

    @inline(__always)
    private static func encode(
        _ samples: Span<Int16>,
        by codes: Span<UInt8>,
        shift: UInt16,
        into output: inout MutableSpan<UInt8>,
        at start: Int
    ) {
        // Said once, so that no look into the table and no octet has to be checked.
        let count = samples.count
        precondition(codes.count == 1 << (16 - shift))
        precondition(start >= 0 && output.count - start == count)
        var index = 0
        // Eight at a time: one by one the loop itself would take as long as its body.
        while index &+ 8 <= count {
            for offset in 0..<8 {
                let sample = UInt16(bitPattern: unsafe samples[unchecked: index &+ offset])
                unsafe output[unchecked: start &+ index &+ offset] = codes[Int(sample >> shift)]
            }
            index &+= 8
        }
        while index < count {
            output[start &+ index] = codes[Int(UInt16(bitPattern: samples[index]) >> shift)]
            index &+= 1
        }
    }

    /// Replaces `samples` by those of `codes`.
    static func decode(_ codes: Span<UInt8>, law: Law, into samples: inout [Int16]) {
        samples.resize(to: codes.count)
        var output = samples.mutableSpan
        switch law {
        case .mu: G711.decode(codes, by: G711.muDecoding.span, into: &output)
        case .a: G711.decode(codes, by: G711.aDecoding.span, into: &output)
        }
    }

    @inline(__always)
    private static func decode(_ codes: Span<UInt8>, by values: Span<Int16>, into output: inout MutableSpan<Int16>) {
        precondition(values.count == 256 && output.count == codes.count)
        for index in codes.indices { output[index] = values[Int(codes[index])] }
    }

    // Tables: 16 KiB and 8 KiB to encode, 512 bytes each to decode. A table costs a fifth of the arithmetic.

    private static let muEncoding: [UInt8] = (0..<16_384).map { G711.muCode(Int16(bitPattern: UInt16($0) << 2)) }
    private static let aEncoding: [UInt8] = (0..<8_192).map { G711.aCode(Int16(bitPattern: UInt16($0) << 3)) }
    private static let muDecoding: [Int16] = (0..<256).map { G711.muSample(UInt8($0)) }
    private static let aDecoding: [Int16] = (0..<256).map { G711.aSample(UInt8($0)) }

    /// A segment of µ-law is the place of the highest bit of the magnitude plus 33 (in 14 bits).
    private static func muCode(_ sample: Int16) -> UInt8 {
        let magnitude = min(Int(sample < 0 ? ~sample : sample) >> 2 + 33, 0x1FFF)
        let segment = Int.bitWidth - magnitude.leadingZeroBitCount - 6
        let code = segment << 4 | (magnitude >> (segment + 1)) & 0x0F
        return ~UInt8(truncatingIfNeeded: sample < 0 ? code | 0x80 : code)
    }

    private static func muSample(_ code: UInt8) -> Int16 {
        let bits = Int(~code)
        let magnitude = ((bits & 0x0F) << 3 + 0x84) << ((bits & 0x70) >> 4) - 0x84
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? -magnitude : magnitude)
    }

    /// The two lowest segments of A-law share one step; even bits are inverted on the line.
    private static func aCode(_ sample: Int16) -> UInt8 {
        let magnitude = Int(sample < 0 ? ~sample : sample) >> 4
        let segment = max(Int.bitWidth - magnitude.leadingZeroBitCount - 4, 0)
        let mantissa = segment < 2 ? magnitude & 0x0F : (magnitude >> (segment - 1)) & 0x0F
        let code = segment << 4 | mantissa
        return UInt8(truncatingIfNeeded: sample < 0 ? code : code | 0x80) ^ 0x55
    }

    private static func aSample(_ code: UInt8) -> Int16 {
        let bits = Int(code ^ 0x55)
        let segment = (bits & 0x70) >> 4
        let step = (bits & 0x0F) << 4
        let magnitude = segment == 0 ? step + 8 : (step + 0x108) << (segment - 1)
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? magnitude : -magnitude)
    }
}

/// G.711 as a codec; it has no state but its law.
public struct G711Codec: AudioEncoder, AudioDecoder, Sendable {
    private let law: G711.Law

    /// Makes the codec of a law.
    public init(_ law: G711.Law) {
        self.law = law
    }

    /// Appends one octet for each sample.
    public mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        G711.encode(samples, law: self.law, appendingTo: &bytes)
        return true
    }

    /// Replaces `samples` by one for each octet; `false` for an empty payload.
    public mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        G711.decode(payload, law: self.law, into: &samples)
        return !payload.isEmpty
    }

    /// Nothing: there is no state.
    public mutating func reset() {}
}
