import ArgumentParser
import SIPDiagnostics

/// The program: diagnostics of a PBX, one attempt at a time.
@main
struct Sipctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sipctl",
        abstract: "Ask a SIP PBX what is wrong, and say it in words.",
        discussion: """
            Each command sends each request once, and once more with credentials when the PBX asks for them. It never \
            scans. It prints the ladder of messages with their times, what a failure means and what to try.


            """ + Verdict.table,
        subcommands: [OptionsCommand.self, RegisterCommand.self, InviteCommand.self, ParseCommand.self]
    )
}
