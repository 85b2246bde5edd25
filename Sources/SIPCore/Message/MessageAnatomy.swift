/// What the bytes of a message are made of, for a person who looks for a fault: each part with its place, or the byte
/// that the parser objected to.
///
/// Made from the bytes alone, so that a message that is refused can be shown too. Passwords and digest responses are
/// masked, and what a terminal would not show is written as an escape.
public struct MessageAnatomy: Sendable, Equatable, Encodable {
    /// A named piece of a line: a tag, a host, a number.
    public struct Part: Sendable, Equatable, Encodable {
        /// What it is, in the words of the grammar ("host", "tag").
        public var name: String
        /// Its value.
        public var value: String
    }

    /// A header line.
    public struct Header: Sendable, Equatable, Encodable {
        /// Where it starts in the bytes.
        public var offset: Int
        /// The name in its canonical spelling.
        public var name: String
        /// The name as it is written, when that is another spelling.
        public var written: String?
        /// Whether the library knows the header.
        public var isKnown: Bool
        /// The value, its folded lines joined.
        public var value: String
        /// The pieces of the value where the library reads it; empty for one that is kept as it is.
        public var parts: [Part]
    }

    /// Why the parser refuses the message.
    public struct Fault: Sendable, Equatable, Encodable {
        /// "framing", "header" or "validation".
        public var layer: String
        /// The status with which a request is refused.
        public var status: Int
        /// The header at fault, when it is one.
        public var header: String?
        /// What is wrong.
        public var message: String
        /// The byte at fault, from 0.
        public var offset: Int
        /// The line of that byte, from 1.
        public var line: Int
        /// The column of that byte in its line, in bytes, from 1.
        public var column: Int
        /// The line around the byte.
        public var excerpt: String
        /// How many characters of the excerpt stand before the byte.
        public var caret: Int
    }

    /// What is wrong with a header that does not keep an accepted message from being served.
    public struct Remark: Sendable, Equatable, Encodable {
        /// The header.
        public var header: String
        /// What is wrong.
        public var message: String
        /// The byte at fault, from 0.
        public var offset: Int
    }

    /// The number of bytes.
    public var length: Int
    /// Why the message is refused; `nil` when it is accepted.
    public var fault: Fault?
    /// Where the start line is, behind the line ends that a keep-alive may have left before it.
    public var startLineOffset: Int
    /// The headers of an accepted message that only who reads them need object to.
    public var remarks: [Remark]
    /// The parts of the start line.
    public var startLine: [Part]
    /// The header lines, in order.
    public var headers: [Header]
    /// Where the body starts; `nil` when the empty line before it is missing.
    public var bodyOffset: Int?
    /// The bytes of the body.
    public var bodyLength: Int
    /// The media type of the body, when it says one.
    public var bodyType: String?
    /// The bytes behind the message, which a datagram's receiver leaves aside.
    public var trailingLength: Int

    /// Looks at the bytes of one message.
    public init(_ bytes: [UInt8], limits: SIPLimits = .standard) {
        var message: SIPMessage?
        self.length = bytes.count
        do {
            message = try SIPMessage(bytes, limits: limits)
        } catch {
            self.fault = Fault(error, in: bytes)
        }
        self.remarks = (message?.verdicts ?? []).map { verdict in
            Remark(header: verdict.header?.description ?? "", message: verdict.message, offset: verdict.offset)
        }
        var scan = LineScan(bytes)
        let start = scan.startLine()
        self.startLineOffset = start.lowerBound
        self.startLine = StartLineParts.parts(of: start, in: bytes)
        self.headers = []
        // Of what is no message at all, only so much is shown.
        while self.headers.count < limits.headerCount, let line = scan.nextHeader() {
            self.headers.append(Header(line, in: bytes))
        }
        self.bodyOffset = scan.bodyOffset
        let behind = scan.bodyOffset.map { bytes.count - $0 } ?? 0
        self.bodyLength = message?.body.count ?? behind
        self.bodyType = self.headers.first { $0.name == "Content-Type" }?.value
        self.trailingLength = message == nil ? 0 : max(0, behind - self.bodyLength)
    }

    /// Whether the parser accepts the message.
    public var isAccepted: Bool {
        self.fault == nil
    }

    /// The anatomy as text: a line for each part, or the line at fault with a caret under the byte.
    public var text: String {
        if let fault = self.fault { return fault.text }
        var lines = ["accepted: \(self.length) bytes"]
        let width = "\(self.length)".count + 2
        func line(_ offset: Int?, _ text: String) {
            let number = offset.map { "\($0)" } ?? ""
            lines.append(String(repeating: " ", count: max(0, width - number.count)) + number + "  " + text)
        }
        func pair(_ name: String, _ value: String) -> String { value.isEmpty ? name : "\(name): \(value)" }
        line(self.startLineOffset, "start line")
        for part in self.startLine { line(nil, "  " + pair(part.name, part.value)) }
        for header in self.headers {
            let name = header.name + (header.written.map { " (as \($0))" } ?? "")
            line(header.offset, pair(name, header.value) + (header.isKnown ? "" : "  [kept as it is]"))
            for part in header.parts { line(nil, "  " + pair(part.name, part.value)) }
        }
        line(
            self.bodyOffset,
            self.bodyLength == 0
                ? "no body" : "body of \(self.bodyLength) bytes, \(self.bodyType ?? "without Content-Type")"
        )
        if self.trailingLength > 0 {
            line(
                self.bodyOffset.map { $0 + self.bodyLength },
                "\(self.trailingLength) bytes behind the message, left aside"
            )
        }
        for remark in self.remarks {
            lines.append("remark: \(VisibleText.text(remark.header.utf8)) at byte \(remark.offset): \(remark.message)")
        }
        return lines.joined(separator: "\n")
    }
}

extension MessageAnatomy.Fault {
    /// Places an error in the bytes that it was found in; its offset may be anything.
    init(_ error: SIPParseError, in bytes: [UInt8]) {
        let offset = min(max(0, error.offset), bytes.count)
        let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let end = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
        // A long line is cut around the place.
        let first = max(start, offset - 60)
        let last = max(first, min(end, offset + 40))
        let before = VisibleText.ascii(bytes[first..<offset])
        self.layer = "\(error.layer)"
        self.status = error.status
        self.header = error.header?.description
        self.message = error.message
        self.offset = offset
        self.line = bytes[..<start].count { $0 == 0x0A } + 1
        self.column = offset - start + 1
        self.excerpt = before + VisibleText.ascii(bytes[offset..<max(offset, last)])
        self.caret = before.count
    }

    /// What is wrong, and the caret under the byte.
    public var text: String {
        let place = self.header.map { "\($0): " } ?? ""
        return """
            refused in \(self.layer), a server answers \(self.status): \(place)\(self.message)
            line \(self.line), column \(self.column), byte \(self.offset)
              \(self.excerpt)
              \(String(repeating: " ", count: self.caret))^
            """
    }
}

extension MessageAnatomy.Header {
    fileprivate init(_ line: LineScan.Line, in bytes: [UInt8]) {
        let written = VisibleText.text(bytes[line.name])
        let name = HeaderName(written)
        let value = String(decoding: unfolded(bytes[line.value]), as: UTF8.self)
        let canonical = name?.description ?? written
        self.offset = line.name.lowerBound
        self.name = canonical
        self.written = canonical == written ? nil : written
        self.isKnown = name?.known != nil
        self.value = VisibleText.text(Secrets.masked(value, of: name).utf8)
        self.parts = name.map { HeaderParts.parts(of: $0, value) } ?? []
    }
}

/// Cuts bytes into lines, however broken they are.
private struct LineScan {
    struct Line {
        var name: Range<Int>
        var value: Range<Int>
    }

    private let bytes: [UInt8]
    private var position = 0
    /// Behind the empty line, once that was met.
    private(set) var bodyOffset: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func startLine() -> Range<Int> {
        while self.position < self.bytes.count, self.bytes[self.position] == 0x0D || self.bytes[self.position] == 0x0A {
            self.position += 1
        }
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
        return Line(
            name: self.trimmed(line.lowerBound..<colon),
            value: self.trimmed(min(colon + 1, line.upperBound)..<line.upperBound)
        )
    }

    /// The next line without its end; `nil` behind the last one.
    private mutating func line() -> Range<Int>? {
        guard self.position < self.bytes.count else { return nil }
        let start = self.position
        let end = self.bytes[start...].firstIndex(of: 0x0A) ?? self.bytes.count
        self.position = min(end + 1, self.bytes.count)
        return start..<(end > start && self.bytes[end - 1] == 0x0D ? end - 1 : end)
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (first, last) = (range.lowerBound, range.upperBound)
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        while first < last, isSpace(self.bytes[first]) { first += 1 }
        while last > first, isSpace(self.bytes[last - 1]) { last -= 1 }
        return first..<last
    }
}
