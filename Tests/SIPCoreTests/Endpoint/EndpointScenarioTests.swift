import CoreTypes
import Foundation
import SIPCore
import TelephonyTestKit
import Testing

/// Whatever the network does: each request ends once on each side that knows of it, and nothing is left behind.
///
/// `SVETLANA_SEEDS` sets how many seeds are played, `SVETLANA_SEED` plays one alone and prints its ladder.
@Suite("Two endpoints over a lossy network")
struct EndpointScenarioTests {
    static let seeds: Range<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["SVETLANA_SEED"].flatMap({ UInt64($0) }) { return one..<one + 1 }
        return 0..<(environment["SVETLANA_SEEDS"].flatMap { UInt64($0) } ?? 25)
    }()

    func play(_ seed: UInt64, loss: Double) throws -> EndpointScenario {
        let conditions = SimulatedNetwork.Conditions(
            latency: .milliseconds(20),
            jitter: .milliseconds(30),
            loss: loss,
            duplication: loss / 4,
            reordering: loss / 2,
            reorderingDelay: .milliseconds(700)
        )
        let scenario = EndpointScenario(seed: seed, conditions: conditions)
        try scenario.run(requests: 12)
        return scenario
    }

    @Test(arguments: [0, 0.05, 0.2])
    func everyRequestEndsOnBothSides(loss: Double) throws {
        for seed in Self.seeds {
            let scenario = try self.play(seed, loss: loss)
            let hint: Comment = "SVETLANA_SEED=\(seed) at loss \(loss)"
            var isRight = scenario.outcomes.count == 12 && scenario.areGaugesZero
            for (id, outcome) in scenario.outcomes {
                let callID = scenario.callIDs[id] ?? ""
                let answered = outcome.finals.filter { $0 < 300 }
                let refused = outcome.finals.filter { $0 >= 300 }
                // One end: refused once, answered (a 2xx may come again), or failed once.
                let ends = (answered.isEmpty ? 0 : 1) + refused.count + outcome.failures.count
                if ends != 1 { isRight = false }
                if loss == 0 { isRight = isRight && self.isAsPlanned(outcome, callID, scenario) }
            }
            // Each request that the callee was given was ended once, none was given twice.
            isRight = isRight && scenario.served.values.allSatisfy { $0 == 1 } && scenario.served == scenario.ended
            #expect(isRight, hint)
            guard isRight, Self.seeds.count > 1 else {
                print(scenario.ladder.joined(separator: "\n"))
                return
            }
        }
    }

    /// On a network that loses nothing every request gets the answer that the callee gave.
    func isAsPlanned(_ outcome: EndpointScenario.Outcome, _ callID: String, _ scenario: EndpointScenario) -> Bool {
        guard let plan = scenario.planned[callID], outcome.failures.isEmpty, let final = outcome.finals.first else {
            return false
        }
        if scenario.canceled.contains(callID), final == 487 { return true }
        switch plan {
        // The owner's time runs out after the caller's timer C.
        case .silence: return final == 500 || final == 487
        case .answer(let status, _, _): return final == status
        }
    }

    @Test func sameSeedSameLadder() throws {
        let ladder = try self.play(5, loss: 0.2).ladder
        #expect(try self.play(5, loss: 0.2).ladder == ladder)
        #expect(try self.play(6, loss: 0.2).ladder != ladder)
        #expect(ladder.count > 30)
    }

    @Test func aPartitionEndsEverything() throws {
        let scenario = EndpointScenario(seed: 1, conditions: .init(loss: 1))
        try scenario.run(requests: 20)
        #expect(scenario.outcomes.values.allSatisfy { $0 == .init(finals: [], failures: [.timeout]) })
        #expect(scenario.served.isEmpty && scenario.areGaugesZero)
    }
}
