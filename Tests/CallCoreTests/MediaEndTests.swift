import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Media stop when the BYE leaves (RFC 3261 section 15.1.1), whatever becomes of it.
@Suite struct MediaEndTests {
    /// A call of a raw peer that acknowledges or does not, and answers nothing from then on.
    private func call(acknowledges: Bool = true) throws -> (phones: TwoPhones, raw: RawHost, call: CallID) {
        let phones = try TwoPhones()
        phones.bob.answering = .answer()
        let raw = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        let bob = phones.bob.signaling
        let sdp = ["Content-Type: application/sdp"]
        raw.send(raw.request("INVITE", to: bob, headers: sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .milliseconds(100))
        let tag = try #require(raw.answers(.invite).first?.toTag)
        if acknowledges { raw.send(raw.request("ACK", to: bob, toTag: tag, branch: "ack"), to: bob) }
        phones.simulation.run(for: .milliseconds(100))
        return (phones, raw, try #require(phones.bob.incoming.first?.call))
    }

    private func mediaEnds(_ agent: SimulatedAgent, _ call: CallID) -> Int {
        agent.events.count { if case .mediaEnded(call) = $0 { true } else { false } }
    }

    @Test func `A BYE that nobody answers ends the media at once`() throws {
        let (phones, raw, call) = try self.call()
        #expect(self.mediaEnds(phones.bob, call) == 0)
        phones.bob.hangUp(call)
        #expect(self.mediaEnds(phones.bob, call) == 1)
        #expect(phones.bob.ended.isEmpty)
        phones.simulation.run(for: .seconds(1))
        #expect(raw.received.contains { $0.isRequest && $0.method == .bye })
        phones.expectNothingLeft()
        #expect(self.mediaEnds(phones.bob, call) == 1)
        #expect(phones.bob.ended[call] != nil)
    }

    /// The BYE has to wait for the ACK, the media need not.
    @Test func `A hangup before the ACK ends the media at once`() throws {
        let (phones, _, call) = try self.call(acknowledges: false)
        phones.bob.hangUp(call)
        #expect(self.mediaEnds(phones.bob, call) == 1)
        phones.expectNothingLeft()
    }

    /// What ends a call by itself: nobody asked for that BYE.
    @Test func `A 200 that is never acknowledged ends the media with its BYE`() throws {
        let (phones, _, call) = try self.call(acknowledges: false)
        phones.simulation.run(for: .seconds(33))
        #expect(self.mediaEnds(phones.bob, call) == 1)
        phones.expectNothingLeft()
        #expect(phones.bob.ended[call] == .notAcknowledged)
    }

    @Test func `No media are told after their end`() throws {
        let (phones, raw, call) = try self.call()
        phones.bob.hangUp(call)
        let count = phones.bob.events.count
        let bob = phones.bob.signaling
        let tag = raw.answers(.invite).first?.toTag
        let sdp = ["Content-Type: application/sdp"]
        raw.send(raw.request("INVITE", to: bob, cSeq: 2, toTag: tag, headers: sdp), body: RawHost.offer, to: bob)
        phones.simulation.run(for: .seconds(1))
        let later = phones.bob.events.dropFirst(count)
        #expect(!later.contains { if case .media = $0 { true } else { false } })
        phones.expectNothingLeft()
    }

    /// CANCEL and 200 meet: the call that was given up gets no media.
    @Test func `A call that is answered while it is canceled gets no media`() throws {
        let phones = try TwoPhones()
        let call = try phones.call()
        phones.simulation.run(for: .milliseconds(100))
        let other = try #require(phones.bob.incoming.last?.call)
        phones.alice.hangUp(call)
        phones.bob.answer(other)
        phones.simulation.run(for: .seconds(2))
        #expect(phones.alice.media[call] == nil)
        phones.expectNothingLeft()
    }
}
