/// Why a message cannot be built: the caller's mistake, reported before anything is sent.
public enum SIPBuildError: Error, Hashable, Sendable {
    /// A name that is no token.
    case illegalName(String)
    /// A value with a CR, LF or NUL: it would smuggle in a second header.
    case illegalCharacter(HeaderName)
    /// A header without which the message cannot be sent (RFC 3261 section 8.1.1 and 8.2.6).
    case missingHeader(HeaderName)
    /// A method, URI, status or reason that cannot stand in a start line.
    case illegalStartLine
    /// The buffer that was given has no room for the message.
    case bufferTooSmall
    /// What was built cannot be read back.
    case invalid(SIPParseError)
}

/// Collects a request or a response, and makes the message only when nothing that it must have is missing.
///
/// No value can smuggle in a second header: CR, LF and NUL are refused when they are added.
public struct SIPMessageBuilder: Sendable {
    enum StartLine: Sendable {
        case request(SIPMethod, uri: String)
        case response(Int, reason: String)
    }

    /// One header; the value is bytes, for a response echoes what was sent even when it is no text.
    struct Field: Sendable {
        var name: HeaderName
        var value: [UInt8]
        /// Whether the value came in a message, where it may be folded and hold any byte.
        var isEchoed = false
    }

    var startLine: StartLine
    /// What a response copies of its request; `nil` of a request, and of a response in which one of these was changed.
    var echo: Echo?
    var fields: [Field] = []
    var body: [UInt8] = []

    /// Starts a request, with Max-Forwards 70 (RFC 3261 section 8.1.1.6).
    public init(request method: SIPMethod, uri: SIPURI) {
        self.startLine = .request(method, uri: uri.description)
        self.fields.append(Field(name: .maxForwards, value: Array("70".utf8)))
    }

    /// Starts a copy of a message, to be changed: every header but Content-Length as it came.
    public init(copying message: SIPMessage) {
        if message.isRequest {
            self.startLine = .request(message.method, uri: message.requestURIText)
        } else {
            // What no start line may hold, though a liberal reader let it pass, becomes a space.
            let reason = message.reasonPhrase.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
            self.startLine = .response(message.statusCode, reason: String(decoding: reason, as: UTF8.self))
        }
        for entry in message.entries where entry.known != .contentLength {
            var value = Array(message.storage[entry.value.range])
            // A response may come with a CR that stands alone, and does not leave with it.
            for index in value.indices where value[index] == 0x0D && !message.isRequest {
                if index + 1 == value.count || value[index + 1] != 0x0A { value[index] = 0x20 }
            }
            self.fields.append(Field(name: entry.headerName(in: message.storage), value: value, isEchoed: true))
        }
        self.body = Array(message.body)
    }

    init(startLine: StartLine) {
        self.startLine = startLine
    }

    // MARK: What is collected

    /// The method of a request; `nil` for a response.
    public var method: SIPMethod? {
        if case .request(let method, _) = self.startLine { method } else { nil }
    }

    /// The status of a response; `nil` for a request.
    public var statusCode: Int? {
        if case .response(let status, _) = self.startLine { status } else { nil }
    }

    /// The Request-URI of a request as text; `nil` for a response.
    public var requestURIText: String? {
        if case .request(_, let uri) = self.startLine { uri } else { nil }
    }

    /// Whether there is a header of that name.
    public func hasHeader(_ name: HeaderName) -> Bool {
        self.fields(with: name).contains { $0.name == name }
    }

    /// The value of the first header of that name; `nil` when there is none.
    public func first(_ name: HeaderName) -> String? {
        self.fields(with: name).first { $0.name == name }.map {
            String(decoding: unfolded($0.value[...]), as: UTF8.self)
        }
    }

    // MARK: Changing

    /// Adds a header behind the others. Throws for a name that is no token and a value with CR, LF or NUL.
    public mutating func add(_ name: HeaderName, _ value: String) throws(SIPBuildError) {
        self.takeOver(name)
        self.fields.append(try SIPMessageBuilder.checked(name, value))
    }

    /// Adds a header before all others: a Via, a Route. Throws as `add` does.
    public mutating func prepend(_ name: HeaderName, _ value: String) throws(SIPBuildError) {
        self.takeOver(name)
        self.fields.insert(try SIPMessageBuilder.checked(name, value), at: 0)
    }

    /// Puts one header in place of all of that name, where the first of them stood. Throws as `add` does.
    public mutating func replace(_ name: HeaderName, _ value: String) throws(SIPBuildError) {
        let field = try SIPMessageBuilder.checked(name, value)
        self.takeOver(name)
        guard let index = self.fields.firstIndex(where: { $0.name == name }) else {
            self.fields.append(field)
            return
        }
        self.fields[index] = field
        var after = index + 1
        while after < self.fields.count {
            if self.fields[after].name == name { self.fields.remove(at: after) } else { after += 1 }
        }
    }

    /// Removes every header of that name.
    public mutating func remove(_ name: HeaderName) {
        self.takeOver(name)
        self.fields.removeAll { $0.name == name }
    }

    /// Sets the body and its type; an empty body without a type removes both. A type with CR, LF or NUL is refused
    /// by `build`.
    public mutating func setBody(_ body: [UInt8], contentType: String?) {
        self.body = body
        self.remove(.contentType)
        guard let contentType else { return }
        self.fields.append(Field(name: .contentType, value: Array(contentType.utf8)))
    }

    // MARK: Building

    /// Makes the message, with Content-Length written.
    ///
    /// `via` is put on top, when it is given. Throws when a mandatory header is missing or what was built would not
    /// be accepted by our own parser.
    public func build(via: Via? = nil) throws(SIPBuildError) -> SIPMessage {
        let bytes = try self.serialize(via: via)
        do {
            return try SIPMessage(bytes)
        } catch {
            if error.layer == .validation, let header = error.header, !self.hasHeader(header) {
                throw .missingHeader(header)
            }
            throw .invalid(error)
        }
    }

    private func serialize(via: Via?) throws(SIPBuildError) -> [UInt8] {
        if let echo = self.echo {
            guard let via else { return try self.write(echo, from: nil) }
            var copy = self
            copy.takeOver(.via)
            return try copy.serialize(via: via)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.fields.reduce(self.body.count + 256) { $0 + $1.value.count + 24 })
        try self.writeStartLine(to: &bytes)
        if let via { SIPMessageBuilder.write(try SIPMessageBuilder.checked(.via, via.description), to: &bytes) }
        // A proxy reads from the top: what carries the message comes first, as RFC 3261 section 7.3.1 asks.
        let vias = self.fields.filter { $0.name == .via }
        for field in vias + self.fields.filter({ $0.name != .via && $0.name != .contentLength }) {
            guard SIPMessageBuilder.isSafe(field) else { throw .illegalCharacter(field.name) }
            SIPMessageBuilder.write(field, to: &bytes)
        }
        if case .request = self.startLine, !self.hasHeader(.maxForwards) { throw .missingHeader(.maxForwards) }
        SIPMessageBuilder.write(Field(name: .contentLength, value: Array("\(self.body.count)".utf8)), to: &bytes)
        bytes += [0x0D, 0x0A]
        bytes += self.body
        return bytes
    }

    private func writeStartLine(to bytes: inout [UInt8]) throws(SIPBuildError) {
        switch self.startLine {
        case .request(let method, let uri):
            guard !method.rawValue.isEmpty, method.rawValue.utf8.allSatisfy({ CharacterClass.token.contains($0) }),
                !uri.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
            else { throw .illegalStartLine }
            bytes += "\(method) \(uri) SIP/2.0\r\n".utf8
        case .response(let status, let reason):
            guard (100...699).contains(status), !reason.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else {
                throw .illegalStartLine
            }
            bytes += "SIP/2.0 \(status) \(reason)\r\n".utf8
        }
    }

    private static func checked(_ name: HeaderName, _ value: String) throws(SIPBuildError) -> Field {
        if name.known == nil, HeaderName(name.other) == nil { throw .illegalName(name.other) }
        let field = Field(name: name, value: Array(value.utf8))
        guard SIPMessageBuilder.isSafe(field) else { throw .illegalCharacter(name) }
        return field
    }

    /// Whether the value is one header and no more: of an echoed one, each line end folds a line.
    private static func isSafe(_ field: Field) -> Bool {
        guard field.isEchoed else { return !field.value.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 } }
        let value = field.value
        for (index, byte) in value.enumerated() {
            switch byte {
            case 0x0A:
                guard index + 1 < value.count, value[index + 1] == 0x20 || value[index + 1] == 0x09 else {
                    return false
                }
            case 0x0D:
                guard index + 1 < value.count, value[index + 1] == 0x0A else { return false }
            default: continue
            }
        }
        return true
    }

    private static func write(_ field: Field, to bytes: inout [UInt8]) {
        bytes += field.name.description.utf8
        bytes += [0x3A, 0x20]
        bytes += field.value
        bytes += [0x0D, 0x0A]
    }
}
