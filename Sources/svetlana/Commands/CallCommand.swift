import ArgumentParser
import CallCore
import CoreTypes
import Logging
import Telephony

/// `svetlana call`.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Ring a phone, speak, then listen: a call that Svetlana places is a conversation too.",
        discussion: """
            A running bot places the call. Without one the program takes a free port, does not register (that would be
            a second device on the extension) and answers the PBX's challenge itself.
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "A SIP URI or an extension; the owner's extension when left out.")
    var target: String?

    @Option(help: "What to say.")
    var say: String?

    @Flag(help: "Say the report that the configured model gives to report.prompt.")
    var report = false

    @Flag(help: "Hang up after speaking.")
    var oneWay = false

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 45

    func validate() throws {
        guard (self.say == nil) == self.report else { throw ValidationError("Give either --say TEXT or --report.") }
        guard CallRequest.timeouts.contains(self.timeout) else {
            throw ValidationError("--timeout is 1 to 600 seconds.")
        }
    }

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let configuration = try self.common.load()
            guard let target = self.target ?? configuration.owner.extension else {
                throw Failure(
                    .configuration,
                    "whom to call? Give a target, or set owner.extension in the configuration"
                )
            }
            let request = CallRequest(target: target, say: self.say, oneWay: self.oneWay, timeout: self.timeout)
            if let problem = request.problem { throw Failure(.failure, problem) }
            // Interrupted, a call is cancelled or ended before the program ends: a phone must not go on ringing.
            let outcome = try await interruptible { try await self.place(request, configuration) }
            if self.common.json {
                print(json: outcome)
            } else {
                print(
                    PlainText.line(outcome.detail, limit: 1_000)
                        + (outcome.seconds.map { " and lasted \(Int($0)) s" } ?? "")
                )
            }
            if outcome.exitStatus != .success { throw outcome.exitStatus.error }
        }
    }

    private func place(_ request: CallRequest, _ configuration: BotConfiguration) async throws -> CallOutcome {
        let quiet = self.common.json
        let progress: @Sendable (String) -> Void = { line in
            if !quiet { print(PlainText.line(line, limit: 4_000)) }
        }
        if try ControlClient.isListening(configuration.control.socket) {
            progress("the running bot places the call")
            return try await Self.ask(request, at: configuration.control.socket, progress)
        }
        progress("no bot is running: calling from a port of its own, without registering")
        let logger = Logger.make(configuration.log)
        return try await withStages(configuration, logger: logger) { stages in
            var settings = try configuration.userAgentConfiguration(port: 0)
            for index in settings.identities.indices { settings.identities[index].registration = .disabled }
            let agent = try UserAgent(settings, logger: logger)
            let bot = Bot(configuration: configuration, stages: stages, agent: agent, logger: logger)
            try await agent.start()
            let outcome = await bot.place(request) { progress($0) }
            await agent.stop()
            return outcome
        }
    }

    private static func ask(
        _ request: CallRequest,
        at path: String,
        _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> CallOutcome {
        let (replies, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingOldest(1_024))
        async let asking: Void = {
            defer { continuation.finish() }
            try await ControlClient.ask(.call(request), at: path) { continuation.yield($0) }
        }()
        var outcome: CallOutcome?
        for await reply in replies {
            switch reply {
            case .progress(let line): progress(line)
            case .call(let result): outcome = result
            case .failure(let why): throw Failure(.failure, "the running bot refused: \(why)")
            case .status: break
            }
        }
        try await asking
        guard let outcome else { throw Failure(.failure, "the running bot gave no result: see its log") }
        return outcome
    }
}
