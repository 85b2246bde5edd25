public import CoreTypes

/// The client's side of a request other than INVITE (RFC 3261 section 17.1.2).
///
/// Made when the request was sent; returns what the owner is to do. Ended when an action says so.
public struct NonInviteClientTransaction: Sendable, Equatable {
    /// Where the transaction stands.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// The request was sent, nothing came; goes to any of the others.
        case trying
        /// A provisional answer came; goes to completed or terminated.
        case proceeding
        /// The final answer came: its repetitions are absorbed; goes to terminated.
        case completed
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    public enum Input: String, Sendable, Hashable, CaseIterable {
        /// A 1xx came.
        case provisional
        /// A 2xx to 6xx came.
        case final
        /// Timer E fired.
        case timerE
        /// Timer F fired.
        case timerF
        /// Timer K fired.
        case timerK
        /// The transport could not deliver.
        case transportFailure
    }

    /// Where the transaction stands.
    public private(set) var state = State.trying
    private let isReliable: Bool
    private let settings: TimerSettings
    private var interval: Duration
    private(set) var timers = TransactionTimers()

    /// Makes the transaction of a request that is sent at `now`.
    public init(isReliable: Bool, settings: TimerSettings, now: Instant) {
        self.isReliable = isReliable
        self.settings = settings
        self.interval = settings.firstInterval
        if !isReliable, settings.retransmits { self.timers.startRepeating(.e, at: now + self.interval) }
        self.timers.startLimit(.f, at: now + settings.transactionTimeout)
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Takes the status code of an answer, 100 to 699.
    public mutating func receive(status: Int, now: Instant) -> TransactionAction {
        self.apply(status < 200 ? .provisional : .final, now: now)
    }

    /// Fires the earliest timer that is due, if there is one.
    public mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.timers.popDue(now) {
        case .e: return self.apply(.timerE, now: now)
        case .f: return self.apply(.timerF, now: now)
        case .k: return self.apply(.timerK, now: now)
        case .a, .b, .c, .d, .g, .h, .i, .j, .l, .m, .trying, .unanswered, .canceled, nil: return []
        }
    }

    /// Takes the news that the transport could not deliver.
    public mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        self.apply(.transportFailure, now: now)
    }

    /// The table: every state with every input.
    public static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.trying, .provisional), (.proceeding, .provisional): .to(.proceeding, .deliver)
        case (.trying, .final), (.proceeding, .final): .to(.completed, .deliver)
        case (.trying, .timerE): .to(.trying, .send)
        case (.proceeding, .timerE): .to(.proceeding, .send)
        case (.trying, .timerF), (.proceeding, .timerF): .to(.terminated, [.reportTimeout, .end])
        case (.trying, .transportFailure), (.proceeding, .transportFailure):
            .to(.terminated, [.reportTransportFailure, .end])
        case (.completed, .timerK): .to(.terminated, .end)
        case (.trying, .timerK), (.proceeding, .timerK),
            (.completed, .provisional), (.completed, .final), (.completed, .timerE), (.completed, .timerF),
            (.completed, .transportFailure),
            (.terminated, _):
            .ignored(in: state)
        }
    }

    private mutating func apply(_ input: Input, now: Instant) -> TransactionAction {
        let transition = Self.transition(self.state, input)
        guard !transition.isIgnored else { return [] }
        self.state = transition.next
        switch self.state {
        case .trying, .proceeding:
            guard input == .timerE else { break }
            self.interval =
                self.state == .proceeding
                ? self.settings.longestInterval : min(self.interval * 2, self.settings.longestInterval)
            self.timers.startRepeating(.e, at: now + self.interval)
        case .completed:
            self.timers.stopRepeating()
            self.timers.startLimit(.k, at: now + (self.isReliable ? .zero : self.settings.t4))
        case .terminated:
            self.timers.stopAll()
        }
        return transition.actions
    }
}
