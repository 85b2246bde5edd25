import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// A trunk whose proxies have names: calls go the way that it recorded.
@Suite struct TargetTests {
    private static let edge = IPAddress.v4(0xC000_0241)
    private static let spare = IPAddress.v4(0xC000_0242)

    /// A call that came in by a trunk that records a route by name, with what stands at the addresses of that name.
    private struct Trunk {
        let phones: TwoPhones
        let raw: RawHost
        let edge: RawHost
        let spare: RawHost
        let call: CallID

        init(
            names: [String: [IPAddress]],
            lookupTime: Duration? = .zero,
            route: String = "<sip:edge.example;lr>"
        ) throws {
            self.phones = try TwoPhones()
            self.phones.bob.answering = .answer()
            self.phones.bob.names = names
            self.phones.bob.lookupTime = lookupTime
            self.raw = RawHost(self.phones.simulation, at: TwoPhones.aliceAddress)
            self.edge = RawHost(self.phones.simulation, at: TargetTests.edge)
            self.spare = RawHost(self.phones.simulation, at: TargetTests.spare)
            let bob = self.phones.bob.signaling
            let headers = ["Content-Type: application/sdp", "Record-Route: \(route)"]
            self.raw.send(self.raw.request("INVITE", to: bob, headers: headers), body: RawHost.offer, to: bob)
            self.phones.simulation.run(for: .milliseconds(100))
            let tag = try #require(self.raw.answers(.invite).first?.toTag)
            self.raw.send(self.raw.request("ACK", to: bob, toTag: tag), to: bob)
            self.phones.simulation.run(for: .milliseconds(100))
            self.call = try #require(self.phones.bob.incoming.first?.call)
            try #require(self.phones.bob.answered[self.call] != nil)
        }

        func byes(at host: RawHost) -> Int { host.received.count { $0.isRequest && $0.method == .bye } }

        func hangUp(_ duration: Duration = .milliseconds(100)) {
            self.phones.bob.hangUp(self.call)
            self.phones.simulation.run(for: duration)
        }
    }

    @Test func `A route by name is looked up, and requests go to its address`() throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge, Self.spare]])
        #expect(trunk.phones.bob.questions.isEmpty)
        trunk.hangUp()
        #expect(trunk.phones.bob.questions.map(\.name) == ["edge.example"])
        #expect(trunk.byes(at: trunk.edge) == 1)
        #expect(trunk.byes(at: trunk.spare) == 0)
        #expect(trunk.byes(at: trunk.raw) == 0)
        let bye = try #require(trunk.edge.received.last)
        trunk.edge.answer(bye, 200)
        trunk.phones.expectNothingLeft()
    }

    @Test func `The next address is tried when the first is silent`() throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge, Self.spare]])
        trunk.hangUp(.seconds(33))
        #expect(trunk.byes(at: trunk.edge) > 1)
        let bye = try #require(trunk.spare.received.last)
        #expect(bye.method == .bye)
        #expect(bye.topVia.branch != trunk.edge.received.last?.topVia.branch)
        #expect(bye.cSeq == trunk.edge.received.last?.cSeq)
        trunk.spare.answer(bye, 200)
        trunk.phones.expectNothingLeft()
    }

    @Test func `The next address is tried at once when the network reports that the first cannot be reached`() throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge, Self.spare]])
        trunk.hangUp()
        trunk.phones.bob.perform { engine, now in
            let edge = TransportAddress(host: Self.edge, port: 5_060)
            engine.handleTransportFailure(to: edge, fault: TransportFault(.portClosed), now: now)
        }
        trunk.phones.simulation.run(for: .milliseconds(100))
        #expect(trunk.byes(at: trunk.spare) == 1)
    }

    @Test func `The next address is tried after 503`() throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge, Self.spare]])
        trunk.hangUp()
        let bye = try #require(trunk.edge.received.last)
        trunk.edge.answer(bye, 503)
        trunk.phones.simulation.run(for: .milliseconds(100))
        #expect(trunk.byes(at: trunk.spare) == 1)
    }

    @Test(arguments: [Duration.seconds(5), nil])
    func `A slow name server is waited for, a silent one not for ever`(time: Duration?) throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge]], lookupTime: time)
        trunk.hangUp(.seconds(40))
        let isHeard = time != nil
        #expect((trunk.byes(at: trunk.edge) > 0) == isHeard)
        #expect((trunk.byes(at: trunk.raw) > 0) == !isHeard)
        trunk.phones.expectNothingLeft()
    }

    @Test func `A resolved host may speak in its dialog, and begin nothing`() throws {
        let trunk = try Trunk(names: ["edge.example": [Self.edge]])
        let bob = trunk.phones.bob.signaling
        _ = trunk.phones.bob.perform { engine, now in engine.hold(trunk.call, true, now: now) }
        trunk.phones.simulation.run(for: .milliseconds(100))
        let invite = try #require(trunk.edge.received.last)
        #expect(invite.method == .invite)
        trunk.edge.answer(invite, 200, ["Content-Type: application/sdp"], tag: "raw", body: RawHost.offer)
        let headers = ["Content-Type: application/sdp"]
        trunk.edge.send(
            trunk.edge.request("INVITE", to: bob, callID: "new", headers: headers),
            body: RawHost.offer,
            to: bob
        )
        trunk.phones.simulation.run(for: .milliseconds(100))
        #expect(trunk.edge.answers(.invite).map(\.statusCode) == [403])
        #expect(trunk.phones.bob.incoming.count == 1)
        let tag = try #require(invite.fromTag)
        trunk.edge.send(trunk.edge.request("BYE", to: bob, cSeq: 2, toTag: tag), to: bob)
        trunk.phones.simulation.run(for: .milliseconds(100))
        #expect(trunk.edge.answers(.bye, cSeq: 2).map(\.statusCode) == [200])
        #expect(trunk.phones.bob.ended[trunk.call] == .remoteHangup)
    }

    @Test func `The name of the account's own PBX is its address, and is not asked for`() throws {
        let phones = try TwoPhones()
        let raw = RawHost(phones.simulation, at: TwoPhones.bobAddress)
        let call = try phones.call()
        phones.simulation.run(for: .milliseconds(100))
        let invite = try #require(raw.received.last { $0.method == .invite })
        raw.answer(
            invite,
            200,
            ["Content-Type: application/sdp", "Record-Route: <sip:PBX.example;lr>"],
            body: RawHost.offer
        )
        phones.simulation.run(for: .milliseconds(100))
        phones.alice.hangUp(call)
        phones.simulation.run(for: .milliseconds(100))
        #expect(phones.alice.questions.isEmpty)
        #expect(raw.received.contains { $0.isRequest && $0.method == .bye })
    }

    // MARK: An account whose PBX has several addresses

    private static let registered = Identity.RegistrationPolicy.enabled(expires: .seconds(60))

    /// A telephone whose PBX is not at the first of its addresses.
    private func phone(_ registration: Identity.RegistrationPolicy) throws -> (AccountPhone, IdentityID) {
        let setup = AccountPhone()
        let identity = Identity(
            addressOfRecord: try #require(SIPURI("sip:100@192.0.2.1")),
            credentials: DigestCredentials(username: "auth-id", password: "right"),
            registration: registration
        )
        let dead = TransportAddress(host: Self.edge, port: 5_060)
        return (setup, setup.phone.add(identity, at: dead, alternatives: [setup.pbx.signaling]))
    }

    @Test(arguments: [true, false])
    func `An account registers at the next address of its PBX, and calls there`(isReported: Bool) throws {
        let (setup, account) = try self.phone(Self.registered)
        if isReported {
            setup.simulation.run(for: .milliseconds(100))
            setup.phone.perform { engine, now in
                let dead = TransportAddress(host: Self.edge, port: 5_060)
                engine.handleTransportFailure(to: dead, fault: TransportFault(.portClosed), now: now)
            }
        }
        setup.simulation.run(for: isReported ? .seconds(1) : .seconds(33))
        #expect(setup.phone.gauges.registrations == 1)
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] != nil)
        let calls = try setup.simulation.sent.filter { try SIPMessage($0.bytes).summary == "INVITE" }
        #expect(!calls.isEmpty)
        #expect(calls.allSatisfy { $0.to == setup.pbx.signaling })
    }

    @Test func `A call finds the next address by itself, and stays there`() throws {
        let (setup, account) = try self.phone(.disabled)
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] == nil)
        setup.simulation.run(for: .seconds(33))
        #expect(setup.phone.answered[call] != nil)
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(1))
        #expect(setup.phone.ended[call] == .localHangup)
        let byes = try setup.simulation.sent.filter { try SIPMessage($0.bytes).summary == "BYE" }
        #expect(byes.map(\.to) == [setup.pbx.signaling])
    }

    @Test func `Every address of the PBX is trusted, and no other`() throws {
        let (setup, _) = try self.phone(.disabled)
        let known = setup.phone.perform { engine, _ in
            [Self.edge, setup.pbx.address, Self.spare].map { engine.isKnown($0) }
        }
        #expect(known == [true, true, false])
    }
}
