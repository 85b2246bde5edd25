import CoreTypes
import Testing

@testable import SIPCore

@Suite("Server transactions in virtual time")
struct ServerTransactionTests {
    func invite(isReliable: Bool = false, _ settings: TimerSettings = TimerSettings()) -> InviteServerTransaction {
        InviteServerTransaction(isReliable: isReliable, settings: settings, now: .zero)
    }

    func other(isReliable: Bool = false, _ settings: TimerSettings = TimerSettings()) -> NonInviteServerTransaction {
        NonInviteServerTransaction(isReliable: isReliable, settings: settings, now: .zero)
    }

    @Test func tryingAfter200MillisecondsThenTheOwnersLimit() {
        var machine = self.invite()
        let first = machine.run(until: .milliseconds(1000))
        #expect(first.map(\.milliseconds) == [200])
        #expect(first.first?.actions == .sendTrying)
        #expect(machine.handleTimeout(now: .milliseconds(300_000)) == .answerForOwner)
    }

    @Test func ownProvisionalStopsTryingAndProlongsTheLimit() {
        var machine = self.invite()
        #expect(machine.respond(status: 180, now: .milliseconds(100)) == .send)
        #expect(machine.respond(status: 180, now: .milliseconds(100_000)) == .send)
        #expect(machine.run(until: .milliseconds(399_000)).isEmpty)
        #expect(machine.handleTimeout(now: .milliseconds(400_000)) == .answerForOwner)
    }

    @Test func timerGDoublesUpToT2UntilTimerH() {
        var machine = self.invite()
        #expect(machine.respond(status: 486, now: .zero) == .send)
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(
            fired.map(\.milliseconds)
                == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000]
        )
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func reliableAnswerIsSentOnce() {
        var machine = self.invite(isReliable: true)
        _ = machine.respond(status: 486, now: .zero)
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_000])
    }

    @Test(arguments: [(false, Int64(6000)), (true, 1000)])
    func timerIAbsorbsRepeatedACKs(isReliable: Bool, end: Int64) {
        var machine = self.invite(isReliable: isReliable)
        _ = machine.respond(status: 486, now: .zero)
        #expect(machine.receiveACK(now: .milliseconds(1000)) == .reportAcknowledged)
        #expect(machine.receiveACK(now: .milliseconds(1000)) == [])
        #expect(machine.receiveInvite(now: .milliseconds(1000)) == [])
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [end])
    }

    @Test func timerLAbsorbsRepeatedINVITEs() {
        var machine = self.invite()
        #expect(machine.respond(status: 200, now: .milliseconds(50)) == .send)
        #expect(machine.receiveInvite(now: .milliseconds(500)) == [])
        #expect(machine.respond(status: 200, now: .milliseconds(550)) == .send)
        #expect(machine.respond(status: 486, now: .milliseconds(560)) == [])
        #expect(machine.receiveACK(now: .milliseconds(600)) == .deliver)
        let fired = machine.run(until: .milliseconds(100_000))
        #expect(fired.map(\.milliseconds) == [32_050])
        #expect(fired.first?.actions == .end)
    }

    @Test func cancelShortensTheOwnersTime() {
        var machine = self.invite()
        _ = machine.respond(status: 180, now: .milliseconds(100))
        machine.handleCancel(now: .milliseconds(1000))
        machine.handleCancel(now: .milliseconds(5000))
        #expect(machine.isCanceled)
        // A late 180 of the owner does not prolong it.
        _ = machine.respond(status: 180, now: .milliseconds(6000))
        let fired = machine.run(until: .milliseconds(11_000))
        #expect(fired.map(\.milliseconds) == [11_000])
        #expect(fired.first?.actions == .answerForOwner)
    }

    @Test func cancelAfterTheFinalAnswerChangesNothing() {
        var machine = self.invite()
        _ = machine.respond(status: 200, now: .zero)
        machine.handleCancel(now: .milliseconds(100))
        #expect(!machine.isCanceled)
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [32_000])
    }

    @Test func nonInviteTryingWaitsForTheClientToReachT2() {
        var machine = self.other()
        let fired = machine.run(until: .milliseconds(29_999))
        #expect(fired.map(\.milliseconds) == [3500])
        #expect(fired.first?.actions == .sendTrying)
        #expect(machine.handleTimeout(now: .milliseconds(30_000)) == .answerForOwner)
    }

    @Test func reliableNonInviteNeverSendsTrying() {
        var machine = self.other(isReliable: true)
        #expect(machine.run(until: .milliseconds(29_999)).isEmpty)
    }

    @Test(arguments: [(false, Int64(32_100)), (true, 100)])
    func timerJ(isReliable: Bool, end: Int64) {
        var machine = self.other(isReliable: isReliable)
        #expect(machine.receiveRequest(now: .milliseconds(50)) == [])
        #expect(machine.respond(status: 200, now: .milliseconds(100)) == .send)
        #expect(machine.receiveRequest(now: .milliseconds(100)) == .send)
        #expect(machine.respond(status: 500, now: .milliseconds(100)) == [])
        #expect(machine.run(until: .milliseconds(100_000)).map(\.milliseconds) == [end])
    }
}
