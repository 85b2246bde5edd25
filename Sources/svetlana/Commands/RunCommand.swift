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
            registration, does not answer or has no address yet is tried again for as long as the program runs; the log
            and `svetlana check` say why.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "Seconds that calls in progress are given when the program is told to stop.")
    var drain = 20

    func validate() throws {
        guard (0...86_400).contains(self.drain) else { throw ValidationError("--drain is 0 to 86400 seconds.") }
    }

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let configuration = try self.common.load()
            let logger = Logger.make(configuration.log)
            try await withStages(configuration, logger: logger) { stages in
                var telephone = try configuration.userAgentConfiguration()
                telephone.trace = SIPLog.trace(configuration, logger)
                let agent = try UserAgent(telephone, logger: logger)
                let bot = Bot(configuration: configuration, stages: stages, agent: agent, logger: logger)
                stages.attach { await bot.brainStatus() }
                await PBXLookup(host: configuration.sip.pbx?.host, logger: logger).untilFound()
                try await agent.start()
                logger.info("listening", metadata: ["address": "\(agent.localAddress.map { "\($0)" } ?? "?")"])
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
}
