import CallCore
import Logging
import ServiceLifecycle
import Synchronization
import Telephony

/// The running bot as a service: calls, registration, control socket; drains when it is told to stop.
final class BotService: Service {
    let bot: Bot
    let stages: Stages
    let drain: Duration
    /// Ends when a drain is to be cut short.
    private let haste = AsyncStream<Void>.makeStream()

    init(bot: Bot, stages: Stages, drain: Duration) {
        self.bot = bot
        self.stages = stages
        self.drain = drain
    }

    /// Cuts a drain short: calls are ended now.
    func hasten() {
        self.haste.continuation.finish()
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
            case .activity: await reply(.activity(self.bot.calls.activity))
            case .hangUp(let numbers): await reply(.hungUp(self.bot.calls.hangUp(numbers, .command)))
            case .call(let call):
                let outcome = await self.bot.place(call, tell: reply)
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
        self.bot.state.withLock { $0.isStopping = true }
        self.bot.logger.info("draining", metadata: ["for": "\(self.drain.configured) at most"])
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                await self.bot.agent.drain()
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: self.drain)
                return "the time to drain is over"
            }
            group.addTask {
                for await _ in self.haste.stream {}
                return "told to stop at once"
            }
            let why = await group.next() ?? nil
            group.cancelAll()
            let calls = await self.bot.agent.gauges().calls
            if calls > 0 {
                self.bot.logger.notice("\(why ?? "stopping"): calls are ended", metadata: ["calls": "\(calls)"])
            } else {
                self.bot.logger.info("drained")
            }
            self.bot.calls.note(.stopping)
            // A drain that waits for a long call ends with the agent, which hangs up.
            group.addTask {
                await self.bot.agent.stop()
                return nil
            }
        }
        self.bot.logger.info("stopped")
    }
}
