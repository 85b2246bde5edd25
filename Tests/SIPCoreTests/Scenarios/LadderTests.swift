import CoreTypes
import TelephonyTestKit
import Testing

/// A failing run can be read and played again.
@Suite("Ladders")
struct LadderTests {
    func lines(_ seed: UInt64, fault: Fault? = nil) -> [String] {
        let run = ScenarioRun(.cancel, seed: seed, loss: 20, fault: fault)
        run.play()
        return run.ladder.lines
    }

    @Test func sameSeedSameLadder() {
        #expect(self.lines(5) == self.lines(5))
        #expect(self.lines(5) != self.lines(6))
    }

    @Test func aLadderShowsMessagesFatesAndEvents() {
        let text = self.lines(3).joined(separator: "\n")
        for word in ["caller", "callee", "INVITE", "LOST", "arrives", "is told", "cancels"] {
            #expect(text.contains(word), "\(word) is missing in\n\(text)")
        }
    }

    @Test func theEnvironmentChoosesOneRun() {
        let choice = ScenarioChoice([
            "SVETLANA_SCENARIO": "cancel", "SVETLANA_SEED": "7", "SVETLANA_LOSS": "5",
            "SVETLANA_FAULT": "ignoresACK",
        ])
        #expect(choice.scenarios.map(\.name) == ["cancel"])
        #expect(choice.seeds == 7..<8 && choice.losses == [5] && choice.fault == .ignoresACK && choice.isReplay)
        let all = ScenarioChoice(["SVETLANA_SEEDS": "1000"])
        #expect(all.seeds == 0..<1000 && all.losses == [0, 5, 20] && all.scenarios.count == Scenario.all.count)
    }
}
