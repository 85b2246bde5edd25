package import ArgumentParser
import Foundation

/// What both programs have in common: the version, how their help is laid out, and what `--json` prints of a command line
/// that makes no sense.
package struct Program<Root: AsyncParsableCommand>: Sendable {
    /// What the program is called.
    package let name: String
    /// The exit codes, a line each.
    package let exitCodes: String

    /// Makes a program of its root command.
    package init(_ root: Root.Type, name: String, exitCodes: String) {
        self.name = name
        self.exitCodes = exitCodes
    }

    /// Parses the command line and runs what it asks for.
    package func run(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) async {
        do {
            var command = try Root.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard let ending = self.ending(error, arguments) else { Root.exit(withError: error) }
            print(ending.text)
            Root.exit(withError: ending.code)
        }
    }

    /// What is printed in place of what the argument parser would: the help in our order, and a usage error as JSON where
    /// that is wanted; `nil` for everything else.
    package func ending(_ error: any Error, _ arguments: [String]) -> (text: String, code: ExitCode)? {
        let code = Root.exitCode(for: error)
        if code == .success {
            let text = Root.fullMessage(for: error)
            return text.hasPrefix("OVERVIEW: ") ? (HelpText.arranged(text, exitCodes: self.exitCodes), code) : nil
        }
        guard code == .validationFailure, arguments.prefix(while: { $0 != "--" }).contains("--json") else { return nil }
        let command = Root.configuration.subcommands.map(Self.name).first { arguments.contains($0) }
        let failure = UsageFailure(
            program: self.name,
            command: command,
            summary: Root.message(for: error),
            advice: ["see '\(([self.name, command].compactMap { $0 } + ["--help"]).joined(separator: " "))'"]
        )
        return failure.json.map { ($0, code) }
    }

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }
}

/// The version of both programs.
package enum ProgramVersion {
    /// `--version` shows it, and other sides see it in User-Agent and Server.
    package static let text = "0.1.0"
}

/// What `--json` prints of a command line that makes no sense: the envelope of Docs/JSON.md, and nothing else.
struct UsageFailure: Encodable {
    var schema = 1
    var program: String
    var command: String?
    var ok = false
    var outcome = "usage"
    var exitCode: Int32 = ExitCode.validationFailure.rawValue
    var summary: String
    var advice: [String]
    var remarks: [String] = []

    var json: String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// How the help is laid out: first how the command is used, then what it does, its arguments and options, and at the end the
/// exit codes.
package enum HelpText {
    /// The argument parser's help in that order, with the exit codes once.
    package static func arranged(_ text: String, exitCodes: String) -> String {
        guard let start = text.firstRange(of: "\nUSAGE: ") else { return text + "\n\n" + exitCodes }
        let described = text[..<start.lowerBound]
        let overview = Self.trimmed(
            described[..<(described.firstRange(of: "EXIT CODES:")?.lowerBound ?? described.endIndex)]
        )
        let rest = text[text.index(after: start.lowerBound)...]
        let end = rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex
        return [Self.trimmed(rest[..<end]), overview, Self.trimmed(rest[end...]), exitCodes]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// What stands in a command's description: for the manual, which knows no other place, with the exit codes.
    package static func discussion(
        _ text: String,
        exitCodes: String,
        arguments: [String] = CommandLine.arguments
    ) -> String {
        guard arguments.contains("--experimental-dump-help") else { return text }
        return [text, exitCodes].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isNewline == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
