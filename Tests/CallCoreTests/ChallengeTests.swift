import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Calls through a PBX that asks for credentials.
@Suite struct ChallengeTests {
    @Test func `A 407 is answered once, with a higher CSeq and the same Call-ID`() throws {
        let setup = AccountPhone()
        let call = try setup.call(from: try setup.add())
        #expect(setup.phone.answered[call] != nil)
        let invites = setup.pbx.requests.filter { $0.method == .invite }
        try #require(invites.count == 2)
        #expect(invites[0].callID == invites[1].callID)
        #expect(invites[0].fromTag == invites[1].fromTag)
        #expect(invites[1].cSeq.number == invites[0].cSeq.number + 1)
        #expect(invites[0].first(.proxyAuthorization) == nil)
        #expect(invites[1].first(.proxyAuthorization)?.contains("auth-id") == true)
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.pbx.gauges == SIPEndpoint.Gauges())
    }

    @Test func `A wrong password ends the call after one try`() throws {
        let setup = AccountPhone()
        let call = try setup.call(from: try setup.add(password: "wrong"))
        guard case .unauthorized? = setup.phone.ended[call] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(setup.pbx.count(.invite) == 2)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
    }

    @Test func `Without credentials nothing is answered`() throws {
        let setup = AccountPhone()
        let address = try #require(SIPURI("sip:100@192.0.2.1"))
        let account = setup.phone.add(Identity(addressOfRecord: address), at: setup.pbx.signaling)
        let call = try setup.call(from: account)
        guard case .unauthorized? = setup.phone.ended[call] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(setup.pbx.count(.invite) == 1)
    }

    @Test func `A foreign realm learns nothing`() throws {
        let setup = AccountPhone()
        setup.pbx.realm = "elsewhere"
        let call = try setup.call(from: try setup.add(realms: ["3CXPhoneSystem"]))
        guard case .unauthorized? = setup.phone.ended[call] else {
            Issue.record("\(setup.phone.ended)")
            return
        }
        #expect(setup.pbx.requests.allSatisfy { $0.first(.proxyAuthorization) == nil })
    }

    @Test func `A BYE that the same realm challenges is answered`() throws {
        let setup = AccountPhone()
        setup.pbx.challengesBye = "3CXPhoneSystem"
        let call = try setup.call(from: try setup.add())
        // Past the life of the nonce, so that it is another one.
        setup.simulation.run(for: .seconds(100))
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(1))
        let byes = setup.pbx.requests.filter { $0.method == .bye }
        #expect(byes.count == 2)
        #expect(byes.last?.first(.proxyAuthorization) != nil)
        #expect(setup.phone.ended[call] == .localHangup)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
    }

    @Test func `The called phone cannot ask for the password when it is hung up on`() throws {
        let setup = AccountPhone()
        setup.pbx.challengesInvite = false
        setup.pbx.challengesBye = "thief"
        let call = try setup.call(from: try setup.add())
        #expect(setup.phone.answered[call] != nil)
        setup.phone.hangUp(call)
        setup.simulation.run(for: .seconds(1))
        #expect(setup.pbx.requests.allSatisfy { $0.first(.proxyAuthorization) == nil })
        #expect(setup.phone.ended[call] == .localHangup)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
    }
}
