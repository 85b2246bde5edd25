import CoreTypes

/// Makes the To tags of responses that are given without a transaction: the same for each retransmission of the request and
/// for its ACK (RFC 3261 section 8.2.7), and not to be foreseen without the key.
struct StatelessTag: Sendable {
    private let key: KeyedHash.Key

    init(key: KeyedHash.Key) {
        self.key = key
    }

    /// The tag for what tells the request from others.
    func tag(_ parts: some Sequence<UInt8>) -> String {
        var hash = KeyedHash(self.key)
        for byte in parts { hash.combine(byte) }
        return "s" + String(hash.finish(), radix: 16)
    }
}
