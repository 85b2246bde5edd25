/// Session-Expires (compact "x"): how long a session lives without a refresh (RFC 4028 section 4).
public struct SessionExpires: SIPHeaderValue {
    /// Who sends the refreshes.
    public enum Refresher: String, Hashable, Sendable {
        /// The one who sent the request that this header belongs to.
        case client = "uac"
        /// The one who answers it.
        case server = "uas"
    }

    /// The interval in seconds; the RFC asks for 90 at least.
    public var seconds: UInt32
    /// The parameters, `refresher` among them.
    public var parameters: Parameters

    /// Makes a value from its parts.
    public init(seconds: UInt32, refresher: Refresher? = nil) {
        self.seconds = seconds
        self.parameters = Parameters()
        self.parameters.assign("refresher", refresher?.rawValue)
    }

    /// Reads "4000;refresher=uac"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, SessionExpires.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.seconds = try scanner.seconds()
        self.parameters = try scanner.parameters([ParameterRule("refresher", .oneOf(["uac", "uas"]))])
    }

    /// Who sends the refreshes; `nil` when it is left to the server.
    public var refresher: Refresher? {
        self.parameters["refresher"].flatMap { Refresher(rawValue: lowercased($0)) }
    }

    /// The header's value.
    public var description: String { "\(self.seconds)\(self.parameters)" }
}

/// Min-SE: the shortest interval that is accepted (RFC 4028 section 5).
public struct MinSE: SIPHeaderValue {
    /// The interval in seconds.
    public var seconds: UInt32
    /// The parameters, none of which is defined.
    public var parameters: Parameters

    /// Makes a value.
    public init(seconds: UInt32) {
        self.seconds = seconds
        self.parameters = Parameters()
    }

    /// Reads "90"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, MinSE.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.seconds = try scanner.seconds()
        self.parameters = try scanner.parameters()
    }

    /// The header's value.
    public var description: String { "\(self.seconds)\(self.parameters)" }
}

extension SIPMessage {
    /// Session-Expires; `nil` when it is absent or malformed.
    public var sessionExpires: SessionExpires? { self.one(.sessionExpires, SessionExpires.init(scanning:)) }

    /// Min-SE; `nil` when it is absent or malformed.
    public var minSE: MinSE? { self.one(.minSE, MinSE.init(scanning:)) }
}
