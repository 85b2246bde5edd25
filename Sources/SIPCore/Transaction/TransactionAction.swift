/// What the owner of a transaction is to do, in this order, after an input (RFC 3261 section 17, RFC 6026).
///
/// A set, so that no input allocates: each action happens at most once per input and the order never changes.
public struct TransactionAction: OptionSet, Sendable, Hashable {
    /// The bits of the actions.
    public let rawValue: UInt16

    /// Makes a set from its bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Send the request again (client) or the latest answer (server).
    public static let send = TransactionAction(rawValue: 1 << 0)
    /// Send the ACK to the non-2xx answer.
    public static let sendACK = TransactionAction(rawValue: 1 << 1)
    /// Send a CANCEL for the INVITE.
    public static let sendCancel = TransactionAction(rawValue: 1 << 2)
    /// Send 100, because the owner has not answered yet.
    public static let sendTrying = TransactionAction(rawValue: 1 << 3)
    /// Answer in place of the owner, who never did.
    public static let answerForOwner = TransactionAction(rawValue: 1 << 4)
    /// Pass the message up.
    public static let deliver = TransactionAction(rawValue: 1 << 5)
    /// Say that the ACK to the non-2xx answer came.
    public static let reportAcknowledged = TransactionAction(rawValue: 1 << 6)
    /// Say that no answer came, or no ACK.
    public static let reportTimeout = TransactionAction(rawValue: 1 << 7)
    /// Say that the transport could not deliver.
    public static let reportTransportFailure = TransactionAction(rawValue: 1 << 8)
    /// The transaction has ended: forget it.
    public static let end = TransactionAction(rawValue: 1 << 9)
}

/// A line of a machine's table: the next state and what happens on the way there.
public struct Transition<State: Hashable & Sendable>: Hashable, Sendable {
    /// The next state.
    public var next: State
    /// What the owner is to do.
    public var actions: TransactionAction
    /// Whether the input means nothing in this state.
    public var isIgnored: Bool

    /// A transition with its actions.
    static func to(_ next: State, _ actions: TransactionAction = []) -> Transition {
        Transition(next: next, actions: actions, isIgnored: false)
    }

    /// An input that means nothing in `state`.
    static func ignored(in state: State) -> Transition {
        Transition(next: state, actions: [], isIgnored: true)
    }
}
