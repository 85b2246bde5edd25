public import CoreTypes

/// The server's side of an INVITE (RFC 3261 section 17.2.1, RFC 6026 sections 7.1 and 8.5).
///
/// Made when the INVITE came; returns what the owner is to do. Ended when an action says so.
public struct InviteServerTransaction: Sendable, Equatable {
    /// Where the transaction stands.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// No final answer was given; goes to completed or accepted.
        case proceeding
        /// A 3xx to 6xx was given, the ACK is awaited; goes to confirmed or terminated.
        case completed
        /// The ACK came, its repetitions are absorbed; goes to terminated.
        case confirmed
        /// A 2xx was given: repetitions of the INVITE are absorbed; goes to terminated.
        case accepted
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    public enum Input: String, Sendable, Hashable, CaseIterable {
        /// The INVITE came again.
        case invite
        /// An ACK came.
        case ack
        /// The owner gives a 1xx.
        case provisional
        /// The owner gives a 2xx.
        case success
        /// The owner gives a 3xx to 6xx.
        case failure
        /// The time for the first answer is over.
        case tryingExpired
        /// The owner's time is over.
        case unansweredExpired
        /// Timer G fired.
        case timerG
        /// Timer H fired.
        case timerH
        /// Timer I fired.
        case timerI
        /// Timer L fired.
        case timerL
        /// The transport could not deliver.
        case transportFailure
    }

    /// Where the transaction stands.
    public private(set) var state = State.proceeding
    /// Whether the INVITE was canceled, so that the owner's time is short.
    public private(set) var isCanceled = false
    private let isReliable: Bool
    private let settings: TimerSettings
    private var interval: Duration
    private(set) var timers = TransactionTimers()

    /// Makes the transaction of an INVITE that came at `now`.
    public init(isReliable: Bool, settings: TimerSettings, now: Instant) {
        self.isReliable = isReliable
        self.settings = settings
        self.interval = settings.firstInterval
        self.timers.startRepeating(.trying, at: now + settings.tryingDelay)
        self.timers.startLimit(.unanswered, at: now + settings.inviteAnswerLimit)
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Takes a repetition of the INVITE.
    public mutating func receiveInvite(now: Instant) -> TransactionAction {
        self.apply(.invite, now: now)
    }

    /// Takes an ACK that matches the transaction.
    public mutating func receiveACK(now: Instant) -> TransactionAction {
        self.apply(.ack, now: now)
    }

    /// Takes the status code of the owner's answer, 100 to 699; `.send` says that the answer may leave.
    public mutating func respond(status: Int, now: Instant) -> TransactionAction {
        switch status {
        case ..<200: self.apply(.provisional, now: now)
        case ..<300: self.apply(.success, now: now)
        default: self.apply(.failure, now: now)
        }
    }

    /// Shortens the owner's time for a final answer, because the INVITE was canceled.
    public mutating func handleCancel(now: Instant) {
        switch self.state {
        case .proceeding:
            guard !self.isCanceled else { return }
            self.isCanceled = true
            self.timers.startLimit(.unanswered, at: now + self.settings.canceledAnswerLimit)
        case .completed, .confirmed, .accepted, .terminated: break
        }
    }

    /// Fires the earliest timer that is due, if there is one.
    public mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.timers.popDue(now) {
        case .g: return self.apply(.timerG, now: now)
        case .h: return self.apply(.timerH, now: now)
        case .i: return self.apply(.timerI, now: now)
        case .l: return self.apply(.timerL, now: now)
        case .trying: return self.apply(.tryingExpired, now: now)
        case .unanswered: return self.apply(.unansweredExpired, now: now)
        case .a, .b, .c, .d, .e, .f, .j, .k, .m, .canceled, nil: return []
        }
    }

    /// Takes the news that the transport could not deliver.
    public mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        self.apply(.transportFailure, now: now)
    }

    /// The table: every state with every input.
    public static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.proceeding, .invite): .to(.proceeding, .send)
        case (.proceeding, .provisional): .to(.proceeding, .send)
        case (.proceeding, .success): .to(.accepted, .send)
        case (.proceeding, .failure): .to(.completed, .send)
        case (.proceeding, .tryingExpired): .to(.proceeding, .sendTrying)
        case (.proceeding, .unansweredExpired): .to(.proceeding, .answerForOwner)
        // RFC 6026 section 8.5: the state stays, for a repeated INVITE is not to look like a new one.
        case (.proceeding, .transportFailure): .to(.proceeding, .reportTransportFailure)
        case (.completed, .transportFailure): .to(.completed, .reportTransportFailure)
        case (.accepted, .transportFailure): .to(.accepted, .reportTransportFailure)
        case (.completed, .invite), (.completed, .timerG): .to(.completed, .send)
        case (.completed, .ack): .to(.confirmed, .reportAcknowledged)
        case (.completed, .timerH): .to(.terminated, [.reportTimeout, .end])
        case (.confirmed, .timerI): .to(.terminated, .end)
        case (.accepted, .ack): .to(.accepted, .deliver)
        // The owner repeats its 2xx through the transaction (RFC 3261 section 13.3.1.4).
        case (.accepted, .success): .to(.accepted, .send)
        case (.accepted, .timerL): .to(.terminated, .end)
        case (.proceeding, .ack), (.proceeding, .timerG), (.proceeding, .timerH), (.proceeding, .timerI),
            (.proceeding, .timerL),
            (.completed, .provisional), (.completed, .success), (.completed, .failure), (.completed, .tryingExpired),
            (.completed, .unansweredExpired), (.completed, .timerI), (.completed, .timerL),
            (.confirmed, .invite), (.confirmed, .ack), (.confirmed, .provisional), (.confirmed, .success),
            (.confirmed, .failure), (.confirmed, .tryingExpired), (.confirmed, .unansweredExpired),
            (.confirmed, .timerG), (.confirmed, .timerH), (.confirmed, .timerL), (.confirmed, .transportFailure),
            (.accepted, .invite), (.accepted, .provisional), (.accepted, .failure), (.accepted, .tryingExpired),
            (.accepted, .unansweredExpired), (.accepted, .timerG), (.accepted, .timerH), (.accepted, .timerI),
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
        case .proceeding:
            // Should the answer in place of the owner fail, it is asked for again: no transaction is without a limit.
            if input == .unansweredExpired {
                self.timers.startLimit(.unanswered, at: now + self.settings.shortestLimit)
            }
            guard input == .provisional else { break }
            self.timers.stopRepeating()
            guard !self.isCanceled else { break }
            self.timers.startLimit(.unanswered, at: now + self.settings.inviteAnswerLimit)
        case .completed:
            let repeats = !self.isReliable && self.settings.retransmits
            if entered {
                self.timers.stopRepeating()
                if repeats { self.timers.startRepeating(.g, at: now + self.interval) }
                self.timers.startLimit(.h, at: now + self.settings.transactionTimeout)
            } else if input == .timerG {
                self.interval = min(self.interval * 2, self.settings.longestInterval)
                self.timers.startRepeating(.g, at: now + self.interval)
            }
        case .confirmed:
            guard entered else { break }
            self.timers.stopRepeating()
            self.timers.startLimit(.i, at: now + (self.isReliable ? .zero : self.settings.t4))
        case .accepted:
            guard entered else { break }
            self.timers.stopRepeating()
            self.timers.startLimit(.l, at: now + self.settings.transactionTimeout)
        case .terminated:
            self.timers.stopAll()
        }
        return transition.actions
    }
}
