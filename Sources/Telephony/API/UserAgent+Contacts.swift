public import CallCore
public import SIPCore

extension UserAgent {
    /// The contacts of an ``CallCore/AgentEvent/registered(_:granted:contacts:)`` that are other devices of the extension.
    /// None of them is called the own one where the registrar lists it in a form that cannot be recognized.
    public func foreignContacts(among contacts: [NameAddress], of identity: IdentityID) async -> [NameAddress] {
        guard let socket = self.running?.socket else { return [] }
        let found = try? await socket.perform { engine, _, _ in engine.foreignContacts(among: contacts, of: identity) }
        return found ?? []
    }
}
