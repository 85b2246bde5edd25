import CallCore
import CoreTypes
import SIPCore
import TelephonyTestKit
import Testing

/// Accounts that register at a PBX, over virtual minutes.
@Suite struct RegistrationTests {
    private func contacts(_ setup: AccountPhone) throws -> [String] {
        setup.pbx.registrar.bindings(of: try #require(SIPURI("sip:100@192.0.2.1")), now: setup.simulation.now)
            .map(\.contact.uri.description)
    }

    @Test func `It is challenged, registers and stays registered`() throws {
        let setup = AccountPhone()
        _ = try setup.add(registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(1))
        #expect(setup.pbx.count(.register) == 2)
        #expect(setup.phone.gauges.registrations == 1)
        #expect(try self.contacts(setup) == ["sip:100@192.0.2.50:5060"])
        for _ in 0..<600 {
            setup.simulation.run(for: .seconds(1))
            #expect(try self.contacts(setup).count == 1)
        }
        #expect(setup.pbx.registrations.count >= 10)
        for (early, late) in zip(setup.pbx.registrations, setup.pbx.registrations.dropFirst()) {
            #expect(late - early < .seconds(60))
            #expect(late - early > .seconds(30))
        }
    }

    @Test func `Through a lossy network the binding never lapses for long`() throws {
        let setup = AccountPhone()
        setup.simulation.network.conditions.loss = 0.1
        _ = try setup.add(registers: .enabled(expires: .seconds(120)))
        setup.simulation.run(for: .seconds(30))
        var unbound = 0
        for _ in 0..<1_800 {
            setup.simulation.run(for: .seconds(1))
            if try self.contacts(setup).isEmpty { unbound += 1 }
        }
        #expect(unbound < 60)
    }

    @Test func `A wrong password is told and not tried again at once`() throws {
        let setup = AccountPhone()
        _ = try setup.add(password: "wrong", registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(20))
        #expect(setup.pbx.count(.register) == 2)
        let failures = setup.phone.events.compactMap { event -> RegistrationFailure? in
            if case .registrationFailed(_, let failure, retryAfter: let wait?) = event, wait >= .seconds(30) {
                return failure
            }
            return nil
        }
        #expect(failures == [.wrongCredentials])
        #expect(setup.phone.gauges.registrations == 0)
    }

    @Test func `An pbx that is away is tried again until it is back`() throws {
        let setup = AccountPhone()
        setup.simulation.loses = { _ in true }
        _ = try setup.add(registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges.registrations == 0)
        setup.simulation.loses = nil
        setup.simulation.run(for: .seconds(340))
        #expect(setup.phone.gauges.registrations == 1)
    }

    @Test func `Unregistering removes our own contact and no other`() throws {
        let setup = AccountPhone()
        setup.pbx.addContact("sip:100@192.0.2.77:5060")
        let account = try setup.add(registers: .enabled(expires: .seconds(60)))
        setup.simulation.run(for: .seconds(1))
        #expect(try self.contacts(setup).count == 2)
        setup.phone.perform { engine, now in engine.unregister(account, now: now) }
        setup.simulation.run(for: .seconds(1))
        #expect(try self.contacts(setup) == ["sip:100@192.0.2.77:5060"])
        #expect(setup.pbx.requests.allSatisfy { !$0.isWildcardContact })
        #expect(setup.phone.gauges.registrations == 0)
        setup.simulation.run(for: .seconds(100))
        #expect(setup.phone.gauges == AgentGauges())
        #expect(setup.phone.deadline == nil)
    }
}

/// Accounts that only ask.
@Suite struct QueryTests {
    @Test func `A query tells the contacts and binds nothing`() throws {
        let setup = AccountPhone()
        setup.pbx.addContact("sip:100@192.0.2.77:5060")
        let account = try setup.add(registers: .query)
        setup.simulation.run(for: .seconds(1))
        let held = setup.phone.events.compactMap { event -> [String]? in
            if case .bindings(account, contacts: let contacts) = event { contacts.map(\.uri.description) } else { nil }
        }
        #expect(held == [["sip:100@192.0.2.77:5060"]])
        #expect(setup.phone.gauges.registrations == 0)
        #expect(setup.pbx.requests.allSatisfy { !$0.contains(.contact) })
        setup.simulation.run(for: .seconds(1_000))
        #expect(setup.pbx.count(.register) == 2)
    }
}
