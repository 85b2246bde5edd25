import CallCore
import CoreTypes
import Foundation
import Logging
import Telephony
import VoicePipeline

/// Holding a conversation with whoever is at the other end.
extension Bot {
    /// What became of the conversations of one call.
    struct Talk: Sendable {
        var ending: ConversationEnding
        var transcript: [String]
        /// How often the other side was understood.
        var turns = 0
        /// Who was at the other end when it ended.
        var party: PartyIdentity
        /// Whether it was hung up before a word was said.
        var isUnspoken = false
    }

    /// Talks until the call is over. When another party comes to the other end, as after a transfer, what was being said is
    /// broken off and a new conversation begins, which knows nothing of the old one: with the rights of the new party,
    /// without the history, under an identifier of its own.
    func talk(
        on call: Call,
        opening: Opening,
        oneWay: Bool,
        journal: CallJournal?,
        logger: Logger
    ) async -> Talk {
        var talk = Talk(ending: ConversationEnding(reason: .callerHungUp), transcript: [], party: call.party)
        var opening = opening
        var oneWay = oneWay
        while true {
            let party = call.party
            let conversation = self.makeConversation(with: party, on: call, opening: opening, oneWay: oneWay)
            let (ending, record, next) = await self.hold(
                conversation,
                with: party,
                on: call,
                journal: journal,
                logger: logger
            )
            talk.ending = ending
            talk.transcript += record.transcript
            talk.turns += record.turns
            talk.party = party
            guard let next else { return talk }
            logger.notice(
                "another party is on the line",
                metadata: ["listed": "\(self.household.trusts(next))", "party": "\(self.describe(next))"]
            )
            // Who has just come has heard nothing yet, and is no listener to what was meant for another.
            opening = .greeting(self.configuration.conversation.greeting)
            oneWay = false
        }
    }

    /// Holds one conversation, until it ends or somebody else is on the line, who is given then.
    private func hold(
        _ conversation: Conversation,
        with party: PartyIdentity,
        on call: Call,
        journal: CallJournal?,
        logger: Logger
    ) async -> (ending: ConversationEnding, record: CallJournal.Record, next: PartyIdentity?) {
        // What people say is theirs: it is logged only where the owner asked for it.
        let isRedacted = self.configuration.log.redact
        let journal = journal ?? CallJournal { line in if !isRedacted { logger.debug("\(line)") } }
        async let record = journal.follow(conversation.events) { error, record in
            self.tell(error, record, logger)
        }
        let outcome = await withTaskGroup(of: Turnover.self) { group in
            group.addTask {
                // Stages that fail without the conversation's noticing find the log of their call here.
                await CallLog.$logger.withValue(logger) {
                    .ended(await WorkThreads.run { await conversation.run(on: call.audio) })
                }
            }
            group.addTask {
                for await other in call.parties() where !other.isSameParty(as: party) { return .changed(other) }
                return .over
            }
            var ending = ConversationEnding(reason: .callerHungUp)
            var next: PartyIdentity?
            for await turnover in group {
                switch turnover {
                case .ended(let reached):
                    ending = reached
                    group.cancelAll()
                case .changed(let other):
                    next = other
                    group.cancelAll()
                case .over: break
                }
            }
            // A conversation that ended by itself ends the call, whoever is on the line by now.
            return (ending, ending.reason == .callerHungUp ? next : nil)
        }
        return (outcome.0, await record, outcome.1)
    }

    /// A failure of a stage: one warning in the log, whatever is redacted, and a line of `svetlana status`.
    private func tell(_ error: StageError, _ record: CallJournal.Record, _ logger: Logger) {
        let replaces =
            error.stage == "text to speech" && self.stages.backupTextToSpeech != nil && record.speechFailures == 1
        let trouble = StageTrouble(
            error,
            self.configuration,
            spoken: self.configuration.log.redact ? record.spoken : [],
            voiceIsReplaced: replaces
        )
        logger.warning("\(trouble.line)")
        self.calls.note(StageTrouble(error, self.configuration, spoken: record.spoken).line)
    }

    private enum Turnover: Sendable {
        case ended(ConversationEnding)
        case changed(PartyIdentity)
        case over
    }

    private func makeConversation(
        with party: PartyIdentity,
        on call: Call,
        opening: Opening,
        oneWay: Bool
    ) -> Conversation {
        let isTrusted = self.household.trusts(party)
        var settings = self.stages.settings
        settings.oneWay = oneWay
        return Conversation(
            settings: settings,
            opening: opening,
            speechToText: self.stages.speechToText,
            model: isTrusted ? self.stages.model : self.stages.strangersModel,
            textToSpeech: self.stages.textToSpeech,
            backupTextToSpeech: self.stages.backupTextToSpeech,
            context: ConversationContext(
                callIdentifier: UUID().uuidString.lowercased(),
                callerName: self.household.isOwner(party) ? self.configuration.owner.name : party.shownName,
                callerNumber: party.shownNumber,
                callerIsTrusted: isTrusted,
                isOutbound: call.incoming == nil
            )
        )
    }
}
