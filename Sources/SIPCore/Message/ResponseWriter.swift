public import CoreTypes

/// Writes a response to a request that was parsed into a buffer of the caller's, without any allocation.
///
/// Every Via, From, To, Call-ID and CSeq are copied as they came (RFC 3261 section 8.2.6.2), Record-Route too where the
/// response may make a dialog (section 12.1.1). Nothing that is added can end its line. What does not fit is an error,
/// and leaves a buffer of which nothing may be sent.
public struct ResponseWriter: ~Copyable {
    /// The number of bytes written so far.
    public internal(set) var count = 0

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
        parser.requireParse(of: datagram)
        let first = parser.index.first.span
        let others = parser.index.others.span
        try self.putStatusLine(status, reason, &buffer)
        try self.putEchoedLines(datagram, parser.core, first, others, status, source, toTag, &buffer)
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
        let none: [UInt64] = []
        try self.putStatusLine(status, reason, &buffer)
        try self.putEchoedLines(bytes, request.core, none.span, none.span, status, source, toTag, &buffer)
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
        return try self.finish(body: body, into: &buffer)
    }

    /// Ends the response with its Content-Length and body, whose type was added before.
    consuming func finish(
        body: Span<UInt8>,
        into buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) -> Int {
        guard body.count <= 65_535 else { throw .bufferTooSmall }
        try self.put("Content-Length: ", &buffer)
        try self.put(UInt16(truncatingIfNeeded: body.count), &buffer)
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
    private mutating func putStatusLine(
        _ status: Int,
        _ reason: String?,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        guard status >= 100, status <= 699 else { throw .illegalStartLine }
        try self.put("SIP/2.0 ", &buffer)
        try self.put(UInt16(truncatingIfNeeded: status), &buffer)
        try self.put(" ", &buffer)
        if let reason {
            guard reason.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .illegalStartLine }
            try self.putText(reason, &buffer)
        } else {
            try self.put(SIPStatus.text(status), &buffer)
        }
        try self.putLineEnd(&buffer)
    }

    /// Writes all that the request says of its response. The index comes in two pieces, or stands behind the message.
    ///
    /// Lines that stand behind each other in the request are copied at once.
    private mutating func putEchoedLines(
        _ bytes: Span<UInt8>,
        _ core: borrowing MessageCore,
        _ entries: Span<UInt64>,
        _ others: Span<UInt64>,
        _ status: Int,
        _ source: TransportAddress?,
        _ toTag: String?,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let start = Int(core.length)
        let total = Int(core.headerCount)
        func entry(_ number: Int) -> HeaderEntry {
            if entries.isEmpty { return HeaderEntry(bytes.word(at: start &+ number &* HeaderEntry.size) ?? 0) }
            return HeaderEntry(UInt64(littleEndian: number < 64 ? entries[number] : others[number &- 64]))
        }
        let lines = core.lines
        var run = LineRun()
        var number = Int(lines.firstVia)
        if let source {
            run = LineRun(bytes, try self.putTopVia(bytes, core, entry(number).line, source, &buffer))
            number &+= 1
        }
        while number <= Int(lines.lastVia), number < total {
            let entry = entry(number)
            if entry.code == CoreHeader.via.rawValue { try self.put(bytes, entry.line, &run, &buffer) }
            number &+= 1
        }
        if status > 100, status < 300, core.makesDialog {
            number = Int(lines.firstRecordRoute)
            while number <= Int(lines.lastRecordRoute), number < total {
                let entry = entry(number)
                if entry.code == CoreHeader.recordRoute.rawValue { try self.put(bytes, entry.line, &run, &buffer) }
                number &+= 1
            }
        }
        try self.put(bytes, entry(Int(lines.from)).line, &run, &buffer)
        try self.put(bytes, entry(Int(lines.to)).line, &run, &buffer)
        if status > 100, !core.to.tag.isPresent, let toTag {
            try self.putTag(bytes, toTag, &run, &buffer)
        }
        try self.put(bytes, entry(Int(lines.callID)).line, &run, &buffer)
        try self.put(bytes, entry(Int(lines.cSeq)).line, &run, &buffer)
        if status == 100 {
            for number in 0..<total where entry(number).code == KnownHeader.timestamp.rawValue {
                try self.put(bytes, entry(number).line, &run, &buffer)
                break
            }
        }
        try self.put(bytes, run, &buffer)
    }

    /// The tag of To, whose line is the last of the run.
    private mutating func putTag(
        _ bytes: Span<UInt8>,
        _ tag: String,
        _ run: inout LineRun,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) {
        let tag = tag.utf8.span
        guard !tag.isEmpty, tag.count <= 65_535, tag.skip(.token, 0, tag.count) == tag.count else {
            throw .illegalCharacter(.to)
        }
        try self.put(bytes, ByteRange(run.start, run.end), &buffer)
        try self.put(";tag=", &buffer)
        try self.put(tag, ByteRange(0, tag.count), &buffer)
        try self.putLineEnd(&buffer)
        run = LineRun()
    }

    /// The line of the top Via with `rport` and `received` filled in; the result is what of the line is still to be
    /// copied. What the client itself wrote there is never believed.
    private mutating func putTopVia(
        _ bytes: Span<UInt8>,
        _ core: borrowing MessageCore,
        _ line: ByteRange,
        _ source: TransportAddress,
        _ buffer: inout MutableSpan<UInt8>
    ) throws(SIPBuildError) -> ByteRange {
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
            if via.received.isPresent {
                try self.put("received=", &buffer)
                place = via.received.end
            } else {
                try self.put(";received=", &buffer)
                place = receivedStart
            }
            try self.put(source.host, &buffer)
        }
        if asks, via.rport.start > receivedStart {
            try self.putResponsePort(bytes, via.rport, source.port, &place, &buffer)
        }
        return ByteRange(place, line.end)
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
        try self.put(port, &buffer)
        place = rport.end
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
