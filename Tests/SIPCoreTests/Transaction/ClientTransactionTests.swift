import CoreTypes
import Testing

@testable import SIPCore

@Suite("Client transactions in virtual time")
struct ClientTransactionTests {
    func invite(isReliable: Bool = false, _ settings: TimerSettings = TimerSettings()) -> InviteClientTransaction {
        InviteClientTransaction(isReliable: isReliable, settings: settings, now: .zero)
    }

    func other(isReliable: Bool = false, _ settings: TimerSettings = TimerSettings()) -> NonInviteClientTransaction {
        NonInviteClientTransaction(isReliable: isReliable, settings: settings, now: .zero)
    }

    @Test func timerADoublesUntilTimerB() {
        var machine = self.invite()
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [500, 1500, 3500, 7500, 15_500, 31_500, 32_000])
        #expect(fired.dropLast().allSatisfy { $0.actions == .send })
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func reliableINVITEIsSentOnce() {
        var machine = self.invite(isReliable: true)
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [32_000])
    }

    @Test func diagnosticsRepeatNothing() {
        var invite = self.invite(.noRetransmissions)
        var other = self.other(.noRetransmissions)
        #expect(invite.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_000])
        #expect(other.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_000])
    }

    @Test func timersFollowT1() {
        var machine = self.invite(TimerSettings(t1: .milliseconds(100)))
        #expect(
            machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [100, 300, 700, 1500, 3100, 6300, 6400]
        )
    }

    @Test(arguments: [(false, Int64(42_000)), (true, 10_000)])
    func timerD(isReliable: Bool, end: Int64) {
        var machine = self.invite(isReliable: isReliable)
        _ = machine.receive(status: 180, now: .milliseconds(1000))
        #expect(machine.receive(status: 486, now: .milliseconds(10_000)) == [.sendACK, .deliver])
        if !isReliable {
            #expect(machine.receive(status: 486, now: .milliseconds(20_000)) == .sendACK)
        }
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [end])
        #expect(fired.first?.actions == .end)
    }

    @Test func timerMPassesRepeatedSuccesses() {
        var machine = self.invite()
        #expect(machine.receive(status: 200, now: .milliseconds(400)) == .deliver)
        for second in 1...30 {
            #expect(machine.receive(status: 200, now: .milliseconds(Int64(second) * 1000)) == .deliver)
        }
        // The repetitions do not prolong the wait.
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_400])
    }

    @Test func cancelIsHeldBackUntilAProvisional() {
        var machine = self.invite()
        #expect(machine.cancel(now: .milliseconds(100)) == [])
        #expect(machine.isCanceled)
        // The INVITE is still repeated, for a lost one could not be canceled.
        #expect(machine.handleTimeout(now: .milliseconds(500)) == .send)
        #expect(machine.receive(status: 100, now: .milliseconds(600)) == [.deliver, .sendCancel])
        // Neither a second wish nor a further provisional sends a second CANCEL.
        #expect(machine.cancel(now: .milliseconds(700)) == [])
        #expect(machine.receive(status: 180, now: .milliseconds(800)) == .deliver)
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [32_600])
        #expect(fired.first?.actions == [.reportTimeout, .end])
    }

    @Test func successCrossesTheCancel() {
        var machine = self.invite()
        _ = machine.receive(status: 180, now: .milliseconds(100))
        #expect(machine.cancel(now: .milliseconds(200)) == .sendCancel)
        #expect(machine.receive(status: 200, now: .milliseconds(300)) == .deliver)
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_300])
    }

    @Test func heldCancelDiesWithTheFinalAnswer() {
        var machine = self.invite()
        _ = machine.cancel(now: .zero)
        #expect(machine.receive(status: 486, now: .milliseconds(100)) == [.sendACK, .deliver])
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_100])
    }

    @Test func cancelWithoutAnyAnswerEndsByTimerB() {
        var machine = self.invite()
        _ = machine.cancel(now: .milliseconds(100))
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.last?.milliseconds == 32_000)
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func timerCCancelsAndEnds() {
        var machine = self.invite()
        _ = machine.receive(status: 180, now: .milliseconds(1000))
        _ = machine.receive(status: 180, now: .milliseconds(61_000))
        #expect(machine.handleTimeout(now: .milliseconds(191_000)) == [])
        let fired = machine.run(until: .milliseconds(1_000_000))
        #expect(fired.map(\.milliseconds) == [251_000, 283_000])
        #expect(fired.first?.actions == .sendCancel)
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func timerEDoublesUpToT2UntilTimerF() {
        var machine = self.other()
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(
            fired.map(\.milliseconds)
                == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000]
        )
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func timerEIsT2InProceeding() {
        var machine = self.other()
        #expect(machine.receive(status: 100, now: .milliseconds(100)) == .deliver)
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500, 32_000])
    }

    @Test(arguments: [(false, Int64(5100)), (true, 100)])
    func timerK(isReliable: Bool, end: Int64) {
        var machine = self.other(isReliable: isReliable)
        #expect(machine.receive(status: 200, now: .milliseconds(100)) == .deliver)
        #expect(machine.receive(status: 200, now: .milliseconds(100)) == [])
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [end])
    }

    @Test func lateTimersDoNotBurst() {
        var machine = self.invite()
        // The driver slept for five seconds: one repetition, and the next one second after it.
        #expect(machine.handleTimeout(now: .milliseconds(5000)) == .send)
        #expect(machine.handleTimeout(now: .milliseconds(5000)) == [])
        #expect(machine.deadline == .milliseconds(6000))
    }

    @Test func zeroDurationsDoNotStopTheClock() {
        var settings = TimerSettings(t1: .zero, t2: .zero)
        settings.t4 = .zero
        var machine = self.other(settings)
        _ = machine.run(until: .milliseconds(100))
        #expect(machine.state == .terminated)
        #expect(settings.nonInviteTryingDelay == .zero)
    }
}
