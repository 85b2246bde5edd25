import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// What becomes of calls and registrations when the network reports that the PBX cannot be reached, and of calls that nobody
/// answers in time.
@Suite struct TransportFailureTests {
    private static let fault = TransportFault(.portClosed, code: 111, reporter: .v4(0xC000_0201))

    private func report(_ setup: AccountPhone) {
        let pbx = setup.pbx.signaling
        setup.phone.perform { engine, now in engine.handleTransportFailure(to: pbx, fault: Self.fault, now: now) }
    }

    /// An account whose PBX gets nothing.
    private func unreachable() -> AccountPhone {
        let setup = AccountPhone()
        setup.simulation.loses = { $0.to.host == setup.pbx.address }
        return setup
    }

    @Test func `A call ends at once, with the reason that the network gave`() throws {
        let setup = self.unreachable()
        let call = try setup.call(from: setup.add())
        #expect(setup.phone.ended[call] == nil)
        self.report(setup)
        #expect(setup.phone.ended[call] == .unreachable(Self.fault))
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.phone.deadline == nil)
    }

    @Test func `A registration fails at once with that reason, and is tried again`() throws {
        let setup = self.unreachable()
        _ = try setup.add(registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(1))
        self.report(setup)
        let failures = setup.phone.events.compactMap { event -> RegistrationFailure? in
            if case .registrationFailed(_, let failure, retryAfter: .some) = event { failure } else { nil }
        }
        #expect(failures == [.transport(Self.fault)])
        setup.simulation.loses = nil
        setup.simulation.run(for: .seconds(120))
        #expect(setup.phone.gauges.registrations == 1)
    }

    @Test func `A failure of another host is nobody's`() throws {
        let setup = self.unreachable()
        let call = try setup.call(from: setup.add())
        let other = TransportAddress(host: .v4(0xC000_02FE), port: 5_060)
        setup.phone.perform { engine, now in engine.handleTransportFailure(to: other, fault: Self.fault, now: now) }
        #expect(setup.phone.ended[call] == nil)
    }

    @Test func `A call that stands outlives a moment in which the PBX cannot be reached`() throws {
        let phones = try TwoPhones()
        let (call, _) = try phones.answeredCall()
        phones.simulation.loses = { $0.to.host == TwoPhones.bobAddress }
        let held = phones.alice.perform { engine, now in engine.hold(call, true, now: now) }
        #expect(held)
        phones.simulation.run(for: .milliseconds(100))
        let bob = phones.bob.signaling
        phones.alice.perform { engine, now in engine.handleTransportFailure(to: bob, fault: Self.fault, now: now) }
        phones.simulation.loses = nil
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call] == nil)
        let again = phones.alice.perform { engine, now in engine.hold(call, true, now: now) }
        #expect(again)
        phones.simulation.run(for: .seconds(1))
        phones.alice.hangUp(call)
        phones.expectNothingLeft()
    }

    // MARK: Nobody answers

    @Test func `A call that rings longer than it may is canceled, once`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let target = try #require(SIPURI("sip:bob@192.0.2.20"))
        let limit = Duration.seconds(10)
        let call = try #require(phones.alice.call(target, from: phones.account, noAnswerLimit: limit))
        phones.simulation.run(for: .milliseconds(9_900))
        #expect(phones.alice.ended[call] == nil)
        phones.simulation.run(for: .milliseconds(200))
        #expect(phones.alice.ended[call] == .noAnswer)
        #expect(phones.bob.ended.values.map { $0 } == [.cancelled])
        #expect(phones.alice.unanswered.isEmpty)
        phones.expectNothingLeft()
    }

    @Test func `Nothing came back in the time for an answer: a timeout, and nothing is left`() throws {
        let setup = self.unreachable()
        let account = try setup.add()
        let target = try #require(SIPURI("sip:200@192.0.2.1"))
        let call = try #require(setup.phone.call(target, from: account, noAnswerLimit: .seconds(5)))
        setup.simulation.run(for: .milliseconds(5_100))
        #expect(setup.phone.ended[call] == .timeout)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.phone.deadline == nil)
        #expect(setup.phone.endings[call] == 1)
    }

    @Test func `A PBX that does not answer the CANCEL keeps nobody waiting`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let target = try #require(SIPURI("sip:bob@192.0.2.20"))
        let limit = Duration.seconds(10)
        let call = try #require(phones.alice.call(target, from: phones.account, noAnswerLimit: limit))
        phones.simulation.run(for: .seconds(5))
        phones.simulation.loses = { $0.to.host == TwoPhones.bobAddress }
        phones.simulation.run(for: .milliseconds(6_900))
        #expect(phones.alice.unanswered.isEmpty)
        phones.simulation.run(for: .milliseconds(200))
        #expect(phones.alice.unanswered == [call])
        #expect(phones.alice.ended[call] == nil)
        phones.simulation.run(for: .seconds(40))
        #expect(phones.alice.ended[call] == .noAnswer)
    }

    @Test func `A call that was answered in time has no limit any more`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer(after: .seconds(5))
        let target = try #require(SIPURI("sip:bob@192.0.2.20"))
        let limit = Duration.seconds(10)
        let call = try #require(phones.alice.call(target, from: phones.account, noAnswerLimit: limit))
        phones.simulation.run(for: .seconds(60))
        #expect(phones.alice.answered[call] != nil)
        #expect(phones.alice.ended[call] == nil)
        phones.alice.hangUp(call)
        phones.expectNothingLeft()
    }
}
