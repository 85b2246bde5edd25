/// The client's side of an INVITE (RFC 3261 section 17.1.1, RFC 6026 section 8.4), with its CANCEL (section 9.1).
enum InviteClientTransaction: TransactionRules {
    /// Where the transaction stands.
    enum State: UInt8, Sendable, Hashable, CaseIterable {
        /// The INVITE was sent, nothing came.
        case calling
        /// As Calling, and the transaction user wants it canceled: the CANCEL waits for a provisional response.
        case callingCanceled
        /// A provisional response came.
        case proceeding
        /// As Proceeding, and the CANCEL was sent.
        case proceedingCanceled
        /// A 3xx to 6xx came and was acknowledged.
        case completed
        /// A 2xx came: its retransmissions and those of other forks are passed up.
        case accepted
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    enum Input: UInt8, Sendable, Hashable, CaseIterable {
        /// A 1xx came.
        case provisional
        /// A 2xx came.
        case success
        /// A 3xx to 6xx came.
        case failure
        /// The transaction user wants the INVITE canceled.
        case cancel
        case timerA
        case timerB
        case timerC
        case timerD
        case timerM
        /// The time for a response to the CANCEL is over.
        case canceledExpired
        /// The time that the transaction user gave the callee is over.
        case noAnswerExpired
        /// The transport could not deliver.
        case transportFailure
    }

    static let kind = TransactionKind.inviteClient
    static let start = State.calling
    static let startingTimers: TimerSet = [.a, .b]

    static func input(of event: TransactionEvent) -> Input? {
        switch event {
        case .response(..<200): .provisional
        case .response(..<300): .success
        case .response: .failure
        case .cancel: .cancel
        case .transportFailure: .transportFailure
        case .timer(.a): .timerA
        case .timer(.b): .timerB
        case .timer(.c): .timerC
        case .timer(.d): .timerD
        case .timer(.m): .timerM
        case .timer(.canceled): .canceledExpired
        case .timer(.noAnswer): .noAnswerExpired
        case .timer, .request, .ack: nil
        }
    }

    static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.calling, .provisional): .to(.proceeding, .deliver, starts: [.c, .noAnswer])
        case (.calling, .cancel): .to(.callingCanceled, keepsTimers: true)
        case (.callingCanceled, .provisional): .to(.proceedingCanceled, [.deliver, .sendCancel], starts: .canceled)
        // A lost INVITE is retransmitted although it is to be canceled, for what did not arrive cannot be canceled.
        case (.calling, .timerA), (.callingCanceled, .timerA): .to(state, .send, starts: .a)
        case (.calling, .timerB), (.callingCanceled, .timerB): .to(.terminated, [.reportTimeout, .end])
        case (.calling, .transportFailure), (.callingCanceled, .transportFailure), (.completed, .transportFailure):
            .to(.terminated, [.reportTransportFailure, .end])
        case (.proceeding, .provisional): .to(.proceeding, .deliver, starts: .c)
        case (.proceeding, .cancel), (.proceeding, .timerC): .to(.proceedingCanceled, .sendCancel, starts: .canceled)
        case (.proceeding, .noAnswerExpired):
            .to(.proceedingCanceled, [.sendCancel, .reportNoAnswer], starts: .canceled)
        case (.proceedingCanceled, .provisional): .to(.proceedingCanceled, .deliver)
        case (.proceedingCanceled, .canceledExpired): .to(.terminated, [.reportTimeout, .end])
        case (.calling, .success), (.callingCanceled, .success), (.proceeding, .success),
            (.proceedingCanceled, .success):
            .to(.accepted, .deliver, starts: .m)
        case (.calling, .failure), (.callingCanceled, .failure), (.proceeding, .failure),
            (.proceedingCanceled, .failure):
            .to(.completed, [.sendACK, .deliver], starts: .d)
        case (.completed, .failure): .to(.completed, .sendACK)
        case (.accepted, .success): .to(.accepted, .deliver)
        case (.completed, .timerD), (.accepted, .timerM): .to(.terminated, .end)
        case (.calling, .timerC), (.calling, .timerD), (.calling, .timerM), (.calling, .canceledExpired),
            (.calling, .noAnswerExpired),
            (.callingCanceled, .cancel), (.callingCanceled, .timerC), (.callingCanceled, .timerD),
            (.callingCanceled, .timerM), (.callingCanceled, .canceledExpired), (.callingCanceled, .noAnswerExpired),
            // In Proceeding the transaction sends nothing that could fail; the CANCEL has a transaction of its own.
            (.proceeding, .transportFailure), (.proceedingCanceled, .transportFailure),
            (.proceeding, .timerA), (.proceeding, .timerB), (.proceeding, .timerD), (.proceeding, .timerM),
            (.proceeding, .canceledExpired),
            (.proceedingCanceled, .cancel), (.proceedingCanceled, .timerA), (.proceedingCanceled, .timerB),
            (.proceedingCanceled, .timerC), (.proceedingCanceled, .timerD), (.proceedingCanceled, .timerM),
            (.proceedingCanceled, .noAnswerExpired),
            (.completed, .provisional), (.completed, .success), (.completed, .cancel), (.completed, .timerA),
            (.completed, .timerB), (.completed, .timerC), (.completed, .timerM), (.completed, .canceledExpired),
            (.completed, .noAnswerExpired),
            (.accepted, .provisional), (.accepted, .failure), (.accepted, .cancel), (.accepted, .timerA),
            (.accepted, .timerB), (.accepted, .timerC), (.accepted, .timerD), (.accepted, .canceledExpired),
            (.accepted, .noAnswerExpired), (.accepted, .transportFailure),
            (.terminated, _):
            .ignored(in: state)
        }
    }
}
