import CallCore
package import SIPCore

extension Explanation {
    /// What is known beside the status of a refusal.
    package struct Circumstances: Sendable, Hashable {
        /// Whether a phone rang before (180, 183).
        package var rang: Bool
        /// Whether the request that was refused carried credentials; `nil` when that is not known.
        package var carriedCredentials: Bool?

        /// Makes circumstances; without any, nothing is known.
        package init(rang: Bool = false, carriedCredentials: Bool? = nil) {
            self.rang = rang
            self.carriedCredentials = carriedCredentials
        }
    }

    /// A final response that is neither a success nor a challenge, with all that it says beside its status.
    package func refusal(_ response: SIPMessage, _ circumstances: Circumstances = Circumstances()) -> Diagnosis {
        var diagnosis = self.refusal(
            status: response.statusCode,
            reason: Redaction.line(response.reasonPhrase),
            circumstances
        )
        func list(_ name: HeaderName) -> String? {
            let values = response.values(name).filter { !$0.isEmpty }
            return values.isEmpty ? nil : Redaction.line(values.joined(separator: ", "))
        }
        switch response.statusCode {
        case 300..<400:
            if let contacts = list(.contact) {
                diagnosis.advice = ["call what the PBX names instead: \(Redaction.addresses(contacts))"]
            }
        case 405:
            if let methods = list(.allow) { diagnosis.advice.insert("it allows \(methods)", at: 0) }
        case 415:
            if let types = list(.accept) { diagnosis.advice.insert("it takes \(types)", at: 0) }
        case 488, 606:
            let wanted = CodecMismatch(response, ours: []).theirs
            if !wanted.isEmpty {
                diagnosis.summary += ": the other side wants \(Redaction.line(wanted.joined(separator: ", ")))"
            }
        case 420:
            if let options = list(.unsupported) { diagnosis.summary += ": \(options)" }
        case 421:
            if let options = list(.require) { diagnosis.summary += ": \(options)" }
        case 423:
            if let minimum = response.minExpires {
                diagnosis.advice.insert(
                    "the PBX wants at least \(minimum) s: \(self.settings.expires) \(minimum)",
                    at: 0
                )
            }
        case _: break
        }
        if let seconds = response.retryAfter { diagnosis.advice.append("the PBX says: try again after \(seconds) s") }
        for warning in response.values(.warning) {
            diagnosis.advice.append("the PBX warns: \(Redaction.line(warning))")
        }
        for reason in response.values(.reason) {
            diagnosis.advice.append("the PBX gives as the reason: \(Redaction.line(reason))")
        }
        return diagnosis
    }

    /// The same for a status alone.
    package func refusal(
        status: Int,
        reason: String,
        _ circumstances: Circumstances = Circumstances()
    ) -> Diagnosis {
        let said = "\(status) \(reason)"
        switch status {
        case 401, 407: return self.wrongCredentials(status, nil)
        case 300..<400, 400, 402, 405, 406, 413, 416, 420, 421, 422, 481, 482, 483, 494, 501:
            return self.protocolRefusal(status, said)
        case 403: return self.forbidden(said, circumstances)
        case 423:
            return Diagnosis(verdict: .intervalTooBrief, summary: "the registration is too short for the PBX (\(said))")
        case 404, 410, 484, 485, 604: return self.notFound(status, said)
        case 408, 430, 480, 487: return self.notReached(status, said, circumstances)
        case 415, 488, 606: return self.notAcceptable(said)
        case 486, 600:
            return Diagnosis(
                verdict: .busy,
                summary: "\(self.who) is busy (\(said))",
                advice: ["do not disturb is told in the same way by some phones"]
            )
        case 433:
            return Diagnosis(
                verdict: .declined,
                summary: "\(self.who) takes no anonymous calls (\(said))"
            )
        case 603, 607, 608:
            return Diagnosis(
                verdict: .declined,
                summary: "\(self.who) declined (\(said))",
                advice: ["that may be the person, do not disturb, or a rule of the PBX"]
            )
        case 500..<600:
            return Diagnosis(
                verdict: .serverTrouble,
                summary: "the PBX could not serve the request (\(said))",
                advice: [
                    status == 503
                        ? "503 may mean overload, a license limit, a trunk that is down, or a device that cannot be reached"
                        : "look at the PBX's own log"
                ]
            )
        case _: return Diagnosis(verdict: .refused, summary: "refused (\(said))")
        }
    }

    private var who: String { self.target.map { "extension \($0)" } ?? "the target" }

    private func forbidden(_ said: String, _ circumstances: Circumstances) -> Diagnosis {
        let gave = self.authenticationID != nil
        switch circumstances.carriedCredentials ?? gave {
        case true:
            return Diagnosis(
                verdict: .forbidden,
                summary: "forbidden (\(said)), although credentials were sent",
                advice: [
                    "some PBXs answer a wrong password so: check the authentication ID (not the extension) and password",
                    "the extension may be disabled, barred from outside the LAN, or its From must be its own number",
                    "the extension may have no place left for another device, or may not call this number",
                    "this address may be blacklisted at the PBX",
                ]
            )
        case false where gave:
            return Diagnosis(
                verdict: .forbidden,
                summary: "forbidden (\(said)), and the PBX did not ask for credentials: they are not what it refuses",
                advice: [
                    "the PBX may not know this address or this caller: check its IP restrictions, and From",
                    "this address may be blacklisted at the PBX",
                ]
            )
        case false:
            return Diagnosis(
                verdict: .forbidden,
                summary: "forbidden (\(said))",
                advice: [
                    self.settings == .sipctl
                        ? "give --from and --auth-user of an extension that may do this"
                        : "give \(self.settings.authenticationID) and \(self.settings.password)",
                    "check the PBX's IP restrictions",
                ]
            )
        }
    }

    private func notFound(_ status: Int, _ said: String) -> Diagnosis {
        let domain = "check the number and the domain after the @: a PBX knows itself by a certain name"
        switch status {
        case 484:
            return Diagnosis(
                verdict: .notFound,
                summary: "the number is not complete, says the PBX (\(said))",
                advice: ["dial it with its area code or prefix", domain]
            )
        case 485:
            return Diagnosis(
                verdict: .notFound,
                summary: "the number is ambiguous, says the PBX (\(said))",
                advice: [domain]
            )
        case 410:
            return Diagnosis(
                verdict: .notFound,
                summary: "\(self.who) is there no more, says the PBX (\(said))",
                advice: [domain]
            )
        case _:
            return Diagnosis(
                verdict: .notFound,
                summary: "\(self.who) does not exist there, says the PBX (\(said))",
                advice: [
                    domain,
                    "some PBXs answer so when a number exists, but nobody is registered for it, or this caller may not dial it",
                ]
            )
        }
    }

    private func notReached(_ status: Int, _ said: String, _ circumstances: Circumstances) -> Diagnosis {
        if status == 487 {
            return Diagnosis(verdict: .notAnswered, summary: "nobody answered; the call was canceled (\(said))")
        }
        if circumstances.rang {
            return Diagnosis(
                verdict: .notAnswered,
                summary: "\(self.who) rang, and nobody answered before the PBX gave up (\(said))",
                advice: ["some phones answer so when the call is declined"]
            )
        }
        if status == 408 {
            return Diagnosis(
                verdict: self.purpose == .invite ? .notAnswered : .offline,
                summary: "\(self.who) did not answer the PBX (\(said))",
                advice: [
                    "its device may be registered and not react: a phantom contact of a device that is gone",
                    "a number outside the PBX: the trunk may not react",
                ]
            )
        }
        return Diagnosis(
            verdict: .offline,
            summary: "\(self.who) cannot be reached now (\(said)): it is probably offline, or takes no calls now",
            advice: [
                "sipctl register \(self.target ?? "EXTENSION")@… shows which devices the PBX holds for it",
                "the device may have lost its registration: look at its status and its refresh interval",
                "do not disturb, and a call that nobody took, are told in the same way by some PBXs",
            ]
        )
    }

    private func notAcceptable(_ said: String) -> Diagnosis {
        guard self.purpose == .invite else {
            return Diagnosis(verdict: .notAcceptable, summary: "not acceptable there (\(said))")
        }
        return Diagnosis(
            verdict: .notAcceptable,
            summary: "no media in common (\(said))",
            advice: [
                "check the codecs enabled for the extension: PCMU, PCMA, G.722 and Opus are offered",
                "the other side may insist on SRTP",
            ]
        )
    }

    /// Statuses that speak of the request itself.
    private func protocolRefusal(_ status: Int, _ said: String) -> Diagnosis {
        func refused(_ summary: String, _ advice: String...) -> Diagnosis {
            Diagnosis(verdict: .refused, summary: "\(summary) (\(said))", advice: advice)
        }
        switch status {
        case 305: return refused("the PBX wants the request to go by another proxy")
        case 300..<400: return refused("redirected: the PBX wants \(self.who) to be asked elsewhere")
        case 400:
            return refused(
                "the other side cannot read the request, it says",
                "something on the way may change the messages: switch a SIP ALG in the router off"
            )
        case 402: return refused("the other side wants to be paid: an account may be empty")
        case 405, 501:
            return refused(
                "the other side does not take this method; it is alive",
                "ask the PBX instead of a device behind it"
            )
        case 406: return refused("the other side has no answer of a kind that is accepted here")
        case 413: return refused("the request is too large for the other side")
        case 416: return refused("the other side does not know this kind of address", "write it as sip:NUMBER@PBX")
        case 420: return refused("the other side does not support what the request requires")
        case 421: return refused("the other side requires an extension of SIP that is not known here")
        case 422: return refused("the session timer is too short for the other side")
        case 483:
            return refused(
                "the request used up its hops: probably a routing loop",
                "two rules of the PBX, or two PBXs, may forward to each other"
            )
        case 494: return refused("the other side requires a security agreement that is not known here")
        case _:
            return refused(
                "the PBX has lost track of this request",
                "try once more; if it stays, something may copy or change the messages on their way (SIP ALG)"
            )
        }
    }
}
