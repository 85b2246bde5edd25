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

    /// What is wrong and does not keep a message from being served: a header that only who reads it needs objects to, or
    /// something that the parser passes over.
    public struct Remark: Sendable, Equatable, Encodable {
        /// The header; empty when it is none.
        public var header: String
        /// What is wrong.
        public var message: String
        /// The byte at fault, from 0.
        public var offset: Int
        /// The line of that byte, from 1.
        public var line: Int
        /// The column of that byte in its line, in bytes, from 1.
        public var column: Int

        /// One line for a person.
        public var text: String {
            let place = "line \(self.line), column \(self.column), byte \(self.offset)"
            return self.header.isEmpty
                ? "\(place): \(self.message)" : "\(place), \(VisibleText.text(self.header.utf8)): \(self.message)"
        }
    }

    /// The number of bytes.
    public var length: Int
    /// Why the message is refused; `nil` when it is accepted.
    public var fault: Fault?
    /// Where the start line is, behind the line ends that a keep-alive may have left before it.
    public var startLineOffset: Int
    /// What is wrong and is borne, in order.
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
            Remark(verdict.message, at: verdict.offset, in: bytes, header: verdict.header?.description ?? "")
        }
        var scan = LineScan(bytes)
        let start = scan.startLine()
        self.startLineOffset = start.lowerBound
        self.startLine = StartLineParts.parts(of: start, in: bytes)
        self.headers = []
        // Of what is no message at all, only so much is shown.
        while self.headers.count < limits.headerCount, let line = scan.nextHeader() {
            if line.isHeader {
                self.headers.append(Header(line, in: bytes))
            } else if self.remarks.count < limits.headerCount {
                self.remarks.append(
                    Remark(
                        "passed over: the line is no header, for it has no name with a colon behind it",
                        at: line.name.lowerBound,
                        in: bytes
                    )
                )
            } else {
                break
            }
        }
        self.remarks += scan.leniencies.map { Remark($0.message, at: $0.offset, in: bytes) }
        self.bodyOffset = scan.bodyOffset
        let behind = scan.bodyOffset.map { bytes.count - $0 } ?? 0
        self.bodyLength = message?.body.count ?? behind
        self.bodyType = self.headers.first { $0.name == "Content-Type" }?.value
        self.trailingLength = message == nil ? 0 : max(0, behind - self.bodyLength)
        if message != nil, scan.bodyOffset == nil {
            self.remarks.append(Remark("the empty line behind the headers is missing", at: bytes.count, in: bytes))
        }
        self.noteLength(of: message, in: bytes)
        self.remarks.sort { $0.offset < $1.offset }
    }

    /// A Content-Length of a response that cannot be used is borne.
    private mutating func noteLength(of message: SIPMessage?, in bytes: [UInt8]) {
        guard let message else { return }
        let lengths = self.headers.filter { $0.name == "Content-Length" }
        for (index, header) in lengths.enumerated() {
            guard let number = Int(header.value) else {
                self.remarks.append(
                    Remark(
                        "no number: the body ends with the datagram",
                        at: header.offset,
                        in: bytes,
                        header: header.name
                    )
                )
                continue
            }
            if index > 0, number != message.body.count {
                self.remarks.append(
                    Remark(
                        "a second one with another number: the first counts",
                        at: header.offset,
                        in: bytes,
                        header: header.name
                    )
                )
            }
        }
    }

    /// Whether the parser accepts the message.
    public var isAccepted: Bool {
        self.fault == nil
    }

    /// The anatomy as text: a line for each part, or the line at fault with a caret under the byte.
    public var text: String {
        let remarks = self.remarks.map { "remark: \($0.text)" }
        if let fault = self.fault { return ([fault.text] + remarks).joined(separator: "\n") }
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
        lines += remarks
        return lines.joined(separator: "\n")
    }
}

extension MessageAnatomy.Remark {
    /// Places a remark in the bytes; the offset may be anything.
    fileprivate init(_ message: String, at offset: Int, in bytes: [UInt8], header: String = "") {
        let place = min(max(0, offset), bytes.count)
        let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        self.header = header
        self.message = message
        self.offset = place
        self.line = bytes[..<start].count { $0 == 0x0A } + 1
        self.column = place - start + 1
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
