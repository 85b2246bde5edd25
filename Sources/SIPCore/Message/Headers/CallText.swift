/// Priority: how urgent the caller thinks the request is (RFC 3261 section 20.26).
public struct Priority: SIPHeaderValue, RawRepresentable {
    /// The value as written.
    public let rawValue: String

    /// Makes a priority from its token.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Life, limb or property is in danger.
    public static let emergency = Priority(rawValue: "emergency")
    /// Urgent.
    public static let urgent = Priority(rawValue: "urgent")
    /// What holds when the header is absent.
    public static let normal = Priority(rawValue: "normal")
    /// Not urgent.
    public static let nonUrgent = Priority(rawValue: "non-urgent")

    /// Reads a token; `nil` for anything else.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Priority.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.rawValue = try scanner.token("a priority is expected")
    }

    /// The header's value.
    public var description: String { self.rawValue }

    /// Whether both are the same, in any case.
    public static func == (left: Priority, right: Priority) -> Bool {
        equalIgnoringCase(left.rawValue, right.rawValue)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(lowercased(self.rawValue)) }
}

extension SIPMessage {
    /// Priority; `nil` when it is absent or malformed, which means normal.
    public var priority: Priority? { self.one(.priority, Priority.init(scanning:)) }

    /// Subject (compact "s").
    public var subject: String? { self.words(.subject) }

    /// Organization.
    public var organization: String? { self.words(.organization) }

    /// Server: products and comments of the software that answered, as written.
    public var server: String? { self.words(.server) }

    /// User-Agent: products and comments of the software that asked, as written.
    public var userAgent: String? { self.words(.userAgent) }

    /// In-Reply-To: the Call-IDs of the calls that this one returns.
    public var inReplyTo: [String] { self.list(.inReplyTo, HeaderGrammar.callID) }
}
