extension InviteSession {
    /// Where a session stands (RFC 3261 sections 13 to 15).
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Caller: nothing was sent yet.
        case idle
        /// Caller: the INVITE was sent, nothing came back.
        case calling
        /// Caller: a provisional response came.
        case proceeding
        /// Caller: 401 or 407 came, and the application decides whether to try again.
        case challenged
        /// Caller: the INVITE is canceled, its final response is awaited.
        case cancelling
        /// Caller: a 2xx with an offer came, and the application has to answer it in the ACK.
        case answered
        /// Callee: the INVITE came.
        case incoming
        /// Callee: a provisional response was sent.
        case ringing
        /// Callee: a 2xx was sent, its ACK is awaited.
        case accepted
        /// Callee: we hung up before the ACK came; the BYE has to wait for it (RFC 3261 section 15).
        case releasing
        /// Both: the session stands.
        case confirmed
        /// Both: our BYE was sent.
        case ending
        /// Both: over.
        case ended
    }

    /// What can happen to a session.
    enum Input: String, Sendable, Hashable, CaseIterable {
        /// The application calls.
        case start
        /// A provisional response to the INVITE.
        case provisional
        /// A 2xx to the INVITE that can be acknowledged at once.
        case success
        /// A 2xx to the INVITE with an offer.
        case lateOffer
        /// 401 or 407 to the INVITE.
        case challenge
        /// Any other final response to the INVITE.
        case refusal
        /// The INVITE got no final response.
        case failure
        /// The application sends the INVITE again with credentials.
        case restart
        /// The application answers the offer in the 2xx.
        case acknowledge
        /// The application sends a provisional response.
        case ring
        /// The application accepts.
        case accept
        /// The application refuses.
        case reject
        /// The INVITE of the peer was canceled, expired, or ended without us.
        case withdrawal
        /// The ACK to the 2xx of the INVITE.
        case acknowledgment
        /// A 2xx stayed without ACK for 64 times T1.
        case unacknowledged
        /// The application hangs up.
        case hangUp
        /// The peer's BYE.
        case remoteBye
        /// A request within the dialog showed that the peer does not know it.
        case dialogLoss
        /// The BYE is done with, with a response or without.
        case byeDone
        /// The time for CANCEL or BYE is over.
        case limit
    }
}

extension InviteSession.State {
    /// What each input does in each state; an input that is not listed has no effect.
    private static let transitions: [InviteSession.State: [InviteSession.Input: InviteSession.State]] = [
        .idle: [.start: .calling, .hangUp: .ended],
        .calling: [
            .provisional: .proceeding, .success: .confirmed, .lateOffer: .answered, .challenge: .challenged,
            .refusal: .ended, .failure: .ended, .hangUp: .cancelling,
        ],
        .proceeding: [
            .provisional: .proceeding, .success: .confirmed, .lateOffer: .answered, .challenge: .challenged,
            .refusal: .ended, .failure: .ended, .hangUp: .cancelling,
        ],
        .challenged: [.restart: .calling, .refusal: .ended, .hangUp: .ended],
        .cancelling: [
            .provisional: .cancelling, .success: .ending, .lateOffer: .ending, .challenge: .ended, .refusal: .ended,
            .failure: .ended, .limit: .ended,
        ],
        .answered: [.acknowledge: .confirmed, .hangUp: .ending, .dialogLoss: .ending, .remoteBye: .ended],
        .incoming: [
            .ring: .ringing, .accept: .accepted, .reject: .ended, .withdrawal: .ended, .hangUp: .ended,
            .remoteBye: .ended,
        ],
        .ringing: [
            .ring: .ringing, .accept: .accepted, .reject: .ended, .withdrawal: .ended, .hangUp: .ended,
            .remoteBye: .ended,
        ],
        .accepted: [
            .acknowledgment: .confirmed, .unacknowledged: .ending, .dialogLoss: .ending, .hangUp: .releasing,
            .remoteBye: .ended,
        ],
        .releasing: [
            .acknowledgment: .ending, .unacknowledged: .ending, .dialogLoss: .ending, .remoteBye: .ended,
        ],
        .confirmed: [.hangUp: .ending, .unacknowledged: .ending, .dialogLoss: .ending, .remoteBye: .ended],
        .ending: [.byeDone: .ended, .remoteBye: .ended, .limit: .ended],
        .ended: [:],
    ]

    /// The state after `input`, or `nil` where the input has no effect.
    func next(on input: InviteSession.Input) -> InviteSession.State? {
        Self.transitions[self]?[input]
    }
}
