import CallCore
import CoreTypes
import SIPCore
import Telephony
import VoicePipeline

/// What happens in one conversation, in lines for a person: the demo prints them, `call` sends them to who asked.
struct CallJournal: Sendable {
    /// Takes a line.
    let write: @Sendable (String) async -> Void
    /// Takes how long the caller waited for a reply.
    var measure: (@Sendable (TurnLatency) -> Void)?

    /// What was said in one conversation.
    struct Record: Sendable {
        var transcript: [String] = []
        /// How often the caller was understood.
        var turns = 0
        /// How often text to speech failed.
        var speechFailures = 0
        /// What was said and heard lately, as it may come back in a server's complaint.
        var spoken: [String] = []

        mutating func note(_ text: String) {
            self.spoken.append(text)
            if self.spoken.count > 8 { self.spoken.removeFirst() }
        }
    }

    /// Follows a conversation until its events end; `failed` gets each failure of a stage, with what was said before.
    func follow(
        _ events: EventQueue<ConversationEvent>,
        failed: @Sendable (StageError, Record) -> Void = { _, _ in }
    ) async -> Record {
        var record = Record()
        // What STT, LLM and servers gave is text from outside.
        func plain(_ text: String) -> String { PlainText.line(text, limit: 2_000) }
        for await event in events {
            switch event {
            case .heard(let heard):
                let line = "caller: \(heard.text.isEmpty ? "(unintelligible)" : plain(heard.text))"
                record.transcript.append(line)
                if !heard.text.isEmpty { record.turns += 1 }
                record.note(heard.text)
                await self.write(line)
            case .saying(let text):
                let line = "svetlana: \(plain(text))"
                record.transcript.append(line)
                record.note(text)
                await self.write(line)
            case .interrupted(heard: let heard):
                await self.write("(interrupted after \"\(plain(heard))\")")
            case .toolStarted(let tool): await self.write("(uses \(plain(tool)))")
            case .apology(let error):
                if error.stage == "text to speech" { record.speechFailures += 1 }
                failed(error, record)
                await self.write("(\(plain(error.description)))")
            case .turnLatency(let latency):
                self.measure?(latency)
                await self.write("(\(latency))")
            case .speechStarted, .digit, .asked, .toolFinished, .ended: break
            }
        }
        return record
    }
}

extension AnsweredBy {
    /// Who answered, in words; `nil` when the signaling tells nothing.
    var explanation: String? {
        var parts: [String] = []
        if let contact = self.contact { parts.append("\(contact.host):\(contact.port ?? 5_060)") }
        if let product = self.product { parts.append("(\(product))") }
        if let asserted = self.assertedIdentity, !self.isPrivate { parts.append("as \(asserted)") }
        if self.wasForwarded { parts.append("- not the phone that rang: forwarded, perhaps to voicemail") }
        if let diversion = self.diversion { parts.append("- diverted: \(diversion)") }
        return parts.isEmpty ? nil : PlainText.line(parts.joined(separator: " "), limit: 300)
    }
}
