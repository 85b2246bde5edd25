import ArgumentParser

/// `svetlana hangup`.
struct HangupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hangup",
        abstract: "End a call of the running bot.",
        discussion: """
            The number of a call stands in every line of the log about it ("call 7", call=7) and in svetlana status. Without
            one the only call in progress is ended.
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The number of the call.")
    var call: UInt64?

    @Flag(help: "End all calls in progress.")
    var all = false

    func validate() throws {
        guard self.call == nil || !self.all else { throw ValidationError("Give either a number or --all.") }
    }

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let path = try self.common.read().control.socket
            let calls = try await ControlClient.activity(at: path).calls
            let chosen = try Self.choose(self.call, all: self.all, among: calls)
            let ended = chosen.isEmpty ? [] : try await ControlClient.hangUp(chosen, at: path)
            let words = ended.map { "call \($0)" }.joined(separator: ", ")
            let summary = ended.isEmpty ? "no call is in progress" : "ended \(words)"
            if self.common.json {
                print(
                    json: ProgramOutput(
                        command: "hangup",
                        status: .success,
                        summary: summary,
                        body: HangupReport(ended: ended)
                    )
                )
            } else {
                print(summary)
            }
        }
    }

    /// The numbers of the calls that are to be ended.
    ///
    /// - Throws: ``Failure`` when the call is not there, or it is not clear which is meant.
    static func choose(_ call: UInt64?, all: Bool, among calls: [BotActivity.CallInProgress]) throws -> [UInt64] {
        if all { return calls.map(\.call) }
        let list = calls.map(\.line).joined(separator: "; ")
        if let call {
            guard calls.contains(where: { $0.call == call }) else {
                throw Failure(
                    .failure,
                    "there is no call \(call)" + (calls.isEmpty ? ": no call is in progress" : "; in progress: \(list)")
                )
            }
            return [call]
        }
        guard let only = calls.first else { throw Failure(.failure, "no call is in progress") }
        guard calls.count == 1 else {
            throw Failure(.failure, "which one? Give its number, or --all; in progress: \(list)")
        }
        return [only.call]
    }
}

/// The keys of `svetlana hangup --json` beside the envelope.
struct HangupReport: Encodable, Sendable {
    /// The numbers of the calls that were ended.
    let ended: [UInt64]
}
