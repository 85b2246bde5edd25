/// A cell of one of the four tables made wrong, so that tests can show that a broken machine would be noticed.
///
/// It comes with the durations of an endpoint, so two endpoints never share one. An endpoint outside of tests has none,
/// and asks for it once an input.
package struct TableAmendment: Sendable, Hashable {
    /// What becomes of the cell.
    package enum Change: Sendable, Hashable {
        /// The input does nothing.
        case ignored
        /// The transaction ends there, without a word.
        case ends
        /// What is done besides, and what is not done.
        case actions(adds: TransactionAction = [], drops: TransactionAction = [])
        /// The timer starts besides.
        case starts(TimerName)
        /// The timer does not start.
        case withholds(TimerName)
        /// The state stays as it is, with the timers that ran.
        case stays
    }

    private let kind: TransactionKind
    private let state: UInt8
    private let event: TransactionEvent
    private let change: Change

    /// The cell of an event in a state, which has the name that the diagrams give it; `nil` when there is no such cell.
    package init?(_ kind: TransactionKind, _ state: String, _ event: TransactionEvent, _ change: Change) {
        let code: UInt8?
        switch kind {
        case .inviteClient: code = Self.code(InviteClientTransaction.self, state, event)
        case .nonInviteClient: code = Self.code(NonInviteClientTransaction.self, state, event)
        case .inviteServer: code = Self.code(InviteServerTransaction.self, state, event)
        case .nonInviteServer: code = Self.code(NonInviteServerTransaction.self, state, event)
        }
        guard let code else { return nil }
        self.kind = kind
        self.state = code
        self.event = event
        self.change = change
    }

    private static func code<Rules: TransactionRules>(
        _ rules: Rules.Type,
        _ state: String,
        _ event: TransactionEvent
    ) -> UInt8? {
        guard Rules.input(of: event) != nil else { return nil }
        return Rules.State.allCases.first { "\($0)" == state }?.rawValue
    }

    /// Makes the transition wrong when it is that of the cell. Not inlined, so that a machine without one stays small.
    @inline(never)
    func amend<Rules: TransactionRules>(
        _ transition: inout Transition<Rules.State>,
        _ rules: Rules.Type,
        _ state: Rules.State,
        _ input: Rules.Input
    ) {
        guard self.kind == Rules.kind, self.state == state.rawValue, Rules.input(of: self.event) == input else {
            return
        }
        switch self.change {
        case .ignored: transition = .ignored(in: state)
        case .ends: transition = .to(transition.next, .end)
        case .actions(adds: let added, drops: let dropped):
            transition.actions = transition.actions.union(added).subtracting(dropped)
            transition.isIgnored = false
        case .starts(let name):
            transition.starts.insert(TimerSet(name))
            transition.isIgnored = false
        case .withholds(let name): transition.starts.remove(TimerSet(name))
        case .stays:
            transition.next = state
            transition.starts = []
        }
    }
}
