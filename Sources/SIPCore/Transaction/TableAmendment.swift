/// A cell of one of the four tables made wrong, so that tests can show that a broken machine would be noticed.
///
/// It comes with the durations of an endpoint, so two endpoints never share one. An endpoint outside of tests has none,
/// and asks for it once an input.
package struct TableAmendment: Sendable, Hashable {
    private let kind: TransactionKind
    private let state: UInt8
    /// The place of the input among those of its machine.
    private let input: UInt8
    private let isIgnored: Bool
    private let staysInState: Bool
    private let adds: TransactionAction
    private let drops: TransactionAction
    private let starts: TimerSet
    private let withholds: TimerSet

    /// The cell of an event in a state, which has the name that the diagrams give it; `nil` when there is no such cell.
    ///
    /// - Parameters:
    ///   - isIgnored: whether the input does nothing.
    ///   - stays: whether the state stays as it is, with the timers that ran.
    ///   - adds: what is done besides.
    ///   - drops: what is not done.
    ///   - starts: the timer that starts besides.
    ///   - withholds: the timer that does not start.
    package init?(
        _ kind: TransactionKind,
        _ state: String,
        _ event: TransactionEvent,
        isIgnored: Bool = false,
        stays: Bool = false,
        adds: TransactionAction = [],
        drops: TransactionAction = [],
        starts: TimerName? = nil,
        withholds: TimerName? = nil
    ) {
        let cell: (state: UInt8, input: UInt8)?
        switch kind {
        case .inviteClient: cell = Self.cell(InviteClientTransaction.self, state, event)
        case .nonInviteClient: cell = Self.cell(NonInviteClientTransaction.self, state, event)
        case .inviteServer: cell = Self.cell(InviteServerTransaction.self, state, event)
        case .nonInviteServer: cell = Self.cell(NonInviteServerTransaction.self, state, event)
        }
        guard let cell else { return nil }
        self.kind = kind
        (self.state, self.input) = cell
        self.isIgnored = isIgnored
        self.staysInState = stays
        self.adds = adds
        self.drops = drops
        self.starts = starts.map { TimerSet($0) } ?? []
        self.withholds = withholds.map { TimerSet($0) } ?? []
    }

    private static func cell<Rules: TransactionRules>(
        _ rules: Rules.Type,
        _ state: String,
        _ event: TransactionEvent
    ) -> (state: UInt8, input: UInt8)? {
        guard let input = Rules.input(of: event), let state = Rules.State.allCases.first(where: { "\($0)" == state })
        else { return nil }
        return (state.rawValue, Self.place(rules, input))
    }

    private static func place<Rules: TransactionRules>(_ rules: Rules.Type, _ input: Rules.Input) -> UInt8 {
        Rules.Input.allCases.enumerated().first { $0.element == input }.map { UInt8(truncatingIfNeeded: $0.offset) }
            ?? .max
    }

    /// Makes the transition wrong when it is that of the cell. Not inlined, so that a machine without one stays small.
    @inline(never)
    func amend<Rules: TransactionRules>(
        _ transition: inout Transition<Rules.State>,
        _ rules: Rules.Type,
        _ state: Rules.State,
        _ input: Rules.Input
    ) {
        guard self.kind == Rules.kind, self.state == state.rawValue, self.input == Self.place(rules, input) else {
            return
        }
        if self.isIgnored {
            transition = .ignored(in: state)
            return
        }
        if self.staysInState {
            transition.next = state
            transition.starts = []
        }
        transition.actions = transition.actions.union(self.adds).subtracting(self.drops)
        transition.starts = transition.starts.union(self.starts).subtracting(self.withholds)
        if !self.adds.isEmpty || !self.starts.isEmpty { transition.isIgnored = false }
    }
}
