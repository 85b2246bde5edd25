import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// What a scenario is about does happen in it.
@Suite("What scenarios show")
struct ScenarioTallyTests {
    func line(_ scenario: Scenario, loss: Int = 0) -> ScenarioLine {
        var line = ScenarioLine(name: scenario.name, loss: loss)
        line.play(scenario, seeds: 0..<20)
        return line
    }

    @Test func fullTablesAreTold() {
        let tally = self.line(.overload).tally
        #expect(tally.refusals[503, default: 0] > 10)
        #expect(tally.failures[.overloaded, default: 0] > 10)
    }

    @Test func aForkedRequestIsRefusedWith482() {
        #expect(self.line(.fork).tally.refusals[482, default: 0] >= 20)
    }

    @Test func ownersThatNeverAnswerAreAnsweredFor() {
        let tally = self.line(.silentTransactionUser).tally
        #expect(tally.answers[500, default: 0] > 0 && tally.answers[487, default: 0] > 0)
    }

    @Test func bindingsAreGrantedAgainAndAgain() {
        let tally = self.line(.registration).tally
        #expect(tally.registrations.granted >= 20 * 3 && tally.registrations.removed == 20)
    }

    @Test func callsStand() {
        #expect(self.line(.calls).tally.calls >= 8)
    }

    @Test func brokenConnectionsAreTold() {
        #expect(self.line(.stream).tally.failures[.transport(TransportFault(.other)), default: 0] > 0)
    }
}
