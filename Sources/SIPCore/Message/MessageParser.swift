/// Reads a message in three layers, each of which may object: framing, single headers, the message as a whole.
struct MessageParser: Sendable {
    private let limits: SIPLimits
    /// The message, and its index behind it.
    private(set) var storage: [UInt8] = []
    private(set) var core = MessageCore()

    // Where the index starts is known only once the body has been cut, so it is gathered here.
    private var index: [UInt8] = []
    private var contentLength: UInt32?
    /// One bit for each known header that was met.
    private var seen: UInt128 = 0

    init(limits: SIPLimits) {
        self.limits = limits
    }

    mutating func parse(_ bytes: Span<UInt8>) throws(SIPParseError) {
        guard bytes.count <= min(self.limits.messageLength, 65_535) else {
            throw SIPParseError(layer: .framing, offset: 0, status: 513, message: "the message is too long")
        }
        var position = 0
        // A keep-alive may stand before a start line (RFC 3261 section 7.5).
        while position < bytes.count, bytes[position] == 0x0D || bytes[position] == 0x0A { position += 1 }
        self.index.reserveCapacity(24 * HeaderEntry.size)
        let start = try self.line(bytes, &position)
        let version = try self.parseStartLine(bytes, start)
        try self.parseHeaders(bytes, &position)
        let length = try self.bodyEnd(bytes, position)
        self.core.bodyOffset = UInt16(clamping: position)
        self.core.length = UInt16(clamping: length)
        // Of another version nothing but the framing is known.
        guard bytes.matches("sip/2.0", version) else {
            let message = "the version is not SIP/2.0"
            throw SIPParseError(layer: .validation, offset: version.lowerBound, status: 505, message: message)
        }
        try self.checkHeaders(bytes)
        try self.validate(bytes)
        self.storage.reserveCapacity(length + self.index.count)
        // Sound: the buffer lives as long as the span, and no index beyond its count is used.
        unsafe bytes.withUnsafeBufferPointer { (buffer) in
            unsafe self.storage.append(contentsOf: buffer[0..<length])
        }
        self.storage.append(contentsOf: self.index)
    }

    // MARK: - Framing

    /// The next line without its end, CRLF or the bare LF that some peers send.
    private func line(_ bytes: Span<UInt8>, _ position: inout Int) throws(SIPParseError) -> Range<Int> {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x0A:
                position += 1
                return start..<(position - 1)
            case 0x0D:
                guard position + 1 < bytes.count, bytes[position + 1] == 0x0A else {
                    throw SIPParseError(layer: .framing, offset: position, message: "a CR stands alone")
                }
                position += 2
                return start..<(position - 2)
            default:
                position += 1
            }
        }
        throw SIPParseError(layer: .framing, offset: position, message: "the message ends inside its headers")
    }

    /// Reads the start line; the result is where a version other than SIP/2.0 stands.
    private mutating func parseStartLine(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>
    ) throws(SIPParseError) -> Range<Int> {
        func failure(_ offset: Int, _ message: String) -> SIPParseError {
            SIPParseError(layer: .framing, offset: offset, message: message)
        }
        var position = line.lowerBound
        let end = line.upperBound
        while position < end, CharacterClass.token.contains(bytes[position]) { position += 1 }
        guard position > line.lowerBound, position < end else {
            throw failure(position, "a start line is expected")
        }
        if bytes[position] == UInt8(ascii: "/"), bytes.matches("sip", line.lowerBound..<position) {
            while position < end, bytes[position] != 0x20 { position += 1 }
            let version = line.lowerBound..<position
            position += 1
            let digits = position
            guard let status = scanUInt32(bytes, &position, end), position == digits + 3, status >= 100, status <= 699
            else { throw failure(digits, "a status from 100 to 699 is expected") }
            // The space before an empty reason is forgotten by some peers.
            if position < end {
                guard bytes[position] == 0x20 else { throw failure(position, "a space is expected") }
                position += 1
            }
            self.core.status = UInt16(clamping: status)
            self.core.reason = ByteRange(position..<end)
            return version
        }
        self.core.method = ByteRange(line.lowerBound..<position)
        guard bytes[position] == 0x20 else { throw failure(position, "a space is expected behind the method") }
        let first = position + 1
        var last = end
        while last > first, bytes[last - 1] != 0x20 { last -= 1 }
        guard last > first else { throw failure(end, "a Request-URI and a version are expected") }
        let version = last..<end
        guard version.count >= 5, bytes.matches("sip/", version.lowerBound..<(version.lowerBound + 4)) else {
            throw failure(version.lowerBound, "SIP/2.0 is expected at the end of the line")
        }
        do {
            self.core.uri = try URIReference(bytes, first..<(last - 1))
        } catch {
            throw failure(error.offset, "Request-URI: \(error.reason)")
        }
        return version
    }

    private mutating func parseHeaders(_ bytes: Span<UInt8>, _ position: inout Int) throws(SIPParseError) {
        var count = 0
        while true {
            let start = position
            var line = try self.line(bytes, &position)
            if line.isEmpty { break }
            // A line that starts with white space continues the one before (RFC 3261 section 7.3.1).
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
                line = line.lowerBound..<(try self.line(bytes, &position).upperBound)
            }
            count += 1
            guard count <= self.limits.headerCount else {
                throw SIPParseError(layer: .framing, offset: start, message: "there are too many headers")
            }
            try self.parseHeader(bytes, line)
        }
        self.core.headerCount = UInt16(clamping: count)
    }

    private mutating func parseHeader(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(SIPParseError) {
        var position = line.lowerBound
        while position < line.upperBound, CharacterClass.token.contains(bytes[position]) { position += 1 }
        let name = line.lowerBound..<position
        guard !name.isEmpty, name.count <= 255 else {
            throw SIPParseError(layer: .framing, offset: position, message: "the name of a header is expected")
        }
        skipSpace(bytes, &position, line.upperBound)
        guard position < line.upperBound, bytes[position] == UInt8(ascii: ":") else {
            throw SIPParseError(layer: .framing, offset: position, message: "a colon is expected")
        }
        position += 1
        skipSpace(bytes, &position, line.upperBound)
        var end = line.upperBound
        while end > position, CharacterClass.space.contains(bytes[end - 1]) { end -= 1 }
        guard end - position <= self.limits.headerLength else {
            throw SIPParseError(layer: .framing, offset: position, message: "the header is too long")
        }
        let known = KnownHeader(bytes, name)
        let entry = HeaderEntry(
            code: known?.rawValue ?? 0,
            nameLength: UInt8(clamping: name.count),
            nameOffset: UInt16(clamping: name.lowerBound),
            value: ByteRange(position..<end)
        )
        entry.write(to: &self.index)
        if known == .contentLength {
            let value = position..<end
            guard let length = scanUInt32(bytes, &position, end), position == end else {
                throw SIPParseError(
                    layer: .framing,
                    offset: value.lowerBound,
                    header: .contentLength,
                    message: "a number is expected"
                )
            }
            guard self.contentLength == nil || self.contentLength == length else {
                throw SIPParseError(
                    layer: .framing,
                    offset: value.lowerBound,
                    header: .contentLength,
                    message: "it stands twice with different values"
                )
            }
            self.contentLength = length
        }
    }

    /// Where the body ends: at Content-Length, or with the bytes when there is none (RFC 3261 section 18.3).
    private func bodyEnd(_ bytes: Span<UInt8>, _ start: Int) throws(SIPParseError) -> Int {
        guard let length = self.contentLength else { return bytes.count }
        guard Int(length) <= bytes.count - start else {
            throw SIPParseError(
                layer: .framing,
                offset: bytes.count,
                header: .contentLength,
                message: "the body is shorter than it says"
            )
        }
        return start + Int(length)
    }

    // MARK: - Headers

    private mutating func checkHeaders(_ bytes: Span<UInt8>) throws(SIPParseError) {
        var offset = 0
        while offset < self.index.count {
            let entry = HeaderEntry(self.index, at: offset)
            offset += HeaderEntry.size
            guard let known = entry.known else { continue }
            do {
                try self.check(bytes, known, entry.value.range)
            } catch {
                throw SIPParseError(
                    layer: .header,
                    offset: error.offset,
                    header: HeaderName(known),
                    message: "\(error.reason)"
                )
            }
        }
    }

    /// Checks the value of one header, and keeps where its parts are when the core has a place for it.
    ///
    /// Of a response only what carries it to its transaction and dialog is checked: a peer that answered must not go
    /// unheard for a header that nobody reads.
    private mutating func check(
        _ bytes: Span<UInt8>,
        _ known: KnownHeader,
        _ range: Range<Int>
    ) throws(ScanFailure) {
        let isRequest = self.core.status == 0
        let isFirst = self.seen & known.bit == 0
        var position = range.lowerBound
        let end = range.upperBound
        switch known {
        case .via:
            if isFirst { self.core.topVia = try ViaReference(bytes, &position, end) }
            guard isRequest else { break }
            if !isFirst { _ = try ViaReference(bytes, &position, end) }
            while position < end {
                // The scan stopped at a comma.
                position += 1
                _ = try ViaReference(bytes, &position, end)
            }
        case .from, .to:
            guard isFirst || isRequest else { break }
            let reference = try NameAddressReference(bytes, &position, end)
            guard position == end else { throw ScanFailure(position, "only one address may stand here") }
            guard isFirst else { throw ScanFailure(range.lowerBound, "the header may stand only once") }
            if known == .from { self.core.from = reference } else { self.core.to = reference }
        case .callID:
            guard isFirst else {
                guard isRequest else { break }
                throw ScanFailure(range.lowerBound, "the header may stand only once")
            }
            while position < end, CharacterClass.callID.contains(bytes[position]) { position += 1 }
            guard position == end, !range.isEmpty else { throw ScanFailure(position, "this cannot stand in a Call-ID") }
            self.core.callID = ByteRange(range)
        case .cSeq:
            guard isFirst else {
                guard isRequest else { break }
                throw ScanFailure(range.lowerBound, "the header may stand only once")
            }
            self.core.cSeq = try CSeqReference(bytes, range)
        case .maxForwards:
            guard isRequest else { break }
            guard isFirst else { throw ScanFailure(range.lowerBound, "the header may stand only once") }
            guard let value = scanUInt32(bytes, &position, end), position == end, value <= 255 else {
                throw ScanFailure(range.lowerBound, "a number from 0 to 255 is expected")
            }
        case .contact:
            guard isRequest else { break }
            if range.count == 1, bytes[position] == UInt8(ascii: "*") { break }
            try self.checkAddresses(bytes, range)
        case .route, .recordRoute:
            guard isRequest else { break }
            try self.checkAddresses(bytes, range)
        default:
            return
        }
        self.seen |= known.bit
    }

    private func checkAddresses(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ScanFailure) {
        var position = range.lowerBound
        while true {
            _ = try NameAddressReference(bytes, &position, range.upperBound)
            guard position < range.upperBound else { return }
            // The scan stopped at a comma.
            position += 1
        }
    }

    // MARK: - Validation

    private mutating func validate(_ bytes: Span<UInt8>) throws(SIPParseError) {
        func failure(_ offset: Int, _ header: HeaderName?, _ message: String) -> SIPParseError {
            SIPParseError(layer: .validation, offset: offset, header: header, message: message)
        }
        for (known, name) in MessageParser.mandatory where self.seen & known.bit == 0 {
            throw failure(Int(self.core.bodyOffset), name, "it is missing")
        }
        guard self.core.status == 0 else {
            self.core.method = self.core.cSeq.method
            return
        }
        guard self.core.uri.headers == nil else {
            throw failure(Int(self.core.uri.whole.offset), nil, "the Request-URI has headers")
        }
        let method = self.core.method.range
        let other = self.core.cSeq.method.range
        guard method.count == other.count,
            (0..<method.count).allSatisfy({ index in
                bytes[method.lowerBound + index] == bytes[other.lowerBound + index]
            })
        else { throw failure(other.lowerBound, .cSeq, "its method is not that of the request") }
    }

    private static let mandatory: [(KnownHeader, HeaderName)] = [
        (.via, .via), (.from, .from), (.to, .to), (.callID, .callID), (.cSeq, .cSeq),
    ]
}

extension KnownHeader {
    /// The header's place among all, as one bit.
    fileprivate var bit: UInt128 { 1 << UInt128(self.rawValue) }
}
