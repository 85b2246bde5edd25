/// Replaces: the dialog that an INVITE takes the place of (RFC 3891 section 6.1). Join has the same form (RFC 3911).
public struct Replaces: SIPHeaderValue {
    /// The Call-ID of the dialog.
    public var callID: String
    /// The parameters: `to-tag`, `from-tag`, `early-only`.
    public var parameters: Parameters

    /// Makes a value. The tags are those of the one who gets the INVITE: `toTag` its own, `fromTag` its peer's.
    public init(callID: String, toTag: String, fromTag: String, earlyOnly: Bool = false) {
        self.callID = callID
        self.parameters = Parameters()
        self.parameters.set("to-tag", toTag)
        self.parameters.set("from-tag", fromTag)
        self.parameters.assignFlag("early-only", earlyOnly)
    }

    /// Reads "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff"; `nil` when it breaks the grammar or a tag is
    /// missing.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Replaces.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.callID = try scanner.callID()
        self.parameters = try scanner.parameters([
            ParameterRule("to-tag", .token, required: true),
            ParameterRule("from-tag", .token, required: true),
            ParameterRule("early-only", .flag),
        ])
    }

    /// The local tag of the one who gets the INVITE.
    public var toTag: String { self.parameters["to-tag"] ?? "" }
    /// The remote tag of the one who gets the INVITE.
    public var fromTag: String { self.parameters["from-tag"] ?? "" }
    /// Whether only a dialog that is not answered yet may be replaced.
    public var isEarlyOnly: Bool { self.parameters.contains("early-only") }

    /// The header's value.
    public var description: String { "\(self.callID)\(self.parameters)" }
}

extension SIPMessage {
    /// Replaces; `nil` when it is absent or malformed.
    public var replaces: Replaces? { self.one(.replaces, Replaces.init(scanning:)) }

    /// Join; `nil` when it is absent or malformed.
    public var join: Replaces? { self.one(.join, Replaces.init(scanning:)) }
}
