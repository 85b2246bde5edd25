/// The server's side of a request other than INVITE (RFC 3261 section 17.2.2, RFC 4320 section 4).
enum NonInviteServerTransaction: TransactionRules {
    /// Where the transaction stands.
    enum State: UInt8, Sendable, Hashable, CaseIterable {
        /// No response was given.
        case trying
        /// A 100 was given.
        case proceeding
        /// The final response was given, retransmissions of the request get it again.
        case completed
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    enum Input: UInt8, Sendable, Hashable, CaseIterable {
        /// The request came again.
        case request
        /// The transaction user gives a 1xx.
        case provisional
        /// The transaction user gives a 2xx to 6xx.
        case final
        /// The client retransmits its request so seldom by now that a 100 does no harm.
        case tryingExpired
        /// The transaction user's time is over.
        case unansweredExpired
        case timerJ
        /// The transport could not deliver.
        case transportFailure
    }

    static let kind = TransactionKind.nonInviteServer
    static let start = State.trying
    static let startingTimers: TimerSet = [.trying, .unanswered]

    static func input(of event: TransactionEvent) -> Input? {
        switch event {
        case .request: .request
        case .response(..<200): .provisional
        case .response: .final
        case .transportFailure: .transportFailure
        case .timer(.trying): .tryingExpired
        case .timer(.unanswered): .unansweredExpired
        case .timer(.j): .timerJ
        // To such a request a CANCEL means nothing (RFC 3261 section 9.2).
        case .cancel, .ack, .timer: nil
        }
    }

    static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        // Due over any transport (RFC 4320 section 4.1).
        case (.trying, .tryingExpired): .to(.proceeding, .sendTrying, keepsTimers: true)
        case (.trying, .final), (.proceeding, .final): .to(.completed, .send, starts: .j)
        case (.proceeding, .request), (.completed, .request): .to(state, .send)
        // Should the response in place of the transaction user fail, it is asked for again: nothing is without a limit.
        case (.trying, .unansweredExpired), (.proceeding, .unansweredExpired):
            .to(state, .respondForTransactionUser, starts: .unanswered)
        // RFC 6026 section 8.5 changes section 17.2.4: the state stays.
        case (.proceeding, .transportFailure), (.completed, .transportFailure): .to(state, .reportTransportFailure)
        case (.completed, .timerJ): .to(.terminated, .end)
        // No 1xx but 100 is allowed, and that one not before its time, which the machine knows (RFC 4320 section 4.1).
        case (.trying, .provisional), (.proceeding, .provisional),
            (.trying, .request), (.trying, .timerJ), (.trying, .transportFailure),
            (.proceeding, .tryingExpired), (.proceeding, .timerJ),
            (.completed, .provisional), (.completed, .final), (.completed, .tryingExpired),
            (.completed, .unansweredExpired),
            (.terminated, _):
            .ignored(in: state)
        }
    }
}
