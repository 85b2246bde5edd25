/// One header line of a body: of a part of a multipart, or of a fragment of a message.
public struct HeaderField: Hashable, Sendable, CustomStringConvertible {
    /// The name, compact forms resolved.
    public var name: HeaderName
    /// The value, folded lines joined.
    public var value: String

    /// Makes a line from its parts.
    public init(_ name: HeaderName, _ value: String) {
        self.name = name
        self.value = value
    }

    /// The line without its end.
    public var description: String { "\(self.name): \(self.value)" }

    /// Whether the line is one line with a name that is a token.
    var isSafe: Bool {
        HeaderName(self.name.description) != nil && !self.value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }
}

extension [HeaderField] {
    /// The value of the first line of that name; `nil` when there is none.
    public func first(_ name: HeaderName) -> String? {
        self.first { $0.name == name }?.value
    }
}

/// Reads the lines of a body: ends are CRLF, or the bare LF that some peers send.
struct LineReader {
    let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.position = bytes.startIndex
    }

    var isAtEnd: Bool { self.position >= self.bytes.endIndex }

    /// The next line without its end, which the last line may lack; `nil` behind the last one.
    mutating func next() throws(ScanFailure) -> Range<Int>? {
        guard !self.isAtEnd else { return nil }
        let start = self.position
        let end = self.bytes[start...].firstIndex(of: 0x0A) ?? self.bytes.endIndex
        self.position = min(end + 1, self.bytes.endIndex)
        let last = end > start && self.bytes[end - 1] == 0x0D ? end - 1 : end
        if let stray = self.bytes[start..<last].firstIndex(of: 0x0D) { throw ScanFailure(stray, "a CR stands alone") }
        return start..<last
    }

    /// The next line together with the lines that continue it, which start with white space.
    mutating func nextFolded() throws(ScanFailure) -> Range<Int>? {
        guard var line = try self.next() else { return nil }
        guard !line.isEmpty else { return line }
        while !self.isAtEnd, self.bytes[self.position] == 0x20 || self.bytes[self.position] == 0x09 {
            guard let more = try self.next() else { break }
            line = line.lowerBound..<more.upperBound
        }
        return line
    }

    /// Header lines up to the empty line, or to the end.
    mutating func headers(_ limits: BodyLimits) throws(ScanFailure) -> [HeaderField] {
        var fields: [HeaderField] = []
        while let line = try self.nextFolded(), !line.isEmpty {
            guard fields.count < limits.headerCount else {
                throw ScanFailure(line.lowerBound, "there are too many headers")
            }
            fields.append(try self.field(line, limits))
        }
        return fields
    }

    func field(_ line: Range<Int>, _ limits: BodyLimits) throws(ScanFailure) -> HeaderField {
        guard line.count <= limits.headerLength else { throw ScanFailure(line.lowerBound, "the header is too long") }
        var position = line.lowerBound
        while position < line.upperBound, CharacterClass.token.contains(self.bytes[position]) { position += 1 }
        guard let name = HeaderName(self.text(line.lowerBound..<position)) else {
            throw ScanFailure(line.lowerBound, "the name of a header is expected")
        }
        while position < line.upperBound, CharacterClass.space.contains(self.bytes[position]) { position += 1 }
        guard position < line.upperBound, self.bytes[position] == UInt8(ascii: ":") else {
            throw ScanFailure(position, "a colon is expected")
        }
        return HeaderField(name, self.trimmed((position + 1)..<line.upperBound))
    }

    /// The text of a range, folded lines joined by one space.
    func text(_ range: Range<Int>) -> String {
        String(decoding: unfolded(self.bytes[range]), as: UTF8.self)
    }

    /// The text of a range without the white space around it.
    func trimmed(_ range: Range<Int>) -> String {
        var first = range.lowerBound
        var last = range.upperBound
        while first < last, CharacterClass.space.contains(self.bytes[first]) { first += 1 }
        while last > first, CharacterClass.space.contains(self.bytes[last - 1]) { last -= 1 }
        return self.text(first..<last)
    }
}
