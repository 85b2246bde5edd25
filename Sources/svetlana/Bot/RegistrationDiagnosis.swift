import CallCore
import CoreTypes
import SIPCore
import SIPDiagnostics

/// Why an extension is not registered, and what to do about it, in the words of the configuration.
struct RegistrationDiagnosis: Sendable {
    /// The account.
    var sip: SIPSettings
    /// The PBX, as host and port.
    var peer: String

    /// What a failure means.
    func callAsFunction(_ failure: RegistrationFailure) -> Diagnosis {
        switch failure {
        case .wrongCredentials: self.wrongCredentials
        case .credentialsMissing:
            Diagnosis(
                verdict: .credentialsMissing,
                summary: "the PBX asks for credentials, and none are configured",
                advice: ["set sip.auth_id and sip.password_file"]
            )
        case .foreignRealm(let realm):
            Diagnosis(
                verdict: .credentialsMissing,
                summary:
                    "the PBX's challenge was not answered: it is for the realm \"\(Self.line(realm))\", which is not in "
                    + "sip.realm",
                advice: ["where that is the PBX's realm: add it to sip.realm, or remove sip.realm"]
            )
        case .unsupportedChallenge:
            Diagnosis(
                verdict: .wrongCredentials,
                summary: "the PBX's challenge was not answered: it is none that is known here",
                advice: ["MD5, SHA-256 and SHA-512-256 are known: choose one of them at the PBX"]
            )
        case .staleNonces:
            Diagnosis(
                verdict: .serverTrouble,
                summary: "the PBX calls each nonce stale that it gave a moment ago: the password is right",
                advice: [
                    "nodes of the PBX may not know each other's nonces: set sip.pbx to one node",
                    "a SIP ALG in the router may change the request: switch it off",
                ]
            )
        case .challengeLoop:
            Diagnosis(
                verdict: .serverTrouble,
                summary: "the PBX and its proxies go on challenging, each time in another way",
                advice: ["look at the PBX's own log"]
            )
        case .rejected(let status, let reason): self.rejected(status, Self.line(reason))
        case .notGranted:
            Diagnosis(
                verdict: .refused,
                summary: "the PBX said yes and kept no contact of the bot",
                advice: ["check sip.extension, and at the PBX how many devices it may have"]
            )
        case .timeout: self.noReply
        case .transport(let fault): self.refused(fault)
        }
    }

    /// The network refused what was sent to the PBX; a port that responded before is not a wrong one.
    func refused(_ fault: TransportFault, hasResponded: Bool = false) -> Diagnosis {
        var diagnosis = Explanation(purpose: .register, peer: self.peer, settings: .svetlana)
            .unreachable(fault.reason, isRefusedPort: fault.kind == .portClosed, reporter: fault.reporter?.description)
        guard fault.kind == .portClosed else { return diagnosis }
        if hasResponded {
            diagnosis.summary = "nothing listens on UDP \(self.peer) any more (ICMP port unreachable)"
            diagnosis.advice = ["the PBX's SIP service is down, or restarting: look at the PBX"]
            return diagnosis
        }
        diagnosis.advice = [
            "check the port of sip.pbx (host:port): 5060 is the usual one, hosted systems choose others",
            "the PBX's SIP service may be down or still starting, or listen on TCP or TLS only",
        ]
        return diagnosis
    }

    private var wrongCredentials: Diagnosis {
        let name = self.sip.username.map(Self.line) ?? "?"
        var summary = "the PBX refused the authentication ID '\(name)' or its password"
        var advice: [String] = []
        if let hint = self.extensionAsID {
            summary += "; \(hint.summary)"
            advice.append(hint.advice)
        } else {
            advice.append("check sip.auth_id letter by letter: case matters, and on a 3CX it is not the extension")
        }
        advice.append("check the password in the file of sip.password_file")
        advice.append("do not try it often: a 3CX blacklists an address after some wrong passwords")
        return Diagnosis(verdict: .wrongCredentials, summary: summary, advice: advice)
    }

    private func rejected(_ status: Int, _ reason: String) -> Diagnosis {
        let said = "the PBX refused with \(status) \(reason)"
        switch status {
        case 403:
            var advice: [String] = []
            if let hint = self.extensionAsID { advice.append(hint.advice) }
            advice += [
                "check sip.extension, sip.auth_id and the password: some PBXs respond to a wrong one so",
                "perhaps another device, or one that is gone, holds the only place of the extension (max_contacts)",
                "the extension may be barred, or this address blacklisted at the PBX",
            ]
            let hint = self.extensionAsID.map { "; \($0.summary)" } ?? ""
            return Diagnosis(verdict: .forbidden, summary: said + hint, advice: advice)
        case 404:
            return Diagnosis(
                verdict: .notFound,
                summary: "\(said): it does not know the extension, or not yet",
                advice: ["check sip.extension, and sip.pbx: a PBX knows itself by a certain name"]
            )
        case 500...599:
            return Diagnosis(verdict: .serverTrouble, summary: said, advice: ["look at the PBX's own log"])
        default:
            return Diagnosis(verdict: .refused, summary: said, advice: ["check sip.extension, and the PBX's own log"])
        }
    }

    private var noReply: Diagnosis {
        Diagnosis(
            verdict: .noReply,
            summary: "no reply from \(self.peer)",
            advice: [
                "check the address and the port of sip.pbx: a hosted PBX is often not on 5060",
                "a firewall on the way may drop SIP over UDP, or the PBX listens on TCP or TLS only",
                "the PBX may have blacklisted this address after wrong passwords: look at its IP blacklist",
            ]
        )
    }

    /// The extension stands where a 3CX wants an ID of its own.
    private var extensionAsID: (summary: String, advice: String)? {
        guard let name = self.sip.username, name == self.sip.extension else { return nil }
        return (
            "'\(Self.line(name))' is the extension, which on a 3CX is not the authentication ID",
            "set sip.auth_id: a 3CX has an authentication ID of its own (the extension's page, phone provisioning)"
        )
    }

    private static func line(_ text: String) -> String { PlainText.line(text, limit: 64) }
}
