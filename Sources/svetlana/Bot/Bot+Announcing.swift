import CoreTypes
import Logging
import Synchronization
import Telephony

/// What the bot says of itself when it is up.
extension Bot {
    /// Says in one line what it does now, and in others what is seldom meant.
    func announce(_ found: PBXLookup.Found) {
        let sip = self.configuration.sip
        let own = self.agent.localAddress.map { "\($0)" } ?? "?"
        self.logger.info("listening", metadata: ["address": "\(own)"])
        for caution in self.configuration.cautions { self.logger.warning("\(caution)") }
        guard let peer = found.peer else {
            let count = self.configuration.trunk.peers.count
            let text =
                "no PBX to register with: calls come from \(count == 1 ? "the trunk's peer" : "\(count) peers of the trunk")"
            self.state.withLock { $0.account.phase = .off(text) }
            self.logger.info("\(text)")
            return
        }
        let account = Self.account(sip, peer)
        self.state.withLock { state in
            state.account.peer = peer
            state.account.account = account
            state.account.phase = sip.register ? .asking(since: .now) : .off("not registering: sip.register is false")
        }
        if sip.register { self.logger.info("registering as \(account) from \(own)") }
    }

    /// Who is registered where: with the name that is configured, and the address that was found for it.
    static func account(_ sip: SIPSettings, _ peer: TransportAddress) -> String {
        let user = PlainText.line(sip.extension ?? "the bot", limit: 64)
        let isName = sip.pbx.map { IPAddress($0.host) == nil } ?? false
        return isName ? "\(user) at \(sip.pbx?.host ?? "") (\(peer))" : "\(user) at \(peer)"
    }
}
