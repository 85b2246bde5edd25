import ArgumentParser
import CoreTypes
import SIPCore
import SIPDiagnostics
import Telephony

/// `sipctl options`: is anybody there?
struct OptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "options",
        abstract: "Ask a PBX or phone whether it is alive and what it can do (OPTIONS).",
        discussion: "One request, and one with credentials when it is challenged and they are given."
    )

    @Argument(help: "Whom to ask: pbx.example, sip:pbx.example:5062 or sip:100@pbx.example.")
    var uri: Address

    @Option(
        name: .long,
        help: ArgumentHelp("Who asks: an extension of the PBX, 100 or sip:100@pbx.example.", valueName: "uri")
    )
    var from: String?

    @Option(name: .long, help: ArgumentHelp("The UDP port to ask from; any free one by default.", valueName: "port"))
    var localPort: UInt16 = 0

    @OptionGroup var credentials: CredentialOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        try self.uri.requireUDP()
        guard self.from == nil || self.account != nil else {
            throw ValidationError("--from is no extension or SIP URI")
        }
    }

    private var account: SIPURI? {
        self.from.flatMap { Address.account($0, at: self.uri.uri) }
    }

    func run() throws {
        let ladder = Ladder(keepsMessages: self.shared.messages)
        var report = Report(command: "options", target: self.uri.text)
        let account = self.account?.unescapedUser
        let credentials = try self.credentials.credentials(extension: account)
        do {
            let peer = try self.uri.resolve()
            var probe = try Probe(
                to: peer,
                from: self.localPort,
                credentials: credentials,
                realms: self.credentials.realm,
                requestTimeout: self.shared.requestTimeout,
                retransmits: !self.shared.once,
                ladder: ladder
            )
            let explanation = Explanation(
                purpose: .options,
                peer: "\(peer)",
                target: self.uri.uri.unescapedUser,
                account: account,
                authenticationID: credentials?.username
            )
            self.ask(&probe, explanation, ladder, &report)
        } catch let error as NameNotFound {
            report.conclude(Diagnosis(verdict: .nameNotFound, summary: error.description))
        } catch let error as ProbeSocket.Failure {
            report.conclude(Diagnosis(verdict: .failed, summary: "cannot \(error.operation): \(error.reason)"))
        }
        try report.finish(ladder, self.shared)
    }

    private func ask(_ probe: inout Probe, _ explanation: Explanation, _ ladder: Ladder, _ report: inout Report) {
        let local = probe.local
        do {
            let sender = self.account ?? SIPURI(user: "sipctl", host: local.host.hostText, port: local.port)
            var request = try probe.makeRequest(.options, uri: self.uri.uri, from: sender, to: self.uri.uri)
            try request.replace(.accept, "application/sdp")
            try request.replace(
                .contact,
                NameAddress(uri: SIPURI(user: sender.user, host: local.host.hostText, port: local.port)).description
            )
            let outcome = probe.ask(request, method: .options, uri: self.uri.uri)
            if let response = outcome.response {
                report.learn(from: response, local: local)
                report.measure(ladder.rungs)
                report.learnAbilities(from: response)
            }
            report.noteChallenges(in: ladder, authenticationID: explanation.authenticationID)
            let trouble = explanation.diagnose(
                outcome,
                requestTimeout: self.shared.timeout,
                ladder: ladder,
                method: .options
            )
            if trouble != nil, outcome.response != nil {
                report.remark("a SIP server is there and replies, whatever it thinks of the question")
            }
            report.conclude(
                trouble ?? Diagnosis(verdict: .succeeded, summary: "\(self.uri.text) is alive and responds to OPTIONS")
            )
        } catch {
            report.conclude(Diagnosis(verdict: .failed, summary: "the request cannot be written: \(error)"))
        }
    }
}

extension Report {
    /// Takes what a response says that the other side can do, from all lines of each header.
    mutating func learnAbilities(from response: SIPMessage) {
        func list(_ name: HeaderName) -> [String]? {
            let values = response.values(name).map(Redaction.line).filter { !$0.isEmpty }
            return values.isEmpty ? nil : values
        }
        self.allow = list(.allow)
        self.supported = list(.supported)
        self.accept = list(.accept)
        self.allowEvents = list(.allowEvents)
    }
}
