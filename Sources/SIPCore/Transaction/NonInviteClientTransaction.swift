/// The client's side of a request other than INVITE (RFC 3261 section 17.1.2).
enum NonInviteClientTransaction: TransactionRules {
    /// Where the transaction stands.
    enum State: UInt8, Sendable, Hashable, CaseIterable {
        /// The request was sent, nothing came.
        case trying
        /// A provisional response came.
        case proceeding
        /// The final response came: its retransmissions are absorbed.
        case completed
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    enum Input: UInt8, Sendable, Hashable, CaseIterable {
        /// A 1xx came.
        case provisional
        /// A 2xx to 6xx came.
        case final
        case timerE
        case timerF
        case timerK
        /// The time that the transaction user gave is over, before timer F.
        case noAnswerExpired
        /// The transport could not deliver.
        case transportFailure
    }

    static let kind = TransactionKind.nonInviteClient
    static let start = State.trying
    static let startingTimers: TimerSet = [.e, .f, .noAnswer]

    static func input(of event: TransactionEvent) -> Input? {
        switch event {
        case .response(..<200): .provisional
        case .response: .final
        case .transportFailure: .transportFailure
        case .timer(.e): .timerE
        case .timer(.f): .timerF
        case .timer(.k): .timerK
        case .timer(.noAnswer): .noAnswerExpired
        // Nothing but an INVITE takes so long that canceling it made sense (RFC 3261 section 9.1).
        case .cancel, .timer, .request, .ack: nil
        }
    }

    static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.trying, .provisional): .to(.proceeding, .deliver, keepsTimers: true, isSlowed: true)
        case (.proceeding, .provisional): .to(.proceeding, .deliver)
        case (.trying, .final), (.proceeding, .final): .to(.completed, .deliver, starts: .k)
        case (.trying, .timerE), (.proceeding, .timerE): .to(state, .send, starts: .e)
        case (.trying, .timerF), (.proceeding, .timerF): .to(.terminated, [.reportTimeout, .end])
        case (.trying, .noAnswerExpired), (.proceeding, .noAnswerExpired): .to(.terminated, [.reportNoAnswer, .end])
        case (.trying, .transportFailure), (.proceeding, .transportFailure):
            .to(.terminated, [.reportTransportFailure, .end])
        case (.completed, .timerK): .to(.terminated, .end)
        case (.trying, .timerK), (.proceeding, .timerK),
            (.completed, .provisional), (.completed, .final), (.completed, .timerE), (.completed, .timerF),
            (.completed, .noAnswerExpired), (.completed, .transportFailure),
            (.terminated, _):
            .ignored(in: state)
        }
    }
}
