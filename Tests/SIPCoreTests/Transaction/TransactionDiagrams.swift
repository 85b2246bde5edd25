import Foundation
import Testing

@testable import SIPCore

/// `Docs/Transactions.md` as the tables of the machines give it.
///
/// The tables are the source: a diagram that differs from them fails the test.
@Suite("Transaction diagrams")
struct TransactionDiagrams {
    static let file = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Docs/Transactions.md")

    @Test func documentIsThatOfTheTables() throws {
        let expected = Self.document
        if ProcessInfo.processInfo.environment["SVETLANA_WRITE_DOCS"] == "1" {
            try expected.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let actual = (try? String(contentsOf: Self.file, encoding: .utf8)) ?? ""
        let same = actual == expected
        #expect(
            same,
            "Docs/Transactions.md is old. Write it anew: SVETLANA_WRITE_DOCS=1 swift test --filter TransactionDiagrams"
        )
    }

    @Test func everyCellIsInTheDocument() {
        func cells<Rules: TransactionRules>(_ rules: Rules.Type) -> Int {
            Rules.State.allCases.reduce(0) { sum, state in
                sum + Rules.Input.allCases.count { !Rules.transition(state, $0).isIgnored }
            }
        }
        let all =
            cells(InviteClientTransaction.self) + cells(NonInviteClientTransaction.self)
            + cells(InviteServerTransaction.self) + cells(NonInviteServerTransaction.self)
        #expect(Self.document.split(separator: "**").count == 2 * all + 1)
        #expect(Self.machine(InviteClientTransaction.self, "", "").contains("calling --> callingCanceled: cancel"))
    }

    // MARK: The document

    static var document: String {
        [
            Self.introduction,
            Self.machine(
                InviteClientTransaction.self,
                "INVITE client",
                "RFC 3261 section 17.1.1 and figure 5, RFC 6026 section 8.4. `callingCanceled` and `proceedingCanceled` are the "
                    + "RFC's Calling and Proceeding after the transaction user's CANCEL (section 9.1): it is held back until a provisional "
                    + "response came, and timer `canceled` (64 T1) ends an INVITE that has no final response even then."
            ),
            Self.machine(
                NonInviteClientTransaction.self,
                "Non-INVITE client",
                "RFC 3261 section 17.1.2 and figure 6."
            ),
            Self.machine(
                InviteServerTransaction.self,
                "INVITE server",
                "RFC 3261 section 17.2.1 and figure 7, RFC 6026 sections 7.1 and 8.5. `trying` is the 100 after 200 ms; "
                    + "`unanswered` and `canceled` limit the time of a transaction user that never responds."
            ),
            Self.machine(
                NonInviteServerTransaction.self,
                "Non-INVITE server",
                "RFC 3261 section 17.2.2 and figure 8, RFC 4320. The 100 is sent by the machine when it is due and never before; "
                    + "a 1xx of the transaction user is not sent."
            ),
        ].joined(separator: "\n")
    }

    static let introduction = """
        # Transactions

        The four machines of RFC 3261 section 17 as they run, drawn from their tables
        (`Sources/SIPCore/Transaction/*Transaction.swift`). This file is written by
        `SVETLANA_WRITE_DOCS=1 swift test --filter TransactionDiagrams`; a test compares it with the tables.

        In the diagrams each arrow names the input, and behind the slash what is done. In the tables a cell has the next
        state, what is done, and the timers that start (▶), stop (■) or run on (⏵) in the next state; an empty cell means
        that the input does nothing there. A change of state stops the timers that ran, unless they run on. Where a
        transport is reliable, timers A, E and G do not start, and D, I, J and K last no time.

        """

    static func machine<Rules: TransactionRules>(_ rules: Rules.Type, _ title: String, _ text: String) -> String {
        var lines = ["## \(title)", "", text, "", "```mermaid", "stateDiagram-v2", "    [*] --> \(Rules.start)"]
        for state in Rules.State.allCases {
            for (next, labels) in Self.arrows(Rules.self, from: state) {
                // Line breaks keep the labels narrow.
                lines.append("    \(state) --> \(next): \(labels.joined(separator: "<br>"))")
            }
        }
        if let last = Rules.State.allCases.first(where: { "\($0)" == "terminated" }) {
            lines.append("    \(last) --> [*]")
        }
        lines += ["```", ""]
        lines.append("At the start run \(Self.names(Rules.startingTimers)).")
        lines.append("")
        let states = Rules.State.allCases.filter { "\($0)" != "terminated" }
        lines.append("| input | " + states.map { "\($0)" }.joined(separator: " | ") + " |")
        lines.append("| --- |" + states.map { _ in " --- |" }.joined())
        for input in Rules.Input.allCases {
            let cells = states.map { Self.cell(Rules.transition($0, input), in: $0) }
            lines.append("| \(input) | " + cells.joined(separator: " | ") + " |")
        }
        lines.append("")
        return lines.joined(separator: "\n")
    }

    /// The arrows that leave a state, those with the same end as one.
    private static func arrows<Rules: TransactionRules>(
        _ rules: Rules.Type,
        from state: Rules.State
    ) -> [(next: Rules.State, labels: [String])] {
        Rules.State.allCases.compactMap { next in
            let labels = Rules.Input.allCases.compactMap { input -> String? in
                let transition = Rules.transition(state, input)
                guard !transition.isIgnored, transition.next == next else { return nil }
                let actions = Self.actions(transition.actions)
                return actions.isEmpty ? "\(input)" : "\(input) / \(actions)"
            }
            return labels.isEmpty ? nil : (next, labels)
        }
    }

    private static func cell<State>(_ transition: Transition<State>, in state: State) -> String {
        guard !transition.isIgnored else { return "" }
        var parts = ["**\(transition.next)**"]
        if !transition.actions.isEmpty { parts.append(Self.actions(transition.actions)) }
        if !transition.starts.isEmpty { parts.append("▶ \(Self.names(transition.starts))") }
        if !transition.stops.isEmpty { parts.append("■ \(Self.names(transition.stops))") }
        if transition.keepsTimers { parts.append(transition.isSlowed ? "⏵ E every T2" : "⏵") }
        return parts.joined(separator: "<br>")
    }

    private static func actions(_ actions: TransactionAction) -> String {
        TransactionAction.names.filter { actions.contains($0.0) }.map(\.1).joined(separator: ", ")
    }

    private static func names(_ timers: TimerSet) -> String {
        timers.names.map { "\($0)".count == 1 ? "\($0)".uppercased() : "\($0)" }.joined(separator: ", ")
    }
}
