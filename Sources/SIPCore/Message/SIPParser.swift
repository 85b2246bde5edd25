/// Reads messages on the buffer that they were received in: one value for each event loop, used again and again.
///
/// Three layers, each of which may object: framing, single headers, the message as a whole. What it read last stays
/// in it as offsets into that buffer, so that a message that is dropped, absorbed or responded to at once costs no
/// allocation; `makeMessage` keeps one that lives on.
public struct SIPParser: ~Copyable, Sendable {
    private let limits: SIPLimits
    /// Where the parts of the message are.
    private(set) var core = MessageCore()
    /// Its header lines.
    private(set) var index = HeaderIndex()

    // What makes this the parse of one buffer and no other.
    private var bufferLength = -1
    private var contentLength: (value: UInt32, offset: Int)?

    /// Makes a parser with limits.
    public init(limits: SIPLimits = .standard) {
        self.limits = limits
    }

    /// Reads a whole message, as it came in one datagram or out of a `StreamFramer`.
    ///
    /// Bytes behind Content-Length are not part of it (RFC 3261 section 18.3). What nobody needs costs no message: a line
    /// that is no header is passed over, the empty line may be missing where there is no body, and of a response only Via,
    /// CSeq, Call-ID and the tags must be readable. Throws `SIPParseError` with the layer that objected, the byte at fault
    /// and the status to respond with; no bytes whatever make it trap.
    public mutating func parse(_ datagram: Span<UInt8>) throws(SIPParseError) {
        self.bufferLength = -1
        self.contentLength = nil
        self.core = MessageCore()
        self.index.removeAll()
        guard datagram.count <= min(self.limits.messageLength, 65_535) else {
            throw SIPParseError(layer: .framing, offset: 0, status: 513, message: "the message is too long")
        }
        var position = 0
        // A keep-alive may stand before a start line (RFC 3261 section 7.5).
        while position < datagram.count, datagram[position] == 0x0D || datagram[position] == 0x0A { position &+= 1 }
        let version = try self.parseStartLine(datagram, &position)
        try self.parseHeaders(datagram, &position)
        self.core.bodyOffset = UInt16(truncatingIfNeeded: position)
        let end = try SIPParser.bodyEnd(datagram, position, self.contentLength)
        self.core.length = UInt16(truncatingIfNeeded: end)
        self.core.headerCount = UInt16(truncatingIfNeeded: self.index.count)
        // Of another version nothing but the framing is known.
        guard !version.isPresent || datagram.matches("sip/2.0", version.range) else {
            let message = "the version is not SIP/2.0"
            throw SIPParseError(layer: .validation, offset: version.start, status: 505, message: message)
        }
        if self.core.isRequest { self.core.knownMethod = KnownMethod(datagram, self.core.method) }
        try SIPParser.checkHeaders(datagram, &self.index, &self.core)
        try self.core.validate(datagram)
        self.bufferLength = datagram.count
    }

    /// The message that was parsed last, of which `datagram` holds the same bytes, with one allocation of its own.
    ///
    /// That `parse` did not throw, and that the bytes are those that it read, is the caller's promise.
    public func makeMessage(_ datagram: Span<UInt8>) -> SIPMessage {
        self.requireParse(of: datagram)
        return SIPMessage(core: self.core, bytes: datagram, index: self.index)
    }

    /// Stops a program that uses what was read with other bytes, or after `parse` has thrown.
    func requireParse(of datagram: Span<UInt8>) {
        precondition(datagram.count == self.bufferLength, "the bytes are not those that were parsed")
    }

    /// Checks each header, in order.
    @inline(__always)
    private static func checkHeaders(
        _ bytes: Span<UInt8>,
        _ index: inout HeaderIndex,
        _ core: inout MessageCore
    ) throws(SIPParseError) {
        var contactFault: SIPParseError?
        for number in 0..<index.count {
            let entry = index.entry(number)
            guard let header = CoreHeader(rawValue: entry.code) else { continue }
            do {
                try core.check(bytes, header, entry.value, number)
            } catch {
                let fault = SIPParseError(
                    layer: .header,
                    offset: error.offset,
                    header: entry.known.map { HeaderName($0) },
                    message: "\(error.reason)"
                )
                guard header == .contact, core.knownMethod != .register else { throw fault }
                if contactFault == nil { contactFault = fault }
            }
        }
        // One Contact that can be read is enough for a dialog; a registrar has to understand them all.
        if let contactFault, core.contact == nil { throw contactFault }
    }

    // "sip" as a word.
    private static let nameWord: UInt64 = 0x70_6973
    // "SIP/2.0 " as a word, as nearly every status line starts.
    private static let versionStart: UInt64 = 0x2030_2E32_2F50_4953
    // " SIP/2.0" as a word, as nearly every request line ends.
    private static let versionEnd: UInt64 = 0x302E_322F_5049_5320
}

// MARK: - Framing

extension SIPParser {
    /// Reads the start line; the result is where its version stands, absent when that is SIP/2.0 as it is usually
    /// written.
    private mutating func parseStartLine(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(SIPParseError) -> ByteRange {
        let start = position
        let end = try scanLine(bytes, start, &position, folds: false)
        if end &- start >= 8, bytes.key(start, 8) == SIPParser.versionStart {
            try self.parseStatus(bytes, start &+ 8, end)
            return .absent
        }
        var place = bytes.skip(.token, start, end)
        guard place > start, place < end else {
            throw SIPParser.failure(place, "a start line is expected")
        }
        if bytes[place] == UInt8(ascii: "/"), Word.lowercased(bytes.key(start, place &- start)) == SIPParser.nameWord {
            place = bytes.find(0x20, place, end)
            try self.parseStatus(bytes, place &+ 1, end)
            return ByteRange(start, place)
        }
        self.core.method = ByteRange(start, place)
        guard bytes[place] == 0x20 else { throw SIPParser.failure(place, "a space is expected behind the method") }
        let first = place &+ 1
        if end &- 8 > first, bytes.key(end &- 8, 8) == SIPParser.versionEnd {
            try self.parseRequestURI(bytes, first, end &- 8)
            return .absent
        }
        var last = end
        while last > first, bytes[last &- 1] != 0x20 { last &-= 1 }
        guard last > first else { throw SIPParser.failure(end, "a Request-URI and a version are expected") }
        guard end &- last >= 5, bytes[last &+ 3] == UInt8(ascii: "/"),
            Word.lowercased(bytes.key(last, 3)) == SIPParser.nameWord
        else {
            throw SIPParser.failure(last, "SIP/2.0 is expected at the end of the line")
        }
        try self.parseRequestURI(bytes, first, last &- 1)
        return ByteRange(last, end)
    }

    @inline(__always)
    private mutating func parseStatus(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(SIPParseError) {
        var place = start
        guard let status = scanUInt32(bytes, &place, end), place == start &+ 3, status >= 100, status <= 699
        else { throw SIPParser.failure(start, "a status from 100 to 699 is expected") }
        // The space before an empty reason is forgotten by some peers.
        if place < end {
            guard bytes[place] == 0x20 else { throw SIPParser.failure(place, "a space is expected") }
            place &+= 1
        }
        self.core.status = UInt16(truncatingIfNeeded: status)
        self.core.reason = ByteRange(place, end)
    }

    @inline(__always)
    private mutating func parseRequestURI(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(SIPParseError) {
        do {
            try self.core.uri.scan(bytes, start, end)
        } catch {
            throw SIPParser.failure(error.offset, "Request-URI: \(error.reason)")
        }
    }

    private mutating func parseHeaders(_ bytes: Span<UInt8>, _ position: inout Int) throws(SIPParseError) {
        while true {
            let start = position
            if start < bytes.count, bytes[start] <= 0x0D {
                if bytes[start] == 0x0A {
                    position = start &+ 1
                    return
                }
                if bytes[start] == 0x0D, start &+ 1 < bytes.count, bytes[start &+ 1] == 0x0A {
                    position = start &+ 2
                    return
                }
            }
            // Without the empty line the message is over with its headers, unless they speak of a body.
            if start == bytes.count, self.index.count > 0, (self.contentLength?.value ?? 0) == 0 { return }
            let name = SIPParser.scanName(bytes, start)
            // From the start of the line on: a CR inside the name must not go unseen.
            let lineEnd: Int
            do {
                lineEnd = try scanLine(bytes, start, &position, folds: true)
            } catch {
                if SIPParser.isEmptyLength(bytes, start) {
                    position = bytes.count
                } else {
                    guard !self.core.isRequest else { throw error }
                    guard self.index.count < self.limits.headerCount else {
                        throw SIPParser.failure(start, "there are too many headers")
                    }
                    let lineEnd = try scanLine(bytes, start, &position, folds: true, bearsCR: true)
                    // The quick look at the name takes a CR in it for a hyphen.
                    try self.parseUnusualHeader(bytes, start, lineEnd)
                }
                continue
            }
            guard self.index.count < self.limits.headerCount else {
                throw SIPParser.failure(start, "there are too many headers")
            }
            if name.end > start {
                try self.append(bytes, name.code, start, name.end, name.end, lineEnd)
            } else {
                try self.parseUnusualHeader(bytes, start, lineEnd)
            }
        }
    }

    /// Finds the colon that stands right behind a name of fewer than 24 bytes, and the header that it names; `end` is
    /// 0 when there is no such colon or the name has a byte that no name may have.
    ///
    /// A CR in place of a hyphen goes unseen here.
    @inline(never)
    private static func scanName(_ bytes: Span<UInt8>, _ start: Int) -> (code: UInt8, end: Int) {
        guard var first = bytes.word(at: start) else { return (0, 0) }
        var (second, third): (UInt64, UInt64) = (0, 0)
        let colon = UInt8(ascii: ":")
        var count = 0
        var hits = Word.hits(first, colon)
        // The bit that makes a capital a small letter is set in hyphens too.
        first |= Word.smallLetters
        if hits != 0 {
            count = Word.bytes(below: hits)
            first = Word.below(first, hits)
        } else {
            guard let word = bytes.word(at: start &+ 8) else { return (0, 0) }
            hits = Word.hits(word, colon)
            second = word | Word.smallLetters
            if hits != 0 {
                count = 8 &+ Word.bytes(below: hits)
                second = Word.below(second, hits)
            } else {
                guard let word = bytes.word(at: start &+ 16) else { return (0, 0) }
                hits = Word.hits(word, colon)
                guard hits != 0 else { return (0, 0) }
                count = 16 &+ Word.bytes(below: hits)
                third = Word.below(word | Word.smallLetters, hits)
            }
        }
        let end = start &+ count
        if let known = KnownHeader.find(count, first, second, third) { return (known.rawValue, end) }
        return (0, bytes.skip(.token, start, end) == end ? end : 0)
    }

    /// Whether the bytes from `start` on say that there is no body, and end before the line does.
    @inline(never)
    private static func isEmptyLength(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        var end = bytes.count
        if end > start, bytes[end &- 1] == 0x0D { end &-= 1 }
        var position = bytes.skip(.token, start, end)
        guard KnownHeader(bytes, start..<position) == .contentLength else { return false }
        skipSpace(bytes, &position, end)
        guard position < end, bytes[position] == UInt8(ascii: ":") else { return false }
        position &+= 1
        skipSpace(bytes, &position, end)
        return scanUInt32(bytes, &position, end) == 0 && position == end
    }

    /// A header whose name is long, stands before white space, or is none. A line without a name or a colon says nothing
    /// to anybody; when it was to be a header that is needed, that one is missing.
    private mutating func parseUnusualHeader(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ lineEnd: Int
    ) throws(SIPParseError) {
        var position = bytes.skip(.token, start, lineEnd)
        let name = ByteRange(start, position)
        guard !name.isEmpty, name.length <= 255 else { return }
        skipSpace(bytes, &position, lineEnd)
        guard position < lineEnd, bytes[position] == UInt8(ascii: ":") else { return }
        let known = KnownHeader(bytes, name.range)
        try self.append(bytes, known?.rawValue ?? 0, start, name.end, position, lineEnd)
    }

    /// Adds the header whose value stands behind `colon`.
    @inline(__always)
    private mutating func append(
        _ bytes: Span<UInt8>,
        _ code: UInt8,
        _ name: Int,
        _ nameEnd: Int,
        _ colon: Int,
        _ lineEnd: Int
    ) throws(SIPParseError) {
        var start = colon &+ 1
        if start < lineEnd, bytes[start] == 0x20 { start &+= 1 }
        skipSpace(bytes, &start, lineEnd)
        var end = lineEnd
        while end > start, bytes[end &- 1] <= 0x20, CharacterClass.space.contains(bytes[end &- 1]) { end &-= 1 }
        guard end &- start <= self.limits.headerLength else {
            throw SIPParser.failure(start, "the header is too long")
        }
        self.index.append(HeaderEntry.word(code: code, name: name, nameEnd: nameEnd, value: start, valueEnd: end))
        if code == KnownHeader.contentLength.rawValue { try self.readContentLength(bytes, ByteRange(start, end)) }
    }

    private mutating func readContentLength(_ bytes: Span<UInt8>, _ value: ByteRange) throws(SIPParseError) {
        var position = value.start
        guard let length = scanUInt32(bytes, &position, value.end), position == value.end else {
            // A response ends with its datagram then, as if the header were not there.
            guard self.core.isRequest else { return }
            throw SIPParser.failure(value.start, "a number is expected", .contentLength)
        }
        guard let first = self.contentLength else {
            self.contentLength = (length, value.start)
            return
        }
        guard first.value == length || !self.core.isRequest else {
            throw SIPParser.failure(value.start, "it stands twice with different values", .contentLength)
        }
    }

    /// Where the body ends: at Content-Length, or with the bytes when there is none (RFC 3261 section 18.3).
    private static func bodyEnd(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ contentLength: (value: UInt32, offset: Int)?
    ) throws(SIPParseError) -> Int {
        guard let contentLength else { return bytes.count }
        guard Int(contentLength.value) <= bytes.count &- start else {
            throw SIPParser.failure(contentLength.offset, "the body is shorter than it says", .contentLength)
        }
        return start &+ Int(contentLength.value)
    }

    private static func failure(_ offset: Int, _ message: String, _ header: HeaderName? = nil) -> SIPParseError {
        SIPParseError(layer: .framing, offset: offset, header: header, message: message)
    }
}

/// Moves past the end of a line, CRLF or the bare LF that some peers send; the result is where the line ends.
///
/// A line that starts with white space continues the one before when `folds` (RFC 3261 section 7.3.1). A CR that stands
/// alone is an error unless `bearsCR`: some readers take it for a line's end.
@inline(__always)
private func scanLine(
    _ bytes: Span<UInt8>,
    _ start: Int,
    _ position: inout Int,
    folds: Bool,
    bearsCR: Bool = false
) throws(SIPParseError) -> Int {
    var place = start
    while true {
        place = bytes.findControl(place)
        guard place < bytes.count else {
            position = place
            throw SIPParseError(layer: .framing, offset: place, message: "the message ends inside its headers")
        }
        let byte = bytes[place]
        var next = place &+ 1
        if byte == 0x0D {
            guard next < bytes.count, bytes[next] == 0x0A else {
                guard bearsCR else {
                    throw SIPParseError(layer: .framing, offset: place, message: "a CR stands alone")
                }
                place = next
                continue
            }
            next &+= 1
        } else if byte != 0x0A {
            place = next
            continue
        }
        if folds, next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x09 {
            place = next
            continue
        }
        position = next
        return place
    }
}
