public import CoreTypes

/// The server's side of a request other than INVITE (RFC 3261 section 17.2.2, RFC 4320).
///
/// Made when the request came; returns what the owner is to do. Ended when an action says so.
public struct NonInviteServerTransaction: Sendable, Equatable {
    /// Where the transaction stands.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// No answer was given; goes to proceeding or completed.
        case trying
        /// A provisional answer was given; goes to completed.
        case proceeding
        /// The final answer was given, repetitions of the request get it again; goes to terminated.
        case completed
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    public enum Input: String, Sendable, Hashable, CaseIterable {
        /// The request came again.
        case request
        /// The owner gives a 1xx.
        case provisional
        /// The owner gives a 2xx to 6xx.
        case final
        /// The client repeats its request so seldom by now that a 100 does no harm.
        case tryingExpired
        /// The owner's time is over.
        case unansweredExpired
        /// Timer J fired.
        case timerJ
        /// The transport could not deliver.
        case transportFailure
    }

    /// Where the transaction stands.
    public private(set) var state = State.trying
    private let isReliable: Bool
    private let settings: TimerSettings
    private(set) var timers = TransactionTimers()

    /// Makes the transaction of a request that came at `now`.
    public init(isReliable: Bool, settings: TimerSettings, now: Instant) {
        self.isReliable = isReliable
        self.settings = settings
        // RFC 4320 section 4.1: no 100 over a reliable transport, and over UDP not before timer E reached T2.
        if !isReliable { self.timers.startRepeating(.trying, at: now + settings.nonInviteTryingDelay) }
        self.timers.startLimit(.unanswered, at: now + settings.answerLimit)
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Takes a repetition of the request.
    public mutating func receiveRequest(now: Instant) -> TransactionAction {
        self.apply(.request, now: now)
    }

    /// Takes the status code of the owner's answer, 100 to 699; `.send` says that the answer may leave.
    public mutating func respond(status: Int, now: Instant) -> TransactionAction {
        self.apply(status < 200 ? .provisional : .final, now: now)
    }

    /// Fires the earliest timer that is due, if there is one.
    public mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.timers.popDue(now) {
        case .j: return self.apply(.timerJ, now: now)
        case .trying: return self.apply(.tryingExpired, now: now)
        case .unanswered: return self.apply(.unansweredExpired, now: now)
        case .a, .b, .c, .d, .e, .f, .g, .h, .i, .k, .l, .m, .canceled, nil: return []
        }
    }

    /// Takes the news that the transport could not deliver.
    public mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        self.apply(.transportFailure, now: now)
    }

    /// The table: every state with every input.
    public static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.trying, .provisional), (.proceeding, .provisional): .to(.proceeding, .send)
        case (.trying, .final), (.proceeding, .final): .to(.completed, .send)
        case (.trying, .tryingExpired): .to(.trying, .sendTrying)
        case (.trying, .unansweredExpired): .to(.trying, .answerForOwner)
        case (.proceeding, .unansweredExpired): .to(.proceeding, .answerForOwner)
        case (.proceeding, .request), (.completed, .request): .to(state, .send)
        // RFC 6026 section 8.5 changes section 17.2.4: the state stays.
        case (.proceeding, .transportFailure), (.completed, .transportFailure): .to(state, .reportTransportFailure)
        case (.completed, .timerJ): .to(.terminated, .end)
        case (.trying, .request), (.trying, .timerJ), (.trying, .transportFailure),
            (.proceeding, .tryingExpired), (.proceeding, .timerJ),
            (.completed, .provisional), (.completed, .final), (.completed, .tryingExpired),
            (.completed, .unansweredExpired),
            (.terminated, _):
            .ignored(in: state)
        }
    }

    private mutating func apply(_ input: Input, now: Instant) -> TransactionAction {
        let transition = Self.transition(self.state, input)
        guard !transition.isIgnored else { return [] }
        let entered = transition.next != self.state
        self.state = transition.next
        switch self.state {
        case .trying, .proceeding:
            if self.state == .proceeding { self.timers.stopRepeating() }
            // Should the answer in place of the owner fail, it is asked for again: no transaction is without a limit.
            if input == .unansweredExpired {
                self.timers.startLimit(.unanswered, at: now + self.settings.shortestLimit)
            }
        case .completed:
            guard entered else { break }
            self.timers.stopRepeating()
            let wait = self.isReliable ? Duration.zero : self.settings.transactionTimeout
            self.timers.startLimit(.j, at: now + wait)
        case .terminated:
            self.timers.stopAll()
        }
        return transition.actions
    }
}
