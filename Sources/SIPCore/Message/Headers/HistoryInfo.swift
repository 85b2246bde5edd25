/// One entry of History-Info: a target that the request was sent to (RFC 7044 section 5).
public struct HistoryInfo: SIPHeaderValue {
    /// How an entry came out of an earlier one (RFC 7044 section 10.3.1).
    public enum Change: String, Hashable, Sendable, CaseIterable {
        /// The target is another address of the same user.
        case routedToContact = "rc"
        /// The target is another user.
        case mapped = "mp"
        /// The target did not change.
        case unchanged = "np"
    }

    /// The target, with all parameters. Its URI carries the Reason for which it was left.
    public var address: NameAddress

    /// Makes an entry from its parts.
    public init(uri: SIPURI, index: [UInt32], change: Change? = nil, from origin: [UInt32] = []) {
        self.address = NameAddress(uri: uri)
        self.address.parameters.set("index", HistoryInfo.text(index))
        if let change { self.address.parameters.set(change.rawValue, HistoryInfo.text(origin)) }
    }

    /// Takes an address for an entry, with an index or, as some peers write it, without.
    public init(address: NameAddress) {
        self.address = address
    }

    /// Reads "<sip:bob@192.0.2.3>;index=1.1;rc=1"; `nil` when it breaks the grammar or has no index.
    public init?(_ text: String) {
        guard let value = HeaderScanner.read(text, HistoryInfo.init(scanning:)) else { return nil }
        self = value
    }

    init(scanning scanner: inout HeaderScanner) throws(ScanFailure) {
        self.address = try scanner.nameAddress(
            [ParameterRule("index", .index, required: true)]
                + Change.allCases.map { ParameterRule($0.rawValue, .index) }
        )
    }

    /// Numbers with dots between them.
    static func index(_ scanner: inout HeaderScanner) throws(ScanFailure) -> [UInt32] {
        var index = [try scanner.number()]
        while scanner.next == UInt8(ascii: ".") {
            scanner.advance()
            index.append(try scanner.number())
        }
        return index
    }

    private static func text(_ index: [UInt32]) -> String {
        index.map { "\($0)" }.joined(separator: ".")
    }

    private func index(_ name: String) -> [UInt32]? {
        self.address.parameters[name].flatMap { HeaderScanner.read($0, HistoryInfo.index) }
    }

    /// The URI of the target.
    public var uri: SIPURI { self.address.uri }

    /// The place in the tree of targets, from its root.
    public var index: [UInt32] { self.index("index") ?? [] }

    /// How the target was found, and the index of the entry that it was found from; `nil` when it is not said.
    public var origin: (change: Change, index: [UInt32])? {
        for change in Change.allCases {
            if let index = self.index(change.rawValue) { return (change, index) }
        }
        return nil
    }

    /// Why the target was left: the Reasons that its URI carries.
    public var reasons: [Reason] { self.embedded(.reason).flatMap { Reason.all(in: $0) } }

    /// What is to be hidden of the entry: the Privacy that its URI carries.
    public var privacy: Privacy? { self.embedded(.privacy).first.flatMap { Privacy($0) } }

    /// Why the request came to the target or left it: its `cause` or that of its URI, a status of SIP (RFC 4458, RFC 8119), and
    /// its Reasons.
    public var causes: [Reason] {
        let statuses = [self.uri.parameters.number("cause"), self.address.parameters.number("cause")].compactMap { $0 }
        return statuses.map { Reason(cause: $0) } + self.reasons
    }

    /// The headers of a name that the URI carries behind its question mark, unescaped, compact names resolved (RFC 3261 section
    /// 19.1.1).
    private func embedded(_ name: HeaderName) -> [String] {
        (self.uri.headers ?? "").split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard HeaderName(SIPURI.unescape(String(parts[0]))) == name else { return nil }
            return parts.count > 1 ? SIPURI.unescape(String(parts[1])) : ""
        }
    }

    /// The value as one item of the header.
    public var description: String { self.address.description }
}

extension SIPMessage {
    /// The History-Info entries in the order of the message.
    public var historyInfo: [HistoryInfo] { self.list(.historyInfo, HistoryInfo.init(scanning:)) }
}
