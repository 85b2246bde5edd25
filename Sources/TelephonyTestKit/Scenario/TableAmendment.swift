import SIPCore

/// A cell of one of the four tables made wrong, to show that a broken machine would be noticed.
struct TableAmendment: Hashable {
    private let place: TransitionTables.Place
    private let isIgnored: Bool
    private let staysInState: Bool
    private let adds: TransactionAction
    private let drops: TransactionAction
    private let starts: TimerName?
    private let withholds: TimerName?

    /// The cell of an event in a state, which has the name that the diagrams give it; `nil` when there is no such cell.
    ///
    /// - Parameters:
    ///   - isIgnored: whether the input does nothing.
    ///   - stays: whether the state stays as it is, with the timers that ran.
    ///   - adds: what is done besides.
    ///   - drops: what is not done.
    ///   - starts: the timer that starts besides.
    ///   - withholds: the timer that does not start.
    init?(
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
        guard let place = TransitionTables.place(kind, state, event) else { return nil }
        self.place = place
        self.isIgnored = isIgnored
        self.staysInState = stays
        self.adds = adds
        self.drops = drops
        self.starts = starts
        self.withholds = withholds
    }

    /// The tables of the RFCs with the wrong cell.
    var tables: TransitionTables {
        var tables = TransitionTables.standard
        var cell = tables[self.place]
        if self.isIgnored {
            cell = TransitionTables.Cell(next: self.place.state, isIgnored: true)
        } else {
            if self.staysInState {
                cell.next = self.place.state
                cell.starts = []
            }
            cell.actions = cell.actions.union(self.adds).subtracting(self.drops)
            if let starts { cell.starts.insert(TimerSet(starts)) }
            if let withholds { cell.starts.remove(TimerSet(withholds)) }
            if !self.adds.isEmpty || self.starts != nil { cell.isIgnored = false }
        }
        tables[self.place] = cell
        return tables
    }
}
