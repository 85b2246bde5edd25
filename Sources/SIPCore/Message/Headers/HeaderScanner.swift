/// Reads the value of one header from left to right, in the bytes of its message or in a text of its own.
///
/// Offsets are those of the bytes given, so that a fault in a message is reported by its place in the message. No
/// allocation beyond the values that are asked for; the message's bytes are shared.
struct HeaderScanner {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    /// A scanner over part of `bytes`; a range that they do not have is cut.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.end = min(max(range.upperBound, 0), bytes.count)
        self.position = min(max(range.lowerBound, 0), self.end)
    }

    /// What `scan` reads in the whole of a text; `nil` when it breaks the grammar or something is left over.
    static func read<Value>(
        _ text: String,
        _ scan: (inout HeaderScanner) throws(ScanFailure) -> Value
    ) -> Value? {
        let bytes = Array(text.utf8)
        // What no message can hold is no header.
        guard bytes.count <= 65_535, HeaderScanner.isOneHeader(bytes) else { return nil }
        var scanner = HeaderScanner(bytes, 0..<bytes.count)
        return try? scanner.whole(scan)
    }

    /// Whether each line end in the bytes folds a line (RFC 3261 section 7.3.1).
    private static func isOneHeader(_ bytes: [UInt8]) -> Bool {
        bytes.indices.allSatisfy { index in
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch bytes[index] {
            case 0x0D: return next == 0x0A
            case 0x0A: return next == 0x20 || next == 0x09
            default: return true
            }
        }
    }

    /// What `scan` reads, which must be all that is left.
    mutating func whole<Value>(
        _ scan: (inout HeaderScanner) throws(ScanFailure) -> Value
    ) throws(ScanFailure) -> Value {
        self.skipSpace()
        let value = try scan(&self)
        self.skipSpace()
        guard self.isAtEnd else { throw ScanFailure(self.position, "nothing may follow here") }
        return value
    }

    // MARK: Single bytes

    var isAtEnd: Bool { self.position >= self.end }

    /// The next byte, when there is one.
    var next: UInt8? { self.position < self.end ? self.bytes[self.position] : nil }

    /// Moves past one byte, if there is one.
    mutating func advance() {
        if !self.isAtEnd { self.position += 1 }
    }

    mutating func skipSpace() {
        while let byte = self.next, CharacterClass.space.contains(byte) { self.position += 1 }
    }

    /// Moves past `byte` and the white space around it, when it is next (RFC 3261 section 25.1, `SEMI`, `COMMA` …).
    mutating func separator(_ byte: UInt8) -> Bool {
        let start = self.position
        self.skipSpace()
        guard self.next == byte else {
            self.position = start
            return false
        }
        self.position += 1
        self.skipSpace()
        return true
    }

    /// Moves past exactly this byte.
    mutating func expect(_ byte: UInt8, _ reason: StaticString) throws(ScanFailure) {
        guard self.next == byte else { throw ScanFailure(self.position, reason) }
        self.position += 1
    }

    /// Moves past white space, of which there must be some (`LWS`).
    mutating func gap() throws(ScanFailure) {
        let start = self.position
        self.skipSpace()
        guard self.position > start else { throw ScanFailure(start, "a space is expected") }
    }

    /// Moves past the bytes that `isMember` says yes to; the result is where they are.
    mutating func run(_ isMember: (UInt8) -> Bool) -> Range<Int> {
        let start = self.position
        while let byte = self.next, isMember(byte) { self.position += 1 }
        return start..<self.position
    }

    // MARK: Words

    /// The text of a range, folded lines joined by one space.
    func text(_ range: Range<Int>) -> String {
        let slice = self.bytes[range]
        guard slice.contains(0x0A) else { return String(decoding: slice, as: UTF8.self) }
        return String(decoding: unfolded(slice), as: UTF8.self)
    }

    mutating func token(_ reason: StaticString) throws(ScanFailure) -> String {
        let range = self.run { CharacterClass.token.contains($0) }
        guard !range.isEmpty else { throw ScanFailure(self.position, reason) }
        return self.text(range)
    }

    /// The place of one word of a Call-ID.
    mutating func callID() throws(ScanFailure) -> String {
        let range = self.run { CharacterClass.callID.contains($0) }
        guard !range.isEmpty else { throw ScanFailure(self.position, "a Call-ID is expected") }
        return self.text(range)
    }

    /// The inside of a quoted string, without its escapes.
    mutating func quotedString() throws(ScanFailure) -> String {
        guard self.next == UInt8(ascii: "\"") else { throw ScanFailure(self.position, "a quoted string is expected") }
        return unescaped(self.text(try self.quotedRange()))
    }

    /// Where the inside of a quoted string is; the next byte is its first quote.
    private mutating func quotedRange() throws(ScanFailure) -> Range<Int> {
        let start = self.position
        self.position += 1
        while let byte = self.next {
            self.position += 1
            if byte == UInt8(ascii: "\"") { return (start + 1)..<(self.position - 1) }
            if byte == UInt8(ascii: "\\"), !self.isAtEnd { self.position += 1 }
        }
        throw ScanFailure(start, "the quoted string has no end")
    }

    /// Everything to the end, without the white space around it.
    mutating func rest() -> String {
        self.skipSpace()
        let range = self.position..<self.end
        self.position = self.end
        let text = self.text(range)
        guard let last = text.utf8.lastIndex(where: { !CharacterClass.space.contains($0) }) else { return "" }
        return String(text[...last])
    }

    // MARK: Numbers

    /// A decimal number of 32 bits; one that is larger breaks the grammar.
    mutating func number() throws(ScanFailure) -> UInt32 {
        let start = self.position
        let (value, overflow) = try self.digits()
        guard !overflow else { throw ScanFailure(start, "a number below 2^32 is expected") }
        return value
    }

    /// A number of seconds; a larger one means 2^32 - 1, as RFC 3261 section 10.2.1.1 allows.
    mutating func seconds() throws(ScanFailure) -> UInt32 {
        let (value, overflow) = try self.digits()
        return overflow ? UInt32.max : value
    }

    private mutating func digits() throws(ScanFailure) -> (value: UInt32, overflow: Bool) {
        let range = self.run { $0 >= 0x30 && $0 <= 0x39 }
        guard !range.isEmpty else { throw ScanFailure(self.position, "a number is expected") }
        var value: UInt64 = 0
        for byte in self.bytes[range] {
            value = value * 10 + UInt64(byte - 0x30)
            if value > UInt64(UInt32.max) { return (0, true) }
        }
        return (UInt32(value), false)
    }

    // MARK: Addresses

    /// A name-addr or addr-spec with its parameters.
    mutating func nameAddress() throws(ScanFailure) -> NameAddress {
        var position = self.position
        let reference = try NameAddressReference(self.bytes.span, &position, self.end)
        self.position = position
        return NameAddress(reference, in: self.bytes)
    }

    /// A name-addr or addr-spec whose parameters obey rules.
    mutating func nameAddress(_ rules: [ParameterRule]) throws(ScanFailure) -> NameAddress {
        let start = self.position
        var address = try self.nameAddress()
        // The first pass does not say where the parameters start; they are read again behind the URI.
        let after = self.position
        self.position = start
        self.skipToParameters(after)
        address.parameters = try self.parameters(rules)
        return address
    }

    /// Moves behind the URI of an address that was read up to `last`.
    private mutating func skipToParameters(_ last: Int) {
        self.skipSpace()
        var isBracketed = false
        while self.position < last, let byte = self.next {
            switch byte {
            case UInt8(ascii: "\"") where !isBracketed:
                if (try? self.quotedRange()) == nil { return }
                continue
            case UInt8(ascii: "<"): isBracketed = true
            case UInt8(ascii: ">"): isBracketed = false
            case UInt8(ascii: ";") where !isBracketed: return
            default: break
            }
            self.position += 1
        }
    }

    /// One Via.
    mutating func via() throws(ScanFailure) -> Via {
        var position = self.position
        let reference = try ViaReference(self.bytes.span, &position, self.end)
        self.position = position
        return Via(reference, in: self.bytes)
    }

    /// A URI in angle brackets.
    mutating func bracketedURI() throws(ScanFailure) -> SIPURI {
        try self.expect(UInt8(ascii: "<"), "a URI in angle brackets is expected")
        let range = self.run { $0 != UInt8(ascii: ">") }
        guard let uri = SIPURI(self.text(range)) else { throw ScanFailure(range.lowerBound, "a URI is expected") }
        try self.expect(UInt8(ascii: ">"), "the angle bracket is never closed")
        return uri
    }

    // MARK: Lists

    /// The next item of a list that commas separate, not those in quotes or angle brackets; `nil` at the end.
    mutating func item() -> HeaderScanner? {
        guard !self.isAtEnd else { return nil }
        let start = self.position
        var isBracketed = false
        while let byte = self.next, isBracketed || byte != UInt8(ascii: ",") {
            switch byte {
            case UInt8(ascii: "\"") where !isBracketed:
                if (try? self.quotedRange()) == nil { self.position = self.end }
                continue
            case UInt8(ascii: "<"): isBracketed = true
            case UInt8(ascii: ">"): isBracketed = false
            default: break
            }
            self.position += 1
        }
        let item = HeaderScanner(self.bytes, start..<self.position)
        if !self.isAtEnd { self.position += 1 }
        return item
    }
}
