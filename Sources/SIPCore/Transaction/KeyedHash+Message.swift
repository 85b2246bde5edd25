import CoreTypes

extension KeyedHash {
    /// Adds a part of a message; one that is absent counts for nothing.
    mutating func combine(_ bytes: Span<UInt8>, _ range: ByteRange) {
        guard range.isPresent else { return }
        var position = range.start
        let end = min(range.end, bytes.count)
        while end &- position >= 8, let word = bytes.word(at: position) {
            self.combine(word)
            position &+= 8
        }
        while position < end {
            self.combine(bytes[position])
            position &+= 1
        }
    }
}
