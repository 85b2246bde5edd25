/// Makes samples of raw little-endian 16-bit PCM that comes in pieces cut anywhere, even inside a sample.
struct PCMReader: Sendable {
    private var odd: UInt8?

    /// Whether half a sample is waiting for the other half.
    var isInsideSample: Bool { self.odd != nil }

    /// Appends the samples that are complete with these bytes.
    mutating func receive(_ bytes: some Sequence<UInt8>, into samples: inout [Int16]) {
        for byte in bytes {
            if let low = self.odd {
                samples.append(Int16(bitPattern: UInt16(low) | UInt16(byte) << 8))
                self.odd = nil
            } else {
                self.odd = byte
            }
        }
    }
}
