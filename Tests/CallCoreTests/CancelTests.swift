import CallCore
import CoreTypes
import TelephonyTestKit
import Testing

/// A call that its caller gives up (RFC 3261 section 9).
@Suite struct CancelTests {
    @Test func `Cancelled while it rings`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let call = try phones.call()
        phones.simulation.run(for: .seconds(2))
        phones.alice.hangUp(call)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call] == .localHangup)
        #expect(phones.bob.ended.values.map { $0 } == [.cancelled])
        #expect(
            phones.simulation.ladder.sorted()
                == ["180 INVITE", "200 CANCEL", "487 INVITE", "ACK", "CANCEL", "INVITE"]
        )
        phones.expectNothingLeft()
    }

    @Test func `Cancelled before anything came back, the CANCEL waits for a provisional answer`() throws {
        let phones = try TwoPhones(conditions: .init(latency: .milliseconds(50)))
        phones.bob.answering = .ring
        let call = try phones.call()
        phones.alice.hangUp(call)
        phones.simulation.run(for: .milliseconds(90))
        #expect(!phones.simulation.ladder.contains("CANCEL"))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.simulation.ladder.contains("CANCEL"))
        #expect(phones.alice.ended[call] == .localHangup)
        #expect(phones.bob.ended.values.map { $0 } == [.cancelled])
        phones.expectNothingLeft()
    }

    @Test func `Cancelled while the answer is on its way, it is acknowledged and ended`() throws {
        let phones = try TwoPhones(conditions: .init(latency: .milliseconds(50)))
        phones.bob.answering = .ring
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        phones.bob.answer(try #require(phones.bob.incoming.first?.call))
        phones.alice.hangUp(call)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call] == .localHangup)
        #expect(phones.alice.answered[call] == nil)
        #expect(phones.bob.ended.values.map { $0 } == [.remoteHangup])
        #expect(phones.simulation.ladder.contains("ACK"))
        #expect(phones.simulation.ladder.contains("BYE"))
        phones.expectNothingLeft()
    }

    @Test func `Cancelled while nobody is there, it ends when the INVITE does`() throws {
        let phones = try TwoPhones()
        phones.simulation.loses = { _ in true }
        let call = try phones.call()
        phones.simulation.run(for: .seconds(5))
        phones.alice.hangUp(call)
        phones.simulation.run(for: .seconds(60))
        #expect(phones.alice.ended[call] == .localHangup)
        phones.expectNothingLeft()
    }

    @Test func `An answer after the cancellation changes nothing`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        phones.alice.hangUp(call)
        phones.simulation.run(for: .seconds(1))
        phones.bob.answer(try #require(phones.bob.incoming.first?.call))
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.answered.isEmpty)
        phones.expectNothingLeft()
    }
}
