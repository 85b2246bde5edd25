import CoreTypes
import SIPCore

/// Who is at the other end, and why the PBX ends a call.
extension AgentEngine {
    /// Whether the word of this host on who calls is believed: an account's PBX or a configured peer.
    func isTrustedPeer(_ host: IPAddress) -> Bool {
        self.configuration.peers.contains(host) || self.accounts.contains { $0.hosts.contains(host) }
    }

    /// The hosts whose users the PBX at `source` knows: its names and addresses and ours, for a PBX may write either.
    func homeDomains(of account: Int?, source: TransportAddress, binding: LocalBinding) -> HomeDomains {
        var home = HomeDomains()
        for domain in self.configuration.domains { home.insert(domain) }
        home.insert(source.host)
        home.insert(binding.address.host)
        // A trunk may speak for the users of every account: it was configured to be believed.
        for index in account.map({ [$0] }) ?? Array(self.accounts.indices) {
            home.insert(self.accounts[index].identity.addressOfRecord.host)
            for host in self.accounts[index].hosts { home.insert(host) }
            home.insert(self.accounts[index].destination.binding.address.host)
        }
        return home
    }

    // MARK: Parties

    /// Looks for another party in a re-INVITE or UPDATE of the peer that the session has taken.
    mutating func noteParty(of id: CallID, _ request: SIPMessage, from source: TransportAddress) {
        guard let call = self.calls[id], let dialog = self.core.session(id)?.dialog,
            let named = PartyIdentity(
                changedBy: request,
                before: call.remoteURI ?? dialog.remote.uri,
                isTrustedPeer: self.isTrustedPeer(source.host),
                home: call.home
            )
        else { return }
        self.calls[id]?.remoteURI = request.from.uri
        self.take(named, of: id)
    }

    /// Keeps whom a provisional response names, for a 2xx of the same telephone that names nobody.
    mutating func noteRingingParty(of id: CallID, _ response: SIPMessage) {
        guard let home = self.calls[id]?.home, let named = PartyIdentity(connected: response, home: home) else {
            return
        }
        self.calls[id]?.ringingParty = (response.to.tag, named)
    }

    /// Looks for another party than the one that was called in the 2xx to our INVITE.
    mutating func noteConnectedParty(of id: CallID, _ response: SIPMessage) {
        guard let call = self.calls[id] else { return }
        let ringing = call.ringingParty.flatMap { $0.tag == response.to.tag ? $0.party : nil }
        guard let named = PartyIdentity(connected: response, home: call.home) ?? ringing else { return }
        self.take(named, of: id)
    }

    private mutating func take(_ named: PartyIdentity, of id: CallID) {
        guard let call = self.calls[id] else { return }
        var party = named
        if !call.isIncoming {
            let ourselves = call.identity.flatMap { self.accounts[$0].identity.addressOfRecord.unescapedUser }
            switch named.relation(to: call.target.unescapedUser ?? "", ourselves: ourselves) {
            case .unclear: return
            case .same: party = PartyIdentity(called: call.target)
            case .other: break
            }
        }
        self.calls[id]?.party = party
        if !party.isSameParty(as: call.party) { self.events.append(.identityChanged(id, party)) }
    }

    // MARK: Causes

    /// Keeps the cause in a refusal of our INVITE.
    mutating func noteCause(of id: CallID, _ response: SIPMessage) {
        let cause = ReleaseCause(response)
        self.calls[id]?.cause = cause
        guard self.calls[id]?.endReason == nil, cause?.tellsMore(than: response.statusCode) != true else { return }
        self.calls[id]?.endReason = CallEndReason.rejected(response, ours: self.configuration.codecs)
    }
}

extension AgentEngine.Account {
    /// The hosts that the PBX is at.
    var hosts: [IPAddress] { [self.destination.address.host] + self.alternatives.map(\.host) }

    /// Has the next requests go first to the address that replied.
    mutating func prefer(_ address: TransportAddress) {
        guard let index = self.alternatives.firstIndex(of: address) else { return }
        self.alternatives[index] = self.destination.address
        self.destination.address = address
    }

    /// Where a call to `target` goes: to the account's PBX, at the port that the target names for it.
    func destination(of target: SIPURI) -> Destination {
        guard let port = target.port, port != 0, port != self.destination.address.port else { return self.destination }
        let home = self.identity.addressOfRecord.host
        let isPBX =
            equalIgnoringCase(target.host, home) || target.address == self.destination.address.host
        guard isPBX else { return self.destination }
        let address = TransportAddress(host: self.destination.address.host, port: port)
        return Destination(address: address, binding: self.destination.binding)
    }
}
