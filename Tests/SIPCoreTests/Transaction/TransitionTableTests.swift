import CoreTypes
import Testing

@testable import SIPCore

/// The tables of the machines, written down a second time from RFC 3261 figures 5 to 8 and RFC 6026 figures 1 and 2.
///
/// In a cell: the next state, the actions by their letters, behind "+" the timers that start and behind "-" those that
/// stop; "=" where the timers run on in the next state, "~" where they get slow; "-" alone where the input means nothing.
@Suite("Transition tables")
struct TransitionTableTests {
    static let letters: [(Character, TransactionAction)] = [
        ("S", .send), ("K", .sendACK), ("X", .sendCancel), ("1", .sendTrying), ("O", .respondForTransactionUser),
        ("D", .deliver), ("A", .reportAcknowledged), ("T", .reportTimeout), ("N", .reportNoAnswer),
        ("F", .reportTransportFailure), ("E", .end),
    ]

    func check<Rules: TransactionRules>(_ rules: Rules.Type, against text: String) throws {
        let rows = text.split(separator: "\n").map { line in
            line.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
        }
        let names = try #require(rows.first).dropFirst().compactMap(\.first)
        let states = names.compactMap { name in Rules.State.allCases.first { "\($0)" == name } }
        #expect(states.count == Rules.State.allCases.count)
        #expect(rows.count == Rules.Input.allCases.count + 1)
        for row in rows.dropFirst() {
            let input = try #require(Rules.Input.allCases.first { "\($0)" == row.first?.first }, "\(row)")
            try #require(row.count == states.count + 1)
            for (state, cell) in zip(states, row.dropFirst()) {
                let expected = try self.transition(cell, in: state, Rules.self)
                #expect(Rules.transition(state, input) == expected, "\(state) \(input)")
            }
        }
    }

    private func transition<Rules: TransactionRules>(
        _ cell: [String],
        in state: Rules.State,
        _ rules: Rules.Type
    ) throws -> Transition<Rules.State> {
        if cell == ["-"] { return .ignored(in: state) }
        let next = try #require(Rules.State.allCases.first { "\($0)" == cell.first }, "\(cell)")
        var result = Transition.to(next)
        for word in cell.dropFirst() {
            switch word.first {
            case "+": result.starts.formUnion(try self.timer(word))
            case "-": result.stops.formUnion(try self.timer(word))
            case "=": result.keepsTimers = true
            case "~": result.isSlowed = true
            default:
                for letter in word {
                    result.actions.formUnion(try #require(Self.letters.first { $0.0 == letter }?.1, "\(cell)"))
                }
            }
        }
        return result
    }

    private func timer(_ word: String) throws -> TimerSet {
        TimerSet(try #require(TimerName.allCases.first { "\($0)" == word.dropFirst() }, "\(word)"))
    }

    @Test func inviteClient() throws {
        let table = """
            -                | calling              | callingCanceled                 | proceeding                      | proceedingCanceled | completed     | accepted      | terminated
            provisional      | proceeding D +c +noAnswer | proceedingCanceled DX +canceled | proceeding D +c             | proceedingCanceled D | -           | -             | -
            success          | accepted D +m        | accepted D +m                   | accepted D +m                   | accepted D +m      | -             | accepted D    | -
            failure          | completed KD +d      | completed KD +d                 | completed KD +d                 | completed KD +d    | completed K   | -             | -
            cancel           | callingCanceled =    | -                               | proceedingCanceled X +canceled  | -                  | -             | -             | -
            timerA           | calling S +a         | callingCanceled S +a            | -                               | -                  | -             | -             | -
            timerB           | terminated TE        | terminated TE                   | -                               | -                  | -             | -             | -
            timerC           | -                    | -                               | proceedingCanceled X +canceled  | -                  | -             | -             | -
            timerD           | -                    | -                               | -                               | -                  | terminated E  | -             | -
            timerM           | -                    | -                               | -                               | -                  | -             | terminated E  | -
            canceledExpired  | -                    | -                               | -                               | terminated TE      | -             | -             | -
            noAnswerExpired  | -                    | -                               | proceedingCanceled XN +canceled | -                  | -             | -             | -
            transportFailure | terminated FE        | terminated FE                   | -                               | -                  | terminated FE | -             | -
            """
        try self.check(InviteClientTransaction.self, against: table)
    }

    @Test func nonInviteClient() throws {
        let table = """
            -                 | trying            | proceeding    | completed     | terminated
            provisional       | proceeding D = ~  | proceeding D  | -             | -
            final             | completed D +k    | completed D +k | -            | -
            timerE            | trying S +e       | proceeding S +e | -           | -
            timerF            | terminated TE     | terminated TE | -             | -
            timerK            | -                 | -             | terminated E  | -
            noAnswerExpired   | terminated NE     | terminated NE | -             | -
            transportFailure  | terminated FE     | terminated FE | -             | -
            """
        try self.check(NonInviteClientTransaction.self, against: table)
    }

    @Test func inviteServer() throws {
        let table = """
            -                 | proceeding                          | proceedingCanceled             | completed      | confirmed    | accepted      | terminated
            invite            | proceeding S -trying                | proceedingCanceled S -trying   | completed S    | -            | -             | -
            ack               | -                                   | -                              | confirmed A +i | -            | accepted D    | -
            cancel            | proceedingCanceled = +canceled      | -                              | -              | -            | -             | -
            provisional       | proceeding S -trying +unanswered    | proceedingCanceled S -trying   | -              | -            | -             | -
            success           | accepted S +l                       | accepted S +l                  | -              | -            | accepted S    | -
            failure           | completed S +g +h                   | completed S +g +h              | -              | -            | -             | -
            tryingExpired     | proceeding 1                        | proceedingCanceled 1           | -              | -            | -             | -
            unansweredExpired | proceeding O +unanswered            | -                              | -              | -            | -             | -
            canceledExpired   | -                                   | proceedingCanceled O +canceled | -              | -            | -             | -
            timerG            | -                                   | -                              | completed S +g | -            | -             | -
            timerH            | -                                   | -                              | terminated TE  | -            | -             | -
            timerI            | -                                   | -                              | -              | terminated E | -             | -
            timerL            | -                                   | -                              | -              | -            | terminated E  | -
            transportFailure  | proceeding F                        | proceedingCanceled F           | completed F    | -            | accepted F    | -
            """
        try self.check(InviteServerTransaction.self, against: table)
    }

    @Test func nonInviteServer() throws {
        let table = """
            -                 | trying                | proceeding                | completed     | terminated
            request           | -                     | proceeding S              | completed S   | -
            provisional       | -                     | -                         | -             | -
            final             | completed S +j        | completed S +j            | -             | -
            tryingExpired     | proceeding 1 =        | -                         | -             | -
            unansweredExpired | trying O +unanswered  | proceeding O +unanswered  | -             | -
            timerJ            | -                     | -                         | terminated E  | -
            transportFailure  | -                     | proceeding F              | completed F   | -
            """
        try self.check(NonInviteServerTransaction.self, against: table)
    }

    /// Walks a machine into each of its states, gives each input there, and compares with the table.
    ///
    /// A timer must run in exactly the states whose table knows it, but for those named in `absent`, which do not run or
    /// come too late.
    func walk<Rules: TransactionRules>(
        _ rules: Rules.Type,
        isReliable: Bool,
        _ settings: TimerSettings = TimerSettings(),
        noAnswerAt: Instant? = nil,
        absent: Set<Rules.Input>
    ) {
        let start = DrivenMachine(rules, isReliable: isReliable, settings, noAnswerAt: noAnswerAt)
        var found: [Rules.State: (DrivenMachine<Rules>, Instant)] = [Rules.start: (start, .zero)]
        var queue = [Rules.start]
        var pairs = 0
        while let state = queue.popLast() {
            for input in Rules.Input.allCases {
                guard var (machine, now) = found[state] else { continue }
                pairs += 1
                let expected = Rules.transition(state, input)
                guard let actions = machine.drive(input, now: &now) else {
                    #expect(
                        expected.isIgnored || absent.contains(input),
                        "\(state): the timer of \(input) does not fire"
                    )
                    continue
                }
                if case .timer = Rules.event(of: input) {
                    #expect(!expected.isIgnored, "\(state): the timer of \(input) should not run")
                }
                #expect(machine.state == expected.next, "\(state) \(input)")
                #expect(actions == expected.actions, "\(state) \(input)")
                #expect((machine.deadline == nil) == actions.contains(.end), "\(state) \(input): deadline and end")
                guard let next = machine.state, found[next] == nil else { continue }
                found[next] = (machine, now)
                if actions.contains(.end) { self.checkTerminated(machine, now: now) } else { queue.append(next) }
            }
        }
        // Every state was reached; in the last one, checkTerminated gave the inputs.
        #expect(found.count == Rules.State.allCases.count)
        #expect(pairs == (Rules.State.allCases.count - 1) * Rules.Input.allCases.count)
    }

    func checkTerminated<Rules: TransactionRules>(_ terminated: DrivenMachine<Rules>, now: Instant) {
        for input in Rules.Input.allCases {
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
            absent: isReliable ? [.timerA, .noAnswerExpired] : [.noAnswerExpired]
        )
        self.walk(
            NonInviteClientTransaction.self,
            isReliable: isReliable,
            absent: isReliable ? [.timerE, .noAnswerExpired] : [.noAnswerExpired]
        )
        self.walk(InviteServerTransaction.self, isReliable: isReliable, absent: isReliable ? [.timerG] : [])
        // The transaction user has less time than there is to the 100, so that both timers fire in Trying.
        var short = TimerSettings()
        short.responseLimit = .seconds(1)
        self.walk(NonInviteServerTransaction.self, isReliable: isReliable, short, absent: [])
    }

    @Test(arguments: [false, true])
    func everyPairIsDrivenWithinALimit(isReliable: Bool) {
        // The limit comes before timers C and F.
        self.walk(
            InviteClientTransaction.self,
            isReliable: isReliable,
            noAnswerAt: .milliseconds(10_000),
            absent: isReliable ? [.timerA, .timerC] : [.timerC]
        )
        self.walk(
            NonInviteClientTransaction.self,
            isReliable: isReliable,
            noAnswerAt: .milliseconds(10_000),
            absent: isReliable ? [.timerE, .timerF] : [.timerF]
        )
    }

    @Test func everyInputHasAnEvent() {
        func check<Rules: TransactionRules>(_ rules: Rules.Type) {
            for input in Rules.Input.allCases { #expect(Rules.event(of: input) != nil, "\(input)") }
        }
        check(InviteClientTransaction.self)
        check(NonInviteClientTransaction.self)
        check(InviteServerTransaction.self)
        check(NonInviteServerTransaction.self)
    }

    @Test func aMachineIsSmall() {
        #expect(MemoryLayout<TransactionMachine>.size <= 32)
        #expect(MemoryLayout<TransactionRecord>.stride <= 104)
    }
}
