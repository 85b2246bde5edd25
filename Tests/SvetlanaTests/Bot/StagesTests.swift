import AsyncHTTPClient
import Synchronization
import Testing
import VoicePipeline
import VoiceProviders

@testable import svetlana

/// What the bot makes of the probes of its stages, and which it makes of a configuration.
@Suite(.timeLimit(.minutes(1))) struct StagesTests {
    private static func stages(
        _ textToSpeech: FakeSpeech = FakeSpeech(),
        backup: FakeSpeech? = nil,
        configure: (inout BotConfiguration) -> Void = { _ in }
    ) -> Stages {
        var configuration = BotConfiguration()
        configure(&configuration)
        return Stages(
            configuration,
            speechToText: FakeTranscription([]),
            model: FakeModel(),
            strangersModel: FakeModel(),
            textToSpeech: textToSpeech,
            backupTextToSpeech: backup
        )
    }

    @Test func `a stage that does not say how to try it is not probed, and no failure`() async {
        let probe = await Self.stages().probeModel()
        #expect(probe.result == .notProbed)
        #expect(probe.status == .success)
        #expect(await Self.stages().probeHouse() == nil)
    }

    @Test(arguments: [
        (
            StageError.Kind.unreachable, svetlana.ExitStatus.unreachableBackend,
            "start it, or correct text_to_speech.url"
        ),
        (.missingModel, .missingModel, "check text_to_speech.model and text_to_speech.voice"),
        (.unauthorized, .unreachableBackend, "set text_to_speech.api_key_file"),
    ]) func `a server's failure names the keys to look at`(
        kind: StageError.Kind,
        status: svetlana.ExitStatus,
        advice: String
    ) async {
        let voice = FakeSpeech(failing: StageError(kind, stage: "text to speech", message: "no"))
        let probe = await Self.stages(voice) { $0.textToSpeech.provider = .openai }.probeTextToSpeech()
        #expect(probe.status == status)
        #expect(probe.result.advice?.hasPrefix(advice) == true)
    }

    @Test(arguments: [
        (StageError.Kind.missingModel, svetlana.ExitStatus.missingModel), (.failed, .failure), (.timeout, .failure),
    ])
    func `what is built in has no server to start`(kind: StageError.Kind, status: svetlana.ExitStatus) async {
        let voice = FakeSpeech(failing: StageError(kind, stage: "text to speech", message: "no"))
        let probe = await Self.stages(voice).probeTextToSpeech()
        #expect(probe.status == status)
        #expect(probe.result.advice == nil)
    }

    @Test func `at the start each failure is one warning, and the voice that may be needed is made ready`() async {
        let log = LogBook()
        let broken = FakeSpeech(failing: StageError(.failed, stage: "text to speech", message: "hoarse"))
        let backup = FakeSpeech()
        await Self.stages(broken, backup: backup).warmUp(logger: log.logger)
        #expect(log.lines == ["warning: hoarse"])
        #expect(backup.prepared == 1)
    }

    @Test func `the persona is the bot's and not the libraries'`() async throws {
        try await withStageClient { client in
            var configuration = BotConfiguration()
            configuration.model.provider = .openai
            configuration.owner.name = "Maria"
            let stages = try Stages(configuration, client: client)
            let model = try #require(stages.model as? ChatCompletions)
            #expect(model.configuration.systemPrompt.hasPrefix("You are Svetlana, "))
            #expect(model.configuration.systemPrompt.hasSuffix("The owner of this house is Maria."))
            let neutral = ChatCompletions.Configuration(server: model.configuration.server, model: "m")
            #expect(!neutral.systemPrompt.contains("Svetlana"))
            #expect(neutral.systemPrompt.contains("phone call"))
            // Who is not listed gets rules, whatever answers the owner.
            var name = ""
            let turn = Turn(text: "what is your name", number: 1)
            for try await part in stages.strangersModel.reply(to: turn, in: ConversationContext(callIdentifier: "x")) {
                if case .text(let text) = part { name += text }
            }
            #expect(name == "I am Svetlana, the voice of this house.")
        }
    }
}
