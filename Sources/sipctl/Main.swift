import ArgumentParser
import ProgramFrame
import SIPDiagnostics

/// The program: diagnostics of a PBX, one attempt at a time.
@main
struct Sipctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sipctl",
        abstract: "Ask a SIP PBX what is wrong, and say it in words.",
        discussion: HelpText.discussion(
            """
            Each command asks once, and once more with credentials when the PBX wants them. A datagram that gets no \
            response is retransmitted as RFC 3261 says, which a PBX that counts wrong passwords counts once; --once sends \
            it once only. Nothing is ever scanned. The ladder of messages is printed with their times, and what a failure \
            means and what to try: what is certain is said so, what is not is "probably" or "may be".
            """,
            exitCodes: Verdict.table
        ),
        version: ProgramVersion.text,
        subcommands: [OptionsCommand.self, RegisterCommand.self, InviteCommand.self, ParseCommand.self]
    )

    static let program = Program(Sipctl.self, name: "sipctl", exitCodes: Verdict.table)

    static func main() async {
        await self.program.run()
    }
}
