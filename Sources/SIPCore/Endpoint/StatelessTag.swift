/// Makes the To tags of answers that are given without a transaction: the same for each repetition of the request and
/// for its ACK (RFC 3261 section 8.2.7), and not to be foreseen without the key.
///
/// SipHash-2-4, whose output tells nothing of the key.
struct StatelessTag: Sendable {
    private let key: (UInt64, UInt64)

    init(key: (UInt64, UInt64)) {
        self.key = key
    }

    /// The tag for what tells the request from others.
    func tag(_ parts: some Sequence<UInt8>) -> String {
        "s" + String(self.hash(parts), radix: 16)
    }

    private func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var state = (
            self.key.0 ^ 0x736F_6D65_7073_6575, self.key.1 ^ 0x646F_7261_6E64_6F6D,
            self.key.0 ^ 0x6C79_6765_6E65_7261, self.key.1 ^ 0x7465_6462_7974_6573
        )
        var word: UInt64 = 0
        var count: UInt64 = 0
        for byte in bytes {
            word |= UInt64(byte) << (8 * (count & 7))
            count &+= 1
            guard count & 7 == 0 else { continue }
            Self.absorb(word, into: &state)
            word = 0
        }
        Self.absorb(word | count << 56, into: &state)
        state.2 ^= 0xFF
        for _ in 0..<4 { Self.round(&state) }
        return state.0 ^ state.1 ^ state.2 ^ state.3
    }

    private static func absorb(_ word: UInt64, into state: inout (UInt64, UInt64, UInt64, UInt64)) {
        state.3 ^= word
        self.round(&state)
        self.round(&state)
        state.0 ^= word
    }

    private static func round(_ state: inout (UInt64, UInt64, UInt64, UInt64)) {
        func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
        state.0 &+= state.1
        state.1 = rotated(state.1, 13) ^ state.0
        state.0 = rotated(state.0, 32)
        state.2 &+= state.3
        state.3 = rotated(state.3, 16) ^ state.2
        state.0 &+= state.3
        state.3 = rotated(state.3, 21) ^ state.0
        state.2 &+= state.1
        state.1 = rotated(state.1, 17) ^ state.2
        state.2 = rotated(state.2, 32)
    }
}
