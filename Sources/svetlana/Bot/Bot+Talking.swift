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
        /// Who was at the other end when it ended.
        var party: PartyIdentity
    }

    /// Talks until the call is over. When another party comes to the other end, as after a transfer, what was being said is
    /// broken off and a new conversation begins, which knows nothing of the old one: with the rights of the new party,
    /// without the history, under an identifier of its own.
    func talk(
        on call: Call,
        opening: Opening,
        oneWay: Bool,
        journal: CallJournal?
    ) async -> Talk {
        var talk = Talk(ending: ConversationEnding(reason: .callerHungUp), transcript: [], party: call.party)
        var opening = opening
        var oneWay = oneWay
        while true {
            let party = call.party
            let conversation = self.makeConversation(with: party, on: call, opening: opening, oneWay: oneWay)
            let (ending, transcript, next) = await self.hold(conversation, with: party, on: call, journal: journal)
            talk.ending = ending
            talk.transcript += transcript
            talk.party = party
            guard let next else { return talk }
            self.logger.notice(
                "another party is on the line",
                metadata: [
                    "call": "\(call.id)", "listed": "\(self.household.trusts(next))",
                    "party": "\(self.redact(next.number))",
                ]
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
        journal: CallJournal?
    ) async -> (ending: ConversationEnding, transcript: [String], next: PartyIdentity?) {
        // What people say is theirs: it is logged only where the owner asked for it.
        let isRedacted = self.configuration.log.redact
        let journal = journal ?? CallJournal { line in if !isRedacted { self.logger.debug("\(line)") } }
        async let transcript = journal.follow(conversation.events)
        let outcome = await withTaskGroup(of: Turnover.self) { group in
            group.addTask { .ended(await WorkThreads.run { await conversation.run(on: call.audio) }) }
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
        return (outcome.0, await transcript, outcome.1)
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
            ears: self.stages.ears,
            model: isTrusted ? self.stages.model : self.stages.strangersModel,
            voice: self.stages.voice,
            backupVoice: self.stages.backupVoice,
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
