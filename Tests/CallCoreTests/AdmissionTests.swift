import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Who may call: the PBXs of our accounts and the peers, nobody else.
@Suite struct AdmissionTests {
    private static let sdp = ["Content-Type: application/sdp"]

    @Test func `A stranger's INVITE is refused with one 403`() throws {
        let phones = try TwoPhones()
        let stranger = RawHost(phones.simulation)
        for number in 1...20 {
            stranger.send(
                stranger.request("INVITE", to: phones.bob.signaling, callID: "scan-\(number)", headers: Self.sdp),
                body: RawHost.offer,
                to: phones.bob.signaling
            )
        }
        phones.simulation.run(for: .seconds(1))
        #expect(stranger.received.map(\.statusCode) == [403])
        #expect(phones.bob.incoming.isEmpty)
        #expect(phones.bob.gauges == AgentGauges())
        // The first is told at once, the others once and together.
        func counts() -> [Int] {
            phones.bob.events.compactMap { event in
                guard case .refused(from: stranger.port, method: .invite?, status: 403, reason: _, let count) = event
                else { return nil }
                return count
            }
        }
        #expect(counts() == [1])
        phones.simulation.run(for: .seconds(60))
        #expect(counts() == [1, 19])
        phones.simulation.run(for: .seconds(600))
        #expect(counts() == [1, 19])
        phones.expectNothingLeft()
    }

    @Test func `A peer is served`() throws {
        let phones = try TwoPhones()
        phones.bob.answering = .ring
        let peer = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        peer.send(
            peer.request("INVITE", to: phones.bob.signaling, headers: Self.sdp),
            body: RawHost.offer,
            to: phones.bob.signaling
        )
        phones.simulation.run(for: .seconds(1))
        #expect(peer.answers(.invite).map(\.statusCode) == [180])
        #expect(phones.bob.incoming.count == 1)
    }

    @Test func `The pbx of an account is served, for the account that it names`() throws {
        let setup = AccountPhone()
        _ = try setup.add()
        let second = try #require(SIPURI("sip:101@192.0.2.1"))
        _ = setup.phone.add(Identity(addressOfRecord: second), at: setup.pbx.signaling)
        setup.phone.answering = .answer()
        let raw = RawHost(setup.simulation, at: setup.pbx.address)
        var lines = raw.request("INVITE", to: setup.phone.signaling, headers: Self.sdp)
        lines[0] = "INVITE sip:101@192.0.2.50 SIP/2.0"
        raw.send(lines, body: RawHost.offer, to: setup.phone.signaling)
        setup.simulation.run(for: .milliseconds(100))
        let answer = try #require(raw.answers(.invite).first)
        #expect(answer.statusCode == 200)
        #expect(answer.contacts.first?.uri.user == "101")
    }

    @Test func `Anybody may ask whether we are there`() throws {
        let phones = try TwoPhones()
        let stranger = RawHost(phones.simulation)
        stranger.send(stranger.request("OPTIONS", to: phones.bob.signaling), to: phones.bob.signaling)
        phones.simulation.run(for: .seconds(1))
        let answer = try #require(stranger.answers(.options).first)
        #expect(answer.statusCode == 200)
        #expect(answer.first(.allow)?.contains("INVITE") == true)
        #expect(answer.first("Accept") == "application/sdp")
        phones.expectNothingLeft()
    }

    @Test func `What is broken is refused and does no harm`() throws {
        let phones = try TwoPhones()
        let stranger = RawHost(phones.simulation, at: TwoPhones.aliceAddress)
        var random = SeededRandom(seed: 3)
        let text = stranger.request("INVITE", to: phones.bob.signaling, headers: Self.sdp).joined(separator: "\r\n")
        for _ in 0..<2_000 {
            var bytes = Array((text + "\r\n\r\n" + RawHost.offer).utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            stranger.send(bytes, to: phones.bob.signaling)
        }
        phones.simulation.run(for: .seconds(600))
        phones.expectNothingLeft()
    }
}
