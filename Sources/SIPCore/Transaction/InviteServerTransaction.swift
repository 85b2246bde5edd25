/// The server's side of an INVITE (RFC 3261 section 17.2.1, RFC 6026 sections 7.1 and 8.5), with its CANCEL.
enum InviteServerTransaction: TransactionRules {
    /// Where the transaction stands.
    enum State: UInt8, Sendable, Hashable, CaseIterable {
        /// No final response was given.
        case proceeding
        /// As Proceeding, and a CANCEL came: the transaction user's time is short.
        case proceedingCanceled
        /// A 3xx to 6xx was given, the ACK is awaited.
        case completed
        /// The ACK came, its retransmissions are absorbed.
        case confirmed
        /// A 2xx was given: retransmissions of the INVITE are absorbed.
        case accepted
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    enum Input: UInt8, Sendable, Hashable, CaseIterable {
        /// The INVITE came again.
        case invite
        /// An ACK came.
        case ack
        /// A CANCEL came.
        case cancel
        /// The transaction user gives a 1xx.
        case provisional
        /// The transaction user gives a 2xx.
        case success
        /// The transaction user gives a 3xx to 6xx.
        case failure
        /// The time for the first response is over.
        case tryingExpired
        /// The transaction user's time is over.
        case unansweredExpired
        /// The transaction user's time after a CANCEL is over.
        case canceledExpired
        case timerG
        case timerH
        case timerI
        case timerL
        /// The transport could not deliver.
        case transportFailure
    }

    static let kind = TransactionKind.inviteServer
    static let start = State.proceeding
    static let startingTimers: TimerSet = [.trying, .unanswered]

    static func input(of event: TransactionEvent) -> Input? {
        switch event {
        case .request: .invite
        case .ack: .ack
        case .cancel: .cancel
        case .response(..<200): .provisional
        case .response(..<300): .success
        case .response: .failure
        case .transportFailure: .transportFailure
        case .timer(.trying): .tryingExpired
        case .timer(.unanswered): .unansweredExpired
        case .timer(.canceled): .canceledExpired
        case .timer(.g): .timerG
        case .timer(.h): .timerH
        case .timer(.i): .timerI
        case .timer(.l): .timerL
        case .timer: nil
        }
    }

    static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        // Without a response yet the INVITE that came again gets a 100, so that none is due any more.
        case (.proceeding, .invite), (.proceedingCanceled, .invite): .to(state, .send, stops: .trying)
        case (.proceeding, .tryingExpired), (.proceedingCanceled, .tryingExpired): .to(state, .sendTrying)
        case (.proceeding, .provisional): .to(.proceeding, .send, starts: .unanswered, stops: .trying)
        // The transaction user's short time is not prolonged.
        case (.proceedingCanceled, .provisional): .to(.proceedingCanceled, .send, stops: .trying)
        case (.proceeding, .cancel): .to(.proceedingCanceled, starts: .canceled, keepsTimers: true)
        // Should the response in place of the transaction user fail, it is asked for again: nothing is without a limit.
        case (.proceeding, .unansweredExpired): .to(.proceeding, .respondForTransactionUser, starts: .unanswered)
        case (.proceedingCanceled, .canceledExpired):
            .to(.proceedingCanceled, .respondForTransactionUser, starts: .canceled)
        case (.proceeding, .success), (.proceedingCanceled, .success): .to(.accepted, .send, starts: .l)
        case (.proceeding, .failure), (.proceedingCanceled, .failure): .to(.completed, .send, starts: [.g, .h])
        case (.completed, .invite): .to(.completed, .send)
        case (.completed, .timerG): .to(.completed, .send, starts: .g)
        case (.completed, .ack): .to(.confirmed, .reportAcknowledged, starts: .i)
        case (.completed, .timerH): .to(.terminated, [.reportTimeout, .end])
        case (.accepted, .ack): .to(.accepted, .deliver)
        // The transaction user retransmits its 2xx through the transaction (RFC 3261 section 13.3.1.4).
        case (.accepted, .success): .to(.accepted, .send)
        case (.confirmed, .timerI), (.accepted, .timerL): .to(.terminated, .end)
        // RFC 6026 section 8.5: the state stays, for a retransmitted INVITE is not to look like a new one.
        case (.proceeding, .transportFailure), (.proceedingCanceled, .transportFailure),
            (.completed, .transportFailure), (.accepted, .transportFailure):
            .to(state, .reportTransportFailure)
        case (.proceeding, .ack), (.proceeding, .canceledExpired), (.proceeding, .timerG), (.proceeding, .timerH),
            (.proceeding, .timerI), (.proceeding, .timerL),
            (.proceedingCanceled, .ack), (.proceedingCanceled, .cancel), (.proceedingCanceled, .unansweredExpired),
            (.proceedingCanceled, .timerG), (.proceedingCanceled, .timerH), (.proceedingCanceled, .timerI),
            (.proceedingCanceled, .timerL),
            (.completed, .cancel), (.completed, .provisional), (.completed, .success), (.completed, .failure),
            (.completed, .tryingExpired), (.completed, .unansweredExpired), (.completed, .canceledExpired),
            (.completed, .timerI), (.completed, .timerL),
            (.confirmed, .invite), (.confirmed, .ack), (.confirmed, .cancel), (.confirmed, .provisional),
            (.confirmed, .success), (.confirmed, .failure), (.confirmed, .tryingExpired),
            (.confirmed, .unansweredExpired), (.confirmed, .canceledExpired), (.confirmed, .timerG),
            (.confirmed, .timerH), (.confirmed, .timerL), (.confirmed, .transportFailure),
            (.accepted, .invite), (.accepted, .cancel), (.accepted, .provisional), (.accepted, .failure),
            (.accepted, .tryingExpired), (.accepted, .unansweredExpired), (.accepted, .canceledExpired),
            (.accepted, .timerG), (.accepted, .timerH), (.accepted, .timerI),
            (.terminated, _):
            .ignored(in: state)
        }
    }
}
