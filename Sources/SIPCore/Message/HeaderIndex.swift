/// One header line in the index of a message: eight bytes.
struct HeaderEntry: Sendable {
    /// `KnownHeader`'s number; 0 for a header that the library does not know.
    var code: UInt8
    var nameLength: UInt8
    var nameOffset: UInt16
    var value: ByteRange

    static let size = 8

    var known: KnownHeader? { KnownHeader(rawValue: self.code) }

    var name: ByteRange {
        ByteRange(Int(self.nameOffset), Int(self.nameOffset) &+ Int(self.nameLength))
    }

    /// The line from its name to the end of its value, without the line end.
    var line: ByteRange {
        ByteRange(Int(self.nameOffset), self.value.end)
    }

    func headerName(in storage: [UInt8]) -> HeaderName {
        self.known.map { HeaderName($0) } ?? HeaderName(self.name.string(in: storage), known: nil)
    }

    @inline(__always)
    init(_ word: UInt64) {
        self.code = UInt8(truncatingIfNeeded: word)
        self.nameLength = UInt8(truncatingIfNeeded: word &>> 8)
        self.nameOffset = UInt16(truncatingIfNeeded: word &>> 16)
        self.value = ByteRange()
        self.value.offset = UInt16(truncatingIfNeeded: word &>> 32)
        self.value.length = UInt16(truncatingIfNeeded: word &>> 48)
    }

    /// An entry as it stands in the index, from places that the limit on a message's length has checked.
    @inline(__always)
    static func word(code: UInt8, name: Int, nameEnd: Int, value: Int, valueEnd: Int) -> UInt64 {
        let lower = Int(code) | (nameEnd &- name) &<< 8 | name &<< 16
        let upper = value | (valueEnd &- value) &<< 16
        return UInt64(truncatingIfNeeded: lower | upper &<< 32).littleEndian
    }
}

/// The header lines of the message that a parser read last, in order.
///
/// The first 64 stand in the value itself, so that no message of a usual size costs an allocation; those of a larger
/// one go into an array that is kept for the next.
struct HeaderIndex: ~Copyable, Sendable {
    private(set) var first = InlineArray<64, UInt64>(repeating: 0)
    private(set) var others: [UInt64] = []
    private(set) var count = 0

    mutating func removeAll() {
        self.count = 0
        if !self.others.isEmpty { self.others.removeAll(keepingCapacity: true) }
    }

    @inline(__always)
    mutating func append(_ entry: UInt64) {
        let count = self.count
        if count < 64 {
            self.first[count] = entry
        } else {
            self.others.append(entry)
        }
        self.count = count &+ 1
    }

    /// The entry with that number.
    @inline(__always)
    mutating func entry(_ number: Int) -> HeaderEntry {
        // Reading the inline array, or making a span of it that does not change it, would copy all of it.
        if number < 64 { return HeaderEntry(UInt64(littleEndian: self.first.mutableSpan[number])) }
        return HeaderEntry(UInt64(littleEndian: self.others[number &- 64]))
    }
}

/// The index of a message, in order.
struct HeaderEntries: Sequence, IteratorProtocol, Sendable {
    let storage: [UInt8]
    var offset: Int
    let end: Int

    mutating func next() -> HeaderEntry? {
        guard self.offset < self.end, let word = self.storage.span.word(at: self.offset) else { return nil }
        self.offset &+= HeaderEntry.size
        return HeaderEntry(word)
    }
}
