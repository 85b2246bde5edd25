/// What the transaction user of a transaction is to do, in this order, after an input (RFC 3261 section 17, RFC 6026).
///
/// A set, so that no input allocates: each action happens at most once per input and the order never changes.
public struct TransactionAction: OptionSet, Sendable, Hashable {
    /// The bits of the actions.
    public let rawValue: UInt16

    /// Makes a set from its bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Send the request again (client) or the latest response (server).
    public static let send = TransactionAction(rawValue: 1 << 0)
    /// Send the ACK to the non-2xx response.
    public static let sendACK = TransactionAction(rawValue: 1 << 1)
    /// Send a CANCEL for the INVITE.
    public static let sendCancel = TransactionAction(rawValue: 1 << 2)
    /// Send 100, because the transaction user has not responded yet.
    public static let sendTrying = TransactionAction(rawValue: 1 << 3)
    /// Respond in place of the transaction user, which never did.
    public static let respondForTransactionUser = TransactionAction(rawValue: 1 << 4)
    /// Pass the message up.
    public static let deliver = TransactionAction(rawValue: 1 << 5)
    /// Say that the ACK to the non-2xx response came.
    public static let reportAcknowledged = TransactionAction(rawValue: 1 << 6)
    /// Say that no response came, or no ACK.
    public static let reportTimeout = TransactionAction(rawValue: 1 << 7)
    /// Say, now or with the end, that no response came in the time that the transaction user gave.
    public static let reportNoAnswer = TransactionAction(rawValue: 1 << 8)
    /// Say that the transport could not deliver.
    public static let reportTransportFailure = TransactionAction(rawValue: 1 << 9)
    /// The transaction has ended: forget it.
    public static let end = TransactionAction(rawValue: 1 << 10)

    /// Each action by itself, in order, with its name.
    static let names: [(TransactionAction, String)] = [
        (.send, "send"), (.sendACK, "send ACK"), (.sendCancel, "send CANCEL"), (.sendTrying, "send 100"),
        (.respondForTransactionUser, "respond for the transaction user"), (.deliver, "deliver"),
        (.reportAcknowledged, "report acknowledged"), (.reportTimeout, "report timeout"),
        (.reportNoAnswer, "report no response"), (.reportTransportFailure, "report transport failure"), (.end, "end"),
    ]
}

/// A cell of a machine's table: the next state, and what happens on the way there.
///
/// A change of state stops the timers that ran, unless `keepsTimers`; then those of `starts` start. An end stops all.
struct Transition<State: Hashable & Sendable>: Hashable, Sendable {
    /// The next state.
    var next: State
    /// What the transaction user is to do.
    var actions: TransactionAction = []
    /// Which timers start, in place of those that did the same.
    var starts: TimerSet = []
    /// Which timers stop though the state stays.
    var stops: TimerSet = []
    /// Whether the timers run on though the state changes.
    var keepsTimers = false
    /// Whether what is retransmitted is retransmitted every T2 from now on (RFC 3261 section 17.1.2.2).
    var isSlowed = false
    /// Whether the input means nothing in this state.
    var isIgnored = false

    /// A transition with its actions.
    static func to(
        _ next: State,
        _ actions: TransactionAction = [],
        starts: TimerSet = [],
        stops: TimerSet = [],
        keepsTimers: Bool = false,
        isSlowed: Bool = false
    ) -> Transition {
        Transition(
            next: next,
            actions: actions,
            starts: starts,
            stops: stops,
            keepsTimers: keepsTimers,
            isSlowed: isSlowed
        )
    }

    /// An input that means nothing in `state`.
    static func ignored(in state: State) -> Transition {
        Transition(next: state, isIgnored: true)
    }
}
