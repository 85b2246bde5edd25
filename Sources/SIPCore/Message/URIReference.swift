import CoreTypes

/// Where the parts of a URI are in the bytes that were scanned (RFC 3261 section 19.1.1).
struct URIReference: Sendable {
    /// The schemes that are told apart.
    enum Kind: UInt8, Sendable {
        case sip, sips, tel, other
    }

    var kind = Kind.sip
    /// The whole URI.
    var whole = ByteRange()
    var scheme = ByteRange()
    var user: ByteRange?
    var password: ByteRange?
    /// The host, its brackets included; empty unless the scheme is sip or sips.
    var host = ByteRange()
    var port: UInt16?
    /// From the first semicolon.
    var parameters = ByteRange()
    /// Behind the question mark.
    var headers: ByteRange?
    /// What follows the colon of a scheme that is not known.
    var opaque = ByteRange()

    init() {}

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ScanFailure) {
        let end = range.upperBound
        var position = range.lowerBound
        while position < end, URIReference.isScheme(bytes[position]) { position += 1 }
        guard position > range.lowerBound, position < end, bytes[position] == UInt8(ascii: ":"),
            bytes[range.lowerBound] | 0x20 >= 0x61, bytes[range.lowerBound] | 0x20 <= 0x7A
        else { throw ScanFailure(position, "a URI starts with a scheme and a colon") }
        let scheme = range.lowerBound..<position
        self.whole = ByteRange(range)
        self.scheme = ByteRange(scheme)
        position += 1
        if bytes.matches("sip", scheme) {
            self.kind = .sip
        } else if bytes.matches("sips", scheme) {
            self.kind = .sips
        } else if bytes.matches("tel", scheme) {
            self.kind = .tel
            try self.scanNumber(bytes, &position, end)
            return
        } else {
            self.kind = .other
            try self.scanOpaque(bytes, position, end)
            return
        }
        try self.scanUser(bytes, &position, end)
        self.host = ByteRange(try scanHost(bytes, &position, end))
        if position < end, bytes[position] == UInt8(ascii: ":") {
            position += 1
            self.port = try scanPort(bytes, &position, end)
        }
        try self.scanParameters(bytes, &position, end)
        if position < end, bytes[position] == UInt8(ascii: "?") {
            position += 1
            let start = position
            while position < end {
                let byte = bytes[position]
                guard CharacterClass.uriHeader.contains(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "&")
                else {
                    try scanEscape(bytes, &position, end)
                    continue
                }
                position += 1
            }
            self.headers = ByteRange(start..<end)
        }
        guard position == end else { throw ScanFailure(position, "this cannot stand in a URI") }
    }

    /// The user part, which ends at the only at sign that a SIP URI can have.
    private mutating func scanUser(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        var at = position
        while at < end, bytes[at] != UInt8(ascii: "@") { at += 1 }
        guard at < end else { return }
        let start = position
        var colon: Int?
        while position < at {
            let byte = bytes[position]
            if byte == UInt8(ascii: ":"), colon == nil {
                colon = position
                position += 1
            } else if CharacterClass.user.contains(byte) {
                position += 1
            } else {
                try scanEscape(bytes, &position, at)
            }
        }
        let userEnd = colon ?? at
        guard userEnd > start else { throw ScanFailure(start, "the user part is empty") }
        self.user = ByteRange(start..<userEnd)
        self.password = colon.map { ByteRange(($0 + 1)..<at) }
        position = at + 1
    }

    private mutating func scanParameters(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        guard position < end, bytes[position] == UInt8(ascii: ";") else { return }
        while position < end, bytes[position] != UInt8(ascii: "?") {
            let byte = bytes[position]
            if CharacterClass.uriParameter.contains(byte) || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "=")
                || byte == UInt8(ascii: ",")
            {
                position += 1
            } else {
                try scanEscape(bytes, &position, end)
            }
        }
        self.parameters = ByteRange(start..<position)
    }

    /// A telephone number (RFC 3966), kept as the user part.
    private mutating func scanNumber(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
        let start = position
        while position < end, bytes[position] != UInt8(ascii: ";") {
            guard CharacterClass.user.contains(bytes[position]) else {
                throw ScanFailure(position, "this cannot stand in a telephone number")
            }
            position += 1
        }
        guard position > start else { throw ScanFailure(start, "the telephone number is empty") }
        self.user = ByteRange(start..<position)
        try self.scanParameters(bytes, &position, end)
        guard position == end else { throw ScanFailure(position, "this cannot stand in a telephone number") }
    }

    private mutating func scanOpaque(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) throws(ScanFailure) {
        guard start < end else { throw ScanFailure(start, "nothing follows the scheme") }
        for position in start..<end {
            switch bytes[position] {
            case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""):
                throw ScanFailure(position, "this cannot stand in a URI")
            default: continue
            }
        }
        self.opaque = ByteRange(start..<end)
    }

    private static func isScheme(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

/// Moves past `%` and two hexadecimal digits.
private func scanEscape(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) {
    guard bytes[position] == UInt8(ascii: "%") else { throw ScanFailure(position, "this must be escaped in a URI") }
    guard position + 2 < end, bytes[position + 1].hexadecimalValue != nil, bytes[position + 2].hexadecimalValue != nil
    else { throw ScanFailure(position, "two hexadecimal digits follow a percent sign") }
    position += 3
}

/// Moves past a domain name, an IPv4 address or an IPv6 reference in brackets.
func scanHost(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) -> Range<Int> {
    let start = position
    if position < end, bytes[position] == UInt8(ascii: "[") {
        position += 1
        while position < end,
            bytes[position].hexadecimalValue != nil || bytes[position] == UInt8(ascii: ":")
                || bytes[position] == UInt8(ascii: ".")
        { position += 1 }
        guard position < end, bytes[position] == UInt8(ascii: "]"), position > start + 2 else {
            throw ScanFailure(position, "an IPv6 address and a closing bracket are expected")
        }
        position += 1
        return start..<position
    }
    while position < end, CharacterClass.host.contains(bytes[position]) { position += 1 }
    guard position > start else { throw ScanFailure(position, "a host is expected") }
    return start..<position
}

/// Moves past a port.
func scanPort(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) throws(ScanFailure) -> UInt16 {
    let start = position
    guard let value = scanUInt32(bytes, &position, end), let port = UInt16(exactly: value) else {
        throw ScanFailure(start, "a port from 0 to 65535 is expected")
    }
    return port
}
