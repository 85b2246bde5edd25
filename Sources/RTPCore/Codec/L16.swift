/// Uncompressed audio of 16 bits a sample, the high byte first (RFC 3551 section 4.5.11); mono.
public struct L16: AudioEncoder, AudioDecoder, Sendable {
    /// Makes the codec, which has no state.
    public init() {}

    /// Appends two octets for each sample.
    public mutating func encode(_ samples: Span<Int16>, appendingTo bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        bytes.resize(to: start + 2 * samples.count)
        var output = bytes.mutableSpan
        for index in 0..<samples.count {
            let sample = UInt16(bitPattern: samples[index])
            output[start + 2 * index] = UInt8(truncatingIfNeeded: sample >> 8)
            output[start + 2 * index + 1] = UInt8(truncatingIfNeeded: sample)
        }
        return true
    }

    /// Replaces `samples` by one for each two octets; `false` for an empty payload or an odd number of octets.
    public mutating func decode(_ payload: Span<UInt8>, into samples: inout [Int16]) -> Bool {
        guard !payload.isEmpty, payload.count.isMultiple(of: 2) else {
            samples.removeAll(keepingCapacity: true)
            return false
        }
        samples.resize(to: payload.count / 2)
        var output = samples.mutableSpan
        for index in 0..<(payload.count / 2) {
            output[index] = Int16(bitPattern: UInt16(payload[2 * index]) << 8 | UInt16(payload[2 * index + 1]))
        }
        return true
    }

    /// Nothing: there is no state.
    public mutating func reset() {}
}
