import AudioCore
import CallCore
import CoreTypes
import Foundation
import Logging
import SIPCore
import Synchronization
import Telephony
import VoicePipeline

/// The bot: serves the calls that come in, places those that it is asked for.
final class Bot: Sendable {
    struct State {
        var account = RegistrationState()
        var callsServed = 0
        var problems: [String] = []
        /// Whether the bot was told to stop: what ends from now on was ended by it.
        var isStopping = false
    }
    let configuration: BotConfiguration
    let stages: Stages
    let agent: UserAgent
    let logger: Logger
    let started = ContinuousClock.now
    let state = Mutex(State())
    /// What it was started with, for `svetlana check`.
    let setup: BotSetup
    let household: Household
    let gate: DialGate

    init(configuration: BotConfiguration, stages: Stages, agent: UserAgent, logger: Logger) {
        self.configuration = configuration
        self.stages = stages
        self.agent = agent
        self.logger = logger
        self.setup = BotSetup(configuration, salt: BotSetup.freshSalt())
        self.household = Household(configuration)
        self.gate = DialGate(configuration)
    }

    // MARK: Serving

    /// Serves calls until the user agent stops.
    func serve(journal: CallJournal? = nil, recorder: (@Sendable () -> CallRecorder?)? = nil) async throws {
        try await self.agent.serve { incoming in
            let info = incoming.info
            let trusted = self.household.trusts(info.caller)
            self.state.withLock { $0.callsServed += 1 }
            self.logger.info(
                "a call came in",
                metadata: [
                    "call": "\(incoming.id)", "listed": "\(trusted)", "from": "\(self.redact(info.callerNumber))",
                ]
            )
            let tape = recorder?() ?? self.makeRecorder()
            let (ending, party, cause) = try await incoming.answer(recorder: tape) { call in
                let talk = await self.talk(
                    on: call,
                    opening: .greeting(self.configuration.conversation.greeting),
                    oneWay: false,
                    journal: journal
                )
                return (talk.ending, talk.party, call.endReason)
            }
            self.logger.info("the call is over", metadata: self.account(of: ending, cause))
            await WorkThreads.run { self.keep(tape) }
            if self.household.trusts(party), let delay = ending.callBack, let number = party.number {
                self.callBack(number, after: delay)
            }
        }
    }

    /// Why a call is over, for the log.
    private func account(of ending: ConversationEnding, _ cause: CallEndReason?) -> Logger.Metadata {
        // A call that the bot ends since it stops is none that the caller ended.
        let wasDrained =
            ending.reason == .callerHungUp && self.state.withLock { $0.isStopping } && cause != .remoteHangup
        var metadata: Logger.Metadata = ["reason": "\(wasDrained ? "drained" : ending.reason.rawValue)"]
        switch cause {
        case .released(let cause, status: _)?: metadata["cause"] = "\(cause.explanation) (\(cause.reference))"
        case .mediaTimeout?, .notAcknowledged?, .timeout?, .transport?:
            metadata["cause"] = "\(cause?.explanation ?? "")"
        case .localHangup?, .remoteHangup?, .cancelled?, .declined?, .rejected?, .noAnswer?, .unauthorized?,
            .incompatibleMedia?, nil:
            break
        }
        return metadata
    }

    /// A recorder when the configuration wants calls kept; both sides are told by nobody but the owner.
    func makeRecorder() -> CallRecorder? {
        self.configuration.recording.directory.map { _ in CallRecorder() }
    }

    /// A number as it may stand in a log.
    func redact(_ number: String?) -> String {
        guard let number else { return "unknown" }
        return self.configuration.log.redact ? "…" + PlainText.line(String(number.suffix(1)), limit: 2) : number
    }
}
