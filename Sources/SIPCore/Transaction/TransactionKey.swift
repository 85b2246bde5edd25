import CoreTypes

/// What tells one transaction from another (RFC 3261 sections 17.1.3 and 17.2.3), as a keyed hash of 128 bits.
///
/// Nothing is compared but the hash: two different transactions have the same one with a probability of 2^-128, and
/// nobody can look for such a pair without the key.
struct TransactionKey: Hashable, Sendable {
    let low: UInt64
    let high: UInt64

    /// What a branch starts with that is unique in space and time (RFC 3261 section 8.1.1.7).
    static let magicCookie = "z9hG4bK"
}

/// A method as one number: the library's own for one that it knows, else made of its letters.
struct MethodNumber: Hashable, Sendable {
    let value: UInt64

    static let invite = MethodNumber(.invite)

    init(_ method: KnownMethod) {
        self.value = UInt64(method.rawValue)
    }

    init(_ bytes: Span<UInt8>, _ core: MessageCore) {
        guard core.knownMethod == nil else {
            self.value = UInt64(core.knownMethod?.rawValue ?? 0)
            return
        }
        var value: UInt64 = 0
        for index in core.method.range where index < bytes.count {
            value = (value &<< 7 | value &>> 57) ^ UInt64(bytes[index])
        }
        self.value = value | 1 << 63
    }
}

/// Makes the keys of one endpoint.
struct TransactionKeys: Sendable {
    private let key: KeyedHash.Key

    init(_ key: KeyedHash.Key) {
        self.key = key
    }

    /// The key under which our client transaction waits for a response: the branch that we chose and the method of
    /// CSeq; `nil` when the top Via has no branch.
    func client(_ bytes: Span<UInt8>, _ core: MessageCore) -> TransactionKey? {
        guard core.topVia.hasBranch else { return nil }
        var hash = KeyedHash(self.key, wide: true)
        hash.combine(MethodNumber(bytes, core).value)
        hash.combine(bytes, core.topVia.branch)
        return TransactionKey(hash)
    }

    /// What a request has in common with all others of its transaction, and with its CANCEL.
    func server(_ bytes: Span<UInt8>, _ core: MessageCore) -> RequestIdentity {
        RequestIdentity(bytes, core, KeyedHash(self.key, wide: true))
    }

    /// What a request that reached us by two ways has in common, or an INVITE and the ACK to its 2xx
    /// (RFC 3261 sections 8.2.2.2 and 13.2.2.4): From tag, Call-ID and CSeq, and no branch.
    func call(_ bytes: Span<UInt8>, _ core: MessageCore, method: MethodNumber) -> UInt64 {
        var hash = KeyedHash(self.key)
        hash.combine(method.value)
        hash.combine(UInt64(core.cSeq.number))
        hash.combine(bytes, core.from.tag)
        hash.combine(UInt8(0))
        hash.combine(bytes, core.callID)
        return hash.finish()
    }

    /// What names a dialog of ours: Call-ID and our tag.
    func dialog(_ bytes: Span<UInt8>, callID: ByteRange, tag: ByteRange) -> TransactionKey {
        var hash = KeyedHash(self.key, wide: true)
        // What no branch begins with: the keys of transactions are made of the same key.
        hash.combine(UInt8(0xFF))
        hash.combine(bytes, callID)
        hash.combine(UInt8(0))
        hash.combine(bytes, tag)
        return TransactionKey(hash)
    }

    /// As above, from the texts.
    func dialog(callID: String, tag: String) -> TransactionKey {
        let bytes = Array(callID.utf8) + Array(tag.utf8)
        let border = callID.utf8.count
        return self.dialog(
            bytes.span,
            callID: ByteRange(0, border),
            tag: ByteRange(border, bytes.count)
        )
    }

    /// The hash of a part of a message.
    func hash(_ bytes: Span<UInt8>, _ range: ByteRange) -> UInt64 {
        var hash = KeyedHash(self.key)
        hash.combine(bytes, range)
        return hash.finish()
    }
}

/// What a request has in common with all others of its transaction, without the method.
struct RequestIdentity: Sendable {
    /// Whether it is one of RFC 2543, whose ACK needs its To tag compared.
    let isLegacy: Bool
    private var hash: KeyedHash

    /// By RFC 3261 the client's branch and the sent-by of its Via; a client whose branch lacks the magic cookie is one
    /// of RFC 2543, where the Request-URI and the From tag tell more. Call-ID and CSeq number are the same in all
    /// requests of a transaction anyway: with them in the key a client that uses its branches again is understood.
    ///
    /// The To tag is not part of it, for an INVITE has none where its ACK has that of the response.
    init(_ bytes: Span<UInt8>, _ core: MessageCore, _ start: KeyedHash) {
        var hash = start
        self.isLegacy = !Self.hasMagicCookie(bytes, core.topVia.branch)
        // Parts are separated by a byte that none of them has.
        hash.combine(bytes, core.topVia.branch)
        hash.combine(UInt8(0))
        core.topVia.hashSentBy(in: bytes, into: &hash)
        hash.combine(UInt64(core.cSeq.number))
        hash.combine(bytes, core.callID)
        if self.isLegacy {
            hash.combine(UInt8(0))
            hash.combine(bytes, core.uri.whole)
            hash.combine(UInt8(0))
            hash.combine(bytes, core.from.tag)
        }
        self.hash = hash
    }

    /// The key of the transaction whose request has this method; for an ACK that is INVITE.
    func key(_ method: MethodNumber) -> TransactionKey {
        var hash = self.hash
        hash.combine(method.value)
        return TransactionKey(hash)
    }

    private static func hasMagicCookie(_ bytes: Span<UInt8>, _ branch: ByteRange) -> Bool {
        guard branch.isPresent, branch.length > 7 else { return false }
        let start = branch.start
        // The token is case-insensitive for some stacks, and comparing it so cannot confuse two transactions.
        return bytes.matches("z9hg4bk", start..<(start + 7))
    }
}

extension TransactionKey {
    fileprivate init(_ hash: KeyedHash) {
        (self.low, self.high) = hash.finishWide()
    }
}

extension ViaReference {
    /// Whether there is a branch that is not empty.
    var hasBranch: Bool {
        self.branch.isPresent && !self.branch.isEmpty
    }

    /// Adds host and port of sent-by, in small letters and with the default port written out.
    func hashSentBy(in bytes: Span<UInt8>, into hash: inout KeyedHash) {
        for index in self.host.range where index < bytes.count { hash.combine(lowercased(bytes[index])) }
        let isTLS = bytes.matches("tls", self.transport.range) || bytes.matches("wss", self.transport.range)
        hash.combine(UInt64(self.hasPort ? self.port : isTLS ? 5061 : 5060) | 1 << 32)
    }
}

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
