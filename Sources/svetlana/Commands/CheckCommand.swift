import ArgumentParser
import CallCore
import CoreTypes
import Logging
import Telephony
import VoicePipeline
import VoiceProviders

/// `svetlana check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Probe every piece: configuration, port, registration, speech to text, model, text to speech.",
        discussion: """
            A line each, with what to do. A running bot is asked for its registration; without one the program asks the
            PBX which contacts it holds for the extension, which proves the password and binds nothing.

            \(ExitStatus.table)
            """
    )

    /// What became of one probe.
    struct Line: Codable, Sendable {
        var piece: String
        var ok: Bool
        var found: String
        var advice: String?
    }

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await reportingFailures(json: self.common.json) {
            var worst: ExitStatus?
            var lines: [Line] = []
            func note(_ piece: String, _ result: ProbeResult, _ status: ExitStatus) {
                let line = Line(piece: piece, ok: result.ok, found: result.found, advice: result.advice)
                lines.append(line)
                if !result.ok, worst == nil { worst = status }
                guard !self.common.json else { return }
                print("\(line.ok ? "ok    " : "FAILED") \(piece): \(line.found)")
                if let advice = line.advice { print("       -> \(advice)") }
            }
            let configuration = try self.common.load()
            note(
                "configuration",
                ProbeResult(ok: true, found: self.common.path ?? "defaults and environment"),
                .configuration
            )
            let logger = Logger(label: "check", factory: { _ in SwiftLogNoOpLogHandler() })
            if try ControlClient.isListening(configuration.control.socket) {
                let status = try await Self.status(at: configuration.control.socket)
                note(
                    "port",
                    ProbeResult(ok: true, found: "\(configuration.sip.port) is held by the running bot"),
                    .portInUse
                )
                note(
                    "registration",
                    ProbeResult(ok: status.isRegistered || !status.registersAtAll, found: status.registration),
                    status.refusal.flatMap { ExitStatus(rawValue: $0) } ?? .noResponse
                )
            } else {
                note("port", await Self.probePort(configuration), .portInUse)
                let (result, status) = await Self.probeRegistration(configuration)
                note("registration", result, status)
            }
            try await withStages(configuration, logger: logger) { stages in
                let ears = await stages.probeEars()
                note("speech to text", ears.result, ears.status)
                let model = await stages.probeModel()
                note("model", model.result, model.status)
                let voice = await stages.probeVoice()
                note("text to speech", voice.result, voice.status)
                if let house = await stages.probeHouse() { note("home assistant", house, .unreachableBackend) }
            }
            if self.common.json { print(json: lines) }
            if let worst { throw worst.error }
        }
    }

    private static func status(at path: String) async throws -> BotStatus {
        let (replies, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingOldest(8))
        try await ControlClient.ask(.status, at: path) { continuation.yield($0) }
        continuation.finish()
        for await reply in replies {
            if case .status(let status) = reply { return status }
        }
        throw Failure(.failure, "the running bot gave no status: see its log")
    }

    /// Whether the signaling port is free.
    private static func probePort(_ configuration: BotConfiguration) async -> ProbeResult {
        do {
            var settings = try configuration.userAgentConfiguration()
            settings.identities = []
            let agent = try UserAgent(settings)
            try await agent.start()
            await agent.stop()
            return ProbeResult(ok: true, found: "UDP \(configuration.sip.port) is free")
        } catch {
            return ProbeResult(ok: false, found: "\(error)")
        }
    }

    /// Asks what the PBX holds for the extension, from a free port, and binds nothing.
    private static func probeRegistration(_ configuration: BotConfiguration) async -> (ProbeResult, ExitStatus) {
        guard configuration.sip.register, configuration.sip.pbx != nil else {
            return (
                ProbeResult(ok: true, found: "not wanted: sip.register is false or sip.pbx is not set"), .noResponse
            )
        }
        do {
            var settings = try configuration.userAgentConfiguration(port: 0)
            for index in settings.identities.indices { settings.identities[index].registration = .query }
            let agent = try UserAgent(settings)
            try await agent.start()
            let outcome = await Self.firstOutcome(of: agent.events)
            await agent.stop()
            return Self.judge(outcome)
        } catch {
            return (ProbeResult(ok: false, found: "\(error)"), Failure(error).status)
        }
    }

    /// What became of the question; `nil` when nothing did within six seconds.
    private static func firstOutcome(of events: EventQueue<AgentEvent>) async -> AgentEvent? {
        await withTaskGroup(of: AgentEvent?.self) { group in
            group.addTask {
                for await event in events {
                    switch event {
                    case .bindings, .registrationFailed: return event
                    case .incoming, .ringing, .answered, .media, .mediaEnded, .identityChanged, .ended, .registered,
                        .unregistered,
                        .refused:
                        continue
                    }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(6))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// What the PBX's answer to the question means.
    static func judge(_ outcome: AgentEvent?) -> (ProbeResult, ExitStatus) {
        switch outcome {
        case .bindings(_, contacts: let contacts):
            let held = contacts.isEmpty ? "no device holds the extension now" : "\(contacts.count) contact(s) held now"
            let advice =
                contacts.isEmpty
                ? nil
                : "a device that holds this extension may take the bot's calls, or its only place (sipctl register shows them)"
            return (
                ProbeResult(
                    ok: true,
                    found: "the PBX accepts the credentials; \(held), nothing was bound",
                    advice: advice
                ),
                .success
            )
        // Some PBXs answer no REGISTER without a Contact, whoever asks.
        case .registrationFailed(_, .rejected(let status, _), retryAfter: _)
        where status == 400 || status == 405 || status == 501:
            return (
                ProbeResult(
                    ok: true,
                    found: "the PBX answers, but not to a question about contacts (\(status)): credentials not proven",
                    advice: "sipctl register --bind proves them, and takes a place on the extension for a moment"
                ),
                .success
            )
        case .registrationFailed(_, let failure, retryAfter: _):
            return (ProbeResult(ok: false, found: failure.explanation), failure.exitStatus)
        case .incoming, .ringing, .answered, .media, .mediaEnded, .identityChanged, .ended, .registered, .unregistered,
            .refused, nil:
            return (ProbeResult(ok: false, found: RegistrationFailure.timeout.explanation), .noResponse)
        }
    }
}
