/// Reads messages on the buffer that they were received in: one value for each event loop, used again and again.
///
/// Three layers, each of which may object: framing, single headers, the message as a whole. What it read last stays
/// in it as offsets into that buffer, so that a message that is dropped, absorbed or answered at once costs no
/// allocation; `makeMessage` keeps one that lives on.
public struct SIPParser: ~Copyable, Sendable {
    private let limits: SIPLimits
    /// Where the parts of the message are.
    private(set) var core = MessageCore()
    /// Its header lines.
    private(set) var index = HeaderIndex()

    // What makes this the parse of one buffer and no other.
    private var bufferLength = -1
    private var contentLength: UInt32?

    /// Makes a parser with limits.
    public init(limits: SIPLimits = .standard) {
        self.limits = limits
    }

    /// Reads a whole message, as it came in one datagram or out of a `StreamFramer`.
    ///
    /// Bytes behind Content-Length are not part of it (RFC 3261 section 18.3). Throws `SIPParseError` with the layer
    /// that objected, the byte at fault and the status to answer; no bytes whatever make it trap.
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
        self.core.length = UInt16(truncatingIfNeeded: try self.bodyEnd(datagram, position))
        self.core.headerCount = UInt16(truncatingIfNeeded: self.index.count)
        // Of another version nothing but the framing is known.
        guard version.length == 7, Word.lowercased(datagram.key(version.start, 7)) == SIPParser.versionWord else {
            let message = "the version is not SIP/2.0"
            throw SIPParseError(layer: .validation, offset: version.start, status: 505, message: message)
        }
        for number in 0..<self.index.count {
            let entry = self.index[number]
            guard let known = entry.known else { continue }
            do {
                try self.core.check(datagram, known, entry.value)
            } catch {
                throw SIPParseError(
                    layer: .header,
                    offset: error.offset,
                    header: HeaderName(known),
                    message: "\(error.reason)"
                )
            }
        }
        try self.core.validate(datagram)
        self.bufferLength = datagram.count
    }

    /// The message that was parsed last, of which `datagram` holds the same bytes, with one allocation of its own.
    ///
    /// That `parse` did not throw, and that the bytes are those that it read, is the caller's promise.
    public func makeMessage(_ datagram: Span<UInt8>) -> SIPMessage {
        precondition(datagram.count == self.bufferLength, "the bytes are not those that were parsed")
        return SIPMessage(core: self.core, bytes: datagram, index: self.index)
    }

    // "sip/2.0" as a word.
    private static let versionWord: UInt64 = 0x30_2E32_2F70_6973
    // " SIP/2.0" as a word, as nearly every request line ends.
    private static let versionEnd: UInt64 = 0x302E_322F_5049_5320
}

// MARK: - Framing

extension SIPParser {
    /// Reads the start line; the result is where its version stands.
    private mutating func parseStartLine(
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(SIPParseError) -> ByteRange {
        let start = position
        let end = try scanLine(bytes, start, &position, folds: false)
        var place = bytes.skip(.token, start, end)
        guard place > start, place < end else {
            throw SIPParser.failure(place, "a start line is expected")
        }
        if bytes[place] == UInt8(ascii: "/"), bytes.matches("sip", start..<place) {
            place = bytes.find(0x20, place, end)
            let version = ByteRange(start, place)
            place &+= 1
            let digits = place
            guard let status = scanUInt32(bytes, &place, end), place == digits &+ 3, status >= 100, status <= 699
            else { throw SIPParser.failure(digits, "a status from 100 to 699 is expected") }
            // The space before an empty reason is forgotten by some peers.
            if place < end {
                guard bytes[place] == 0x20 else { throw SIPParser.failure(place, "a space is expected") }
                place &+= 1
            }
            self.core.status = UInt16(truncatingIfNeeded: status)
            self.core.reason = ByteRange(place, end)
            return version
        }
        self.core.method = ByteRange(start, place)
        guard bytes[place] == 0x20 else { throw SIPParser.failure(place, "a space is expected behind the method") }
        let first = place &+ 1
        var last = end
        if end &- 8 >= first, bytes.key(end &- 8, 8) == SIPParser.versionEnd {
            last = end &- 7
        } else {
            while last > first, bytes[last &- 1] != 0x20 { last &-= 1 }
        }
        guard last > first else { throw SIPParser.failure(end, "a Request-URI and a version are expected") }
        guard end &- last >= 5, bytes.matches("sip/", last..<(last &+ 4)) else {
            throw SIPParser.failure(last, "SIP/2.0 is expected at the end of the line")
        }
        do {
            try self.core.uri.scan(bytes, first, last &- 1)
        } catch {
            throw SIPParser.failure(error.offset, "Request-URI: \(error.reason)")
        }
        return ByteRange(last, end)
    }

    private mutating func parseHeaders(_ bytes: Span<UInt8>, _ position: inout Int) throws(SIPParseError) {
        while true {
            let start = position
            if start < bytes.count {
                if bytes[start] == 0x0D, start &+ 1 < bytes.count, bytes[start &+ 1] == 0x0A {
                    position = start &+ 2
                    return
                }
                if bytes[start] == 0x0A {
                    position = start &+ 1
                    return
                }
            }
            var known: KnownHeader?
            let nameEnd = SIPParser.scanName(bytes, start, &known)
            let lineEnd = try scanLine(bytes, nameEnd ?? start, &position, folds: true)
            guard self.index.count < self.limits.headerCount else {
                throw SIPParser.failure(start, "there are too many headers")
            }
            if let nameEnd {
                try self.append(bytes, known, ByteRange(start, nameEnd), nameEnd, lineEnd)
            } else {
                try self.parseUnusualHeader(bytes, start, lineEnd)
            }
        }
    }

    /// Finds the colon that stands right behind a name of fewer than 24 bytes, and the header that it names; `nil`
    /// when there is no such colon or the name has a byte that no name may have.
    @inline(__always)
    private static func scanName(_ bytes: Span<UInt8>, _ start: Int, _ known: inout KnownHeader?) -> Int? {
        guard let word = bytes.word(at: start) else { return nil }
        let colon = UInt8(ascii: ":")
        let hits = Word.hits(word, colon)
        let end: Int
        if hits != 0 {
            let count = Word.bytes(below: hits)
            guard count > 0 else { return nil }
            end = start &+ count
            known = KnownHeader.find(count, Word.lowercased(Word.prefix(word, count)), 0, 0)
        } else {
            guard let second = bytes.word(at: start &+ 8) else { return nil }
            let first = Word.lowercased(word)
            let hits = Word.hits(second, colon)
            if hits != 0 {
                let count = 8 &+ Word.bytes(below: hits)
                end = start &+ count
                let last = Word.lowercased(bytes.key(end &- 8, 8))
                known = KnownHeader.find(count, first, 0, count > 8 ? last : 0)
            } else {
                guard let third = bytes.word(at: start &+ 16) else { return nil }
                let hits = Word.hits(third, colon)
                guard hits != 0 else { return nil }
                let count = 16 &+ Word.bytes(below: hits)
                end = start &+ count
                let last = Word.lowercased(bytes.key(end &- 8, 8))
                known = KnownHeader.find(count, first, count > 16 ? Word.lowercased(second) : 0, last)
            }
        }
        if known == nil, bytes.skip(.token, start, end) < end { return nil }
        return end
    }

    /// A header whose name is long, stands before white space, or is none.
    private mutating func parseUnusualHeader(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ lineEnd: Int
    ) throws(SIPParseError) {
        var position = bytes.skip(.token, start, lineEnd)
        let name = ByteRange(start, position)
        guard !name.isEmpty, name.length <= 255 else {
            throw SIPParser.failure(position, "the name of a header is expected")
        }
        skipSpace(bytes, &position, lineEnd)
        guard position < lineEnd, bytes[position] == UInt8(ascii: ":") else {
            throw SIPParser.failure(position, "a colon is expected")
        }
        try self.append(bytes, KnownHeader(bytes, name.range), name, position, lineEnd)
    }

    /// Adds the header whose value stands behind `colon`.
    @inline(__always)
    private mutating func append(
        _ bytes: Span<UInt8>,
        _ known: KnownHeader?,
        _ name: ByteRange,
        _ colon: Int,
        _ lineEnd: Int
    ) throws(SIPParseError) {
        let start = bytes.skip(.space, colon &+ 1, lineEnd)
        var end = lineEnd
        while end > start, CharacterClass.space.contains(bytes[end &- 1]) { end &-= 1 }
        guard end &- start <= self.limits.headerLength else {
            throw SIPParser.failure(start, "the header is too long")
        }
        let value = ByteRange(start, end)
        self.index.append(HeaderEntry(code: known?.rawValue ?? 0, name: name, value: value))
        if known == .contentLength { try self.readContentLength(bytes, value) }
    }

    private mutating func readContentLength(_ bytes: Span<UInt8>, _ value: ByteRange) throws(SIPParseError) {
        var position = value.start
        guard let length = scanUInt32(bytes, &position, value.end), position == value.end else {
            throw SIPParser.failure(value.start, "a number is expected", .contentLength)
        }
        guard self.contentLength == nil || self.contentLength == length else {
            throw SIPParser.failure(value.start, "it stands twice with different values", .contentLength)
        }
        self.contentLength = length
    }

    /// Where the body ends: at Content-Length, or with the bytes when there is none (RFC 3261 section 18.3).
    private func bodyEnd(_ bytes: Span<UInt8>, _ start: Int) throws(SIPParseError) -> Int {
        guard let length = self.contentLength else { return bytes.count }
        guard Int(length) <= bytes.count &- start else {
            let entry = (0..<self.index.count).first { self.index[$0].known == .contentLength }
            let offset = entry.map { self.index[$0].value.start } ?? bytes.count
            throw SIPParser.failure(offset, "the body is shorter than it says", .contentLength)
        }
        return start &+ Int(length)
    }

    private static func failure(_ offset: Int, _ message: String, _ header: HeaderName? = nil) -> SIPParseError {
        SIPParseError(layer: .framing, offset: offset, header: header, message: message)
    }
}

/// Moves past the end of a line, CRLF or the bare LF that some peers send; the result is where the line ends.
///
/// A line that starts with white space continues the one before when `folds` (RFC 3261 section 7.3.1).
@inline(__always)
private func scanLine(
    _ bytes: Span<UInt8>,
    _ start: Int,
    _ position: inout Int,
    folds: Bool
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
                throw SIPParseError(layer: .framing, offset: place, message: "a CR stands alone")
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
