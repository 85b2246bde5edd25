/// Diversion: who sent the call on, and why (RFC 5806).
public struct Diversion: SIPHeaderValue {
    /// The one who diverted, with all parameters.
    public var address: NameAddress

    /// Makes a diversion from its parts.
    public init(uri: SIPURI, displayName: String? = nil, reason: String? = nil, counter: UInt32? = nil) {
        self.address = NameAddress(displayName: displayName, uri: uri)
        self.address.parameters.assign("reason", reason)
        self.address.parameters.assign("counter", counter.map { "\($0)" })
    }

    /// Reads "<sip:diverting@example.com>;reason=user-busy;counter=1"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Diversion.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.address = try scanner.nameAddress([
            ParameterRule("reason", .tokenOrQuoted), ParameterRule("counter", .number),
            ParameterRule("limit", .number), ParameterRule("privacy", .tokenOrQuoted),
            ParameterRule("screen", .tokenOrQuoted),
        ])
    }

    /// The URI of the one who diverted.
    public var uri: SIPURI { self.address.uri }
    /// Why: `unknown`, `user-busy`, `no-answer`, `unconditional`, `deflection` and others.
    public var reason: String? { self.address.parameters["reason"] }
    /// How often the call was diverted.
    public var counter: UInt32? { self.address.parameters.number("counter") }
    /// How often it may be.
    public var limit: UInt32? { self.address.parameters.number("limit") }
    /// What is to be hidden: `full`, `name`, `uri`, `off`.
    public var privacy: String? { self.address.parameters["privacy"] }
    /// Whether the address was checked: `yes`, `no`.
    public var screen: String? { self.address.parameters["screen"] }

    /// The value as one item of the header.
    public var description: String { self.address.description }
}

extension SIPMessage {
    /// The Diversions, the latest first.
    public var diversions: [Diversion] { self.list(.diversion, Diversion.init(scanning:)) }
}
