import CoreTypes
package import SIPCore

/// Says what an answer of the PBX means, and what to try.
///
/// What the other side said or the network reported is said as it is; what follows from it only often is "probably", and
/// what is one reason among several "may" be. The likeliest comes first.
package struct Explanation: Sendable {
    /// What was asked for.
    package enum Purpose: Sendable {
        case options
        case register
        case invite
    }

    /// What was asked for.
    package var purpose: Purpose
    /// Who was asked.
    package var peer: String
    /// The extension in question: the account's own for REGISTER, else the one that is asked for.
    package var target: String?
    /// The account's extension.
    package var account: String?
    /// The authentication ID that was given; `nil` without credentials.
    package var authenticationID: String?
    /// How the settings are called that the advice speaks of.
    package var settings: SettingNames

    package init(
        purpose: Purpose,
        peer: String,
        target: String? = nil,
        account: String? = nil,
        authenticationID: String? = nil,
        settings: SettingNames = .sipctl
    ) {
        self.purpose = purpose
        self.peer = peer
        self.target = target
        self.account = account
        self.authenticationID = authenticationID
        self.settings = settings
    }

    /// What the program that explains calls its settings.
    package struct SettingNames: Sendable, Hashable {
        /// The authentication ID.
        package var authenticationID: String
        /// The password.
        package var password: String
        /// The realms that get credentials.
        package var realm: String
        /// How long a registration holds.
        package var expires: String
        /// Where to see the messages.
        package var messages: String
        /// How to wait longer for a response; `nil` when that cannot be set.
        package var timeout: String?

        /// The options of `sipctl`.
        package static let sipctl = SettingNames(
            authenticationID: "--auth-user",
            password: "--password-file or SIPCTL_PASSWORD",
            realm: "--realm",
            expires: "--expires",
            messages: "--messages shows",
            timeout: "--timeout"
        )

        /// The keys of `svetlana.yaml`.
        package static let svetlana = SettingNames(
            authenticationID: "sip.auth_id",
            password: "sip.password_file",
            realm: "sip.realm",
            expires: "sip.expires",
            messages: "log.sip: true logs",
            timeout: nil
        )
    }

    // MARK: The network

    /// No reply; `transmissions` says how often the request was sent.
    package func noReply(after seconds: Double, gotProvisional: Bool = false, transmissions: Int = 1) -> Diagnosis {
        if gotProvisional {
            return Diagnosis(
                verdict: .notAnswered,
                summary: "the PBX took the request but gave no final response within \(Self.number(seconds)) s",
                advice: (self.settings.timeout.map { ["wait longer with \($0)"] } ?? [])
                    + ["look at the PBX's own log of this call"]
            )
        }
        let often = transmissions < 2 ? "the request was sent once" : "the request was sent \(transmissions) times"
        var advice = [
            "check the address and the port: a hosted PBX is often not on 5060",
            "a firewall between here and the PBX may drop SIP over UDP; the PBX may listen on TCP or TLS only",
            "the PBX may have blacklisted this address after wrong passwords: look at its IP blacklist",
        ]
        if transmissions < 2 { advice.append("one datagram may simply be lost: try once more before anything else") }
        return Diagnosis(
            verdict: .noReply,
            summary: "no reply from \(self.peer) within \(Self.number(seconds)) s; \(often)",
            advice: advice
        )
    }

    /// Something came that is no response, or none to what was asked.
    package func unreadable(_ what: String) -> Diagnosis {
        Diagnosis(
            verdict: .malformed,
            summary: "\(self.peer) replies, but no response that can be used: \(Redaction.line(what))",
            advice: [
                "something on the way may change the messages: switch a SIP ALG in the router off",
                "perhaps it is not SIP that listens on this port; \(self.settings.messages) what came",
            ]
        )
    }

    /// The network refused; `reporter` is the host that says so, where that is known.
    ///
    /// A port is refused by its host when nothing listens on it, and by a firewall that rejects instead of dropping; an ICMP
    /// message of another host comes from a router or firewall for certain.
    package func unreachable(_ reason: String, isRefusedPort: Bool, reporter: String? = nil) -> Diagnosis {
        let isElsewhere = reporter.map { !self.peer.hasPrefix("\($0):") && !self.peer.hasPrefix("[\($0)]:") } ?? false
        let source = reporter.map { isElsewhere ? " by \($0), which is not the PBX" : " by the host itself" } ?? ""
        guard isRefusedPort else {
            return Diagnosis(
                verdict: .unreachable,
                summary: "the network cannot reach \(self.peer): \(reason)" + (reporter.map { ", says \($0)" } ?? ""),
                advice: ["check this machine's network and routes, and the VPN if there is one"]
                    + (isElsewhere ? ["a firewall on the way may refuse SIP"] : [])
            )
        }
        if isElsewhere {
            return Diagnosis(
                verdict: .unreachable,
                summary:
                    "UDP \(self.peer) is refused\(source) (ICMP port unreachable): a firewall or router on the way",
                advice: [
                    "allow UDP to the PBX's SIP port there, or correct its port forwarding",
                    "it may also be the wrong port: 5060 is the usual one, hosted systems choose others",
                ]
            )
        }
        return Diagnosis(
            verdict: .unreachable,
            summary:
                "probably a wrong port: UDP \(self.peer) is refused\(source) (ICMP port unreachable), as when nothing "
                + "listens there",
            advice: [
                "check the port: 5060 is the usual one, hosted systems choose others; name it as in sip:100@pbx.example:5062",
                "the PBX's SIP service may be down, or listen on TCP or TLS only",
                "a firewall may also answer so in the PBX's place",
            ]
        )
    }

    // MARK: Credentials

    /// A challenge, and nothing to answer it with.
    package func credentialsMissing(_ response: SIPMessage) -> Diagnosis {
        Diagnosis(
            verdict: .credentialsMissing,
            summary:
                "the PBX is alive and asks for credentials (\(response.statusCode), realm \(Self.realm(response)))",
            advice: ["give \(self.settings.authenticationID) with \(self.settings.password)"]
        )
    }

    /// A challenge that came again, or that is none we can answer.
    package func challengeRefused(_ response: SIPMessage, _ refusal: ChallengeRefusal) -> Diagnosis {
        switch refusal {
        case .wrongCredentials: return self.wrongCredentials(response.statusCode, Self.realm(response))
        case .staleAgain:
            return Diagnosis(
                verdict: .serverTrouble,
                summary: "a \(response.statusCode) loop: the PBX calls each nonce stale that it gave a moment ago, "
                    + "which says that the credentials are right (RFC 7616)",
                advice: [
                    "requests may reach different nodes that do not know each other's nonces: ask one node directly",
                    "a SIP ALG in the router may change the request: switch it off",
                ]
            )
        case .foreignRealm(let realm):
            return Diagnosis(
                verdict: .credentialsMissing,
                summary:
                    "the challenge (\(response.statusCode)) is for the realm '\(Redaction.line(realm))', which got no "
                    + "credentials: it is not known to be the PBX's",
                advice: [
                    "where that is the PBX's realm: \(self.settings.realm) '\(Redaction.line(realm))', beside the one known so far"
                ]
            )
        case .loop:
            return Diagnosis(
                verdict: .serverTrouble,
                summary: "a \(response.statusCode) loop: one realm after another asks for credentials",
                advice: ["two proxies of the PBX may send the request to each other: look at its own log"]
            )
        case .unsupported:
            let names = DigestChallenge.all(in: response).map { $0.challenge.algorithmName ?? "MD5" }
            return Diagnosis(
                verdict: .wrongCredentials,
                summary: "the PBX asks for an authentication that is not known here (\(Self.list(names)))",
                advice: ["MD5, SHA-256 and SHA-512-256 with or without qop are known: choose one of them at the PBX"]
            )
        }
    }

    /// Wrong name or password, when the account's extension and ID are known.
    package func wrongCredentials(_ status: Int, _ realm: String?) -> Diagnosis {
        let name = self.authenticationID ?? "?"
        let place = realm.map { ", realm \($0)" } ?? ""
        var advice = ["check the password: letter by letter, without a newline or blank at its end"]
        var summary =
            "the PBX refused the credentials of '\(name)' (\(status) again\(place)): "
            + "most likely a wrong password or authentication ID"
        if name == self.account {
            summary += "; '\(name)' is the extension, which on a 3CX is not the authentication ID"
            advice.insert(
                "you authenticate with the extension number: a 3CX has an authentication ID of its own "
                    + "(the extension's page, phone provisioning): give it with \(self.settings.authenticationID)",
                at: 0
            )
        } else {
            advice.append("check the authentication ID: it is not always the extension; case matters")
        }
        if self.purpose != .register, let account = self.account {
            advice.append("the caller, \(account), has to be the extension that these credentials belong to")
        }
        advice.append("a SIP ALG in the router may also change what the password was computed over: switch it off")
        advice.append("do not repeat this often: a 3CX blacklists an address after some wrong passwords")
        return Diagnosis(verdict: .wrongCredentials, summary: summary, advice: advice)
    }

    // MARK: Words

    /// The realms that a challenge names.
    package static func realm(_ response: SIPMessage) -> String {
        var names: [String] = []
        for (_, challenge) in DigestChallenge.all(in: response) {
            let name = "'\(Redaction.line(challenge.realm))'"
            if !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? "unknown" : names.joined(separator: " and ")
    }

    package static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\((value * 10).rounded() / 10)"
    }

    private static func list(_ words: [String]) -> String {
        words.isEmpty ? "no digest challenge" : words.joined(separator: ", ")
    }
}
