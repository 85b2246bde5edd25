import CoreTypes
import Foundation
import TelephonyTestKit
import Testing

extension Scenario {
    /// Every scenario.
    static let all: [Scenario] = [
        .nonInvite, .invite, .cancel, .silentTransactionUser, .fork, .registration, .stream, .overload, .rebinding,
        .partition,
        .calls,
    ]
}

/// What the environment asks for: how many seeds (`SVETLANA_SEEDS`), or one run alone (`SVETLANA_SCENARIO`,
/// `SVETLANA_SEED`, `SVETLANA_LOSS` and, for a broken endpoint, `SVETLANA_FAULT`).
struct ScenarioChoice {
    let scenarios: [Scenario]
    let losses: [Int]
    let seeds: Range<UInt64>
    let fault: Fault?
    let isReplay: Bool

    static let asked = ScenarioChoice(ProcessInfo.processInfo.environment)

    init(_ environment: [String: String]) {
        let name = environment["SVETLANA_SCENARIO"]
        self.scenarios = Scenario.all.filter { name == nil || $0.name == name }
        self.losses = environment["SVETLANA_LOSS"].flatMap { Int($0) }.map { [$0] } ?? [0, 5, 20]
        let one = environment["SVETLANA_SEED"].flatMap { UInt64($0) }
        let count = environment["SVETLANA_SEEDS"].flatMap { UInt64($0) } ?? 100
        self.seeds = one.map { $0..<$0 + 1 } ?? 0..<count
        self.fault = environment["SVETLANA_FAULT"].flatMap { Fault(rawValue: $0) }
        self.isReplay = one != nil
    }

    /// The command that plays one run again, alone.
    static func command(_ name: String, seed: UInt64, loss: Int, fault: Fault? = nil) -> String {
        let broken = fault.map { " SVETLANA_FAULT=\($0.rawValue)" } ?? ""
        return "SVETLANA_SCENARIO=\(name) SVETLANA_SEED=\(seed) SVETLANA_LOSS=\(loss)\(broken)"
            + " swift test --filter ScenarioTests/everyScenarioKeepsEveryInvariant"
    }
}

/// Whatever the network does: each request ends once at both sides, every promise of the RFC is kept on the wire, and
/// nothing is left behind.
@Suite("Scenarios in virtual time")
struct ScenarioTests {
    @Test func everyScenarioKeepsEveryInvariant() async throws {
        let choice = ScenarioChoice.asked
        try #require(!choice.scenarios.isEmpty, "no scenario has that name")
        let start = ContinuousClock.now
        let table = await ScenarioTable(
            choice.scenarios,
            losses: choice.losses,
            seeds: choice.seeds,
            fault: choice.fault
        )
        let runs = table.lines.reduce(0) { $0 + $1.seeds }
        let seconds = Double((ContinuousClock.now - start).milliseconds) / 1000
        print("\(table.text)\n\(runs) runs in \(seconds) s")
        for line in table.lines { self.report(line, choice) }
        if choice.isReplay { self.show(choice) }
    }

    /// Prints the first failures of a line with their ladders.
    private func report(_ line: ScenarioLine, _ choice: ScenarioChoice) {
        guard !line.failures.isEmpty else { return }
        for failure in line.failures.prefix(3) where !choice.isReplay {
            let command = ScenarioChoice.command(line.name, seed: failure.seed, loss: line.loss, fault: choice.fault)
            let violations = failure.violations.map(\.description).joined(separator: "\n")
            print("\n\(line.name), \(line.loss) % lost, seed \(failure.seed):\n\(violations)\n\(command)")
        }
        if !choice.isReplay, let first = line.failures.first,
            let scenario = choice.scenarios.first(where: { $0.name == line.name })
        {
            let run = ScenarioRun(scenario, seed: first.seed, loss: line.loss, fault: choice.fault)
            run.play()
            print(run.ladder.lines.joined(separator: "\n"))
        }
        let seeds = line.failures.map { "\($0.seed)" }.prefix(10).joined(separator: ", ")
        Issue.record("\(line.name) at \(line.loss) %: seeds \(seeds) of \(line.failures.count)")
    }

    private func show(_ choice: ScenarioChoice) {
        for scenario in choice.scenarios {
            for loss in choice.losses {
                let run = ScenarioRun(scenario, seed: choice.seeds.lowerBound, loss: loss, fault: choice.fault)
                run.play()
                print(run.ladder.lines.joined(separator: "\n"))
                for violation in run.violations { print(violation) }
            }
        }
    }
}
