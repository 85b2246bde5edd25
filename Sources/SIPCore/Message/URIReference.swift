import CoreTypes

/// Where the parts of a URI are in the bytes that were scanned (RFC 3261 section 19.1.1).
struct URIReference: Sendable {
    /// The schemes that are distinguished.
    enum Kind: UInt8, Sendable {
        case sip, sips, tel, other
    }

    /// The whole URI.
    var whole = ByteRange()
    /// The user part, for `tel` the number; absent when there is none.
    var user = ByteRange.absent
    /// The host, its brackets included; empty unless the scheme is sip or sips.
    var host = ByteRange()
    /// From the first semicolon.
    var parameters = ByteRange()
    /// Behind the question mark; absent when there is none.
    var headers = ByteRange.absent
    var port: UInt16 = 0
    var hasPort = false
    /// Whether a password stands between user and host.
    var hasPassword = false
    var kind = Kind.sip
    private var schemeLength: UInt16 = 0

    init() {}

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ScanFailure) {
        try self.scan(bytes, range.lowerBound, range.upperBound)
    }

    /// The scheme without its colon.
    var scheme: ByteRange { ByteRange(self.whole.start, self.whole.start &+ Int(self.schemeLength)) }

    /// The password; absent when there is none.
    var password: ByteRange {
        self.hasPassword ? ByteRange(self.user.end &+ 1, self.host.start &- 1) : .absent
    }

    /// What follows the colon of a scheme that is not known.
    var opaque: ByteRange {
        self.kind == .other ? ByteRange(self.scheme.end &+ 1, self.whole.end) : ByteRange()
    }

    /// Scans the URI from `start` to before `end`, which must be all of it, into a reference that is still new.
    mutating func scan(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(ScanFailure) {
        var position = start
        try self.scan(bytes, &position, end)
        guard position == end else { throw ScanFailure(position, "this cannot stand in a URI") }
    }

    /// Scans a URI from `position`, which ends up at the byte that cannot stand in it or at `end`, into a reference
    /// that is still new.
    mutating func scan(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        let word = bytes.word(at: start) ?? bytes.key(start, 4)
        if UInt32(truncatingIfNeeded: word | 0x0020_2020) == URIReference.sipWord, end &- start >= 4 {
            self.kind = .sip
            self.schemeLength = 3
            position &+= 4
        } else {
            position = bytes.skip(.scheme, position, end)
            guard position > start, position < end, bytes[position] == UInt8(ascii: ":"),
                bytes[start] | 0x20 >= 0x61, bytes[start] | 0x20 <= 0x7A
            else { throw ScanFailure(position, "a URI starts with a scheme and a colon") }
            let scheme = start..<position
            self.schemeLength = UInt16(truncatingIfNeeded: scheme.count)
            position &+= 1
            if bytes.matches("sips", scheme) {
                self.kind = .sips
            } else if bytes.matches("tel", scheme) {
                self.kind = .tel
                try self.scanNumber(bytes, &position, end)
                self.whole = ByteRange(start, position)
                return
            } else {
                self.kind = .other
                let first = position
                position = bytes.skip(.opaque, first, end)
                guard position > first else { throw ScanFailure(position, "nothing follows the scheme") }
                self.whole = ByteRange(start, position)
                return
            }
        }
        try self.scanUser(bytes, &position, end)
        self.host = try scanHost(bytes, &position, end)
        if position < end, bytes[position] != UInt8(ascii: ">") {
            if bytes[position] == UInt8(ascii: ":") {
                position &+= 1
                self.port = try scanPort(bytes, &position, end)
                self.hasPort = true
            }
            try self.scanParameters(bytes, &position, end)
            if position < end, bytes[position] == UInt8(ascii: "?") {
                try self.scanHeaders(bytes, &position, end)
            }
        }
        self.whole = ByteRange(start, position)
    }

    // "sip:" in its lowest four bytes.
    private static let sipWord: UInt32 = 0x3A70_6973

    /// The user part, which ends at the only at sign that a SIP URI can have.
    @inline(__always)
    private mutating func scanUser(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        var at = bytes.skip(.user, start, end)
        guard at < end, bytes[at] != UInt8(ascii: ">") else { return }
        if bytes[at] == UInt8(ascii: "@"), at > start {
            self.user = ByteRange(start, at)
            position = at &+ 1
        } else {
            try self.scanUnusualUser(bytes, &position, &at, end)
        }
    }

    /// A user part with a password or escapes, or a host with a port or in brackets. `at` is the first byte that is no
    /// plain character of a user.
    @inline(never)
    private mutating func scanUnusualUser(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ at: inout Int,
        _ end: Int
    ) throws(ScanFailure) {
        let start = position
        var colon = -1
        while true {
            at = bytes.skip(.user, at, end)
            guard at < end, bytes[at] != UInt8(ascii: ">") else { return }
            let byte = bytes[at]
            if byte == UInt8(ascii: "@") { break }
            if byte == UInt8(ascii: ":"), colon < 0 {
                colon = at
                at &+= 1
            } else if isEscape(bytes, at, end) {
                at &+= 3
            } else {
                // What cannot stand in a user part matters only when there is one.
                let last = bytes.find(UInt8(ascii: ">"), at, end)
                guard bytes.find(UInt8(ascii: "@"), at, last) < last else { return }
                return try scanEscape(bytes, &at, end)
            }
        }
        // As some write who do not want to be named: no user.
        if at == start {
            position = at &+ 1
            return
        }
        let last = colon < 0 ? at : colon
        guard last > start else { throw ScanFailure(start, "the user part is empty") }
        self.user = ByteRange(start, last)
        self.hasPassword = colon >= 0
        position = at &+ 1
    }

    @inline(__always)
    private mutating func scanParameters(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        guard position < end, bytes[position] == UInt8(ascii: ";") else { return }
        let start = position
        while true {
            position = bytes.skip(.uriParameters, position, end)
            guard position < end, bytes[position] == UInt8(ascii: "%") else { break }
            try scanEscape(bytes, &position, end)
        }
        self.parameters = ByteRange(start, position)
    }

    @inline(never)
    private mutating func scanHeaders(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        position &+= 1
        let start = position
        while true {
            position = bytes.skip(.uriHeaders, position, end)
            guard position < end, bytes[position] == UInt8(ascii: "%") else { break }
            try scanEscape(bytes, &position, end)
        }
        self.headers = ByteRange(start, position)
    }

    /// A telephone number (RFC 3966), kept as the user part.
    private mutating func scanNumber(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        while position < end, bytes[position] != UInt8(ascii: ";"), CharacterClass.user.contains(bytes[position]) {
            position &+= 1
        }
        guard position > start else { throw ScanFailure(start, "the telephone number is empty") }
        self.user = ByteRange(start, position)
        try self.scanParameters(bytes, &position, end)
    }
}

/// Whether `%` and two hexadecimal digits stand at `position`.
private func isEscape(_ bytes: Span<UInt8>, _ position: Int, _ end: Int) -> Bool {
    bytes[position] == UInt8(ascii: "%") && position &+ 2 < end && bytes[position &+ 1].hexadecimalValue != nil
        && bytes[position &+ 2].hexadecimalValue != nil
}

/// Moves past `%` and two hexadecimal digits.
private func scanEscape(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
    guard isEscape(bytes, position, end) else {
        throw bytes[position] == UInt8(ascii: "%")
            ? ScanFailure(position, "two hexadecimal digits follow a percent sign")
            : ScanFailure(position, "this must be escaped in a URI")
    }
    position &+= 3
}

/// Moves past a domain name, an IPv4 address or an IPv6 reference in brackets.
@inline(__always)
func scanHost(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) -> ByteRange {
    let start = position
    if position < end, bytes[position] == UInt8(ascii: "[") {
        position = bytes.skip(.ipv6, position &+ 1, end)
        guard position < end, bytes[position] == UInt8(ascii: "]"), position > start &+ 2 else {
            throw ScanFailure(position, "an IPv6 address and a closing bracket are expected")
        }
        position &+= 1
        return ByteRange(start, position)
    }
    position = bytes.skip(.host, position, end)
    guard position > start else { throw ScanFailure(position, "a host is expected") }
    return ByteRange(start, position)
}

/// Moves past a port.
@inline(__always)
func scanPort(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) -> UInt16 {
    let start = position
    guard let value = scanUInt32(bytes, &position, end), let port = UInt16(exactly: value) else {
        throw ScanFailure(start, "a port from 0 to 65535 is expected")
    }
    return port
}
