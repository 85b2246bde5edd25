import CallCore
import CoreTypes
import SIPCore
import Telephony
import VoicePipeline

/// What happens in one conversation, in lines for a person: the demo prints them, `call` sends them to who asked.
struct CallJournal: Sendable {
    /// Takes a line.
    let write: @Sendable (String) async -> Void

    /// Follows a conversation until its events end; returns the transcript.
    func follow(_ events: EventQueue<ConversationEvent>) async -> [String] {
        var transcript: [String] = []
        // What STT, LLM and servers gave is text from outside.
        func plain(_ text: String) -> String { PlainText.line(text, limit: 2_000) }
        for await event in events {
            switch event {
            case .heard(let heard):
                let line = "caller: \(heard.text.isEmpty ? "(unintelligible)" : plain(heard.text))"
                transcript.append(line)
                await self.write(line)
            case .saying(let text):
                let line = "svetlana: \(plain(text))"
                transcript.append(line)
                await self.write(line)
            case .interrupted(heard: let heard):
                await self.write("(interrupted after \"\(plain(heard))\")")
            case .toolStarted(let tool): await self.write("(uses \(plain(tool)))")
            case .apology(let error): await self.write("(\(plain(error.description)))")
            case .turnLatency(let latency): await self.write("(\(latency))")
            case .speechStarted, .asked, .toolFinished, .ended: break
            }
        }
        return transcript
    }
}

extension AnsweredBy {
    /// Who answered, in words; `nil` when the signaling tells nothing.
    var explanation: String? {
        var parts: [String] = []
        if let contact = self.contact { parts.append("\(contact.host):\(contact.port ?? 5_060)") }
        if let product = self.product { parts.append("(\(product))") }
        if let asserted = self.assertedIdentity { parts.append("as \(asserted)") }
        if self.wasForwarded { parts.append("- not the phone that rang: forwarded, perhaps to voicemail") }
        if let diversion = self.diversion { parts.append("- diverted: \(diversion)") }
        return parts.isEmpty ? nil : PlainText.line(parts.joined(separator: " "), limit: 300)
    }
}
