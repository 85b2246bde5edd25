/// Reason: why a request was sent or a response given (RFC 3326).
public struct Reason: SIPHeaderValue {
    /// The protocol as written: `SIP`, `Q.850` or another token.
    public var protocolName: String
    /// The parameters, `cause` and `text` among them.
    public var parameters: Parameters

    /// Makes a reason from its parts.
    public init(protocolName: String = "SIP", cause: UInt32? = nil, text: String? = nil) {
        self.protocolName = protocolName
        self.parameters = Parameters()
        self.parameters.assign("cause", cause.map { "\($0)" })
        self.parameters.assignQuoted("text", text)
    }

    /// Reads "SIP ;cause=200 ;text=\"Call completed elsewhere\""; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, Reason.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.protocolName = try scanner.token("a protocol is expected")
        self.parameters = try scanner.parameters([ParameterRule("cause", .number), ParameterRule("text", .words)])
    }

    /// The cause: for `SIP` a status, for `Q.850` a cause of ISDN.
    public var cause: UInt32? { self.parameters.number("cause") }

    /// The reason in words.
    public var text: String? { self.parameters["text"] }

    /// The value as one item of the header.
    public var description: String { "\(self.protocolName)\(self.parameters)" }
}

extension SIPMessage {
    /// The Reasons in order, at most one a protocol by the RFC.
    public var reasons: [Reason] { self.list(.reason, Reason.init(scanning:)) }

    /// The cause that a protocol gives ("Q.850"), in any case.
    public func cause(of protocolName: String) -> UInt32? {
        self.reasons.first { equalIgnoringCase($0.protocolName, protocolName) }?.cause
    }
}
