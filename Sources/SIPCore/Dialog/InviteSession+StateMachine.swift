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
        /// The BYE is done with, answered or not.
        case byeDone
        /// The time for CANCEL or BYE is over.
        case limit
    }
}

extension InviteSession.State {
    /// The state after `input`, or `nil` where the input has no effect: the whole machine as a table.
    func next(on input: InviteSession.Input) -> InviteSession.State? {
        switch self {
        case .idle:
            switch input {
            case .start: .calling
            case .hangUp: .ended
            case .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge, .ring,
                .accept,
                .reject, .withdrawal, .acknowledgment, .unacknowledged, .remoteBye, .dialogLoss, .byeDone, .limit:
                nil
            }
        case .calling, .proceeding:
            switch input {
            case .provisional: .proceeding
            case .success: .confirmed
            case .lateOffer: .answered
            case .challenge: .challenged
            case .refusal, .failure: .ended
            case .hangUp: .cancelling
            case .start, .restart, .acknowledge, .ring, .accept, .reject, .withdrawal, .acknowledgment, .unacknowledged,
                .remoteBye, .dialogLoss, .byeDone, .limit:
                nil
            }
        case .challenged:
            switch input {
            case .restart: .calling
            case .refusal, .hangUp: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .failure, .acknowledge, .ring, .accept,
                .reject,
                .withdrawal, .acknowledgment, .unacknowledged, .remoteBye, .dialogLoss, .byeDone, .limit:
                nil
            }
        case .cancelling:
            switch input {
            case .provisional: .cancelling
            case .success, .lateOffer: .ending
            case .challenge, .refusal, .failure, .limit: .ended
            case .start, .restart, .acknowledge, .ring, .accept, .reject, .withdrawal, .acknowledgment, .unacknowledged,
                .hangUp, .remoteBye, .dialogLoss, .byeDone:
                nil
            }
        case .answered:
            switch input {
            case .acknowledge: .confirmed
            case .hangUp, .dialogLoss: .ending
            case .remoteBye: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .ring, .accept,
                .reject, .withdrawal, .acknowledgment, .unacknowledged, .byeDone, .limit:
                nil
            }
        case .incoming, .ringing:
            switch input {
            case .ring: .ringing
            case .accept: .accepted
            case .reject, .withdrawal, .hangUp, .remoteBye: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge,
                .acknowledgment, .unacknowledged, .dialogLoss, .byeDone, .limit:
                nil
            }
        case .accepted:
            switch input {
            case .acknowledgment: .confirmed
            case .unacknowledged, .dialogLoss: .ending
            case .hangUp: .releasing
            case .remoteBye: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge,
                .ring,
                .accept, .reject, .withdrawal, .byeDone, .limit:
                nil
            }
        case .releasing:
            switch input {
            case .acknowledgment, .unacknowledged, .dialogLoss: .ending
            case .remoteBye: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge,
                .ring,
                .accept, .reject, .withdrawal, .hangUp, .byeDone, .limit:
                nil
            }
        case .confirmed:
            switch input {
            case .hangUp, .unacknowledged, .dialogLoss: .ending
            case .remoteBye: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge,
                .ring,
                .accept, .reject, .withdrawal, .acknowledgment, .byeDone, .limit:
                nil
            }
        case .ending:
            switch input {
            case .byeDone, .remoteBye, .limit: .ended
            case .start, .provisional, .success, .lateOffer, .challenge, .refusal, .failure, .restart, .acknowledge,
                .ring,
                .accept, .reject, .withdrawal, .acknowledgment, .unacknowledged, .hangUp, .dialogLoss:
                nil
            }
        case .ended:
            nil
        }
    }
}
