import CallCore
import Logging
import ServiceLifecycle
import Telephony

/// The running bot as a service: calls, registration, control socket; drains when it is told to stop.
final class BotService: Service {
    let bot: Bot
    let stages: Stages
    let drain: Duration

    init(bot: Bot, stages: Stages, drain: Duration) {
        self.bot = bot
        self.stages = stages
        self.drain = drain
    }

    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.bot.serve() }
            // It goes on for as long as the bot does: whatever a PBX says, it may say something else tomorrow.
            group.addTask { await self.bot.followRegistration() }
            group.addTask { await self.stages.warmUp(logger: self.bot.logger) }
            group.addTask { try await self.listen() }
            group.addTask {
                try? await gracefulShutdown()
                await self.shutDown()
            }
            defer { group.cancelAll() }
            // Serving ends when the agent stops; warming up and listening may end earlier without meaning anything.
            for try await _ in group where self.bot.agent.localAddress == nil { break }
        }
    }

    private func listen() async throws {
        let server = ControlServer(path: self.bot.configuration.control.socket, logger: self.bot.logger) {
            request,
            reply in
            switch request {
            case .status: await reply(.status(self.bot.status()))
            case .call(let call):
                let outcome = await self.bot.place(call) { line in await reply(.progress(line)) }
                await reply(.call(outcome))
            }
        }
        do {
            try await server.run()
        } catch is CancellationError {
            return
        } catch {
            // Calls are served all the same; only `svetlana call` and `check` cannot reach the bot.
            self.bot.logger.error("the control socket does not work", metadata: ["error": "\(error)"])
        }
    }

    private func shutDown() async {
        self.bot.logger.info("draining")
        await withTaskGroup { group in
            group.addTask { await self.bot.agent.drain() }
            group.addTask { try? await Task.sleep(for: self.drain) }
            await group.next()
            group.cancelAll()
            // A drain that waits for a long call ends with the agent, which hangs up.
            group.addTask { await self.bot.agent.stop() }
        }
        self.bot.logger.info("stopped")
    }
}
