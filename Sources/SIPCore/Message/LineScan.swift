/// Cuts bytes into lines, however broken they are.
struct LineScan {
    struct Line {
        var name: Range<Int>
        var value: Range<Int>
        /// Whether it has a name and a colon; the parser passes over what has not.
        var isHeader: Bool
    }

    private let bytes: [UInt8]
    private var position = 0
    /// What is borne of the line ends, once each, with its place.
    private(set) var leniencies: [(message: String, offset: Int)] = []
    private var hasBareEnd = false
    private var hasLoneReturn = false
    /// Behind the empty line, once that was met.
    private(set) var bodyOffset: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func startLine() -> Range<Int> {
        while self.position < self.bytes.count, self.bytes[self.position] == 0x0D || self.bytes[self.position] == 0x0A {
            self.position += 1
        }
        if self.position > 0 { self.leniencies.append(("empty lines before the start line are passed over", 0)) }
        return self.line() ?? self.position..<self.position
    }

    mutating func nextHeader() -> Line? {
        guard self.bodyOffset == nil, var line = self.line() else { return nil }
        guard !line.isEmpty else {
            self.bodyOffset = self.position
            return nil
        }
        while self.position < self.bytes.count, self.bytes[self.position] == 0x20 || self.bytes[self.position] == 0x09,
            let more = self.line()
        {
            line = line.lowerBound..<more.upperBound
        }
        let colon = self.bytes[line].firstIndex(of: 0x3A) ?? line.upperBound
        let name = self.trimmed(line.lowerBound..<colon)
        let isName =
            name.lowerBound == line.lowerBound && !name.isEmpty && name.count <= 255
            && self.bytes[name].allSatisfy { CharacterClass.token.contains($0) }
        return Line(
            name: name,
            value: self.trimmed(min(colon + 1, line.upperBound)..<line.upperBound),
            isHeader: isName && colon < line.upperBound
        )
    }

    /// The next line without its end; `nil` behind the last one.
    private mutating func line() -> Range<Int>? {
        guard self.position < self.bytes.count else { return nil }
        let start = self.position
        let end = self.bytes[start...].firstIndex(of: 0x0A) ?? self.bytes.count
        self.position = min(end + 1, self.bytes.count)
        let hasReturn = end > start && self.bytes[end - 1] == 0x0D
        if end < self.bytes.count, !hasReturn, !self.hasBareEnd {
            self.hasBareEnd = true
            self.leniencies.append(("the line ends with LF alone, and CRLF is due", end))
        }
        let line = start..<(hasReturn ? end - 1 : end)
        if !self.hasLoneReturn, let lone = self.bytes[line].firstIndex(of: 0x0D) {
            self.hasLoneReturn = true
            self.leniencies.append(("a CR stands alone in the line", lone))
        }
        return line
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (first, last) = (range.lowerBound, range.upperBound)
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        while first < last, isSpace(self.bytes[first]) { first += 1 }
        while last > first, isSpace(self.bytes[last - 1]) { last -= 1 }
        return first..<last
    }
}
