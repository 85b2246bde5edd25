/// The parts of a message that were checked when it was parsed, as offsets.
struct MessageCore: Sendable {
    /// Bytes of the message; in a `SIPMessage` the index follows them.
    var length: UInt16 = 0
    var bodyOffset: UInt16 = 0
    var headerCount: UInt16 = 0
    /// 0 in a request.
    var status: UInt16 = 0
    /// The method of a request; of a response that of its CSeq.
    var method = ByteRange()
    /// The method as a number; `nil` for one that the library does not know.
    var knownMethod: KnownMethod?
    /// Max-Forwards of a request, when it has one.
    var maxForwards: UInt8?
    var uri = URIReference()
    var reason = ByteRange()
    var topVia = ViaReference()
    /// Whether there is no other Via.
    var hasOneVia = false
    var from = NameAddressReference()
    var to = NameAddressReference()
    var callID = ByteRange()
    var cSeq = CSeqReference()
    /// The first Contact, when there is one that can be read and is not `*`.
    var contact: NameAddressReference?

    /// Where the lines stand that a response repeats.
    var lines = EchoedLines()
    /// Which of the headers that are checked were met.
    var seen = SeenHeaders()

    var isRequest: Bool { self.status == 0 }
}

/// The numbers of the header lines of a request that its responses repeat (RFC 3261 section 8.2.6.2).
struct EchoedLines: Sendable {
    var firstVia: UInt16 = 0
    var lastVia: UInt16 = 0
    /// The largest number when there is none.
    var firstRecordRoute = UInt16.max
    var lastRecordRoute: UInt16 = 0
    var from: UInt16 = 0
    var to: UInt16 = 0
    var callID: UInt16 = 0
    var cSeq: UInt16 = 0
}

/// The headers whose values every parse reads, with `KnownHeader`'s numbers.
enum CoreHeader: UInt8, CaseIterable, Sendable {
    case via = 1
    case from
    case to
    case callID
    case cSeq
    case maxForwards
    case contact
    case route
    case recordRoute
}

/// The headers that a message must have or may have but once.
struct SeenHeaders: OptionSet, Sendable {
    let rawValue: UInt8

    static let via = SeenHeaders(rawValue: 1)
    static let from = SeenHeaders(rawValue: 2)
    static let to = SeenHeaders(rawValue: 4)
    static let callID = SeenHeaders(rawValue: 8)
    static let cSeq = SeenHeaders(rawValue: 16)

    /// What no message can do without (RFC 3261 section 8.1.1).
    static let mandatory: SeenHeaders = [.via, .from, .to, .callID, .cSeq]
}

// MARK: - Headers

extension MessageCore {
    /// Checks the value of one header, and keeps where its parts are when the core has a place for it.
    ///
    /// Of a response only what carries it to its transaction and dialog must be right: a peer that answered must not
    /// go unheard for a header that nobody reads.
    @inline(__always)
    mutating func check(
        _ bytes: Span<UInt8>,
        _ header: CoreHeader,
        _ value: ByteRange,
        _ number: Int
    ) throws(ScanFailure) {
        let number = UInt16(truncatingIfNeeded: number)
        var position = value.start
        let end = value.end
        switch header {
        case .via:
            if !self.seen.contains(.via) {
                self.seen.insert(.via)
                self.lines.firstVia = number
                self.lines.lastVia = number
                try self.topVia.scan(bytes, &position, end)
                self.hasOneVia = position == end
            } else if self.isRequest {
                self.hasOneVia = false
                self.lines.lastVia = number
                _ = try ViaReference(bytes, &position, end)
            } else {
                self.hasOneVia = false
                return
            }
            guard self.isRequest else { return }
            while position < end {
                // The scan stopped at a comma.
                position &+= 1
                _ = try ViaReference(bytes, &position, end)
            }
        case .from:
            guard try self.isOnly(.from, value) else { return }
            self.lines.from = number
            try self.scanParty(bytes, value, &self.from)
        case .to:
            guard try self.isOnly(.to, value) else { return }
            self.lines.to = number
            try self.scanParty(bytes, value, &self.to)
        case .callID:
            guard try self.isOnly(.callID, value) else { return }
            self.lines.callID = number
            position = bytes.skip(.callID, position, end)
            guard position == end, !value.isEmpty else { throw ScanFailure(position, "this cannot stand in a Call-ID") }
            self.callID = value
        case .cSeq:
            guard try self.isOnly(.cSeq, value) else { return }
            self.lines.cSeq = number
            self.cSeq = try CSeqReference(bytes, value.range)
        case .maxForwards:
            // Proxies need it; one that is wrong is as good as none (RFC 4475 section 3.1.2.4).
            guard self.isRequest, self.maxForwards == nil, let number = scanUInt32(bytes, &position, end),
                position == end, number <= 255
            else { return }
            self.maxForwards = UInt8(truncatingIfNeeded: number)
        case .contact:
            if value.length == 1, bytes[position] == UInt8(ascii: "*") { return }
            guard self.isRequest, self.needsContact else {
                if self.contact == nil { self.contact = try? NameAddressReference(bytes, &position, end) }
                return
            }
            let first = try NameAddressReference(bytes, &position, end)
            if self.contact == nil { self.contact = first }
            try MessageCore.checkAddresses(bytes, &position, end)
        case .route:
            // Whoever the request has reached goes no further by it.
            return
        case .recordRoute:
            guard self.isRequest else { return }
            if self.lines.firstRecordRoute == .max { self.lines.firstRecordRoute = number }
            self.lines.lastRecordRoute = number
            // Only what begins a dialog makes a route set of it.
            guard self.beginsDialog else { return }
            _ = try NameAddressReference(bytes, &position, end)
            try MessageCore.checkAddresses(bytes, &position, end)
        }
    }

    /// Reads From or To. Of a response its tag alone is needed; who stands there we have said ourselves.
    @inline(__always)
    private func scanParty(
        _ bytes: Span<UInt8>,
        _ value: ByteRange,
        _ party: inout NameAddressReference
    ) throws(ScanFailure) {
        var position = value.start
        do throws(ScanFailure) {
            try party.scan(bytes, &position, value.end)
            guard position == value.end else { throw ScanFailure(position, "only one address may stand here") }
        } catch {
            guard !self.isRequest else { throw error }
            party = NameAddressReference(tagOf: bytes, value)
        }
    }

    /// Whether the request may begin a dialog; any of a method that the library does not know.
    private var beginsDialog: Bool {
        switch self.knownMethod {
        case .invite, .subscribe, .notify, .refer, nil: true
        case .ack, .bye, .cancel, .register, .options, .info, .update, .prack, .message, .publish: false
        }
    }

    /// Whether somebody needs the Contact of the request: what begins a dialog, what refreshes its target, and REGISTER.
    private var needsContact: Bool {
        self.beginsDialog || self.knownMethod == .register || self.knownMethod == .update
    }

    /// Whether this is the first header of its kind. A second one is an error in a request, and passed over in a
    /// response.
    @inline(__always)
    private mutating func isOnly(_ header: SeenHeaders, _ value: ByteRange) throws(ScanFailure) -> Bool {
        guard self.seen.contains(header) else {
            self.seen.insert(header)
            return true
        }
        guard self.isRequest else { return false }
        throw ScanFailure(value.start, "the header may stand only once")
    }

    /// Checks the addresses of a list from behind the first on.
    @inline(__always)
    private static func checkAddresses(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ end: Int
    ) throws(ScanFailure) {
        while position < end {
            // The scan stopped at a comma.
            position &+= 1
            _ = try NameAddressReference(bytes, &position, end)
        }
    }
}

// MARK: - Validation

extension MessageCore {
    /// Checks what no single header shows.
    mutating func validate(_ bytes: Span<UInt8>) throws(SIPParseError) {
        guard self.seen.isSuperset(of: .mandatory) else { throw self.missingHeader(bytes) }
        guard self.isRequest else {
            self.method = self.cSeq.method
            self.knownMethod = KnownMethod(bytes, self.method)
            return
        }
        // The method of a request is known since its start line.
        guard !self.uri.headers.isPresent else {
            throw SIPParseError(
                layer: .validation,
                // At the question mark before them.
                offset: max(0, self.uri.headers.start &- 1),
                message: "the Request-URI has headers"
            )
        }
        guard bytes.equal(self.method, self.cSeq.method) else {
            throw SIPParseError(
                layer: .validation,
                offset: self.cSeq.method.start,
                header: .cSeq,
                message: "its method is not that of the request"
            )
        }
    }

    private func missingHeader(_ bytes: Span<UInt8>) -> SIPParseError {
        let order: [(SeenHeaders, HeaderName)] = [
            (.via, .via), (.from, .from), (.to, .to), (.callID, .callID), (.cSeq, .cSeq),
        ]
        let name = order.first { !self.seen.contains($0.0) }?.1
        // At the empty line, before which it should stand.
        let end = Int(self.bodyOffset)
        let lineEnd = end >= 2 && end <= bytes.count && bytes[end &- 2] == 0x0D ? 2 : 1
        return SIPParseError(
            layer: .validation,
            offset: max(0, end &- lineEnd),
            header: name,
            message: "it is missing"
        )
    }
}
