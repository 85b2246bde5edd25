import CallCore
import Logging
import ServiceLifecycle
import Synchronization
import Telephony

/// The running bot as a service: calls, registration, control socket; drains when it is asked to stop.
final class BotService: Service {
    let bot: Bot
    let stages: Stages
    let drain: Duration
    /// Ends when a drain is to be cut short.
    private let haste = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// Ends when there is something to say on the control socket: the bot is up, or waits for its PBX.
    private let readiness = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(bot: Bot, stages: Stages, drain: Duration) {
        self.bot = bot
        self.stages = stages
        self.drain = drain
    }

    /// Cuts a drain short: calls are ended now.
    func hasten() {
        self.haste.continuation.finish()
    }

    /// Which of the tasks is over.
    private enum Part: Sendable {
        case serving, stopping, other
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                // Nobody is registered, and nothing listens, before all that may fail at the start has not failed.
                if try await self.start() { try await self.bot.serve() }
                return .serving
            }
            // It goes on for as long as the bot does: whatever a PBX says, it may say something else tomorrow.
            group.addTask {
                await self.bot.followRegistration()
                return .other
            }
            group.addTask {
                await self.stages.warmUp(logger: self.bot.logger)
                return .other
            }
            group.addTask {
                try await self.listen()
                return .other
            }
            group.addTask {
                try? await gracefulShutdown()
                await self.shutDown()
                return .stopping
            }
            defer { group.cancelAll() }
            for try await part in group {
                switch part {
                case .stopping: return
                // No more calls come in, but those that were placed go on, and they are tasks of the control socket: only
                // the drain knows when all are over. Warming up and listening may end earlier without meaning anything.
                case .serving, .other: continue
                }
            }
        }
    }

    /// Waits for the PBX, opens the telephone's socket and says what is done; false when the bot is asked to stop before.
    private func start() async throws -> Bool {
        let bot = self.bot
        let lookup = PBXLookup(bot.configuration.sip, logger: bot.logger) { why in
            bot.state.withLock { $0.account.phase = .waiting(why) }
            self.readiness.continuation.finish()
        }
        guard let found = await Abandonable.run(within: nil, { await lookup.untilFound() }) ?? nil else { return false }
        guard !bot.state.withLock({ $0.isStopping }) else { return false }
        do {
            try await bot.agent.start()
        } catch {
            if bot.state.withLock({ $0.isStopping }) { return false }
            throw StartFailure.explained(error, bot.configuration)
        }
        bot.announce(found)
        self.readiness.continuation.finish()
        Task { await bot.watchPort() }
        return true
    }

    private func listen() async throws {
        for await _ in self.readiness.stream {}
        let server = ControlServer(path: self.bot.configuration.control.socket, logger: self.bot.logger) {
            request,
            reply in
            switch request {
            case .status: await reply(.status(self.bot.status()))
            case .activity: await reply(.activity(self.bot.calls.activity))
            case .hangUp(let numbers): await reply(.hungUp(self.bot.calls.hangUp(numbers, .command)))
            case .call where self.bot.agent.localAddress == nil:
                let why = await self.bot.status().registration
                await reply(.call(CallOutcome(result: .noResponse, detail: why, transcript: [])))
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
                return "stopped at once"
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
