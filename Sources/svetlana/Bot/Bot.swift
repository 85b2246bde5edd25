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
        /// Whether the bot was asked to stop: what ends from now on was ended by it.
        var isStopping = false
        /// How many calls were refused by the telephone itself since then, for the log.
        var refusalsSince = ContinuousClock.now
        var refusalsLogged = 0
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
    let calls = CallDirectory()

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
            let id = incoming.id
            let logger = self.logger(of: id)
            self.state.withLock { $0.callsServed += 1 }
            logger.info(
                "a call comes in",
                metadata: ["listed": "\(self.household.trusts(info.caller))", "from": "\(self.describe(info.caller))"]
            )
            let handle = Mutex<Call?>(nil)
            self.calls.begin(id.number, .incoming, party: self.describe(info.caller)) {}
            let tape = recorder?() ?? self.makeRecorder(logger)
            do {
                let (talk, seconds) = try await incoming.answer(recorder: tape) { call in
                    handle.withLock { $0 = call }
                    self.calls.answered(call)
                    let begin = ContinuousClock.now
                    let talk = await self.talk(
                        on: call,
                        opening: .greeting(self.configuration.conversation.greeting),
                        oneWay: false,
                        journal: journal,
                        logger: logger
                    )
                    return (talk, ContinuousClock.now - begin)
                }
                await self.close(handle.withLock { $0 }, .incoming, info.caller, talk, lasted: seconds, logger)
                await tape?.finish()
                if self.household.trusts(talk.party), let delay = talk.ending.callBack, let number = talk.party.number {
                    self.callBack(number, after: delay, logger)
                }
            } catch {
                // Nothing is kept of a call that came to nothing.
                if handle.withLock({ $0 }) == nil { await tape?.discard() } else { await tape?.finish() }
                self.close(id.number, .incoming, info.caller, error, logger)
                // What the caller did is no failure of ours.
                guard case TelephonyError.callFailed = error else { throw error }
            }
        }
    }

    // MARK: The log

    /// A logger whose lines all name the call.
    func logger(of id: CallID) -> Logger {
        var logger = self.logger
        logger[metadataKey: "call"] = "\(id.number)"
        return logger
    }

    /// The closing line of a call that was answered.
    func close(
        _ call: Call?,
        _ direction: CallAccount.Direction,
        _ party: PartyIdentity,
        _ talk: Talk,
        lasted duration: Duration,
        _ logger: Logger,
        isMachine: Bool = false,
        ending words: String? = nil
    ) async {
        guard let call else { return }
        let endRequest = self.calls.end(call.id.number)
        let ending =
            words
            ?? CallAccount.ending(talk.ending.reason, call.endReason, direction: direction, endRequest: endRequest)
        let account = CallAccount(
            number: call.id.number,
            direction: direction,
            party: self.describe(party),
            duration: duration,
            sound: CallAccount.Sound(call.media, await call.statistics()),
            turns: talk.turns,
            ending: (isMachine ? "voicemail answered, " : "") + ending
        )
        logger.info("\(account.line)")
    }

    /// The closing line of a call that nobody answered.
    func close(
        _ number: UInt64?,
        _ direction: CallAccount.Direction,
        _ party: PartyIdentity,
        _ error: any Error,
        _ logger: Logger
    ) {
        let endRequest = number.flatMap { self.calls.end($0) }
        let ending: String
        if case TelephonyError.callFailed(let reason) = error {
            ending = CallAccount.refusal(reason, direction: direction, endRequest: endRequest)
        } else {
            ending = "\(error)"
        }
        let account = CallAccount(number: number, direction: direction, party: self.describe(party), ending: ending)
        logger.info("\(account.line)")
    }

    /// A call that the telephone refused by itself: nobody heard of it but its caller, who wonders.
    func noteRefused(_ id: CallID, _ info: IncomingCallInfo, _ reason: CallEndReason) {
        let isLogged = self.state.withLock { state in
            let now = ContinuousClock.now
            if now - state.refusalsSince >= .seconds(60) { (state.refusalsSince, state.refusalsLogged) = (now, 0) }
            state.refusalsLogged += 1
            return state.refusalsLogged <= Self.mostRefusals
        }
        // A PBX that goes wrong, or somebody in its name, does not fill the log.
        guard isLogged else { return }
        self.close(id.number, .incoming, info.caller, TelephonyError.callFailed(reason), self.logger(of: id))
    }

    private static let mostRefusals = 20

    /// A party as it may stand in a log.
    func describe(_ party: PartyIdentity) -> String {
        self.configuration.describe(party, self.household)
    }
}
