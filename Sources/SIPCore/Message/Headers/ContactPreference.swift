/// One item of Accept-Contact or Reject-Contact: what device the caller wants (RFC 3841 section 9.2).
public struct ContactPreference: SIPHeaderValue {
    /// The features, and `require` and `explicit`.
    public var parameters: Parameters

    /// Makes a preference from its parameters.
    public init(parameters: Parameters = Parameters()) {
        self.parameters = parameters
    }

    /// Reads "*;audio;require"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, ContactPreference.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        try scanner.expect(UInt8(ascii: "*"), "an asterisk is expected")
        self.parameters = try scanner.parameters([ParameterRule("require", .flag), ParameterRule("explicit", .flag)])
    }

    /// Whether a device that does not match is not to be called.
    public var isRequired: Bool { self.parameters.contains("require") }
    /// Whether a device that does not say is taken for one that does not match.
    public var isExplicit: Bool { self.parameters.contains("explicit") }

    /// The value as one item of the header.
    public var description: String { "*\(self.parameters)" }
}

extension SIPMessage {
    /// Accept-Contact (compact "a").
    public var acceptContact: [ContactPreference] { self.list(.acceptContact, ContactPreference.init(scanning:)) }

    /// Reject-Contact (compact "j").
    public var rejectContact: [ContactPreference] { self.list(.rejectContact, ContactPreference.init(scanning:)) }
}
