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

    mutating func parse() throws(SDPParseError) -> SessionDescription {
        guard self.bytes.count <= self.limits.bytes else { throw SDPParseError(.tooLong, at: self.limits.bytes) }
        var start = self.bytes.startIndex
        var count = 0
        while start < self.bytes.endIndex {
            let newline = self.bytes[start...].firstIndex(of: 0x0A) ?? self.bytes.endIndex
            let end = newline > start && self.bytes[newline - 1] == 0x0D ? newline - 1 : newline
            count += 1
            guard count <= self.limits.lines else { throw self.error(.tooManyLines, start) }
            guard end - start <= self.limits.lineBytes else { throw self.error(.lineTooLong, start) }
            if end > start { try self.line(self.bytes[start..<end]) }
            start = newline < self.bytes.endIndex ? newline + 1 : newline
        }
        guard self.hasVersion else { throw self.error(.missingVersion, self.bytes.startIndex) }
        guard let origin = self.origin else { throw self.error(.missingOrigin, self.bytes.endIndex) }
        return SessionDescription(
            origin: origin,
            name: self.name ?? "-",
            connection: self.connection,
            lines: self.lines,
            attributes: self.attributes,
            media: self.media
        )
    }

    private mutating func line(_ line: ArraySlice<UInt8>) throws(SDPParseError) {
        let start = line.startIndex
        guard line.count >= 2, line[start + 1] == UInt8(ascii: "="), (0x61...0x7A).contains(line[start]) else {
            throw self.error(.malformedLine, start)
        }
        let value = line[(start + 2)...]
        for index in value.indices where value[index] == 0 || value[index] == 0x0D {
            throw self.error(.forbiddenByte, index)
        }
        let type = line[start]
        guard self.hasVersion || type == UInt8(ascii: "v") else { throw self.error(.missingVersion, start) }
        switch Unicode.Scalar(type) {
        case "v":
            guard !self.hasVersion else { throw self.error(.repeatedLine, start) }
            guard Self.fields(value).map(Array.init) == [[UInt8(ascii: "0")]] else {
                throw self.error(.unsupportedVersion, start)
            }
            self.hasVersion = true
        case "o":
            guard self.origin == nil else { throw self.error(.repeatedLine, start) }
            self.origin = try self.origin(value)
        case "s":
            guard self.name == nil else { throw self.error(.repeatedLine, start) }
            self.name = value.isEmpty ? "-" : Self.text(value)
        case "c":
            try self.connectionLine(value)
        case "m":
            try self.mediaLine(value)
        case "a":
            try self.attributeLine(value)
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

    private func origin(_ value: ArraySlice<UInt8>) throws(SDPParseError) -> SDPOrigin {
        let fields = Self.fields(value)
        // Read from the end: some peers put a name with spaces in front.
        let first = fields.count - 5
        guard first >= 1, let identifier = Self.number(fields[first]), let version = Self.number(fields[first + 1])
        else { throw self.error(.malformedOrigin, value.startIndex) }
        return SDPOrigin(
            username: fields[..<first].map(Self.text).joined(separator: " "),
            sessionID: identifier,
            sessionVersion: version,
            connection: Self.connection(fields[first + 2], fields[first + 3], fields[first + 4])
        )
    }

    private mutating func connectionLine(_ value: ArraySlice<UInt8>) throws(SDPParseError) {
        let fields = Self.fields(value)
        guard fields.count == 3 else { throw self.error(.malformedConnection, value.startIndex) }
        let connection = Self.connection(fields[0], fields[1], fields[2])
        if self.media.isEmpty {
            // The first one counts.
            self.connection = self.connection ?? connection
        } else {
            self.media[self.media.count - 1].connections.append(connection)
        }
    }

    private mutating func mediaLine(_ value: ArraySlice<UInt8>) throws(SDPParseError) {
        guard self.media.count < self.limits.media else { throw self.error(.tooManyMedia, value.startIndex) }
        let fields = Self.fields(value)
        guard fields.count >= 3 else { throw self.error(.malformedMedia, value.startIndex) }
        guard fields.count - 3 <= self.limits.formats else { throw self.error(.tooManyFormats, value.startIndex) }
        let ports = fields[1].split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let port = UInt16(Self.text(ports[0])), ports[0].first != UInt8(ascii: "+"),
            let count = ports.count == 2 ? UInt16(Self.text(ports[1])) : 1
        else { throw self.error(.malformedPort, fields[1].startIndex) }
        self.media.append(
            MediaDescription(
                kind: Self.text(fields[0]),
                port: port,
                portCount: count,
                profile: Self.text(fields[2]),
                formats: fields[3...].map(Self.text)
            )
        )
    }

    private mutating func attributeLine(_ value: ArraySlice<UInt8>) throws(SDPParseError) {
        guard !value.isEmpty else { return }
        let colon = value.firstIndex(of: UInt8(ascii: ":")) ?? value.endIndex
        let attribute = SDPAttribute(
            Self.text(value[..<colon]),
            colon < value.endIndex ? Self.text(value[(colon + 1)...]) : nil
        )
        let count = self.media.last?.attributes.count ?? self.attributes.count
        guard count < self.limits.attributes else { throw self.error(.tooManyAttributes, value.startIndex) }
        if self.media.isEmpty {
            self.attributes.append(attribute)
        } else {
            self.media[self.media.count - 1].attributes.append(attribute)
        }
    }

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

    private static func connection(
        _ network: ArraySlice<UInt8>,
        _ addressType: ArraySlice<UInt8>,
        _ address: ArraySlice<UInt8>
    ) -> SDPConnection {
        SDPConnection(network: Self.text(network), addressType: Self.text(addressType), address: Self.text(address))
    }
}
