import CallCore
import CoreTypes
import SIPDiagnostics
import Testing

@testable import svetlana

/// What the bot says of its registration: only what it has evidence for.
@Suite struct RegistrationStateTests {
    private static let begin = ContinuousClock.now

    private static func state(_ phase: RegistrationState.Phase) -> RegistrationState {
        var state = RegistrationState()
        state.account = "200 at 192.0.2.1:5060"
        state.phase = phase
        if case .confirmed(let at, let granted) = phase { state.confirmation = (at, granted) }
        return state
    }

    @Test func `a registration says when it was confirmed last`() {
        let account = Self.state(.confirmed(at: Self.begin, granted: .seconds(60))).account(
            at: Self.begin + .seconds(12)
        )
        #expect(account.isRegistered)
        #expect(account.text == "registered as 200 at 192.0.2.1:5060, confirmed 12 s ago")
        #expect(account.confirmedSecondsAgo == 12)
        #expect(account.refusal == nil)
    }

    @Test func `one that was not refreshed is none any more, though nothing has failed yet`() {
        let account = Self.state(.confirmed(at: Self.begin, granted: .seconds(60))).account(
            at: Self.begin + .seconds(61)
        )
        #expect(!account.isRegistered)
        #expect(account.text.hasPrefix("not registered any more"))
        #expect(account.refusal == .noResponse)
    }

    @Test func `a failure says why, when it is tried again, and what was before`() {
        let diagnosis = Diagnosis(verdict: .noReply, summary: "no reply", advice: ["look"])
        var state = Self.state(.confirmed(at: Self.begin, granted: .seconds(60)))
        state.phase = .failed(diagnosis, .noResponse, retryAt: Self.begin + .seconds(100))
        let account = state.account(at: Self.begin + .seconds(90))
        #expect(!account.isRegistered && account.advice == ["look"])
        #expect(
            account.text
                == "not registered as 200 at 192.0.2.1:5060: no reply; tried again in 10 s; last confirmed 90 s ago"
        )
    }

    @Test func `a bot that only asked is not registered`() {
        let account = Self.state(.asking(since: Self.begin)).account(at: Self.begin + .seconds(3))
        #expect(!account.isRegistered)
        #expect(account.text.contains("registering as 200 at 192.0.2.1:5060 for 3 s, no response so far"))
        #expect(!Self.state(.waiting("no name")).account(at: Self.begin).isRegistered)
    }
}
