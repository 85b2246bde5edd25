import ArgumentParser
import Foundation

/// Options of every command that reads the configuration.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The configuration file. Without it: $SVETLANA_CONFIG, ./svetlana.yaml, /etc/svetlana/svetlana.yaml."
    )
    var config: String?

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    /// The file that is read; `nil` when there is none and defaults and the environment must do.
    var path: String? {
        if let config { return config }
        if let named = ProcessInfo.processInfo.environment["SVETLANA_CONFIG"], !named.isEmpty { return named }
        return ["svetlana.yaml", "/etc/svetlana/svetlana.yaml"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Reads the configuration.
    ///
    /// - Throws: ``Failure`` with one line for each problem.
    func load() throws -> BotConfiguration {
        try BotConfiguration.load(path: self.path) { complain("svetlana: warning: \($0)") }
    }
}

/// Writes to standard error, where people look for what went wrong.
func complain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Runs a command's body and turns what it throws into one line and an exit code.
func reportingFailures(_ command: String?, json: Bool, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let exit as ExitCode {
        throw exit
    } catch {
        let failure = Failure(error)
        if json {
            print(
                json: ProgramOutput<NoKeys>(
                    command: command ?? "",
                    status: failure.status,
                    summary: failure.description
                )
            )
        } else {
            complain("svetlana: \(failure)")
        }
        throw failure.status.error
    }
}

/// Prints a value as one line of JSON.
func print(json value: some Encodable) {
    guard let line = try? ControlCodec.line(value) else { return }
    print(String(decoding: line.dropLast(), as: UTF8.self))
}
