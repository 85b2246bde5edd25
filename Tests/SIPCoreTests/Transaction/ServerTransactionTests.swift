import CoreTypes
import Testing

@testable import SIPCore

@Suite("Server transactions in virtual time")
struct ServerTransactionTests {
    func invite(
        isReliable: Bool = false,
        _ settings: TimerSettings = TimerSettings()
    ) -> DrivenMachine<InviteServerTransaction> {
        DrivenMachine(InviteServerTransaction.self, isReliable: isReliable, settings)
    }

    func other(
        isReliable: Bool = false,
        _ settings: TimerSettings = TimerSettings()
    ) -> DrivenMachine<NonInviteServerTransaction> {
        DrivenMachine(NonInviteServerTransaction.self, isReliable: isReliable, settings)
    }

    @Test func tryingAfter200MillisecondsThenTheOwnersLimit() {
        var machine = self.invite()
        let first = machine.run(until: 1000)
        #expect(first.map(\.milliseconds) == [200])
        #expect(first.first?.actions == .sendTrying)
        #expect(machine.handleTimeout(at: 300_000) == .respondForTransactionUser)
    }

    @Test func ownProvisionalStopsTryingAndProlongsTheLimit() {
        var machine = self.invite()
        #expect(machine.handle(.response(180), at: 100) == .send)
        #expect(machine.handle(.response(180), at: 100_000) == .send)
        #expect(machine.run(until: 399_000).isEmpty)
        #expect(machine.handleTimeout(at: 400_000) == .respondForTransactionUser)
    }

    @Test func timerGDoublesUpToT2UntilTimerH() {
        var machine = self.invite()
        #expect(machine.handle(.response(486), at: 0) == .send)
        let fired = machine.run(until: 100_000)
        #expect(
            fired.map(\.milliseconds)
                == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000]
        )
        #expect(fired.last?.actions == [.reportTimeout, .end])
    }

    @Test func reliableAnswerIsSentOnce() {
        var machine = self.invite(isReliable: true)
        _ = machine.handle(.response(486), at: 0)
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [32_000])
    }

    @Test(arguments: [(false, Int64(6000)), (true, 1000)])
    func timerIAbsorbsRepeatedACKs(isReliable: Bool, end: Int64) {
        var machine = self.invite(isReliable: isReliable)
        _ = machine.handle(.response(486), at: 0)
        #expect(machine.handle(.ack, at: 1000) == .reportAcknowledged)
        #expect(machine.handle(.ack, at: 1000) == [])
        #expect(machine.handle(.request, at: 1000) == [])
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [end])
    }

    @Test func timerLAbsorbsRepeatedINVITEs() {
        var machine = self.invite()
        #expect(machine.handle(.response(200), at: 50) == .send)
        #expect(machine.handle(.request, at: 500) == [])
        #expect(machine.handle(.response(200), at: 550) == .send)
        #expect(machine.handle(.response(486), at: 560) == [])
        #expect(machine.handle(.ack, at: 600) == .deliver)
        let fired = machine.run(until: 100_000)
        #expect(fired.map(\.milliseconds) == [32_050])
        #expect(fired.first?.actions == .end)
    }

    @Test func cancelShortensTheOwnersTime() {
        var machine = self.invite()
        _ = machine.handle(.response(180), at: 100)
        _ = machine.handle(.cancel, at: 1000)
        _ = machine.handle(.cancel, at: 5000)
        #expect(machine.state == .proceedingCanceled)
        // A late 180 of the transaction user does not prolong it.
        _ = machine.handle(.response(180), at: 6000)
        let fired = machine.run(until: 11_000)
        #expect(fired.map(\.milliseconds) == [11_000])
        #expect(fired.first?.actions == .respondForTransactionUser)
    }

    @Test func cancelAfterTheFinalAnswerChangesNothing() {
        var machine = self.invite()
        _ = machine.handle(.response(200), at: 0)
        _ = machine.handle(.cancel, at: 100)
        #expect(machine.state == .accepted)
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [32_000])
    }

    @Test func nonInviteTryingWaitsForTheClientToReachT2() {
        var machine = self.other()
        let fired = machine.run(until: 29_999)
        #expect(fired.map(\.milliseconds) == [3500])
        #expect(fired.first?.actions == .sendTrying)
        #expect(machine.handleTimeout(at: 30_000) == .respondForTransactionUser)
    }

    @Test func nonInviteTryingIsDueOverReliableTransportsToo() {
        // RFC 4320 section 4.1: "without regard to transport".
        var machine = self.other(isReliable: true)
        #expect(machine.run(until: 29_999).map(\.milliseconds) == [3500])
        #expect(machine.state == .proceeding)
    }

    @Test func nonInviteProvisionalsOfTheOwnerAreHeldBack() {
        // No 1xx but 100, and that one not before its time.
        var machine = self.other()
        #expect(machine.handle(.response(100), at: 10) == [])
        #expect(machine.handle(.response(183), at: 20) == [])
        #expect(machine.handle(.request, at: 500) == [])
        #expect(machine.handle(.response(200), at: 600) == .send)
    }

    @Test(arguments: [(false, Int64(32_100)), (true, 100)])
    func timerJ(isReliable: Bool, end: Int64) {
        var machine = self.other(isReliable: isReliable)
        #expect(machine.handle(.request, at: 50) == [])
        #expect(machine.handle(.response(200), at: 100) == .send)
        #expect(machine.handle(.request, at: 100) == .send)
        #expect(machine.handle(.response(500), at: 100) == [])
        #expect(machine.run(until: 100_000).map(\.milliseconds) == [end])
    }
}
