/// What a request that a session wants sent is for: the application keeps it beside the transaction and hands it back with the
/// response.
public enum RequestRole: Hashable, Sendable {
    /// The INVITE that begins the session.
    case invite
    /// An ACK to a 2xx: sent without a transaction, its bytes kept under the key to be sent again.
    case ack(AcknowledgmentKey)
    /// The BYE that ends the session.
    case bye
    /// A CANCEL; an endpoint that makes CANCEL itself never needs it.
    case cancel
    /// A re-INVITE within the session.
    case reinvite
    /// The BYE to a fork that answered although it was not wanted; nothing depends on its outcome.
    case release
    /// Any other request within the dialog: INFO, REFER, OPTIONS …
    case other
}

/// Names one ACK to a 2xx: which fork it went to and which INVITE it acknowledges (RFC 3261 section 13.2.2.4).
public struct AcknowledgmentKey: Hashable, Sendable {
    /// The tag of the side that answered; empty when a peer of RFC 2543 gave none.
    public let remoteTag: String
    /// The CSeq number of the INVITE.
    public let cSeq: UInt32

    /// Makes a key from its parts.
    public init(remoteTag: String, cSeq: UInt32) {
        self.remoteTag = remoteTag
        self.cSeq = cSeq
    }

    /// The key of the ACK to the 2xx `response`.
    public init(of response: SIPMessage) {
        self.init(remoteTag: response.to.tag ?? "", cSeq: response.cSeq.number)
    }
}
