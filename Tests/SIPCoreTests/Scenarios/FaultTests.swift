import Testing

@testable import TelephonyTestKit

/// The scenarios are worth something only if they notice a broken endpoint: each fault is caught within a few seeds,
/// whether it is around the endpoint or a wrong cell in the table of one of its machines.
@Suite("Broken endpoints")
struct FaultTests {
    static let scenarios: [Scenario] = [.invite, .cancel, .partition, .nonInvite, .silentTransactionUser]
    static let seeds: Range<UInt64> = 0..<60

    /// One that names no cell of a table would change nothing.
    @Test func everyFaultInATableNamesACell() {
        for fault in Fault.allCases { #expect((fault.amendment != nil) == fault.isInTable, "\(fault.rawValue)") }
    }

    @Test(arguments: Fault.allCases)
    func aBrokenRuleIsNoticed(_ fault: Fault) {
        for loss in [20, 0] {
            for seed in Self.seeds {
                for scenario in Self.scenarios {
                    let run = ScenarioRun(scenario, seed: seed, loss: loss, fault: fault)
                    run.play()
                    guard let violation = run.violations.first else { continue }
                    let command = ScenarioChoice.command(scenario.name, seed: seed, loss: loss, fault: fault)
                    print("\(fault.rawValue): caught by \(violation.invariant.rawValue), \(command)")
                    return
                }
            }
        }
        Issue.record("\(fault.rawValue) was not noticed in any of \(Self.seeds.count) seeds")
    }
}
