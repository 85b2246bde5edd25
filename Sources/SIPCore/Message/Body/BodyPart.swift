/// One part of a body: its own headers and bytes (RFC 2046 section 5.1, RFC 5621).
public struct BodyPart: Hashable, Sendable {
    /// The header lines of the part; for a body without parts, those of the message that describe it.
    public var headers: [HeaderField]
    /// The bytes, as they are: a NUL, a bare CR or LF included.
    public var body: ArraySlice<UInt8>

    /// Makes a part of a type.
    public init(_ type: MediaType, _ body: some Sequence<UInt8>, disposition: ContentDisposition? = nil) {
        self.headers = [HeaderField(.contentType, type.description)]
        if let disposition { self.headers.append(HeaderField(.contentDisposition, disposition.description)) }
        self.body = ArraySlice(body)
    }

    init(headers: [HeaderField], body: ArraySlice<UInt8>) {
        self.headers = headers
        self.body = body
    }

    /// The type; `text/plain` when the part does not say (RFC 2046 section 5.1), `nil` when what it says is malformed.
    public var mediaType: MediaType? {
        guard let text = self.headers.first(.contentType) else { return MediaType("text", "plain") }
        return MediaType(text)
    }

    /// What the part is for: what it says, or `session` for a description and `render` for all else (RFC 3261
    /// section 20.11).
    public var disposition: ContentDisposition {
        if let said = self.headers.first(.contentDisposition).flatMap({ ContentDisposition($0) }) { return said }
        return ContentDisposition(self.mediaType?.name == "application/sdp" ? "session" : "render")
    }

    /// The Content-ID without angle brackets, by which a `cid` URI means this part (RFC 2392).
    public var contentID: String? {
        guard let text = self.headers.first("Content-ID"), text.hasPrefix("<"), text.hasSuffix(">"), text.utf8.count > 2
        else { return nil }
        return String(text.dropFirst().dropLast())
    }

    /// Whether the bytes are the content itself, neither compressed nor in another alphabet.
    public var isPlain: Bool {
        func isIdentity(_ value: String?, _ names: [String]) -> Bool {
            guard let value else { return true }
            return names.contains { equalIgnoringCase($0, value) }
        }
        return isIdentity(self.headers.first(.contentEncoding), ["identity"])
            && isIdentity(self.headers.first("Content-Transfer-Encoding"), ["binary", "8bit", "7bit"])
    }

    /// The parts of a part that is a multipart itself; `nil` when it is none or is malformed.
    public func multipart(limits: BodyLimits = .standard) -> MultipartBody? {
        guard let type = self.mediaType, type.isMultipart else { return nil }
        return MultipartBody(self.body, type: type, limits: limits)
    }
}

extension MediaType {
    /// Whether bodies of the type have parts.
    public var isMultipart: Bool { equalIgnoringCase(self.type, "multipart") }
}

/// What reading a body may cost: each limit holds before anything is allocated for it.
public struct BodyLimits: Hashable, Sendable {
    /// The most parts of one multipart body, and of all that are nested in it together.
    public var partCount = 64
    /// How deep multipart bodies may be nested; the outermost counts as one.
    public var depth = 4
    /// The most header lines of a part or a fragment.
    public var headerCount = 64
    /// The longest header line in bytes, its folded lines included.
    public var headerLength = 8_192

    /// Makes the limits that hold unless one is changed.
    public init() {}

    /// The limits that hold unless others are given.
    public static let standard = BodyLimits()
}
