/// What tells one transaction from another (RFC 3261 sections 17.1.3 and 17.2.3).
public enum TransactionKey: Hashable, Sendable {
    /// A client's: the branch that we chose, and the method of CSeq.
    case client(branch: String, method: SIPMethod)
    /// A server's by RFC 3261: the client's branch, the sent-by of its Via, and the method with ACK taken as INVITE.
    case server(branch: String, sentBy: String, method: SIPMethod)
    /// A server's by RFC 2543, for a client whose branch lacks the magic cookie.
    ///
    /// The To tag is not part of it, for an INVITE has none where its ACK has that of the answer.
    case legacyServer(uri: String, fromTag: String, callID: String, number: UInt32, via: String, method: SIPMethod)

    /// What a branch starts with that is unique in space and time (RFC 3261 section 8.1.1.7).
    public static let magicCookie = "z9hG4bK"

    /// The key under which our client transaction waits for this answer; `nil` when its top Via has no branch.
    public init?(response: SIPMessage) {
        guard let branch = response.topVia.branch else { return nil }
        self = .client(branch: branch, method: response.cSeq.method)
    }

    /// The key of the server transaction that this request belongs to, `method` given for a CANCEL's INVITE.
    public init(request: SIPMessage, method: SIPMethod? = nil) {
        let via = request.topVia
        let own = method ?? request.method
        let matched = own == .ack ? .invite : own
        if let branch = via.branch, branch.utf8.count > Self.magicCookie.utf8.count, Self.hasMagicCookie(branch) {
            self = .server(branch: branch, sentBy: via.sentBy, method: matched)
        } else {
            self = .legacyServer(
                uri: request.requestURIText,
                fromTag: request.fromTag ?? "",
                callID: request.callID,
                number: request.cSeq.number,
                via: via.sentBy + ";" + (via.branch ?? ""),
                method: matched
            )
        }
    }

    /// Whether the key is one of RFC 2543, whose ACK needs its To tag compared.
    public var isLegacy: Bool {
        switch self {
        case .legacyServer: true
        case .client, .server: false
        }
    }

    private static func hasMagicCookie(_ branch: String) -> Bool {
        // The token is case-insensitive for some stacks, and comparing it so cannot confuse two transactions.
        zip(branch.utf8, self.magicCookie.utf8).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
    }
}

/// What a request that reached us by two ways has in common (RFC 3261 section 8.2.2.2).
struct MergeKey: Hashable, Sendable {
    var fromTag: String
    var callID: String
    var number: UInt32
    var method: SIPMethod

    init(_ request: SIPMessage, method: SIPMethod? = nil) {
        self.fromTag = request.fromTag ?? ""
        self.callID = request.callID
        self.number = request.cSeq.number
        self.method = method ?? request.method
    }
}
