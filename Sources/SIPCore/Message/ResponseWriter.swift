public import CoreTypes

/// Writes a response to a request that was parsed into a buffer of the caller's, without any allocation.
///
/// Every Via, From, To, Call-ID and CSeq are copied as they came (RFC 3261 section 8.2.6.2), Record-Route too where the
/// response may make a dialog (section 12.1.1). Nothing that is added can end its line. What does not fit is an error,
/// and leaves a buffer of which nothing may be sent.
public struct ResponseWriter: ~Copyable {
    /// The number of bytes written so far.
    public private(set) var count = 0

    /// Starts the response to the request that `parser` read last, without an error, from `datagram`.
    ///
    /// `source` is where the request came from: the top Via gets its `received` and `rport` as RFC 3261 section 18.2.1
    /// and RFC 3581 section 4 ask; without it the Via is copied as it is. `toTag` is added unless the status is 100 or
    /// the To has a tag. Throws for a status out of 100 to 699, a tag or reason that cannot stand where it goes, and a
    /// buffer that is too small.
    public init(
        _ status: Int,
        reason: String? = nil,
        to parser: borrowing SIPParser,
        _ datagram: Span<UInt8>,
        from source: TransportAddress?,
        toTag: String?,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let answer = Answer(status: status, reason: reason, source: source, toTag: toTag)
        parser.requireParse(of: datagram)
        let first = parser.index.first.span
        let others = parser.index.others.span
        try self.write(datagram, parser.core, first, others, answer, &buffer)
    }

    /// Starts the response to a message; otherwise as to what a parser read.
    public init(
        _ status: Int,
        reason: String? = nil,
        to request: SIPMessage,
        from source: TransportAddress?,
        toTag: String?,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let bytes = request.storage.span
        let answer = Answer(status: status, reason: reason, source: source, toTag: toTag)
        let none: [UInt64] = []
        try self.write(bytes, request.core, none.span, none.span, answer, &buffer)
    }

    /// Adds a header. Throws for a name that is no token or that the writer writes itself, a value with CR, LF or NUL,
    /// and a buffer that is too small.
    public mutating func add(
        _ name: HeaderName,
        _ value: Span<UInt8>,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        switch name.known {
        case .via, .from, .to, .callID, .cSeq, .contentLength: throw .illegalName(name.description)
        case nil where HeaderName(name.other) == nil: throw .illegalName(name.other)
        default: break
        }
        guard !value.endsLine else { throw .illegalCharacter(name) }
        guard value.count <= 65_535 else { throw .bufferTooSmall }
        try self.putText(name.description, &buffer)
        try self.put(": ", &buffer)
        try self.put(value, ByteRange(0, value.count), &buffer)
        try self.putLineEnd(&buffer)
    }

    /// Adds a header whose value is text; otherwise as with bytes.
    public mutating func add(
        _ name: HeaderName,
        _ value: String,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        try self.add(name, value.utf8.span, into: &buffer)
    }

    /// Ends the response with its Content-Length and body; the result is the number of bytes to send. Throws for a
    /// `contentType` with CR, LF or NUL, and a buffer that is too small.
    public consuming func finish(
        body: Span<UInt8>,
        contentType: String,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) -> Int {
        try self.add(.contentType, contentType, into: &buffer)
        guard body.count <= 65_535 else { throw .bufferTooSmall }
        try self.put("Content-Length: ", &buffer)
        try self.put(UInt32(truncatingIfNeeded: body.count), &buffer)
        try self.put("\r\n\r\n", &buffer)
        try self.put(body, ByteRange(0, body.count), &buffer)
        return self.count
    }

    /// Ends a response without a body; the result is the number of bytes to send. Throws for a buffer that is too
    /// small.
    public consuming func finish(into buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) -> Int {
        try self.put("Content-Length: 0\r\n\r\n", &buffer)
        return self.count
    }
}

// MARK: - What is copied

extension ResponseWriter {
    /// What a response has beside the request.
    private struct Answer {
        var status: Int
        var reason: String?
        var source: TransportAddress?
        var toTag: String?
    }

    /// Writes all that the request says of its response. The index comes in two pieces, or stands behind the message.
    private mutating func write(
        _ bytes: Span<UInt8>,
        _ core: MessageCore,
        _ entries: Span<UInt64>,
        _ others: Span<UInt64>,
        _ answer: Answer,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        try self.putStatusLine(answer, &buffer)
        let total = Int(core.headerCount)
        func entry(_ number: Int) -> HeaderEntry {
            if entries.isEmpty {
                return HeaderEntry(bytes.word(at: Int(core.length) &+ number &* HeaderEntry.size) ?? 0)
            }
            return HeaderEntry(UInt64(littleEndian: number < 64 ? entries[number] : others[number &- 64]))
        }
        let lines = core.lines
        var number = Int(lines.firstVia)
        if let source = answer.source {
            try self.putTopVia(bytes, core, entry(number).line, source, &buffer)
            number &+= 1
        }
        while number <= Int(lines.lastVia), number < total {
            let entry = entry(number)
            if entry.code == CoreHeader.via.rawValue { try self.putLine(bytes, entry.line, &buffer) }
            number &+= 1
        }
        if answer.status > 100, answer.status < 300, core.makesDialog {
            number = Int(lines.firstRecordRoute)
            while number <= Int(lines.lastRecordRoute), number < total {
                let entry = entry(number)
                if entry.code == CoreHeader.recordRoute.rawValue { try self.putLine(bytes, entry.line, &buffer) }
                number &+= 1
            }
        }
        try self.putLine(bytes, entry(Int(lines.from)).line, &buffer)
        let to = entry(Int(lines.to)).line
        if answer.status > 100, !core.to.tag.isPresent, let tag = answer.toTag {
            let tag = tag.utf8.span
            guard !tag.isEmpty, tag.count <= 65_535, tag.skip(.token, 0, tag.count) == tag.count else {
                throw .illegalCharacter(.to)
            }
            try self.put(bytes, to, &buffer)
            try self.put(";tag=", &buffer)
            try self.put(tag, ByteRange(0, tag.count), &buffer)
            try self.putLineEnd(&buffer)
        } else {
            try self.putLine(bytes, to, &buffer)
        }
        try self.putLine(bytes, entry(Int(lines.callID)).line, &buffer)
        try self.putLine(bytes, entry(Int(lines.cSeq)).line, &buffer)
        guard answer.status == 100 else { return }
        for number in 0..<total where entry(number).code == KnownHeader.timestamp.rawValue {
            try self.putLine(bytes, entry(number).line, &buffer)
            break
        }
    }

    private mutating func putStatusLine(
        _ answer: Answer,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let reason = answer.reason ?? SIPStatus.phrase(answer.status)
        guard answer.status >= 100, answer.status <= 699,
            answer.reason?.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) ?? true
        else { throw .illegalStartLine }
        try self.put("SIP/2.0 ", &buffer)
        try self.put(UInt32(truncatingIfNeeded: answer.status), &buffer)
        try self.put(" ", &buffer)
        try self.putText(reason, &buffer)
        try self.putLineEnd(&buffer)
    }

    /// The line of the top Via with `rport` and `received` filled in. What the client itself wrote there is never
    /// believed.
    private mutating func putTopVia(
        _ bytes: Span<UInt8>,
        _ core: MessageCore,
        _ line: ByteRange,
        _ source: TransportAddress,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let via = core.topVia
        let asks = via.rport.isPresent
        let needsReceived = asks || !bytes.isAddress(source.host, via.host)
        var place = line.start
        // Each is put where it stands; a `received` that does not stand there goes behind the Via.
        let receivedStart = via.received.isPresent ? via.received.start : via.whole.end
        if asks, via.rport.start < receivedStart {
            try self.putResponsePort(bytes, via.rport, source.port, &place, &buffer)
        }
        if via.received.isPresent, !needsReceived {
            var end = via.received.start
            while end > place, bytes[end &- 1] != UInt8(ascii: ";") { end &-= 1 }
            try self.put(bytes, ByteRange(place, max(place, end &- 1)), &buffer)
            place = via.received.end
        } else if needsReceived {
            try self.put(bytes, ByteRange(place, receivedStart), &buffer)
            if !via.received.isPresent { try self.put(UInt8(ascii: ";"), &buffer) }
            try self.put("received=", &buffer)
            try self.put(source.host, &buffer)
            place = via.received.isPresent ? via.received.end : receivedStart
        }
        if asks, via.rport.start > receivedStart {
            try self.putResponsePort(bytes, via.rport, source.port, &place, &buffer)
        }
        try self.put(bytes, ByteRange(place, line.end), &buffer)
        try self.putLineEnd(&buffer)
    }

    private mutating func putResponsePort(
        _ bytes: Span<UInt8>,
        _ rport: ByteRange,
        _ port: UInt16,
        _ place: inout Int,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        try self.put(bytes, ByteRange(place, rport.start), &buffer)
        try self.put("rport=", &buffer)
        try self.put(UInt32(port), &buffer)
        place = rport.end
    }

    /// A header line as it came.
    private mutating func putLine(
        _ bytes: Span<UInt8>,
        _ line: ByteRange,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        guard bytes.copy(line, to: &buffer, at: self.count) else { throw .bufferTooSmall }
        self.count &+= Int(line.length)
        try self.putLineEnd(&buffer)
    }
}

extension MessageCore {
    /// Whether a 2xx to the request may make a dialog: that of a method which the library knows not to does not.
    fileprivate var makesDialog: Bool {
        switch self.knownMethod {
        case .invite, .subscribe, .refer, .notify, nil: true
        case .ack, .bye, .cancel, .register, .options, .info, .update, .prack, .message, .publish: false
        }
    }
}

// MARK: - Pieces

extension ResponseWriter {
    private mutating func put(
        _ bytes: Span<UInt8>,
        _ range: ByteRange,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        guard bytes.copy(range, to: &buffer, at: self.count) else { throw .bufferTooSmall }
        self.count &+= Int(range.length)
    }

    private mutating func put(_ text: StaticString, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard text.copy(to: &buffer, at: self.count) else { throw .bufferTooSmall }
        self.count &+= text.utf8CodeUnitCount
    }

    private mutating func putText(_ text: String, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        let bytes = text.utf8.span
        guard bytes.count <= 65_535 else { throw .bufferTooSmall }
        try self.put(bytes, ByteRange(0, bytes.count), &buffer)
    }

    @inline(__always)
    private mutating func putLineEnd(_ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard self.count &+ 2 <= buffer.count else { throw .bufferTooSmall }
        buffer[self.count] = 0x0D
        buffer[self.count &+ 1] = 0x0A
        self.count &+= 2
    }

    private mutating func put(_ byte: UInt8, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        guard self.count < buffer.count else { throw .bufferTooSmall }
        buffer[self.count] = byte
        self.count &+= 1
    }

    /// A number in decimal.
    private mutating func put(_ number: UInt32, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        var digits = 1
        var limit: UInt64 = 10
        while UInt64(number) >= limit { (digits, limit) = (digits &+ 1, limit &* 10) }
        guard self.count &+ digits <= buffer.count else { throw .bufferTooSmall }
        self.count &+= digits
        var (place, rest) = (self.count, number)
        for _ in 0..<digits {
            place &-= 1
            buffer[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        }
    }

    /// An address without brackets, IPv6 in the form of RFC 5952.
    private mutating func put(_ address: IPAddress, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        switch address {
        case .v4(let value):
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                try self.put(value >> shift & 255, &buffer)
                if shift > 0 { try self.put(UInt8(ascii: "."), &buffer) }
            }
        case .v6(let upper, let lower):
            func group(_ index: Int) -> UInt16 {
                UInt16(truncatingIfNeeded: (index < 4 ? upper : lower) &>> UInt64((3 &- index & 3) &* 16))
            }
            // The first of the longest runs of two zeros and more.
            var (best, bestLength, run) = (8, 1, 0)
            for index in 0..<8 {
                run = group(index) == 0 ? run &+ 1 : 0
                if run > bestLength { (best, bestLength) = (index &+ 1 &- run, run) }
            }
            var index = 0
            while index < 8 {
                if index == best {
                    try self.put("::", &buffer)
                    index &+= bestLength
                    continue
                }
                if index > 0, index != best &+ bestLength { try self.put(UInt8(ascii: ":"), &buffer) }
                try self.putHexadecimal(group(index), &buffer)
                index &+= 1
            }
        }
    }

    private mutating func putHexadecimal(_ value: UInt16, _ buffer: inout MutableSpan<UInt8>) throws(SIPBuildError) {
        var isLeading = true
        for shift in stride(from: UInt16(12), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            if isLeading, digit == 0, shift > 0 { continue }
            isLeading = false
            try self.put(digit < 10 ? digit &+ 0x30 : digit &+ 0x57, &buffer)
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether a value with these bytes would end its line or hold a NUL.
    var endsLine: Bool {
        var position = self.findControl(0)
        while position < self.count {
            switch self[position] {
            case 0x00, 0x0A, 0x0D: return true
            default: position = self.findControl(position &+ 1)
            }
        }
        return false
    }

    /// Whether an IPv4 address stands in `range` and is `address`. Of IPv6, which has many spellings, it is never said.
    fileprivate func isAddress(_ address: IPAddress, _ range: ByteRange) -> Bool {
        guard case .v4(let expected) = address, range.end <= self.count else { return false }
        var (value, octet, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for position in range.range {
            let byte = self[position]
            if byte == UInt8(ascii: "."), digits > 0, dots < 3 {
                (value, octet, digits, dots) = (value << 8 | octet, 0, 0, dots + 1)
            } else if byte >= 0x30, byte <= 0x39, digits < 3 {
                (octet, digits) = (octet * 10 + UInt32(byte - 0x30), digits + 1)
                guard octet <= 255 else { return false }
            } else {
                return false
            }
        }
        return dots == 3 && digits > 0 && value << 8 | octet == expected
    }
}
