import ArgumentParser
import ProgramFrame

/// The program.
@main
struct Svetlana: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "svetlana",
        abstract: "A phone assistant: registers with your PBX, answers, understands, answers back.",
        discussion: HelpText.discussion("", exitCodes: ExitStatus.table),
        version: Product.version,
        subcommands: [
            RunCommand.self, CallCommand.self, StatusCommand.self, HangupCommand.self, CheckCommand.self,
            DemoCommand.self,
        ]
    )

    static let program = Program(Svetlana.self, name: "svetlana", exitCodes: ExitStatus.table)

    static func main() async {
        await self.program.run()
    }
}

/// What the program says of itself.
enum Product {
    static let version = ProgramVersion.text
    static let name = "Svetlana/\(Self.version)"
}
