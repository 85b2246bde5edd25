extension InviteSession {
    /// What the application is to do, in the order given.
    public enum Action: Sendable {
        /// Send a request to the host of `nextHop` and keep the role beside its transaction; `.ack` goes without one, and its
        /// bytes are kept under its key until the session ended.
        case send(SIPMessageBuilder, RequestRole, nextHop: SIPURI)
        /// Send the bytes of that ACK again, because the 2xx came again.
        case resendACK(for: AcknowledgmentKey)
        /// Cancel the INVITE's transaction; the endpoint holds the CANCEL until a provisional response came.
        case cancelInvite
        /// Respond to a request of the peer; a 2xx to INVITE is given again and again until its ACK comes.
        case respond(ServerTransactionID, SIPMessageBuilder)
        /// Something happened.
        case event(InviteSessionEvent)
        /// The session is over: the last action of its life. What comes afterwards still gets the right response.
        case ended(EndReason)
    }

    /// Why a session ended.
    public enum EndReason: Sendable, Hashable {
        /// We hung up an answered call.
        case localHangup
        /// The peer hung up.
        case remoteHangup
        /// We gave up before the peer answered.
        case localCancel
        /// The peer gave up before we answered.
        case remoteCancel
        /// The Expires of the peer's INVITE passed before we answered (RFC 3261 section 13.3.1).
        case expired
        /// The peer refused with this status (300 to 699) and reason phrase.
        case rejected(status: Int, reason: String)
        /// We refused with this status.
        case declined(status: Int)
        /// A request got no final response: the INVITE, or one inside of the dialog, which ends it (RFC 3261 section 12.2.1.2).
        case failed(TransactionFailure)
        /// The peer never acknowledged our 2xx; a BYE was sent (RFC 3261 section 13.3.1.4).
        case unacknowledged
        /// A request within the dialog got 481 or 408: it does not know the dialog any more.
        case dialogLost(status: Int)
    }
}

/// What happened in a session.
public enum InviteSessionEvent: Sendable {
    /// The callee's telephone rings (180).
    case ringing(SIPMessage)
    /// Another provisional response came, or one with a description: early media when there is a body.
    case progress(SIPMessage, body: [UInt8]?)
    /// The callee answered with this 2xx.
    ///
    /// Its body is the answer to our offer. When we made none it is an offer: `acknowledge(answer:)` must follow.
    case answered(SIPMessage)
    /// Our request was challenged with 401 or 407: `restart` sends it again with credentials, `abandon` gives up.
    case challenged(SIPMessage, RequestRole)
    /// The ACK to our 2xx came; the body is the answer when our 2xx made an offer.
    case acknowledged(body: [UInt8]?)
    /// The peer sent a re-INVITE, or an UPDATE with an offer: `answerReINVITE` or `rejectReINVITE` must follow.
    ///
    /// Without a body the peer asks for an offer of ours, which `answerReINVITE` gives and `.acknowledged` answers.
    case reINVITEReceived(ServerTransactionID, body: [UInt8]?)
    /// The peer took its pending re-INVITE back; there is nothing to answer any more.
    case reINVITECancelled(ServerTransactionID)
    /// The peer accepted our re-INVITE with this 2xx.
    ///
    /// When we made no offer its body is one: `acknowledge(answer:)` must follow.
    case reINVITEAnswered(SIPMessage)
    /// The peer refused our re-INVITE; the session goes on as it was (RFC 3261 section 14.1).
    case reINVITERejected(status: Int)
    /// The peer sent INFO (RFC 6086), which got 200.
    case info(SIPMessage)
    /// The peer sent NOTIFY outside of any subscription of ours, which got 200.
    case notified(SIPMessage)
    /// The peer sent a request of a method that the capabilities pass on: the application responds with `respond`.
    case request(ServerTransactionID, SIPMessage)
    /// A final response came to a request made by `request`.
    case response(SIPMessage)
}

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
