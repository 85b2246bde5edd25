import ArgumentParser
import CoreTypes
import SIPCore
import Telephony

/// `sipctl register`: do the credentials work, and who else holds the extension?
struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Check an extension: ask for its contacts, bind, and remove the binding again (REGISTER).",
        discussion: """
            Asks first which devices the PBX holds for the extension, then binds for a short time and removes its own \
            binding again; never that of another device. Each request is sent once, and once more when challenged.


            """ + Verdict.table
    )

    @Argument(help: "The extension at its PBX: sip:100@pbx.example.")
    var aor: Address

    @Option(name: .long, help: ArgumentHelp("How long to bind.", valueName: "seconds"))
    var expires: UInt32 = 60

    @Flag(name: .long, help: "Leave the binding in place.")
    var keep = false

    @Flag(name: .long, help: "Only remove what this program left with --keep, and --contact when given.")
    var unregister = false

    @Option(name: .long, help: ArgumentHelp("The contact to bind or remove instead of our own.", valueName: "uri"))
    var contact: Address?

    @Option(name: .long, help: ArgumentHelp("The UDP port to ask from; any free one by default.", valueName: "port"))
    var localPort: UInt16 = 0

    @OptionGroup var credentials: CredentialOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        try self.aor.requireUDP()
        guard self.aor.uri.user != nil else {
            throw ValidationError("an extension is needed: sip:100@\(self.aor.uri.host)")
        }
        guard !(self.keep && self.unregister) else {
            throw ValidationError("--keep and --unregister exclude each other")
        }
        guard self.expires > 0 else { throw ValidationError("--expires 0 removes: use --unregister") }
    }

    func run() throws {
        let ladder = Ladder(keepsMessages: self.shared.messages)
        var report = Report(command: "register", target: self.aor.text)
        let user = self.aor.uri.unescapedUser
        let credentials = try self.credentials.credentials(extension: user)
        do {
            let peer = try self.aor.resolve()
            let probe = try Probe(
                to: peer,
                from: self.localPort,
                credentials: credentials,
                patience: self.shared.patience,
                ladder: ladder
            )
            let explanation = Explanation(
                purpose: .register,
                peer: "\(peer)",
                target: user,
                account: user,
                authenticationID: credentials?.username
            )
            var check = RegistrationCheck(
                aor: self.aor.uri,
                contact: self.contact?.uri,
                expires: self.expires,
                patience: self.shared.timeout,
                explanation: explanation,
                ladder: ladder,
                report: report,
                probe: probe
            )
            report = self.unregister ? check.unregister() : check.bind(keeping: self.keep)
        } catch let error as NameNotFound {
            report.conclude(Diagnosis(verdict: .nameNotFound, summary: error.description))
        } catch let error as ProbeSocket.Failure {
            report.conclude(Diagnosis(verdict: .failed, summary: "cannot \(error.operation): \(error.reason)"))
        }
        try report.finish(ladder, self.shared)
    }
}
