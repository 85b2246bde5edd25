import ArgumentParser

/// The program.
@main
struct Svetlana: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "svetlana",
        abstract: "A phone assistant: registers with your PBX, answers, understands, answers back.",
        discussion: ExitStatus.table,
        version: Product.version,
        subcommands: [
            RunCommand.self, CallCommand.self, StatusCommand.self, HangupCommand.self, CheckCommand.self,
            DemoCommand.self,
        ]
    )
}

/// What the program says of itself.
enum Product {
    static let version = "0.1.0"
    static let name = "Svetlana/\(Self.version)"
}
