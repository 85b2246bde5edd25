// A talking bot without server, account or key: swift run VoiceBot sip:200@192.0.2.10 AUTH-ID PASSWORD
import CallCore
import LocalSpeech
import SIPCore
import Telephony
import VoicePipeline

struct Parrot: LanguageModel {
    func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(1)) { stream in
            let joke = "I would tell you a U D P joke, but you might not get it."
            stream.yield(.text(turn.text.contains("joke") ? joke : "You said: \(turn.text)."))
            stream.finish()
        }
    }
}

@main
struct VoiceBot {
    static func main() async throws {
        #if LocalSpeech
        let words = CommandLine.arguments
        guard words.count == 4, let address = SIPURI(words[1]) else { return print("VoiceBot URI AUTH-ID PASSWORD") }
        let login = DigestCredentials(username: words[2], password: words[3])
        let home = Identity(addressOfRecord: address, credentials: login, registration: .enabled(expires: .seconds(60)))
        let agent = try UserAgent(UserAgentConfiguration(transport: .udp(port: 0), identities: [home]))
        let (speechToText, voice, hello) = (PocketSphinxTranscription(), FliteSpeech(), "Hello. Ask me for a joke.")
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await agent.run() }
            try await agent.serve { incoming in
                let call = ConversationContext(callIdentifier: "\(incoming.id)")
                let talk = Conversation(
                    opening: .greeting(hello),
                    speechToText: speechToText,
                    model: Parrot(),
                    textToSpeech: voice,
                    context: call
                )
                try await incoming.answer { _ = await talk.run(on: $0.audio) }
            }
        }
        #else
        print("VoiceBot speaks and listens by itself: build it with the trait LocalSpeech.")
        #endif
    }
}
