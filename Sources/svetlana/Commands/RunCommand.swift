import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Telephony
import UnixSignals
import VoicePipeline

/// `svetlana run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Register with the PBX and serve calls until stopped.",
        discussion: """
            SIGTERM or SIGINT drains: calls in progress may end (for up to --drain seconds), new ones are refused, the
            registration is removed, and the exit code is 0. A second signal ends the calls at once. A PBX that refuses the
            registration, does not respond or has no address yet is tried again for as long as the program runs; the log
            and `svetlana check` say why.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "Seconds that calls in progress are given when the program is asked to stop.")
    var drain = 20

    func validate() throws {
        guard (0...86_400).contains(self.drain) else { throw ValidationError("--drain is 0 to 86400 seconds.") }
    }

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let configuration = try self.common.load()
            try await Self.refuseSecond(configuration)
            let logger = Logger.make(configuration.log)
            try await withStages(configuration, logger: logger) { stages in
                var telephone = try configuration.userAgentConfiguration()
                telephone.trace = SIPLog.trace(configuration, logger)
                let agent = try UserAgent(telephone, logger: logger)
                let bot = Bot(configuration: configuration, stages: stages, agent: agent, logger: logger)
                stages.attach { await bot.modelStatus() }
                let service = BotService(bot: bot, stages: stages, drain: .seconds(self.drain))
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(
                        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                        gracefulShutdownSignals: [],
                        logger: logger
                    )
                )
                try await watchingSignals(
                    { _, count in
                        switch count {
                        case 1: await group.triggerGracefulShutdown()
                        case 2: service.hasten()
                        default: _exit(ExitStatus.interrupted.rawValue)
                        }
                    },
                    while: { try await group.run() }
                )
            }
        }
    }

    /// Refuses to begin beside another bot with the same control socket: the two would fight for the extension.
    ///
    /// - Throws: ``Failure`` with the exit code for a port in use.
    static func refuseSecond(_ configuration: BotConfiguration) async throws {
        let path = configuration.control.socket
        // What is wrong with the socket's folder is reported later, and ends nothing.
        guard (try? ControlClient.isListening(path)) == true else { return }
        let status = try? await BotStatus.ask(at: path, within: .seconds(2))
        let process = status?.setup.map { "process \($0.process), " } ?? ""
        throw Failure(
            .portInUse,
            "another svetlana is running (\(process)\(status?.registration ?? "which gives no status")) and listens on \(path): "
                + "stop it first, or give this one a sip.port, an extension and a control.socket of its own"
        )
    }
}
