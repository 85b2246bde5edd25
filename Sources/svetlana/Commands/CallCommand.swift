import ArgumentParser
import CallCore
import CoreTypes
import Logging
import Synchronization
import Telephony

/// `svetlana call`.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Ring a phone, speak, then listen: a call that Svetlana places is a conversation too.",
        discussion: """
            A running bot places the call. Without one the program takes a free port, does not register (that would be
            a second device on the extension) and answers the PBX's challenge itself. Ctrl-C cancels the call, or hangs up.
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

    @Flag(name: .customLong("no-voicemail"), help: "Hang up at once when voicemail answers, without a word.")
    var noVoicemail = false

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 45

    func validate() throws {
        guard (self.say == nil) == self.report else { throw ValidationError("Give either --say TEXT or --report.") }
        let request = CallRequest(target: self.target ?? "", say: self.say, oneWay: false, timeout: self.timeout)
        if let problem = request.problem { throw ValidationError("\(problem).") }
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
            let request = CallRequest(
                target: target,
                say: self.say,
                oneWay: self.oneWay,
                timeout: self.timeout,
                hangsUpOnVoicemail: self.noVoicemail
            )
            // Interrupted, a call is cancelled or ended before the program ends: a phone must not go on ringing.
            let outcome = try await interruptible { try await self.place(request, configuration) }
            self.tell(outcome)
            if outcome.exitStatus != .success { throw outcome.exitStatus.error }
        }
    }

    private func tell(_ outcome: CallOutcome) {
        if self.common.json {
            print(
                json: ProgramOutput(
                    command: "call",
                    status: outcome.exitStatus,
                    summary: outcome.detail,
                    advice: outcome.exitStatus == .success ? [] : outcome.remarks ?? [],
                    remarks: outcome.exitStatus == .success ? outcome.remarks ?? [] : [],
                    body: CallReport(outcome)
                )
            )
        } else {
            print(
                PlainText.line(outcome.detail, limit: 1_000)
                    + (outcome.seconds.map { " and lasted \(Int($0)) s" } ?? "")
            )
            for remark in outcome.remarks ?? [] { print("  " + PlainText.line(remark, limit: 1_000)) }
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
            settings.trace = SIPLog.trace(configuration, logger)
            for index in settings.identities.indices { settings.identities[index].registration = .disabled }
            let agent = try UserAgent(settings, logger: logger)
            let bot = Bot(configuration: configuration, stages: stages, agent: agent, logger: logger)
            try await agent.start()
            let outcome = await bot.place(request) { reply in
                if case .progress(let line) = reply { progress(line) }
            }
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
        let placed = Mutex<UInt64?>(nil)
        async let asking: Void = {
            defer { continuation.finish() }
            try await ControlClient.ask(.call(request), at: path) { reply in
                if case .placed(let number) = reply { placed.withLock { $0 = number } }
                continuation.yield(reply)
            }
        }()
        var outcome: CallOutcome?
        for await reply in replies {
            switch reply {
            case .progress(let line): progress(line)
            case .call(let result): outcome = result
            case .failure(let why): throw Failure(.failure, "the running bot refused: \(why)")
            case .status, .activity, .hungUp, .placed: break
            }
        }
        if Task.isCancelled, outcome == nil {
            if let number = placed.withLock({ $0 }) { await Self.waitForEnd(of: number, at: path) }
            throw Failure(.interrupted, "interrupted: the running bot ends the call")
        }
        try await asking
        guard let outcome else { throw Failure(.failure, "the running bot gave no result: see its log") }
        return outcome
    }

    /// Has a call ended that the running bot placed, and waits until it is: the bot hears of a client that is gone sooner or
    /// later, but who typed Ctrl-C may look at the phone at once.
    private static func waitForEnd(of number: UInt64, at path: String) async {
        // In a task of its own, for this one is cancelled.
        await Task.detached {
            let deadline = ContinuousClock.now + .seconds(3)
            guard (try? await ControlClient.hangUp([number], at: path)) != nil else { return }
            while ContinuousClock.now < deadline,
                let calls = try? await ControlClient.activity(at: path).calls,
                calls.contains(where: { $0.call == number })
            {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }.value
    }
}

/// The keys of `svetlana call --json` beside the envelope.
struct CallReport: Encodable, Sendable {
    /// How the call went: answered, voicemail, busy, declined, noAnswer, unauthorized, noResponse, cancelled, failed.
    let result: CallOutcome.Result
    /// Who answered, as far as the signaling tells.
    let answeredBy: String?
    /// From answer to end.
    let durationMilliseconds: Int?
    /// What was said, line by line.
    let transcript: [String]

    init(_ outcome: CallOutcome) {
        self.result = outcome.result
        self.answeredBy = outcome.answeredBy
        self.durationMilliseconds = outcome.seconds.map { Int(($0 * 1_000).rounded()) }
        self.transcript = outcome.transcript
    }
}
