import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Which realms get a digest: those of the account, as configured or as its registrar showed, and hardly anybody else's.
@Suite struct RealmTests {
    private func register(_ setup: AccountPhone) throws -> IdentityID {
        let account = try setup.add(registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(1))
        try #require(setup.phone.gauges.registrations == 1)
        return account
    }

    /// The realms that INVITEs carried digests for, in order.
    private func digests(_ setup: AccountPhone, _ method: SIPMethod = .invite) -> [String] {
        setup.pbx.requests.filter { $0.method == method }.flatMap { request in
            (request.lines(.authorization) + request.lines(.proxyAuthorization)).compactMap { line in
                line.split(separator: "\"").dropFirst(3).first.map(String.init)
            }
        }
    }

    // A 3CX asks at REGISTER with 407: whoever else asks through it is a phone behind it.
    @Test(arguments: [true, false])
    func `A callee's own challenge gets nothing, and spoils no later call`(by401: Bool) throws {
        let setup = AccountPhone()
        let account = try self.register(setup)
        setup.pbx.inviteRealm = "thief"
        setup.pbx.invitesBy401 = by401
        let robbed = try setup.call(from: account)
        guard case .unauthorized(let why)? = setup.phone.ended[robbed] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(why.contains("\"thief\"") && why.contains("sip.realm"))
        #expect(self.digests(setup).isEmpty)
        setup.pbx.inviteRealm = nil
        setup.pbx.invitesBy401 = false
        let next = try setup.call(from: account)
        #expect(setup.phone.answered[next] != nil)
        #expect(self.digests(setup) == ["3CXPhoneSystem"])
    }

    // What a proxy is called is not known where REGISTER was challenged with 401: each call may meet another node.
    @Test func `Where the proxy's realm is unknown the first 407 of each call is answered and not learned`() throws {
        let setup = AccountPhone()
        setup.pbx.registersBy401 = true
        let account = try self.register(setup)
        for node in ["node1", "node2", "node3"] {
            setup.pbx.inviteRealm = node
            let call = try setup.call(from: account)
            #expect(setup.phone.answered[call] != nil, "\(node): \(setup.phone.ended)")
            setup.phone.hangUp(call)
            setup.simulation.run(for: .seconds(1))
        }
        #expect(self.digests(setup) == ["node1", "node2", "node3"])
    }

    @Test func `Of four unknown realms one is answered`() throws {
        let setup = AccountPhone()
        setup.pbx.strangeRealms = ["a", "b", "c"]
        _ = try setup.call(from: try setup.add())
        #expect(self.digests(setup) == ["a"])
    }

    @Test func `Beside the known realm nobody is answered`() throws {
        let setup = AccountPhone()
        let account = try self.register(setup)
        setup.pbx.strangeRealms = ["a", "b", "c"]
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] != nil)
        #expect(self.digests(setup) == ["3CXPhoneSystem"])
    }

    @Test func `A 407 after ringing is the phone's, not the proxy's`() throws {
        let setup = AccountPhone()
        setup.pbx.registersBy401 = true
        let account = try self.register(setup)
        setup.pbx.inviteRealm = "thief"
        setup.pbx.ringsBeforeChallenge = true
        _ = try setup.call(from: account)
        #expect(self.digests(setup).isEmpty)
    }

    // RFC 3261 section 22.2: a 401 is whose who answers, and proves nothing.
    @Test func `A 401 of an unknown realm has the registrar asked, and its realm counts`() throws {
        let setup = AccountPhone()
        setup.pbx.registersBy401 = true
        setup.pbx.invitesBy401 = true
        setup.pbx.realm = "asterisk"
        let account = try setup.add()
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] != nil, "\(setup.phone.ended)")
        let registers = setup.pbx.requests.filter { $0.method == .register }
        #expect(registers.count == 2)
        #expect(registers.allSatisfy { !$0.contains(.contact) && !$0.contains(.expires) }, "it must bind nothing")
        // The next call is answered at once.
        let next = try setup.call(from: account)
        #expect(setup.phone.answered[next] != nil)
        #expect(setup.pbx.count(.register) == 2)
        setup.phone.hangUp(call)
        setup.phone.hangUp(next)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.phone.deadline == nil)
    }

    @Test func `A 401 that the registrar does not bear out gets nothing`() throws {
        let setup = AccountPhone()
        setup.pbx.registersBy401 = true
        setup.pbx.invitesBy401 = true
        setup.pbx.inviteRealm = "thief"
        let call = try setup.call(from: try setup.add())
        guard case .unauthorized(let why)? = setup.phone.ended[call] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(why.contains("\"thief\""))
        #expect(self.digests(setup).isEmpty)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.phone.deadline == nil)
    }

    @Test func `A call that is given up while the registrar is asked ends`() throws {
        let setup = AccountPhone()
        setup.pbx.invitesBy401 = true
        setup.pbx.inviteRealm = "asterisk"
        let account = try setup.add()
        let target = try #require(SIPURI("sip:200@192.0.2.1"))
        let call = try #require(setup.phone.call(target, from: account))
        while setup.pbx.count(.register) == 0 { setup.simulation.run(for: .milliseconds(5)) }
        setup.phone.hangUp(call)
        #expect(setup.phone.ended[call] == .localHangup)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.pbx.count(.invite) == 1)
    }

    @Test func `The registrar's new realm replaces the old`() throws {
        let setup = AccountPhone()
        setup.pbx.registersBy401 = true
        setup.pbx.invitesBy401 = true
        setup.pbx.realm = "A"
        let account = try self.register(setup)
        setup.pbx.realm = "B"
        setup.simulation.run(for: .seconds(60))
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] != nil)
        #expect(self.digests(setup) == ["B"])
        #expect(setup.pbx.requests.allSatisfy { $0.lines(.authorization).count <= 1 })
    }

    @Test(arguments: [true, false])
    func `A call by hand answers its first challenge, once`(by401: Bool) throws {
        let setup = AccountPhone()
        setup.pbx.invitesBy401 = by401
        setup.pbx.inviteRealm = "anything"
        let account = try setup.add(byHand: true)
        let call = try setup.call(from: account)
        #expect(setup.phone.answered[call] != nil)
        #expect(self.digests(setup) == ["anything"])
        #expect(setup.pbx.count(.register) == 0)
    }

    // MARK: Nonces

    @Test func `A few stale nonces do not lose the call`() throws {
        let setup = AccountPhone()
        setup.pbx.staleChallenges = 3
        let call = try setup.call(from: try setup.add())
        #expect(setup.phone.answered[call] != nil, "\(setup.phone.ended)")
    }

    @Test func `Stale nonces without end are not called a wrong password`() throws {
        let setup = AccountPhone()
        setup.pbx.staleChallenges = .max
        let call = try setup.call(from: try setup.add())
        guard case .rejected(status: 407, let why)? = setup.phone.ended[call] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(why.contains("the password is right"))
        #expect(setup.pbx.count(.invite) == 6)
    }

    // MARK: Calls that came in

    private func answered(_ setup: AccountPhone) throws -> CallID {
        setup.phone.answering = .answer()
        setup.pbx.send("INVITE", to: setup.phone.signaling)
        setup.simulation.run(for: .seconds(1))
        let call = try #require(setup.phone.incoming.last?.call)
        let ok = try #require(
            try setup.simulation.messages(from: setup.phone.address).last { !$0.isRequest && $0.cSeq.method == .invite }
        )
        setup.pbx.send("ACK", toTag: ok.to.tag, to: setup.phone.signaling)
        setup.simulation.run(for: .seconds(1))
        return call
    }

    @Test func `A BYE of a call that came in is authenticated in the realm of the registrar`() throws {
        let setup = AccountPhone()
        _ = try self.register(setup)
        let call = try self.answered(setup)
        setup.pbx.challengesBye = "3CXPhoneSystem"
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(1))
        #expect(setup.pbx.count(.bye) == 2)
        #expect(self.digests(setup, .bye) == ["3CXPhoneSystem"])
        #expect(setup.phone.ended[call] == .localHangup)
    }

    @Test func `A re-INVITE of a call that came in is authenticated too`() throws {
        let setup = AccountPhone()
        _ = try self.register(setup)
        let call = try self.answered(setup)
        let isSent = setup.phone.perform { engine, now in engine.hold(call, true, now: now) }
        #expect(isSent)
        setup.simulation.run(for: .seconds(1))
        #expect(setup.pbx.count(.invite) == 2)
        #expect(self.digests(setup) == ["3CXPhoneSystem"])
    }

    @Test func `A caller cannot ask for the password when it is hung up on`() throws {
        let setup = AccountPhone()
        _ = try self.register(setup)
        let call = try self.answered(setup)
        setup.pbx.challengesBye = "thief"
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(1))
        #expect(self.digests(setup, .bye).isEmpty)
        #expect(setup.phone.ended[call] == .localHangup)
    }
}
