import CoreTypes
import Testing

@testable import SIPCore

/// The tables of the machines, written down a second time from RFC 3261 figures 5 to 8 and RFC 6026 figures 1 and 2.
///
/// In a cell: the next state, then the actions by their letters; "-" where the input means nothing.
@Suite("Transition tables")
struct TransitionTableTests {
    static let letters: [(Character, TransactionAction)] = [
        ("S", .send), ("K", .sendACK), ("X", .sendCancel), ("1", .sendTrying), ("O", .answerForOwner),
        ("D", .deliver), ("A", .reportAcknowledged), ("T", .reportTimeout), ("F", .reportTransportFailure), ("E", .end),
    ]

    func check<Machine: DrivenMachine>(_ machine: Machine.Type, against text: String) throws {
        let rows = text.split(separator: "\n").map { line in
            line.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
        }
        let states = try #require(rows.first).compactMap(\.first).compactMap { Machine.State(rawValue: $0) }
        #expect(states.count == Machine.State.allCases.count)
        #expect(rows.count == Machine.Input.allCases.count + 1)
        for row in rows.dropFirst() {
            let input = try #require(row.first?.first.flatMap { Machine.Input(rawValue: $0) }, "\(row)")
            try #require(row.count == states.count + 1)
            for (state, cell) in zip(states, row.dropFirst()) {
                let actual = Machine.transition(state, input)
                if cell == ["-"] {
                    #expect(actual.isIgnored && actual.next == state && actual.actions == [], "\(state) \(input)")
                    continue
                }
                let actions = cell.dropFirst().joined().reduce(into: TransactionAction()) { result, letter in
                    result.formUnion(Self.letters.first { $0.0 == letter }?.1 ?? TransactionAction(rawValue: 1 << 15))
                }
                #expect(actual.next.rawValue == cell.first && actual.actions == actions, "\(state) \(input)")
                #expect(!actual.isIgnored)
            }
        }
    }

    @Test func inviteClient() throws {
        try self.check(
            InviteClientTransaction.self,
            against: """
                -                 | calling       | proceeding    | completed     | accepted      | terminated
                provisional       | proceeding D  | proceeding D  | -             | -             | -
                success           | accepted D    | accepted D    | -             | accepted D    | -
                failure           | completed KD  | completed KD  | completed K   | -             | -
                cancel            | calling       | proceeding X  | -             | -             | -
                timerA            | calling S     | -             | -             | -             | -
                timerB            | terminated TE | -             | -             | -             | -
                timerC            | -             | proceeding X  | -             | -             | -
                timerD            | -             | -             | terminated E  | -             | -
                timerM            | -             | -             | -             | terminated E  | -
                cancelExpired     | -             | terminated TE | -             | -             | -
                transportFailure  | terminated FE | -             | terminated FE | -             | -
                """
        )
    }

    @Test func nonInviteClient() throws {
        try self.check(
            NonInviteClientTransaction.self,
            against: """
                -                 | trying        | proceeding    | completed     | terminated
                provisional       | proceeding D  | proceeding D  | -             | -
                final             | completed D   | completed D   | -             | -
                timerE            | trying S      | proceeding S  | -             | -
                timerF            | terminated TE | terminated TE | -             | -
                timerK            | -             | -             | terminated E  | -
                transportFailure  | terminated FE | terminated FE | -             | -
                """
        )
    }

    @Test func inviteServer() throws {
        try self.check(
            InviteServerTransaction.self,
            against: """
                -                 | proceeding    | completed     | confirmed     | accepted      | terminated
                invite            | proceeding S  | completed S   | -             | -             | -
                ack               | -             | confirmed A   | -             | accepted D    | -
                provisional       | proceeding S  | -             | -             | -             | -
                success           | accepted S    | -             | -             | accepted S    | -
                failure           | completed S   | -             | -             | -             | -
                tryingExpired     | proceeding 1  | -             | -             | -             | -
                unansweredExpired | proceeding O  | -             | -             | -             | -
                timerG            | -             | completed S   | -             | -             | -
                timerH            | -             | terminated TE | -             | -             | -
                timerI            | -             | -             | terminated E  | -             | -
                timerL            | -             | -             | -             | terminated E  | -
                transportFailure  | proceeding F  | completed F   | -             | accepted F    | -
                """
        )
    }

    @Test func nonInviteServer() throws {
        try self.check(
            NonInviteServerTransaction.self,
            against: """
                -                 | trying        | proceeding    | completed     | terminated
                request           | -             | proceeding S  | completed S   | -
                provisional       | proceeding S  | proceeding S  | -             | -
                final             | completed S   | completed S   | -             | -
                tryingExpired     | trying 1      | -             | -             | -
                unansweredExpired | trying O      | proceeding O  | -             | -
                timerJ            | -             | -             | terminated E  | -
                transportFailure  | -             | proceeding F  | completed F   | -
                """
        )
    }

    /// Walks a machine into each of its states, gives each input there, and compares with the table.
    ///
    /// A timer must run in exactly the states whose table knows it, but for those named in `absent`.
    func walk<Machine: DrivenMachine>(
        _ machine: Machine.Type,
        isReliable: Bool,
        absent: Set<Machine.Input>
    ) {
        let start = Machine(isReliable: isReliable, settings: TimerSettings(), now: .zero)
        var found: [Machine.State: (Machine, Instant)] = [start.state: (start, .zero)]
        var queue = [start.state]
        var pairs = 0
        while let state = queue.popLast() {
            for input in Machine.Input.allCases {
                guard var (machine, now) = found[state] else { continue }
                pairs += 1
                let expected = Machine.transition(state, input)
                guard let actions = machine.drive(input, now: &now) else {
                    #expect(
                        expected.isIgnored || absent.contains(input),
                        "\(state): the timer of \(input) does not run"
                    )
                    continue
                }
                if Machine.timer(of: input) != nil {
                    #expect(!expected.isIgnored, "\(state): the timer of \(input) should not run")
                }
                #expect(machine.state == expected.next, "\(state) \(input)")
                #expect(actions == expected.actions, "\(state) \(input)")
                #expect((machine.deadline == nil) == actions.contains(.end), "\(state) \(input): deadline and end")
                if found[machine.state] == nil, !actions.contains(.end) {
                    found[machine.state] = (machine, now)
                    queue.append(machine.state)
                } else if actions.contains(.end), found[machine.state] == nil {
                    found[machine.state] = (machine, now)
                    self.checkTerminated(machine, now: now)
                }
            }
        }
        // Every state was reached; in the last one, checkTerminated gave the inputs.
        #expect(found.count == Machine.State.allCases.count)
        #expect(pairs == (Machine.State.allCases.count - 1) * Machine.Input.allCases.count)
    }

    func checkTerminated<Machine: DrivenMachine>(_ terminated: Machine, now: Instant) {
        for input in Machine.Input.allCases {
            var machine = terminated
            var later = now
            let actions = machine.drive(input, now: &later)
            #expect(actions == nil || actions == [], "terminated \(input)")
            #expect(machine.state == terminated.state)
            #expect(machine.deadline == nil)
        }
    }

    @Test(arguments: [false, true])
    func everyPairIsDriven(isReliable: Bool) {
        self.walk(
            InviteClientTransaction.self,
            isReliable: isReliable,
            // The wait for a canceled INVITE has a test of its own.
            absent: isReliable ? [.timerA, .cancelExpired] : [.cancelExpired]
        )
        self.walk(NonInviteClientTransaction.self, isReliable: isReliable, absent: isReliable ? [.timerE] : [])
        self.walk(InviteServerTransaction.self, isReliable: isReliable, absent: isReliable ? [.timerG] : [])
        self.walk(NonInviteServerTransaction.self, isReliable: isReliable, absent: isReliable ? [.tryingExpired] : [])
    }
}
