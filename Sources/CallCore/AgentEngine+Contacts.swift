public import SIPCore

/// Whose the contacts are that a registrar holds.
extension AgentEngine {
    /// The contacts that are not the account's own (``SIPCore/Registration/isOwn(_:)``): other devices of its extension.
    public func foreignContacts(among contacts: [NameAddress], of identity: IdentityID) -> [NameAddress] {
        guard self.accounts.indices.contains(identity.index),
            let registration = self.accounts[identity.index].registration
        else { return contacts }
        return contacts.filter { !registration.isOwn($0) }
    }
}
