import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Calls through networks that lose, repeat and reorder: whatever happens, each ends once on both sides, and nothing stays.
@Suite struct LossTests {
    struct Weather: Sendable, CustomTestStringConvertible {
        var loss: Double
        var testDescription: String { "\(Int(self.loss * 100)) % lost" }
    }

    @Test(arguments: [Weather(loss: 0), Weather(loss: 0.05), Weather(loss: 0.2), Weather(loss: 0.5)])
    func `No call is stuck`(weather: Weather) throws {
        var answered = 0
        for seed in UInt64(1)...30 {
            answered += try self.story(seed: seed, loss: weather.loss)
        }
        // With up to 20 % the retransmissions win.
        if weather.loss <= 0.05 { #expect(answered == 30 * 3) }
        if weather.loss == 0.2 { #expect(answered > 30 * 3 * 9 / 10) }
    }

    /// Five calls with one seed: hung up by either side, held, cancelled, refused. How many of the first three were answered.
    private func story(seed: UInt64, loss: Double) throws -> Int {
        let phones = try TwoPhones(
            seed: seed,
            conditions: .init(
                latency: .milliseconds(20),
                jitter: .milliseconds(30),
                loss: loss,
                duplication: loss / 2,
                reordering: loss
            )
        )
        let (alice, bob, simulation) = (phones.alice, phones.bob, phones.simulation)
        bob.answering = .answer(after: .seconds(1))
        let calls = try (0..<3).map { _ in try phones.call() }
        simulation.run(for: .seconds(25))
        let answered = calls.count { alice.answered[$0] != nil && alice.ended[$0] == nil }
        _ = alice.perform { engine, now in engine.hold(calls[1], true, now: now) }
        if let other = bob.incoming.first?.call { bob.hangUp(other) }
        simulation.run(for: .seconds(10))
        for call in calls { alice.hangUp(call) }
        bob.answering = .ring
        let cancelled = try phones.call()
        simulation.run(for: .seconds(3))
        alice.hangUp(cancelled)
        bob.answering = .reject(status: 486)
        let refused = try phones.call()
        simulation.run(for: .seconds(400))
        for call in calls + [cancelled, refused] {
            #expect(alice.ended[call] != nil, "seed \(seed): \(call) of the caller is stuck")
        }
        for (call, _) in bob.incoming {
            // A callee whose caller's BYE never came cannot know; there is no session timer here.
            if bob.ended[call] == nil { bob.hangUp(call) }
        }
        phones.expectNothingLeft()
        return answered
    }
}
