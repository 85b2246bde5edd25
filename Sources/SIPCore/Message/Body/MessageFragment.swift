/// Part of a SIP message: the body `message/sipfrag`, by which a NOTIFY tells how a transfer goes (RFC 3420, RFC 3515).
public struct MessageFragment: Hashable, Sendable, CustomStringConvertible {
    /// The first line of a message.
    public enum StartLine: Hashable, Sendable {
        /// A request's line.
        case request(SIPMethod, uri: String)
        /// A response's line.
        case response(Int, reason: String)
    }

    /// The type of the body.
    public static let mediaType: MediaType = {
        var type = MediaType("message", "sipfrag")
        type.parameters.set("version", "2.0")
        return type
    }()

    /// The first line; a fragment may do without.
    public var startLine: StartLine?
    /// The header lines in order.
    public var headers: [HeaderField]
    /// The body of the fragment.
    public var body: ArraySlice<UInt8>

    /// Makes the fragment that a transferee sends: a status line and nothing else (RFC 3515 section 2.4.5).
    public init(statusCode: Int, reason: String) {
        self.startLine = .response(statusCode, reason: reason)
        self.headers = []
        self.body = []
    }

    /// Reads a fragment; `nil` when it is empty or breaks the grammar. The end of the last line may be missing.
    public init?(_ bytes: ArraySlice<UInt8>, limits: BodyLimits = .standard) {
        guard let value = try? MessageFragment(parsing: bytes, limits: limits) else { return nil }
        self = value
    }

    init(parsing bytes: ArraySlice<UInt8>, limits: BodyLimits) throws(ScanFailure) {
        var lines = LineReader(bytes)
        let start = lines
        guard let first = try lines.nextFolded() else {
            throw ScanFailure(bytes.startIndex, "a start line or a header is expected")
        }
        self.startLine = try MessageFragment.startLine(lines.text(first), at: first.lowerBound)
        if self.startLine == nil { lines = start }
        self.headers = try lines.headers(limits)
        self.body = bytes[lines.position...]
        // An empty first line ends headers that are not there: a body alone is a fragment too (RFC 3420 section 2.1).
        guard self.startLine != nil || !self.headers.isEmpty || !self.body.isEmpty else {
            throw ScanFailure(bytes.startIndex, "a start line or a header is expected")
        }
    }

    /// The start line that a text is; `nil` when it is a header line or empty.
    private static func startLine(_ text: String, at offset: Int) throws(ScanFailure) -> StartLine? {
        let name = text.utf8.prefix { CharacterClass.token.contains($0) }
        let next = text.utf8[name.endIndex...].first { $0 != 0x20 && $0 != 0x09 }
        if text.isEmpty || next == UInt8(ascii: ":") { return nil }
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        if equalIgnoringCase(words[0], "SIP/2.0") {
            guard words.count >= 2, words[1].utf8.count == 3, words[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                let status = Int(words[1]), (100...699).contains(status)
            else { throw ScanFailure(offset, "a status from 100 to 699 is expected") }
            return .response(status, reason: words.count > 2 ? String(words[2]) : "")
        }
        guard words.count == 3, words[0].utf8.count == name.count, !name.isEmpty, SIPURI(String(words[1])) != nil,
            equalIgnoringCase(words[2], "SIP/2.0")
        else { throw ScanFailure(offset, "a start line or a header is expected") }
        return .request(SIPMethod(rawValue: String(words[0])), uri: String(words[1]))
    }

    /// The status of a response; `nil` in any other fragment.
    public var statusCode: Int? {
        switch self.startLine {
        case .response(let status, _): status
        case .request, nil: nil
        }
    }

    /// The reason phrase of a response; `nil` in any other fragment.
    public var reasonPhrase: String? {
        switch self.startLine {
        case .response(_, let reason): reason
        case .request, nil: nil
        }
    }

    /// The method of a request; `nil` in any other fragment.
    public var method: SIPMethod? {
        switch self.startLine {
        case .request(let method, _): method
        case .response, nil: nil
        }
    }

    /// The fragment as it is sent. What no line may hold becomes a space.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ line: String) {
            bytes += line.utf8.map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 }
            bytes += [0x0D, 0x0A]
        }
        switch self.startLine {
        case .request(let method, let uri): add("\(method) \(uri) SIP/2.0")
        case .response(let status, let reason): add("SIP/2.0 \(status) \(reason)")
        case nil: break
        }
        for field in self.headers { add(field.description) }
        if !self.body.isEmpty { bytes += [0x0D, 0x0A] + self.body }
        return bytes
    }

    /// The first line, or the names of the headers: all that a log should show of a fragment.
    public var description: String {
        switch self.startLine {
        case .request(let method, let uri): "\(method) \(uri)"
        case .response(let status, let reason): "\(status) \(reason)"
        case nil: self.headers.map(\.name.description).joined(separator: ", ")
        }
    }
}

extension SIPMessage {
    /// The fragment that the body holds; `nil` when it holds none or a malformed one.
    public var fragment: MessageFragment? {
        self.body(ofType: "message/sipfrag").flatMap { MessageFragment($0) }
    }
}
