/// Part of a message: offset and length in bytes, 16 bits each, for a message has at most 65 535.
struct ByteRange: Hashable, Sendable {
    var offset: UInt16 = 0
    var length: UInt16 = 0

    /// What stands for a part that is not there: cheaper to keep than an optional.
    static let absent = ByteRange(Int(UInt16.max), Int(UInt16.max))

    /// An empty range at the start.
    init() {}

    /// The bytes from `start` to before `end`, both of which the limit on a message's length has checked.
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.offset = UInt16(truncatingIfNeeded: start)
        self.length = UInt16(truncatingIfNeeded: end &- start)
    }

    /// A range whose ends the limit on a message's length has checked; larger ones are cut, never trapped on.
    init(_ range: Range<Int>) {
        self.offset = UInt16(clamping: range.lowerBound)
        self.length = UInt16(clamping: range.count)
    }

    var isEmpty: Bool { self.length == 0 }

    var isPresent: Bool { self.offset != .max }

    /// The range; `nil` for one that is absent.
    var present: ByteRange? { self.isPresent ? self : nil }

    /// The position of its first byte.
    var start: Int { Int(self.offset) }

    /// The position behind its last byte.
    var end: Int { Int(self.offset) &+ Int(self.length) }

    var range: Range<Int> {
        Int(self.offset)..<(Int(self.offset) + Int(self.length))
    }

    /// The text of the range in `bytes`; a folded line is joined by one space.
    func string(in bytes: [UInt8]) -> String {
        guard self.range.upperBound <= bytes.count else { return "" }
        let slice = bytes[self.range]
        guard slice.contains(0x0A) else { return String(decoding: slice, as: UTF8.self) }
        return String(decoding: unfolded(slice), as: UTF8.self)
    }
}

/// The value with each line end and the white space around it replaced by one space (RFC 3261 section 7.3.1).
func unfolded(_ slice: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(slice.count)
    var index = slice.startIndex
    while index < slice.endIndex {
        let byte = slice[index]
        if byte == 0x0A || byte == 0x0D {
            while let last = result.last, last == 0x20 || last == 0x09 { result.removeLast() }
            while index < slice.endIndex, CharacterClass.space.contains(slice[index]) { index += 1 }
            if !result.isEmpty { result.append(0x20) }
        } else {
            result.append(byte)
            index += 1
        }
    }
    return result
}

// MARK: - The smallest steps of scanning

/// Moves past white space, folded lines included.
@inline(__always)
func skipSpace(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) {
    if position < end, bytes[position] <= 0x20 { position = bytes.skip(.space, position, end) }
}

/// Reads a decimal number of 32 bits, however many zeros it starts with; `nil` when there is none or it is larger.
@inline(__always)
func scanUInt32(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt32? {
    let start = position
    var value: UInt64 = 0
    while position < end {
        let digit = bytes[position] &- 0x30
        guard digit <= 9 else { break }
        value = value &* 10 &+ UInt64(digit)
        guard value <= UInt64(UInt32.max) else { return nil }
        position &+= 1
    }
    return position > start ? UInt32(truncatingIfNeeded: value) : nil
}

/// Reads a number of seconds, as `scanUInt32` does but for one that is larger: that means 2^32 - 1, the longest time
/// that there is. Taken for no number it would mean the default, which may be an hour (RFC 3261 sections 10.2.1.1,
/// 20.19 and 25.1).
func scanSeconds(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt32? {
    let start = position
    if let number = scanUInt32(bytes, &position, end) { return number }
    position = start
    while position < end, bytes[position] &- 0x30 <= 9 { position &+= 1 }
    return position > start ? UInt32.max : nil
}

/// Moves past a quoted string that starts at `position`; the result is its inside.
func scanQuotedString(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) -> Range<Int> {
    let start = position
    position &+= 1
    while true {
        position = bytes.skip(.quotedText, position, end)
        guard position < end else { break }
        if bytes[position] == UInt8(ascii: "\"") {
            position &+= 1
            return (start &+ 1)..<(position &- 1)
        }
        // A backslash and what it escapes.
        position &+= 2
    }
    throw ScanFailure(start, "the quoted string has no end")
}

/// The inside of a quoted string without its escapes (RFC 3261 section 25.1, `quoted-pair`).
func unescaped(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
    var result: [UInt8] = []
    var escaped = false
    for byte in text.utf8 {
        if !escaped, byte == UInt8(ascii: "\\") {
            escaped = true
        } else {
            result.append(byte)
            escaped = false
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// `text` as a quoted string, with quotes and backslashes escaped.
func quoted(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
        result.append(byte)
    }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
}

extension Span where Element == UInt8 {
    /// Whether the bytes of `range` are `text`, which is in lower case, in any case.
    func matches(_ text: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= self.count else { return false }
        return text.withBytes { (bytes) -> Bool in
            for index in 0..<bytes.count {
                guard lowercased(self[range.lowerBound + index]) == bytes[index] else { return false }
            }
            return true
        }
    }

    /// Whether the bytes of both ranges are the same.
    func equal(_ left: ByteRange, _ right: ByteRange) -> Bool {
        guard left.length == right.length else { return false }
        if left.length <= 8 {
            return self.key(left.start, Int(left.length)) == self.key(right.start, Int(right.length))
        }
        guard left.end <= self.count, right.end <= self.count else { return false }
        for index in 0..<Int(left.length) where self[left.start + index] != self[right.start + index] { return false }
        return true
    }
}

/// An ASCII capital as its small letter, any other byte as it is.
@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

/// Whether two texts are the same but for the case of ASCII letters.
package func equalIgnoringCase(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
    left.utf8.elementsEqual(right.utf8) { lowercased($0) == lowercased($1) }
}

/// The text with ASCII capitals as small letters.
package func lowercased(_ text: some StringProtocol) -> String {
    String(decoding: text.utf8.map { lowercased($0) }, as: UTF8.self)
}
