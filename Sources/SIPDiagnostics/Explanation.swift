import CoreTypes
package import SIPCore

/// Says what an answer of the PBX means, and what to try.
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
    /// The authentication ID that was used; `nil` without credentials.
    package var authenticationID: String?

    package init(
        purpose: Purpose,
        peer: String,
        target: String? = nil,
        account: String? = nil,
        authenticationID: String? = nil
    ) {
        self.purpose = purpose
        self.peer = peer
        self.target = target
        self.account = account
        self.authenticationID = authenticationID
    }

    // MARK: The network

    /// No reply.
    package func noReply(after seconds: Double, gotProvisional: Bool = false) -> Diagnosis {
        if gotProvisional {
            return Diagnosis(
                verdict: .notAnswered,
                summary: "the PBX took the request but gave no final answer within \(Self.number(seconds)) s",
                advice: ["wait longer with --timeout", "look at the PBX's own log of this call"]
            )
        }
        return Diagnosis(
            verdict: .noReply,
            summary: "no reply from \(self.peer) within \(Self.number(seconds)) s; the request was sent once",
            advice: [
                "check the address and the port: a hosted PBX is often not on 5060",
                "a firewall between here and the PBX may drop SIP over UDP; the PBX may listen on TCP or TLS only",
                "the PBX may have blacklisted this address after wrong passwords: look at its IP blacklist",
                "one datagram may simply be lost: try once more before anything else",
            ]
        )
    }

    /// Something came that is no response, or none to what was asked.
    package func unreadable(_ what: String) -> Diagnosis {
        Diagnosis(
            verdict: .malformed,
            summary: "\(self.peer) replies, but no response that can be used: \(Redaction.line(what))",
            advice: [
                "something on the way may change the messages: switch a SIP ALG in the router off",
                "--messages shows what came; perhaps it is not SIP that listens on this port",
            ]
        )
    }

    /// The network refused.
    package func unreachable(_ reason: String, isRefusedPort: Bool) -> Diagnosis {
        guard isRefusedPort else {
            return Diagnosis(
                verdict: .unreachable,
                summary: "the network cannot reach \(self.peer): \(reason)",
                advice: ["check this machine's network and routes, and the VPN if there is one"]
            )
        }
        return Diagnosis(
            verdict: .unreachable,
            summary: "wrong port: nothing listens on UDP \(self.peer) (ICMP port unreachable)",
            advice: [
                "check the port: 5060 is the usual one, hosted systems choose others; name it as in sip:100@pbx.example:5062",
                "the PBX's SIP service may be down, or listen on TCP or TLS only",
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
            advice: ["give --auth-user with --password-file, or SIPCTL_PASSWORD in the environment"]
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
                    + "which says that the credentials are right",
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
                    + "answer",
                advice: [
                    "where that is the PBX's realm: --realm '\(Redaction.line(realm))', beside the one known so far"
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
        var summary = "wrong password or authentication ID: the PBX refused '\(name)' (\(status) again\(place))"
        if name == self.account {
            summary += "; '\(name)' is the extension, which on a 3CX is not the authentication ID"
            advice.insert(
                "you authenticate with the extension number: a 3CX has an authentication ID of its own "
                    + "(the extension's page, phone provisioning): give it with --auth-user",
                at: 0
            )
        } else {
            advice.append("check the authentication ID: it is not always the extension; case matters")
        }
        if self.purpose != .register, let account = self.account {
            advice.append("the caller, \(account), has to be the extension that these credentials belong to")
        }
        advice.append("do not repeat this often: a 3CX blacklists an address after some wrong passwords")
        return Diagnosis(verdict: .wrongCredentials, summary: summary, advice: advice)
    }

    // MARK: Answers

    /// A final answer that is neither a success nor a challenge.
    package func refusal(_ response: SIPMessage) -> Diagnosis {
        var diagnosis = self.refusal(status: response.statusCode, reason: Redaction.line(response.reasonPhrase))
        if response.statusCode == 423, let minimum = response.minExpires {
            diagnosis.advice.insert("the PBX wants at least \(minimum) s: --expires \(minimum)", at: 0)
        }
        if let seconds = response.retryAfter { diagnosis.advice.append("the PBX says: try again after \(seconds) s") }
        if let warning = response.first(.warning) {
            diagnosis.advice.append("the PBX warns: \(Redaction.line(warning))")
        }
        return diagnosis
    }

    /// The same for a status alone.
    package func refusal(status: Int, reason: String) -> Diagnosis {
        let said = "\(status) \(reason)"
        let who = self.target.map { "extension \($0)" } ?? "the target"
        switch status {
        case 300..<400:
            return Diagnosis(
                verdict: .refused,
                summary: "redirected (\(said)): the PBX wants \(who) to be asked elsewhere",
                advice: ["call the Contact of the answer instead; --messages shows it"]
            )
        case 401, 407: return self.wrongCredentials(status, nil)
        case 403 where self.authenticationID != nil:
            return Diagnosis(
                verdict: .forbidden,
                summary: "forbidden (\(said)), although credentials were given",
                advice: [
                    "some PBXs answer a wrong password so: check the authentication ID (not the extension) and password",
                    "the extension may be disabled, barred from outside the LAN, or its From must be its own number",
                    "this address may be blacklisted at the PBX",
                ]
            )
        case 403:
            return Diagnosis(
                verdict: .forbidden,
                summary: "forbidden (\(said))",
                advice: [
                    "give --from and --auth-user of an extension that may do this", "check the PBX's IP restrictions",
                ]
            )
        case 404, 410, 484, 485, 604:
            return Diagnosis(
                verdict: .notFound,
                summary: "\(who) does not exist there (\(said))",
                advice: ["check the number and the domain after the @: a PBX knows itself by a certain name"]
            )
        case 480, 430:
            return Diagnosis(
                verdict: .offline,
                summary: "\(who) is offline (\(said)): nothing is registered for it, or it takes no calls now",
                advice: [
                    "sipctl register \(self.target ?? "EXTENSION")@… shows which devices the PBX holds for it",
                    "the device may have lost its registration: look at its status and its refresh interval",
                ]
            )
        case 408:
            return Diagnosis(
                verdict: self.purpose == .invite ? .notAnswered : .offline,
                summary: "\(who) did not answer the PBX (\(said))",
                advice: [
                    "its device is registered but does not react: a phantom contact of a device that is gone?",
                    "a number outside the PBX: the trunk does not react",
                ]
            )
        case 486, 600: return Diagnosis(verdict: .busy, summary: "\(who) is busy (\(said))")
        case 487: return Diagnosis(verdict: .notAnswered, summary: "nobody answered; the call was canceled (\(said))")
        case 603, 607:
            return Diagnosis(verdict: .declined, summary: "\(who) declined (\(said))")
        case 415, 488, 606:
            return Diagnosis(
                verdict: .notAcceptable,
                summary: "no media in common (\(said))",
                advice: [
                    "check the codecs enabled for the extension: PCMU, PCMA, G.722 and Opus are offered",
                    "the other side may insist on SRTP",
                ]
            )
        case 423:
            return Diagnosis(verdict: .intervalTooBrief, summary: "the registration is too short for the PBX (\(said))")
        case 405, 501:
            return Diagnosis(
                verdict: .refused,
                summary: "the other side does not know this method (\(said)); it is alive",
                advice: ["ask the PBX instead of a device behind it"]
            )
        case 483:
            return Diagnosis(
                verdict: .refused,
                summary: "a routing loop (\(said)): the request went round until its hops were used up",
                advice: ["two rules of the PBX, or two PBXs, forward to each other"]
            )
        case 481, 482:
            return Diagnosis(
                verdict: .refused,
                summary: "the PBX has lost track of this request (\(said))",
                advice: ["try once more; if it stays, something copies or changes the messages on their way (SIP ALG)"]
            )
        case 500..<600:
            return Diagnosis(
                verdict: .serverTrouble,
                summary: "the PBX is in trouble (\(said))",
                advice: ["look at the PBX's own log; 503 often means overload, a license limit or a trunk that is down"]
            )
        case _: return Diagnosis(verdict: .refused, summary: "refused (\(said))")
        }
    }

    // MARK: Words

    /// The realm that a challenge names.
    package static func realm(_ response: SIPMessage) -> String {
        DigestChallenge.all(in: response).first.map { "'\(Redaction.line($0.challenge.realm))'" } ?? "unknown"
    }

    package static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\((value * 10).rounded() / 10)"
    }

    private static func list(_ words: [String]) -> String {
        words.isEmpty ? "no digest challenge" : words.joined(separator: ", ")
    }
}
