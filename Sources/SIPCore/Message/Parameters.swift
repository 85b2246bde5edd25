/// The parameters of a header or a URI: `;name=value`, in order, names without regard to case (RFC 3261 section 7.3.1).
public struct Parameters: Sendable, CustomStringConvertible {
    /// One parameter.
    public struct Item: Sendable {
        /// The name as written.
        public var name: String
        /// The value as written, its quotes included; `nil` for a name alone.
        public var rawValue: String?

        /// The value without quotes and their escapes.
        public var value: String? {
            guard let raw = self.rawValue else { return nil }
            guard raw.utf8.count >= 2, raw.utf8.first == UInt8(ascii: "\""), raw.utf8.last == UInt8(ascii: "\"") else {
                return raw
            }
            return unescaped(raw.dropFirst().dropLast())
        }
    }

    /// All parameters in order.
    public internal(set) var items: [Item] = []

    /// Makes an empty list.
    public init() {}

    /// Whether there is no parameter.
    public var isEmpty: Bool { self.items.isEmpty }

    /// The value of the first parameter with that name, without quotes; "" for a name alone, `nil` when it is absent.
    public subscript(name: String) -> String? {
        guard let item = self.items.first(where: { equalIgnoringCase($0.name, name) }) else { return nil }
        return item.value ?? ""
    }

    /// Whether there is a parameter with that name.
    public func contains(_ name: String) -> Bool {
        self.items.contains { equalIgnoringCase($0.name, name) }
    }

    /// Gives a parameter a value in its place, or adds it at the end; a value that is not a token is quoted.
    public mutating func set(_ name: String, _ value: String? = nil) {
        let raw = value.map { Parameters.isPlain($0) ? $0 : quoted($0) }
        self.set(Item(name: name, rawValue: raw))
    }

    /// Removes every parameter with that name.
    public mutating func remove(_ name: String) {
        self.items.removeAll { equalIgnoringCase($0.name, name) }
    }

    /// The parameters as they stand in a message, each with its semicolon.
    public var description: String {
        var text = ""
        for item in self.items {
            text += ";" + item.name
            if let value = item.rawValue { text += "=" + value }
        }
        return text
    }

    mutating func set(_ item: Item) {
        if let index = self.items.firstIndex(where: { equalIgnoringCase($0.name, item.name) }) {
            self.items[index] = item
        } else {
            self.items.append(item)
        }
    }

    /// Reads the parameters of a header from a range that was scanned before.
    init(header range: ByteRange, in bytes: [UInt8]) {
        var position = range.range.lowerBound
        while let next = try? ParameterReference.next(bytes.span, &position, range.range.upperBound) {
            self.items.append(
                Item(name: next.name.string(in: bytes), rawValue: next.value.present.map { $0.string(in: bytes) })
            )
        }
    }

    /// Reads the parameters of a URI from a range that was scanned before.
    init(uri range: ByteRange, in bytes: [UInt8]) {
        guard !range.isEmpty, range.range.upperBound <= bytes.count else { return }
        for piece in bytes[range.range].split(separator: UInt8(ascii: ";")) {
            let equals = piece.firstIndex(of: UInt8(ascii: "="))
            let name = String(decoding: piece[..<(equals ?? piece.endIndex)], as: UTF8.self)
            let value = equals.map { String(decoding: piece[($0 + 1)...], as: UTF8.self) }
            self.items.append(Item(name: name, rawValue: value))
        }
    }

    /// Whether a value may stand without quotes: a token, a host or an IPv6 reference.
    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy {
                CharacterClass.token.contains($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "[")
                    || $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "/")
            }
    }
}

extension Parameters: Hashable {
    /// Whether both hold the same parameters in the same order; names without regard to case.
    public static func == (left: Parameters, right: Parameters) -> Bool {
        left.items.elementsEqual(right.items) { equalIgnoringCase($0.name, $1.name) && $0.value == $1.value }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        for item in self.items {
            hasher.combine(lowercased(item.name))
            hasher.combine(item.value)
        }
    }
}

/// Where one parameter of a header is.
struct ParameterReference: Sendable {
    var name: ByteRange
    /// The value with its quotes; absent for a name alone.
    var value: ByteRange

    /// The next `;name[=value]` from `position`; `nil` at the end or before a comma that ends the list's item.
    /// Empty parameters (`;;`) are passed over unless `strict`.
    @inline(__always)
    static func next(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ end: Int,
        strict: Bool = false
    ) throws(ScanFailure) -> ParameterReference? {
        guard position < end else { return nil }
        if let usual = ParameterReference.usual(bytes, &position, end) { return usual }
        return try ParameterReference.any(bytes, &position, end, strict: strict)
    }

    /// A parameter without white space, quotes or anything else that is seldom met; `nil` for all others.
    @inline(__always)
    private static func usual(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> ParameterReference? {
        guard bytes[position] == UInt8(ascii: ";") else { return nil }
        let start = position &+ 1
        let nameEnd = bytes.skip(.token, start, end)
        guard nameEnd > start else { return nil }
        guard nameEnd < end else {
            position = nameEnd
            return ParameterReference(name: ByteRange(start, nameEnd), value: .absent)
        }
        if bytes[nameEnd] == UInt8(ascii: "=") {
            let valueEnd = bytes.skip(.parameterValue, nameEnd &+ 1, end)
            guard valueEnd > nameEnd &+ 1 else { return nil }
            position = valueEnd
            return ParameterReference(name: ByteRange(start, nameEnd), value: ByteRange(nameEnd &+ 1, valueEnd))
        }
        guard bytes[nameEnd] > 0x20 else { return nil }
        position = nameEnd
        return ParameterReference(name: ByteRange(start, nameEnd), value: .absent)
    }

    @inline(never)
    private static func any(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ end: Int,
        strict: Bool
    ) throws(ScanFailure) -> ParameterReference? {
        if position < end, bytes[position] != UInt8(ascii: ";") {
            skipSpace(bytes, &position, end)
        }
        guard position < end, bytes[position] != UInt8(ascii: ",") else { return nil }
        guard bytes[position] == UInt8(ascii: ";") else { throw ScanFailure(position, "a semicolon is expected") }
        while position < end, bytes[position] == UInt8(ascii: ";") {
            position &+= 1
            skipSpace(bytes, &position, end)
            if strict { break }
        }
        let start = position
        position = bytes.skip(.token, position, end)
        let name = ByteRange(start, position)
        if name.isEmpty {
            if !strict, position == end || bytes[position] == UInt8(ascii: ",") { return nil }
            throw ScanFailure(position, "the name of a parameter is expected")
        }
        skipSpace(bytes, &position, end)
        guard position < end, bytes[position] == UInt8(ascii: "=") else {
            return ParameterReference(name: name, value: .absent)
        }
        position &+= 1
        skipSpace(bytes, &position, end)
        let first = position
        if position < end, bytes[position] == UInt8(ascii: "\"") {
            _ = try scanQuotedString(bytes, &position, end)
        } else {
            position = bytes.skip(.parameterValue, position, end)
        }
        return ParameterReference(name: name, value: ByteRange(first, position))
    }

    /// A name of up to eight letters, in small letters, as a word; for any other a word that is no such name.
    @inline(__always)
    func key(_ bytes: Span<UInt8>) -> UInt64 {
        // A letter is a letter in any case, and no other byte of a token becomes one by that bit.
        let count = Int(self.name.length)
        return count <= 8 ? Word.prefix(bytes.key(self.name.start, count) | Word.smallLetters, count) : 0
    }

    /// From the name to the end of the value.
    @inline(__always)
    var whole: ByteRange {
        ByteRange(self.name.start, self.value.isPresent ? self.value.end : self.name.end)
    }
}

/// Names of parameters as words, their first letter in the lowest byte.
enum ParameterKey {
    static let tag: UInt64 = 0x67_6174
    static let branch: UInt64 = 0x6863_6E61_7262
    static let received: UInt64 = 0x6465_7669_6563_6572
    static let rport: UInt64 = 0x74_726F_7072
}
