import CallCore
import CoreTypes
import SIPCore
import Telephony

/// The one gate that every call of the bot passes, whoever asked for it: the command, the control socket, the report, a
/// call back.
struct DialGate: Sendable {
    /// What was decided about a target.
    enum Verdict: Sendable, Equatable {
        /// It may be called; the number that it is, and the URI.
        case allowed(number: String, uri: String)
        /// It may not, and why.
        case refused(String)
    }

    private let rules: DialRules
    private let owner: String?
    private let account: SIPURI?
    private let hosts: HomeDomains

    init(_ configuration: BotConfiguration) {
        self.rules = configuration.dial
        self.owner = configuration.owner.extension
        self.account = configuration.account
        var hosts = HomeDomains()
        if let account { hosts.insert(account.host) }
        for domain in configuration.sip.domains { hosts.insert(domain) }
        self.hosts = hosts
    }

    /// Decides about an extension, a number or a URI.
    func verdict(on target: String) -> Verdict {
        guard let account else { return .refused("there is nothing to call through: set sip.pbx, or trunk.peers") }
        let uri: SIPURI
        do {
            uri = try DialTarget(target, at: account).uri
        } catch {
            return .refused("\(error)")
        }
        guard self.hosts.contains(uri.host) else {
            return .refused("only the PBX may be called, \(account.host), no other host")
        }
        guard uri.password == nil, uri.headers == nil, uri.parameters.items.allSatisfy(Self.isHarmless) else {
            return .refused("a target may have no password, no headers and no parameter but user=phone")
        }
        guard let number = uri.unescapedUser, !number.isEmpty else {
            return .refused("the target names nobody: write an extension or a number")
        }
        // A number behind an address that is written in another way is the same number at the PBX.
        let plain = number.hasPrefix("+") ? number.filter { !"-.()".contains($0) } : number
        guard self.rules.allows(plain, owner: self.owner) else {
            return .refused(
                EmergencyNumbers.contain(plain)
                    ? "this may be an emergency number, which no pattern allows: list it in dial.emergency to call it"
                    : "dialing this target is not allowed: add it to dial.allow in the configuration"
            )
        }
        var dialed = uri
        dialed.user = SIPURI(user: plain, host: uri.host).user
        return .allowed(number: plain, uri: dialed.description)
    }

    private static func isHarmless(_ parameter: Parameters.Item) -> Bool {
        switch parameter.name.lowercased() {
        case "user": parameter.rawValue?.lowercased() == "phone"
        case "transport": parameter.rawValue?.lowercased() == "udp"
        default: false
        }
    }
}
