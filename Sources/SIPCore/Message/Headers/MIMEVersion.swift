/// MIME-Version (RFC 3261 section 20.24).
public struct MIMEVersion: SIPHeaderValue {
    /// The number before the dot.
    public var major: UInt32
    /// The number behind the dot.
    public var minor: UInt32

    /// The version that there is.
    public static let current = MIMEVersion(major: 1, minor: 0)

    /// Makes a version from its parts.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Reads "1.0"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, MIMEVersion.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.major = try scanner.number()
        try scanner.expect(UInt8(ascii: "."), "a dot is expected")
        self.minor = try scanner.number()
    }

    /// The header's value.
    public var description: String { "\(self.major).\(self.minor)" }
}

extension SIPMessage {
    /// MIME-Version; `nil` when it is absent or malformed.
    public var mimeVersion: MIMEVersion? { self.one(.mimeVersion, MIMEVersion.init(scanning:)) }
}
