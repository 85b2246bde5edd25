/// Reads a description line by line; total over all bytes.
struct SDPParser {
    private let bytes: ArraySlice<UInt8>
    private let limits: SDPLimits
    private var origin: SDPOrigin?
    private var name: String?
    private var hasVersion = false
    private var connection: SDPConnection?
    private var lines: [SDPLine] = []
    private var attributes: [SDPAttribute] = []
    private var media: [MediaDescription] = []

    init(bytes: ArraySlice<UInt8>, limits: SDPLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads what can be read: what is not needed for a call, and wrong, costs nobody the call.
    mutating func parse() throws(SDPParseError) -> SessionDescription {
        guard self.bytes.count <= self.limits.bytes else { throw SDPParseError(.tooLong, at: self.limits.bytes) }
        var start = self.bytes.startIndex
        var count = 0
        while start < self.bytes.endIndex {
            let end = self.bytes[start...].firstIndex(where: Self.endsLine) ?? self.bytes.endIndex
            if end > start {
                count += 1
                guard count <= self.limits.lines else { throw self.error(.tooManyLines, start) }
                try self.line(self.bytes[start..<end])
            }
            start = end < self.bytes.endIndex ? end + 1 : end
        }
        guard self.hasVersion || !self.media.isEmpty else {
            throw self.error(.missingVersion, self.bytes.startIndex)
        }
        return SessionDescription(
            origin: self.origin ?? Self.noOrigin,
            name: self.name ?? "-",
            connection: self.connection,
            lines: self.lines,
            attributes: self.attributes,
            media: self.media
        )
    }

    /// CRLF (RFC 8866 section 5), LF or CR alone, and the NUL that some peers put behind the text.
    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == 0x0A || byte == 0x0D || byte == 0
    }

    /// Who made a description that does not say it: nobody needs to know.
    private static let noOrigin = SDPOrigin(
        sessionID: 0,
        sessionVersion: 0,
        connection: SDPConnection(network: "IN", addressType: "IP4", address: "0.0.0.0")
    )

    private mutating func line(_ line: ArraySlice<UInt8>) throws(SDPParseError) {
        let start = line.startIndex
        // What is no line of a description stands in it all the same, or behind it.
        guard line.count >= 2, line[start + 1] == UInt8(ascii: "="), (0x61...0x7A).contains(line[start]) else { return }
        let value = line[(start + 2)...]
        let type = line[start]
        // Of long lines only the list of formats is of use.
        guard line.count <= self.limits.lineBytes || type == UInt8(ascii: "m") else { return }
        switch Unicode.Scalar(type) {
        case "v":
            guard !self.hasVersion else { return }
            guard Self.fields(value).map(Array.init) == [[UInt8(ascii: "0")]] else {
                throw self.error(.unsupportedVersion, start)
            }
            self.hasVersion = true
        case "o": self.origin = self.origin ?? Self.origin(value)
        case "s": self.name = self.name ?? (value.isEmpty ? "-" : Self.text(value))
        case "c": self.connectionLine(value)
        case "m": try self.mediaLine(value)
        case "a": self.attributeLine(value)
        case "i", "b", "k":
            let line = SDPLine(type: type, value: Self.text(value))
            if self.media.isEmpty {
                self.lines.append(line)
            } else {
                self.media[self.media.count - 1].lines.append(line)
            }
        case "u", "e", "p", "t", "r", "z":
            // Below an m= line these have no meaning.
            if self.media.isEmpty { self.lines.append(SDPLine(type: type, value: Self.text(value))) }
        default:
            // RFC 8866 section 5 would drop the whole description; a call is worth more than a letter.
            break
        }
    }

    /// Numbers that are none count as 0: they serve only to be compared with others.
    private static func origin(_ value: ArraySlice<UInt8>) -> SDPOrigin? {
        let fields = Self.fields(value)
        // Read from the end: some peers put a name with spaces in front.
        let first = fields.count - 5
        guard first >= 1 else { return nil }
        return SDPOrigin(
            username: fields[..<first].map(Self.text).joined(separator: " "),
            sessionID: Self.number(fields[first]) ?? 0,
            sessionVersion: Self.number(fields[first + 1]) ?? 0,
            connection: Self.connection(fields[first + 2], fields[first + 3], fields[first + 4])
        )
    }

    private mutating func connectionLine(_ value: ArraySlice<UInt8>) {
        let fields = Self.fields(value)
        guard fields.count >= 3 else { return }
        let connection = Self.connection(fields[0], fields[1], fields[2])
        if self.media.isEmpty {
            // The first one counts.
            self.connection = self.connection ?? connection
        } else {
            self.media[self.media.count - 1].connections.append(connection)
        }
    }

    /// A line that cannot be read is a medium that is not there; it keeps its place, for an answer has as many.
    private mutating func mediaLine(_ value: ArraySlice<UInt8>) throws(SDPParseError) {
        guard self.media.count < self.limits.media else { throw self.error(.tooManyMedia, value.startIndex) }
        let fields = Self.fields(value)
        let (port, count) = fields.count >= 3 ? Self.ports(fields[1]) : (0, 1)
        self.media.append(
            MediaDescription(
                kind: fields.first.map(Self.text) ?? "unknown",
                port: port,
                portCount: count,
                profile: fields.count >= 3 ? Self.text(fields[2]) : "RTP/AVP",
                formats: fields.dropFirst(3).prefix(self.limits.formats).map(Self.text)
            )
        )
    }

    private static func ports(_ field: ArraySlice<UInt8>) -> (port: UInt16, count: UInt16) {
        let parts = field.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let port = Self.number(parts[0], below: 0x1_0000) else { return (0, 1) }
        guard parts.count == 2 else { return (port, 1) }
        return (port, Self.number(parts[1], below: 0x1_0000) ?? 1)
    }

    private mutating func attributeLine(_ value: ArraySlice<UInt8>) {
        guard !value.isEmpty else { return }
        let colon = value.firstIndex(of: UInt8(ascii: ":")) ?? value.endIndex
        var attribute = SDPAttribute(
            Self.text(value[..<colon]),
            colon < value.endIndex ? Self.text(value[(colon + 1)...]) : nil
        )
        // A direction is one with a blank behind it, too.
        if attribute.value == nil {
            attribute.name = String(attribute.name[...].trimmed)
            guard !attribute.name.isEmpty else { return }
        }
        let count = self.media.last?.attributes.count ?? self.attributes.count
        let limit = self.limits.attributes
        // Hundreds of candidates must not push out what a call needs.
        guard count < (Self.needed.contains(attribute.name) ? 2 * limit : limit) else { return }
        if self.media.isEmpty {
            self.attributes.append(attribute)
        } else {
            self.media[self.media.count - 1].attributes.append(attribute)
        }
    }

    private static let needed: Set<String> = [
        "rtpmap", "fmtp", "ptime", "rtcp", "rtcp-mux", "rtcp-xr", "sendrecv", "sendonly", "recvonly", "inactive",
    ]

    private func error(_ reason: SDPParseError.Reason, _ index: Int) -> SDPParseError {
        SDPParseError(reason, at: index - self.bytes.startIndex)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func fields(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split { $0 == 0x20 || $0 == 0x09 }
    }

    /// A decimal number; one beyond 64 bits wraps, as it only serves to be compared with another.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value &* 10 &+ UInt64(byte &- 0x30)
        }
        return value
    }

    /// A decimal number without a sign, below a limit.
    private static func number(_ bytes: ArraySlice<UInt8>, below limit: UInt64) -> UInt16? {
        guard (1...5).contains(bytes.count), let value = Self.number(bytes), value < limit else { return nil }
        return UInt16(truncatingIfNeeded: value)
    }

    private static func connection(
        _ network: ArraySlice<UInt8>,
        _ addressType: ArraySlice<UInt8>,
        _ address: ArraySlice<UInt8>
    ) -> SDPConnection {
        SDPConnection(network: Self.text(network), addressType: Self.text(addressType), address: Self.text(address))
    }
}
