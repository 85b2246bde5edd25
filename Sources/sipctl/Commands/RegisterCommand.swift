import ArgumentParser
import CoreTypes
import SIPCore
import SIPDiagnostics
import Telephony

/// `sipctl register`: do the credentials work, and who else holds the extension?
struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Check an extension: do the credentials work, and which devices hold it (REGISTER)?",
        discussion: """
            Asks which devices the PBX holds for the extension, which proves the credentials and changes nothing. With \
            --bind it then binds for a short time and removes its own binding again. A PBX that gives an extension one \
            place may push the desk phone out for that; the report says so, and the phone has to register again. Each \
            request is sent once more when challenged; a datagram that gets no response is retransmitted, unless --once.
            """
    )

    @Argument(help: "The extension at its PBX: sip:100@pbx.example.")
    var aor: Address

    @Flag(name: .long, help: "Bind as well, and remove the binding again.")
    var bind = false

    @Option(name: .long, help: ArgumentHelp("How long to bind; 60 by default.", valueName: "seconds"))
    var expires: UInt32?

    @Flag(name: .long, help: "Bind, and leave the binding in place.")
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
        guard self.expires != 0 else { throw ValidationError("--expires 0 removes: use --unregister") }
        guard !(self.bind && self.unregister) else {
            throw ValidationError("--bind and --unregister exclude each other")
        }
        let binds = self.bind || self.keep
        guard binds || self.expires == nil else { throw ValidationError("--expires is for binding: add --bind") }
        guard binds || self.unregister || self.contact == nil else {
            throw ValidationError("--contact is for binding or removing: add --bind or --unregister")
        }
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
                realms: self.credentials.realm,
                requestTimeout: self.shared.requestTimeout,
                retransmits: !self.shared.once,
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
                expires: self.expires ?? 60,
                requestTimeout: self.shared.timeout,
                explanation: explanation,
                ladder: ladder,
                report: report,
                probe: probe
            )
            if self.unregister {
                report = check.unregister()
            } else {
                report = self.bind || self.keep ? check.bind(keeping: self.keep) : check.look()
            }
        } catch let error as NameNotFound {
            report.conclude(Diagnosis(verdict: .nameNotFound, summary: error.description))
        } catch let error as ProbeSocket.Failure {
            report.conclude(Diagnosis(verdict: .failed, summary: "cannot \(error.operation): \(error.reason)"))
        }
        try report.finish(ladder, self.shared)
    }
}
