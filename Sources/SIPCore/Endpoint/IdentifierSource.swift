import CoreTypes

/// Makes branches and tags that nobody can foresee, however many of them he has seen, and that never come twice.
///
/// Each is the keyed hash of a number that is used once: what is only random may come again.
struct IdentifierSource: Sendable {
    private let key: KeyedHash.Key
    private var branches: UInt64 = 0
    private var transactions: UInt64 = 0

    init(key: KeyedHash.Key) {
        self.key = key
    }

    /// A branch: the magic cookie, 64 bits that cannot be guessed, and the number, which makes it unique.
    mutating func makeBranch() -> String {
        self.branches &+= 1
        return
            "\(TransactionKey.magicCookie)\(self.text(self.branches, purpose: 1)).\(String(self.branches, radix: 36))"
    }

    /// The number of the next transaction.
    mutating func makeSerial() -> UInt64 {
        self.transactions &+= 1
        return self.transactions
    }

    /// The To tag of a transaction's responses for which the transaction user gave none: always the same.
    func tag(ofTransaction serial: UInt64) -> String {
        self.text(serial, purpose: 2)
    }

    private func text(_ number: UInt64, purpose: UInt8) -> String {
        var hash = KeyedHash(self.key)
        hash.combine(purpose)
        hash.combine(number)
        return String(hash.finish(), radix: 36)
    }
}
