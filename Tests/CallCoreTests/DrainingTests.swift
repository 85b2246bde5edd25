import CallCore
import CoreTypes
import RTPCore
import SIPCore
import TelephonyTestKit
import Testing

/// While it drains or is full an agent sends new calls elsewhere, by itself.
@Suite struct DrainingTests {
    private func ask(_ method: String, _ raw: RawHost, _ phones: TwoPhones, callID: String) {
        let sdp = method == "INVITE" ? ["Content-Type: application/sdp"] : []
        let body = method == "INVITE" ? RawHost.offer : ""
        let bob = phones.bob.signaling
        raw.send(raw.request(method, to: bob, callID: callID, headers: sdp), body: body, to: bob)
        phones.simulation.run(for: .milliseconds(100))
    }

    @Test(arguments: ["INVITE", "OPTIONS"])
    func `While it drains new requests get 503 with Retry-After`(method: String) throws {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        phones.bob.perform { engine, _ in engine.beginDraining() }
        self.ask(method, raw, phones, callID: "one")
        let response = try #require(raw.answers(SIPMethod(rawValue: method)).first)
        #expect(response.statusCode == 503)
        #expect(response.retryAfter == 30)
        #expect(phones.bob.incoming.isEmpty)
        #expect(phones.bob.refused.map(\.reason) == (method == "INVITE" ? [.declined(status: 503)] : []))
        phones.bob.perform { engine, _ in engine.endDraining() }
        self.ask(method, raw, phones, callID: "two")
        #expect(raw.answers(SIPMethod(rawValue: method)).last?.statusCode == 200)
    }

    @Test func `A call that is up goes on while the agent drains`() throws {
        let phones = try TwoPhones()
        let (call, other) = try phones.answeredCall()
        phones.bob.perform { engine, _ in engine.beginDraining() }
        let held = phones.alice.perform { engine, now in engine.hold(call, true, now: now) }
        #expect(held)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.media[other]?.sends == false)
        #expect(phones.alice.ended.isEmpty)
        phones.alice.hangUp(call)
        phones.simulation.run(for: .seconds(1))
        #expect(phones.bob.ended[other] == .remoteHangup)
        phones.expectNothingLeft()
    }

    @Test(arguments: ["INVITE", "OPTIONS"])
    func `With as many calls as are allowed new requests get 503 with Retry-After, until one ends`(
        method: String
    ) throws {
        let phones = try TwoPhones(maximumCalls: 1)
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        self.ask("INVITE", raw, phones, callID: "one")
        let call = try #require(phones.bob.incoming.first?.call)
        self.ask(method, raw, phones, callID: "two")
        let response = try #require(raw.answers(SIPMethod(rawValue: method)).last { $0.callID == "two" })
        #expect(response.statusCode == 503)
        #expect(response.retryAfter == 5)
        #expect(phones.bob.incoming.count == 1)
        phones.bob.hangUp(call)
        phones.simulation.run(for: .seconds(40))
        self.ask(method, raw, phones, callID: "three")
        #expect(raw.answers(SIPMethod(rawValue: method)).last { $0.callID == "three" }?.statusCode == 200)
    }

    @Test func `A stranger learns nothing of it`() throws {
        let phones = try TwoPhones()
        phones.bob.perform { engine, _ in engine.beginDraining() }
        let stranger = RawHost(phones.simulation)
        self.ask("OPTIONS", stranger, phones, callID: "one")
        self.ask("INVITE", stranger, phones, callID: "two")
        #expect(stranger.answers(.options).map(\.statusCode) == [200])
        #expect(stranger.answers(.invite).map(\.statusCode) == [403])
    }
}
