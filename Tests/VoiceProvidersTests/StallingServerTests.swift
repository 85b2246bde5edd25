import AudioCore
import CoreTypes
import Testing
import VoicePipeline
import VoiceProviders

/// Servers that hang, at every point where they can: each stage gives up within its own time, and says which server it was.
@Suite(.timeLimit(.minutes(1))) struct StallingServerTests {
    private static let quick = RequestDeadlines(
        firstPart: .milliseconds(80),
        betweenParts: .milliseconds(80),
        total: .milliseconds(600)
    )

    /// What a server does before it hangs.
    private static let beginnings: [[StubServer.Step]] = [
        [], [.head(200, ["Content-Type": "audio/pcm"])],
        [.head(200, ["Content-Type": "audio/pcm"]), .bytes([1, 0, 2, 0])],
        [.head(500, ["Content-Type": "application/json"])],
        [.head(200, ["Content-Type": "audio/pcm", "Content-Length": "100000"]), .bytes([1, 0, 2, 0])],
    ]

    @Test(arguments: 0..<Self.beginnings.count)
    func `a voice`(index: Int) async throws {
        let steps = Self.beginnings[index]
        try await StubServer.run({ _ in steps }) { server in
            try await withStageClient { client in
                let voice = OpenAISpeech(.init(server: server.address, deadlines: Self.quick), client: client)
                let error = await #expect(throws: StageError.self) {
                    for try await _ in voice.speak("The light is on.") {}
                }
                #expect(
                    error?.kind == .timeout && error?.message.contains("\(server.address)") == true,
                    "\(error as Any)"
                )
            }
        }
    }

    @Test(arguments: 0..<Self.beginnings.count)
    func `speechToText`(index: Int) async throws {
        let steps = Self.beginnings[index]
        let samples = (0..<32_000).map { Int16(truncatingIfNeeded: ($0 * 7_919 % 12_000) - 6_000) }
        try await StubServer.run({ _ in steps }) { server in
            try await withStageClient { client in
                let speechToText = OpenAITranscription(
                    .init(server: server.address, model: "m", timeout: .milliseconds(200)),
                    client: client
                )
                let error = await #expect(throws: StageError.self) {
                    try await speechToText.transcribe(
                        Utterance(audio: AudioFrame(samples: samples, sampleRate: 16_000))
                    )
                }
                #expect(error?.kind == .timeout, "\(error as Any)")
            }
        }
    }

    @Test(arguments: 0..<Self.beginnings.count)
    func `a model`(index: Int) async throws {
        let steps = Self.beginnings[index]
        try await StubServer.run({ _ in steps }) { server in
            try await withStageClient { client in
                let model = ChatCompletions(
                    .init(server: server.address, model: "m", deadlines: Self.quick),
                    client: client
                )
                let context = ConversationContext(callIdentifier: "test")
                await #expect(throws: StageError.self) {
                    for try await _ in model.reply(to: Turn(text: "Hello", number: 1), in: context) {}
                }
            }
        }
    }
}
