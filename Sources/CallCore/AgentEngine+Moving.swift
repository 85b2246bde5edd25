public import CoreTypes
public import SIPCore

/// A PBX whose name has another address by now.
extension AgentEngine {
    /// Registers an account at the new place of its PBX, and forgets the old one, whose host is a stranger from then on
    /// unless another account or a peer has it. Calls that are up stay as they are.
    public mutating func move(_ identity: IdentityID, to destination: Destination, now: Instant) {
        defer { self.drain(now: now) }
        let index = identity.index
        guard self.accounts.indices.contains(index) else { return }
        let account = self.accounts[index]
        let own = destination.binding.address
        let contact = SIPURI(user: account.identity.addressOfRecord.user, host: own.host.hostText, port: own.port)
        var registration: Registration?
        switch account.identity.registration {
        case .enabled(let expires):
            registration = self.makeRegistration(account.identity, contact: contact, expires: expires)
        case .query: registration = self.makeRegistration(account.identity, contact: contact)
        case .disabled: break
        }
        self.accounts[index] = Account(
            identity: account.identity,
            destination: destination,
            contact: contact,
            registration: registration
        )
        if case .only(var known, everyone: let methods) = self.endpoint.admission {
            let old = account.destination.address.host
            let isElsewhere =
                self.configuration.peers.contains(old)
                || self.accounts.contains { $0.destination.address.host == old }
            if !isElsewhere { known.remove(old) }
            known.insert(destination.address.host)
            self.endpoint.admission = .only(known, everyone: methods)
        }
        self.register(identity, now: now)
    }
}
