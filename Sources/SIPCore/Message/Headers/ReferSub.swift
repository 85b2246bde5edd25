/// Refer-Sub: whether a REFER makes a subscription (RFC 4488 section 4).
public struct ReferSub: SIPHeaderValue {
    /// Whether it does.
    public var isSubscribed: Bool
    /// The parameters, none of which is defined.
    public var parameters: Parameters

    /// Makes a value.
    public init(_ isSubscribed: Bool) {
        self.isSubscribed = isSubscribed
        self.parameters = Parameters()
    }

    /// Reads "true" or "false"; `nil` when it breaks the grammar.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, ReferSub.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        let start = scanner.position
        let word = try scanner.token("true or false is expected")
        guard equalIgnoringCase(word, "true") || equalIgnoringCase(word, "false") else {
            throw ScanFailure(start, "true or false is expected")
        }
        self.isSubscribed = equalIgnoringCase(word, "true")
        self.parameters = try scanner.parameters()
    }

    /// The header's value.
    public var description: String { "\(self.isSubscribed)\(self.parameters)" }
}

extension SIPMessage {
    /// Refer-Sub; `nil` when it is absent or malformed, which means true.
    public var referSub: ReferSub? { self.one(.referSub, ReferSub.init(scanning:)) }

    /// Flow-Timer: seconds after which a silent flow is dead (RFC 5626 section 10).
    public var flowTimer: UInt32? { self.one(.flowTimer, HeaderGrammar.number) }

    /// SIP-ETag: the name of what was published (RFC 3903 section 11.3.1).
    public var sipETag: String? { self.one(.sipETag, HeaderGrammar.token) }

    /// SIP-If-Match: what a PUBLISH changes (RFC 3903 section 11.3.2).
    public var sipIfMatch: String? { self.one(.sipIfMatch, HeaderGrammar.token) }

    /// Request-Disposition: what the caller wants of proxies (RFC 3841 section 9.1).
    public var requestDisposition: [String] { self.list(.requestDisposition, HeaderGrammar.token) }
}
