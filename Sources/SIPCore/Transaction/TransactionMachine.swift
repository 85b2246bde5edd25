public import CoreTypes

/// The four kinds of transactions of RFC 3261 section 17.
public enum TransactionKind: UInt8, Sendable, Hashable, CaseIterable {
    /// An INVITE of ours (section 17.1.1).
    case inviteClient
    /// Another request of ours (section 17.1.2).
    case nonInviteClient
    /// An INVITE of a peer (section 17.2.1).
    case inviteServer
    /// Another request of a peer (section 17.2.2).
    case nonInviteServer
}

/// What can happen to a transaction of any kind.
public enum TransactionEvent: Sendable, Hashable {
    /// The request came again (server).
    case request
    /// An ACK came (server).
    case ack
    /// A response with this status came (client) or is given by the transaction user (server).
    case response(Int)
    /// The transaction user wants the request canceled (client), or a CANCEL came (server).
    case cancel
    /// A timer fired.
    case timer(TimerName)
    /// The transport could not deliver.
    case transportFailure
}

/// One of the four machines: its states, its inputs, and the table that says what each input does in each state.
protocol TransactionRules: Sendable {
    associatedtype State: RawRepresentable<UInt8>, CaseIterable, Hashable, Sendable
    associatedtype Input: RawRepresentable<UInt8>, CaseIterable, Hashable, Sendable

    /// Whose rules they are.
    static var kind: TransactionKind { get }
    /// The state at the start.
    static var start: State { get }
    /// The timers that run from the start.
    static var startingTimers: TimerSet { get }
    /// The input of the table that an event is; `nil` for one that no such transaction knows.
    static func input(of event: TransactionEvent) -> Input?
    /// The table: every state with every input.
    static func transition(_ state: State, _ input: Input) -> Transition<State>
}

/// A running transaction: which machine, its state and its timers, and nothing else, in 32 bytes.
///
/// The table (that of its `TransactionRules`) and the durations are given with each input, and what is to be done is returned to the
/// transaction user.
public struct TransactionMachine: Sendable, Equatable {
    private(set) var timers = TransactionTimers()
    /// Which of the four machines it is.
    public let kind: TransactionKind
    private var code: UInt8
    /// How often a timer has retransmitted a message, for its intervals grow.
    private var retransmissions: UInt8 = 0
    private let isReliable: Bool
    /// When a client's transaction user has waited long enough.
    private let noAnswerLimit: Instant

    /// Makes the transaction of a request that is sent, or came, at `now`; a client's transaction user may have a limit.
    public init(
        _ kind: TransactionKind,
        isReliable: Bool,
        noAnswerAt: Instant? = nil,
        durations: TimerDurations,
        now: Instant
    ) {
        self.kind = kind
        self.isReliable = isReliable
        self.noAnswerLimit = noAnswerAt ?? Instant(nanoseconds: .max)
        let timers: TimerSet
        switch kind {
        case .inviteClient: (self.code, timers) = Self.beginning(InviteClientTransaction.self)
        case .nonInviteClient: (self.code, timers) = Self.beginning(NonInviteClientTransaction.self)
        case .inviteServer: (self.code, timers) = Self.beginning(InviteServerTransaction.self)
        case .nonInviteServer: (self.code, timers) = Self.beginning(NonInviteServerTransaction.self)
        }
        self.start(timers, durations: durations, now: now)
    }

    private static func beginning<Rules: TransactionRules>(_ rules: Rules.Type) -> (code: UInt8, timers: TimerSet) {
        (Rules.start.rawValue, Rules.startingTimers)
    }

    /// When `handleTimeout` is to be called next.
    public var deadline: Instant? {
        self.timers.earliest
    }

    /// Whether nothing more will happen.
    public var isTerminated: Bool {
        switch self.kind {
        case .inviteClient: self.state(InviteClientTransaction.self) == .terminated
        case .nonInviteClient: self.state(NonInviteClientTransaction.self) == .terminated
        case .inviteServer: self.state(InviteServerTransaction.self) == .terminated
        case .nonInviteServer: self.state(NonInviteServerTransaction.self) == .terminated
        }
    }

    /// Where the transaction stands in the states of its own machine; `nil` for those of another.
    func state<Rules: TransactionRules>(_ rules: Rules.Type) -> Rules.State? {
        self.kind == Rules.kind ? Rules.State(rawValue: self.code) : nil
    }

    /// Takes an event; says what is to be done.
    public mutating func handle(_ event: TransactionEvent, durations: TimerDurations, now: Instant) -> TransactionAction
    {
        self.handle(event, by: .standard, durations: durations, now: now)
    }

    /// Fires the earliest timer that is due, if there is one.
    public mutating func handleTimeout(durations: TimerDurations, now: Instant) -> TransactionAction {
        self.handleTimeout(by: .standard, durations: durations, now: now)
    }

    /// Takes an event, which does what the tables say.
    mutating func handle(
        _ event: TransactionEvent,
        by tables: TransitionTables,
        durations: TimerDurations,
        now: Instant
    ) -> TransactionAction {
        guard let input = self.input(of: event) else { return [] }
        let cell = tables[TransitionTables.Place(kind: self.kind, state: self.code, input: input)]
        guard !cell.isIgnored else { return [] }
        let isChanged = cell.next != self.code
        self.code = cell.next
        if cell.actions.contains(.end) {
            self.timers.stopAll()
            return cell.actions
        }
        if isChanged, !cell.keepsTimers { self.timers.stopAll() }
        self.timers.stop(cell.stops)
        if cell.isSlowed { self.retransmissions = .max }
        self.start(cell.starts, durations: durations, now: now)
        return cell.actions
    }

    /// Fires the earliest timer that is due, which does what the tables say.
    mutating func handleTimeout(
        by tables: TransitionTables,
        durations: TimerDurations,
        now: Instant
    ) -> TransactionAction {
        guard let name = self.timers.popDue(now) else { return [] }
        return self.handle(.timer(name), by: tables, durations: durations, now: now)
    }

    /// The number of the input that an event is in the machine's table.
    private func input(of event: TransactionEvent) -> UInt8? {
        switch self.kind {
        case .inviteClient: InviteClientTransaction.input(of: event)?.rawValue
        case .nonInviteClient: NonInviteClientTransaction.input(of: event)?.rawValue
        case .inviteServer: InviteServerTransaction.input(of: event)?.rawValue
        case .nonInviteServer: NonInviteServerTransaction.input(of: event)?.rawValue
        }
    }

    private mutating func start(_ set: TimerSet, durations: TimerDurations, now: Instant) {
        var bits = set.rawValue
        while bits != 0, let name = TimerName(rawValue: UInt8(truncatingIfNeeded: bits.trailingZeroBitCount)) {
            bits &= bits &- 1
            self.start(name, durations: durations, now: now)
        }
    }

    private mutating func start(_ name: TimerName, durations: TimerDurations, now: Instant) {
        switch name {
        case .a, .e, .g:
            guard !self.isReliable, durations.retransmits else { return }
            self.timers.startActing(name, at: now + durations.interval(of: name, after: self.retransmissions))
            self.retransmissions = self.retransmissions == .max ? .max : self.retransmissions + 1
        case .trying:
            self.timers.startActing(name, at: now + durations.wait(name, self.kind, isReliable: self.isReliable))
        case .noAnswer:
            guard self.noAnswerLimit.nanoseconds != .max else { return }
            switch self.kind {
            // While an INVITE rings nothing is retransmitted, and timer C is to run beside.
            case .inviteClient: self.timers.startActing(name, at: self.noAnswerLimit)
            // The request is retransmitted meanwhile; what ends the wait is the earlier of the two.
            case .nonInviteClient:
                let end = now + durations.wait(.f, self.kind, isReliable: self.isReliable)
                if self.noAnswerLimit < end { self.timers.startEnding(name, at: self.noAnswerLimit) }
            case .inviteServer, .nonInviteServer: break
            }
        case .b, .c, .d, .f, .h, .i, .j, .k, .l, .m, .unanswered, .canceled:
            self.timers.startEnding(name, at: now + durations.wait(name, self.kind, isReliable: self.isReliable))
        }
    }
}
