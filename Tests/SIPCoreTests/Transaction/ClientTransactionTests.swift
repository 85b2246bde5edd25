import CoreTypes
import Testing

@testable import SIPCore

@Suite("Client transactions in virtual time")
struct ClientTransactionTests {
    func invite(
        isReliable: Bool = false,
        _ settings: TimerSettings = TimerSettings()
    ) -> DrivenMachine<InviteClientTransaction> {
        DrivenMachine(InviteClientTransaction.self, isReliable: isReliable, settings)
    }

    func other(
        isReliable: Bool = false,
        _ settings: TimerSettings = TimerSettings()
    ) -> DrivenMachine<NonInviteClientTransaction> {
        DrivenMachine(NonInviteClientTransaction.self, isReliable: isReliable, settings)
    }

    @Test func timerADoublesUntilTimerB() {
        var machine = self.invite()
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [500, 1500, 3500, 7500, 15_500, 31_500, 32_000])
        #expect(fired.dropLast().allSatisfy { $0.actions == .send })
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func reliableINVITEIsSentOnce() {
        var machine = self.invite(isReliable: true)
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [32_000])
    }

    @Test func diagnosticsRepeatNothing() {
        var invite = self.invite(.noRetransmissions)
        var other = self.other(.noRetransmissions)
        #expect(invite.run(until: 100_000).map(\.milliseconds) == [32_000])
        #expect(other.run(until: 100_000).map(\.milliseconds) == [32_000])
    }

    @Test func timersFollowT1() {
        var machine = self.invite(TimerSettings(t1: .milliseconds(100)))
        #expect(
            machine.run(until: 100_000).map(\.milliseconds) == [100, 300, 700, 1500, 3100, 6300, 6400]
        )
    }

    @Test(arguments: [(false, Int64(42_000)), (true, 10_000)])
    func timerD(isReliable: Bool, end: Int64) {
        var machine = self.invite(isReliable: isReliable)
        _ = machine.handle(.response(180), at: 1000)
        #expect(machine.handle(.response(486), at: 10_000) == [.sendACK, .deliver])
        if !isReliable {
            #expect(machine.handle(.response(486), at: 20_000) == .sendACK)
        }
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [end])
        #expect(fired.first?.actions == .end)
    }

    @Test func timerMPassesRepeatedSuccesses() {
        var machine = self.invite()
        #expect(machine.handle(.response(200), at: 400) == .deliver)
        for second in 1...30 {
            #expect(machine.handle(.response(200), at: Int64(second) * 1000) == .deliver)
        }
        // The retransmissions do not prolong the wait.
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [32_400])
    }

    @Test func cancelIsHeldBackUntilAProvisional() {
        var machine = self.invite()
        #expect(machine.handle(.cancel, at: 100) == [])
        #expect(machine.state == .callingCanceled)
        // The INVITE is still repeated, for a lost one could not be canceled.
        #expect(machine.handleTimeout(at: 500) == .send)
        #expect(machine.handle(.response(100), at: 600) == [.deliver, .sendCancel])
        // Neither a second wish nor a further provisional sends a second CANCEL.
        #expect(machine.handle(.cancel, at: 700) == [])
        #expect(machine.handle(.response(180), at: 800) == .deliver)
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [32_600])
        #expect(fired.first?.actions == [.reportTimeout, .end])
    }

    @Test func successCrossesTheCancel() {
        var machine = self.invite()
        _ = machine.handle(.response(180), at: 100)
        #expect(machine.handle(.cancel, at: 200) == .sendCancel)
        #expect(machine.handle(.response(200), at: 300) == .deliver)
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [32_300])
    }

    @Test func heldCancelDiesWithTheFinalAnswer() {
        var machine = self.invite()
        _ = machine.handle(.cancel, at: 0)
        #expect(machine.handle(.response(486), at: 100) == [.sendACK, .deliver])
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [32_100])
    }

    @Test func cancelWithoutAnyAnswerEndsByTimerB() {
        var machine = self.invite()
        _ = machine.handle(.cancel, at: 100)
        let fired = machine.run(until: 100_000)
        #expect(fired.last?.milliseconds == 32_000)
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func timerCCancelsAndEnds() {
        var machine = self.invite()
        _ = machine.handle(.response(180), at: 1000)
        _ = machine.handle(.response(180), at: 61_000)
        #expect(machine.handleTimeout(at: 191_000) == [])
        let fired = machine.run(until: 1_000_000)
        #expect(fired.map(\.milliseconds) == [251_000, 283_000])
        #expect(fired.first?.actions == .sendCancel)
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func ownersLimitCancelsTheRingingINVITE() {
        var machine = DrivenMachine(InviteClientTransaction.self, noAnswerAt: .milliseconds(20_000))
        _ = machine.handle(.response(180), at: 1000)
        _ = machine.handle(.response(180), at: 19_000)
        let fired = machine.run(until: 1_000_000)
        #expect(fired.map(\.milliseconds) == [20_000, 52_000])
        #expect(fired.map(\.actions) == [[.sendCancel, .reportNoAnswer], [.reportTimeout, .end]])
    }

    @Test func ownersLimitIsKeptWithTheFirstProvisionalAfterIt() {
        var machine = DrivenMachine(InviteClientTransaction.self, noAnswerAt: .milliseconds(2000))
        // Nothing can be canceled before a provisional answer (RFC 3261 section 9.1).
        #expect(machine.run(until: 3000).map(\.actions) == [.send, .send])
        #expect(machine.handle(.response(100), at: 3000) == .deliver)
        #expect(machine.handleTimeout(at: 3000) == [.sendCancel, .reportNoAnswer])
    }

    @Test func ownersLimitEndsAnotherRequest() {
        var machine = DrivenMachine(NonInviteClientTransaction.self, noAnswerAt: .milliseconds(2000))
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [500, 1500, 2000])
        #expect(fired.last?.actions == [.reportNoAnswer, .end])
        // One that is longer than timer F changes nothing.
        var patient = DrivenMachine(NonInviteClientTransaction.self, noAnswerAt: .milliseconds(50_000))
        #expect(patient.run(until: 100_000).last?.actions == [.reportTimeout, .end])
    }

    @Test func timerEDoublesUpToT2UntilTimerF() {
        var machine = self.other()
        let fired = machine.run(until: 100_000)
        #expect(
            fired.map(\.milliseconds)
                == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000]
        )
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func timerEIsT2InProceeding() {
        var machine = self.other()
        #expect(machine.handle(.response(100), at: 100) == .deliver)
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500, 32_000])
    }

    @Test(arguments: [(false, Int64(5100)), (true, 100)])
    func timerK(isReliable: Bool, end: Int64) {
        var machine = self.other(isReliable: isReliable)
        #expect(machine.handle(.response(200), at: 100) == .deliver)
        #expect(machine.handle(.response(200), at: 100) == [])
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [end])
    }

    @Test func lateTimersDoNotBurst() {
        var machine = self.invite()
        // The driver slept for five seconds: one retransmission, and the next one second after it.
        #expect(machine.handleTimeout(at: 5000) == .send)
        #expect(machine.handleTimeout(at: 5000) == [])
        #expect(machine.deadline == .milliseconds(6000))
    }

    @Test func zeroDurationsDoNotStopTheClock() {
        var settings = TimerSettings(t1: .zero, t2: .zero)
        settings.t4 = .zero
        var machine = self.other(settings)
        _ = machine.run(until: 100)
        #expect(machine.state == .terminated)
        #expect(settings.nonInviteTryingDelay == .zero)
    }
}
