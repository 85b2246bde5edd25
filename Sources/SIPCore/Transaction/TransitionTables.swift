/// The tables of the four machines as one value: what each input does in each state.
///
/// A machine looks its transitions up here. An endpoint has the tables of the RFCs; a test may give it some with a wrong cell, to
/// show that a broken machine would be noticed.
package struct TransitionTables: Sendable, Hashable {
    /// A `Transition` of any of the machines, with the next state by its number, in 16 bytes.
    package struct Cell: Sendable, Hashable {
        /// The next state.
        package var next: UInt8
        /// What the transaction user is to do.
        package var actions: TransactionAction = []
        /// Which timers start, in place of those that did the same.
        package var starts: TimerSet = []
        /// Which timers stop though the state stays.
        package var stops: TimerSet = []
        /// Whether the timers run on though the state changes.
        package var keepsTimers = false
        /// Whether what is retransmitted is retransmitted every T2 from now on.
        package var isSlowed = false
        /// Whether the input means nothing in this state.
        package var isIgnored = false

        /// Makes a cell that does nothing but go to a state.
        package init(next: UInt8, isIgnored: Bool = false) {
            self.next = next
            self.isIgnored = isIgnored
        }

        init<State: RawRepresentable<UInt8>>(_ transition: Transition<State>) {
            self.next = transition.next.rawValue
            self.actions = transition.actions
            self.starts = transition.starts
            self.stops = transition.stops
            self.keepsTimers = transition.keepsTimers
            self.isSlowed = transition.isSlowed
            self.isIgnored = transition.isIgnored
        }
    }

    /// Where a cell is: a machine, a state and an input by their numbers.
    package struct Place: Sendable, Hashable {
        let kind: TransactionKind
        /// The number of the state.
        package let state: UInt8
        let input: UInt8

        // Powers of two, so that no number leads out of the tables.
        fileprivate static let states = 8
        fileprivate static let inputs = 16
        fileprivate static let all = TransactionKind.allCases.count * Self.states * Self.inputs

        fileprivate var index: Int {
            (Int(self.kind.rawValue) * Self.states + Int(self.state) % Self.states) * Self.inputs
                + Int(self.input) % Self.inputs
        }
    }

    /// The tables of the RFCs, as `InviteClientTransaction` and the others have them.
    package static let standard = TransitionTables()

    private var cells: [Cell]

    private init() {
        self.cells = Array(repeating: Cell(next: 0, isIgnored: true), count: Place.all)
        self.fill(InviteClientTransaction.self)
        self.fill(NonInviteClientTransaction.self)
        self.fill(InviteServerTransaction.self)
        self.fill(NonInviteServerTransaction.self)
    }

    private mutating func fill<Rules: TransactionRules>(_ rules: Rules.Type) {
        for state in Rules.State.allCases {
            for input in Rules.Input.allCases {
                let place = Place(kind: Rules.kind, state: state.rawValue, input: input.rawValue)
                self[place] = Cell(Rules.transition(state, input))
            }
        }
    }

    /// The cell at a place.
    package subscript(place: Place) -> Cell {
        get { self.cells[place.index] }
        set { self.cells[place.index] = newValue }
    }

    /// Where the cell of an event in a state is, which has the name that the diagrams give it; `nil` when there is none.
    package static func place(_ kind: TransactionKind, _ state: String, _ event: TransactionEvent) -> Place? {
        func place<Rules: TransactionRules>(_ rules: Rules.Type) -> Place? {
            guard let input = Rules.input(of: event),
                let state = Rules.State.allCases.first(where: { "\($0)" == state })
            else { return nil }
            return Place(kind: kind, state: state.rawValue, input: input.rawValue)
        }
        return switch kind {
        case .inviteClient: place(InviteClientTransaction.self)
        case .nonInviteClient: place(NonInviteClientTransaction.self)
        case .inviteServer: place(InviteServerTransaction.self)
        case .nonInviteServer: place(NonInviteServerTransaction.self)
        }
    }
}
