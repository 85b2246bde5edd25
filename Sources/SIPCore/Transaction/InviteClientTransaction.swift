public import CoreTypes

/// The client's side of an INVITE up to its final answer (RFC 3261 section 17.1.1, RFC 6026 section 8.4).
///
/// Made when the INVITE was sent; returns what the owner is to do. Ended when an action says so.
public struct InviteClientTransaction: Sendable, Equatable {
    /// Where the transaction stands.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// The INVITE was sent, nothing came; goes to any of the others.
        case calling
        /// A provisional answer came; goes to completed, accepted or terminated.
        case proceeding
        /// A 3xx to 6xx came and was acknowledged; goes to terminated.
        case completed
        /// A 2xx came: its repetitions and those of other forks are passed up; goes to terminated.
        case accepted
        /// Nothing more will happen.
        case terminated
    }

    /// What can happen to the transaction.
    public enum Input: String, Sendable, Hashable, CaseIterable {
        /// A 1xx came.
        case provisional
        /// A 2xx came.
        case success
        /// A 3xx to 6xx came.
        case failure
        /// The owner wants the INVITE canceled.
        case cancel
        /// Timer A fired.
        case timerA
        /// Timer B fired.
        case timerB
        /// Timer C fired.
        case timerC
        /// Timer D fired.
        case timerD
        /// Timer M fired.
        case timerM
        /// The time for an answer to the CANCEL is over.
        case cancelExpired
        /// The transport could not deliver.
        case transportFailure
    }

    /// Where the transaction stands.
    public private(set) var state = State.calling
    /// Whether the owner asked for a CANCEL; it is held back while no provisional answer has come.
    public private(set) var isCanceled = false
    private let isReliable: Bool
    private let settings: TimerSettings
    private var interval: Duration
    private(set) var timers = TransactionTimers()

    /// Makes the transaction of an INVITE that is sent at `now`.
    public init(isReliable: Bool, settings: TimerSettings, now: Instant) {
        self.isReliable = isReliable
        self.settings = settings
        self.interval = settings.firstInterval
        if !isReliable, settings.retransmits { self.timers.startRepeating(.a, at: now + self.interval) }
        self.timers.startLimit(.b, at: now + settings.transactionTimeout)
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Takes the status code of an answer, 100 to 699.
    public mutating func receive(status: Int, now: Instant) -> TransactionAction {
        switch status {
        case ..<200:
            var actions = self.apply(.provisional, now: now)
            // A CANCEL that was held back leaves with the first provisional answer (RFC 3261 section 9.1).
            if self.isCanceled, !self.timers.isRunning(.canceled) { actions.formUnion(self.apply(.cancel, now: now)) }
            return actions
        case ..<300: return self.apply(.success, now: now)
        default: return self.apply(.failure, now: now)
        }
    }

    /// Cancels the INVITE: at once after a provisional answer, else when the first one comes.
    public mutating func cancel(now: Instant) -> TransactionAction {
        guard !self.isCanceled else { return [] }
        switch self.state {
        case .calling, .proceeding:
            self.isCanceled = true
            return self.apply(.cancel, now: now)
        case .completed, .accepted, .terminated: return []
        }
    }

    /// Fires the earliest timer that is due, if there is one.
    public mutating func handleTimeout(now: Instant) -> TransactionAction {
        switch self.timers.popDue(now) {
        case .a: return self.apply(.timerA, now: now)
        case .b: return self.apply(.timerB, now: now)
        case .c: return self.apply(.timerC, now: now)
        case .d: return self.apply(.timerD, now: now)
        case .m: return self.apply(.timerM, now: now)
        case .canceled: return self.apply(.cancelExpired, now: now)
        case .e, .f, .g, .h, .i, .j, .k, .l, .trying, .unanswered, nil: return []
        }
    }

    /// Takes the news that the transport could not deliver.
    public mutating func handleTransportFailure(now: Instant) -> TransactionAction {
        self.apply(.transportFailure, now: now)
    }

    /// The table: every state with every input.
    public static func transition(_ state: State, _ input: Input) -> Transition<State> {
        switch (state, input) {
        case (.calling, .provisional): .to(.proceeding, .deliver)
        case (.calling, .success), (.proceeding, .success): .to(.accepted, .deliver)
        case (.calling, .failure), (.proceeding, .failure): .to(.completed, [.sendACK, .deliver])
        case (.calling, .cancel): .to(.calling)
        case (.calling, .timerA): .to(.calling, .send)
        case (.calling, .timerB): .to(.terminated, [.reportTimeout, .end])
        case (.calling, .transportFailure): .to(.terminated, [.reportTransportFailure, .end])
        case (.proceeding, .provisional): .to(.proceeding, .deliver)
        case (.proceeding, .cancel), (.proceeding, .timerC): .to(.proceeding, .sendCancel)
        case (.proceeding, .cancelExpired): .to(.terminated, [.reportTimeout, .end])
        case (.completed, .failure): .to(.completed, .sendACK)
        case (.completed, .timerD): .to(.terminated, .end)
        case (.completed, .transportFailure): .to(.terminated, [.reportTransportFailure, .end])
        case (.accepted, .success): .to(.accepted, .deliver)
        case (.accepted, .timerM): .to(.terminated, .end)
        case (.calling, .timerC), (.calling, .timerD), (.calling, .timerM), (.calling, .cancelExpired),
            // In Proceeding the transaction sends nothing that could fail.
            (.proceeding, .transportFailure), (.proceeding, .timerA), (.proceeding, .timerB), (.proceeding, .timerD),
            (.proceeding, .timerM),
            (.completed, .provisional), (.completed, .success), (.completed, .cancel), (.completed, .timerA),
            (.completed, .timerB), (.completed, .timerC), (.completed, .timerM), (.completed, .cancelExpired),
            (.accepted, .provisional), (.accepted, .failure), (.accepted, .cancel), (.accepted, .timerA),
            (.accepted, .timerB), (.accepted, .timerC), (.accepted, .timerD), (.accepted, .cancelExpired),
            (.accepted, .transportFailure),
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
        case .calling:
            if input == .timerA {
                self.interval = self.interval * 2
                self.timers.startRepeating(.a, at: now + self.interval)
            }
        case .proceeding:
            self.timers.stopRepeating()
            if transition.actions.contains(.sendCancel) {
                self.isCanceled = true
                self.timers.startLimit(.canceled, at: now + self.settings.transactionTimeout)
            } else if !self.timers.isRunning(.canceled) {
                self.timers.startLimit(.c, at: now + self.settings.c)
            }
        case .completed:
            guard entered else { break }
            self.timers.stopRepeating()
            self.timers.startLimit(.d, at: now + (self.isReliable ? .zero : self.settings.d))
        case .accepted:
            guard entered else { break }
            self.timers.stopRepeating()
            self.timers.startLimit(.m, at: now + self.settings.transactionTimeout)
        case .terminated:
            self.timers.stopAll()
        }
        return transition.actions
    }
}
