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

    /// Where the configuration is, or was looked for.
    var search: ConfigurationSearch { ConfigurationSearch(named: self.config) }

    /// Reads the configuration of a command that needs a PBX or a trunk.
    ///
    /// - Throws: ``Failure`` with one line for each problem.
    func load() throws -> BotConfiguration {
        let search = self.search
        let configuration = try self.read(search)
        if let missing = configuration.missingTelephone(tried: search.tried) {
            throw Failure(.configuration, missing)
        }
        return configuration
    }

    /// Reads the configuration, whatever is in it.
    ///
    /// - Throws: ``Failure`` with one line for each problem.
    func read(_ search: ConfigurationSearch? = nil) throws -> BotConfiguration {
        try BotConfiguration.load(path: (search ?? self.search).path) { complain("svetlana: warning: \($0)") }
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
