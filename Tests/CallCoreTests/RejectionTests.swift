import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// Calls that do not come about.
@Suite struct RejectionTests {
    @Test func `Busy`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .reject(status: 486)
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        #expect(phones.alice.ended[call] == .rejected(status: 486, reason: "Busy Here"))
        #expect(phones.bob.ended.values.map { $0 } == [.declined(status: 486)])
        phones.expectNothingLeft()
    }

    @Test func `No codec in common: refused with 488 without ringing`() throws {
        let phones = try TwoPhones(bobCodecs: [.opus])
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        guard case .rejected(status: 488, reason: _)? = phones.alice.ended[call] else {
            Issue.record("\(String(describing: phones.alice.ended[call]))")
            return
        }
        #expect(phones.bob.incoming.isEmpty)
        phones.expectNothingLeft()
    }

    @Test func `More calls than allowed are sent elsewhere`() throws {
        let phones = try TwoPhones(maximumCalls: 2)
        phones.bob.answering = .ring
        let calls = try (0..<3).map { _ in try phones.call() }
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.incoming.count == 2)
        #expect(phones.alice.ended[calls[2]] == .rejected(status: 503, reason: "Service Unavailable"))
        for call in calls { phones.alice.hangUp(call) }
        phones.expectNothingLeft()
    }

    @Test func `No port for the media: 503, and when to try again`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .reject(status: 503)
        let call = try phones.call()
        phones.simulation.run(for: .seconds(1))
        let refusal = try #require(
            try phones.simulation.messages(from: TwoPhones.bobAddress).first { $0.summary == "503 INVITE" }
        )
        // Retry-After as it stands on the wire, in seconds (RFC 3261 section 20.33).
        #expect(refusal.retryAfter == 5)
        #expect(phones.alice.ended[call] == .rejected(status: 503, reason: "Service Unavailable"))
        phones.expectNothingLeft()
    }

    @Test func `A call that its owner never answers is ended by the endpoint`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .manual
        let call = try phones.call()
        phones.simulation.run(for: .seconds(400))
        #expect(phones.bob.incoming.count == 1)
        #expect(phones.alice.ended[call] != nil)
        phones.expectNothingLeft()
    }

    @Test func `Nobody at the address: a timeout after 32 seconds`() throws {
        let phones = try TwoPhones()
        phones.simulation.loses = { _ in true }
        let call = try phones.call()
        phones.simulation.run(for: .milliseconds(31_900))
        #expect(phones.alice.ended[call] == nil)
        phones.simulation.run(for: .milliseconds(200))
        #expect(phones.alice.ended[call] == .timeout)
        phones.expectNothingLeft()
    }

    @Test func `A header that cannot stand ends the call at once`() throws {
        let phones = try TwoPhones()
        let target = try #require(SIPURI("sip:bob@192.0.2.20"))
        let call = phones.alice.perform { engine, now in
            engine.call(
                target,
                from: phones.account,
                media: LocalMedia(address: phones.alice.address, port: 40_000),
                headers: [("X-Bad", "one\r\nInjected: two")],
                now: now
            )
        }
        #expect(phones.alice.ended[try #require(call)] == .localHangup)
        #expect(phones.simulation.sent.isEmpty)
        phones.expectNothingLeft()
    }

    @Test func `A body that is no description is refused with 415`() throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        raw.send(
            raw.request("INVITE", to: phones.bob.signaling, headers: ["Content-Type: text/plain"]),
            body: "hello",
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        #expect(raw.answers(.invite).first?.statusCode == 415)
        #expect(raw.answers(.invite).first?.first("Accept") == "application/sdp")
        #expect(phones.bob.incoming.isEmpty)
    }

    @Test func `A body that may be left aside is left aside`() throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        raw.send(
            raw.request(
                "INVITE",
                to: phones.bob.signaling,
                headers: ["Content-Type: text/plain", "Content-Disposition: render;handling=optional"]
            ),
            body: "hello",
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.incoming.count == 1)
        #expect(!raw.answers(.invite).contains { $0.statusCode == 415 })
    }
}
