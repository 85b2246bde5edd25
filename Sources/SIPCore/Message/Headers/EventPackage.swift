/// Event (compact "o"): what a subscription is about (RFC 6665 section 8.2.1).
public struct EventPackage: SIPHeaderValue {
    /// The event type as written: a package, and templates behind dots ("presence.winfo").
    public var name: String
    /// The parameters, `id` among them.
    public var parameters: Parameters

    /// Makes an event from its parts.
    public init(_ name: String, id: String? = nil) {
        self.name = name
        self.parameters = Parameters()
        self.parameters.assign("id", id)
    }

    /// Reads "refer;id=93809824"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, EventPackage.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.name = try EventPackage.packageName(&scanner)
        self.parameters = try scanner.parameters([ParameterRule("id", .token)])
    }

    /// Tokens without dots, and a dot between two.
    static func packageName(_ scanner: inout HeaderScanner) throws(ScanFailure) -> String {
        let start = scanner.position
        let name = try scanner.token("an event package is expected")
        guard !name.hasPrefix("."), !name.hasSuffix("."), !name.contains("..") else {
            throw ScanFailure(start, "a dot may only stand between names")
        }
        return name
    }

    /// The number that tells apart subscriptions of one dialog to one package.
    public var id: String? { self.parameters["id"] }

    /// Whether both are the same event: type and `id` byte by byte, other parameters do not count (section 8.2.1).
    public func matches(_ other: EventPackage) -> Bool {
        self.name == other.name && self.id == other.id
    }

    /// The header's value.
    public var description: String { "\(self.name)\(self.parameters)" }
}

extension SIPMessage {
    /// Event; `nil` when it is absent or malformed.
    public var event: EventPackage? { self.one(.event, EventPackage.init(scanning:)) }

    /// Allow-Events (compact "u"): the event types that the peer understands.
    public var allowEvents: [String] { self.list(.allowEvents, EventPackage.packageName) }
}
