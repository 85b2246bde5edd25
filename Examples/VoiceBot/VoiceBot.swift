// A talking bot: it answers, listens, and tells the time or a joke. No server, account or key.
// SIP_PBX=192.0.2.10 SIP_EXTENSION=200 SIP_AUTH_ID=auth200 SIP_PASSWORD=… swift run VoiceBot
import CallCore
import Foundation
import LocalSpeech
import SIPCore
import Telephony
import VoicePipeline

struct Joker: LanguageModel {
    func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error> {
        AsyncThrowingStream { stream in
            let text = turn.text.contains("joke") ? "I would tell you a U D P joke, but you might not get it." : nil
            stream.yield(.text(text ?? "You said: \(turn.text). It is \(Date.now.formatted(date: .omitted, time: .shortened))."))
            stream.finish()
        }
    }
}

@main
struct VoiceBot {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let home = Identity(
            addressOfRecord: SIPURI(
                user: environment["SIP_EXTENSION"] ?? "200",
                host: environment["SIP_PBX"] ?? "127.0.0.1",
                port: environment["SIP_PBX_PORT"].flatMap { UInt16($0) }
            ),
            credentials: DigestCredentials(
                username: environment["SIP_AUTH_ID"] ?? "auth200",
                password: environment["SIP_PASSWORD"] ?? ""
            ),
            registration: .enabled(expires: .seconds(60))
        )
        let agent = try UserAgent(UserAgentConfiguration(transport: .udp(port: 5060), identities: [home]))
        let (ears, voice) = (PocketSphinxEars(), FliteVoice())
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await agent.run() }
            try await agent.serve { incoming in
                let context = ConversationContext(callIdentifier: UUID().uuidString)
                try await incoming.answer { call in
                    let conversation = Conversation(
                        opening: .greeting("Hello. Ask me for a joke."), ears: ears, model: Joker(), voice: voice, context: context)
                    _ = await conversation.run(on: call.audio)
                }
            }
        }
    }
}
