import CallCore
import CoreTypes
import SIPCore
import Telephony
import Testing
import VoicePipeline

@testable import svetlana

/// A stage fails in a call: the caller hears of it, the log and `svetlana status` say which and what to do.
@Suite(.timeLimit(.minutes(1))) struct StageFailureTests {
    private static func talk(_ lab: BotLab, utterances: Int) async throws {
        let phone = try await lab.phone("100")
        _ = try await phone.call("200", timeout: .seconds(10)) { call in
            try await BotLab.converse(on: call, utterances: utterances)
        }
        await phone.stop()
    }

    @Test func `speech to text fails once, and the next question is replied to`() async throws {
        let failure = StageError(.unreachable, stage: "speech to text", message: "cannot connect")
        let stages = FakeStages(
            heard: [.failure(failure), .success("and now")],
            model: FakeModel([.text("Now it works."), .hangUp])
        )
        try await BotLab.run(
            stages,
            configure: { configuration in
                configuration.speechToText.provider = .openai
                configuration.speechToText.url = "http://127.0.0.1:9"
            }
        ) { lab in
            try await Self.talk(lab, utterances: 2)
            let line = try await lab.log.line("speech to text failed: cannot connect")
            #expect(line.hasPrefix("warning: "))
            #expect(line.contains("start the server, or correct speech_to_text.url"))
            let problems = try await ControlClient.activity(at: lab.socket).problems
            #expect(problems.map(\.count) == [1])
            #expect(problems.first?.text.contains("speech to text failed") == true)
        }
        // The greeting, an apology, the reply.
        #expect(stages.textToSpeech.text.hasSuffix("Now it works."))
        #expect(stages.textToSpeech.spoken.count > 3)
        #expect(stages.model.requests.map(\.turn.text) == ["and now"])
    }

    @Test func `a model that fails is apologized for, and its complaint is not told what was said`() async throws {
        let failure = StageError(.failed, stage: "model", message: "cannot process 'my secret wish'")
        let stages = FakeStages(
            heard: [.success("my secret wish"), .success("again")],
            model: FakeModel([.failure(failure), .success([.text("Fine."), .hangUp])])
        )
        let after = try await BotLab.run(stages) { lab in
            try await Self.talk(lab, utterances: 2)
            _ = try await lab.log.line("language model failed: cannot process '…'")
        }
        #expect(after.log.count(of: "secret wish") == 0)
        #expect(stages.textToSpeech.text.hasSuffix("Fine."))
    }

    @Test func `another voice speaks when the first fails`() async throws {
        let failure = StageError(.unreachable, stage: "text to speech", message: "gone")
        let backup = FakeSpeech()
        let stages = FakeStages(
            heard: [.success("and now")],
            model: FakeModel([.text("So long."), .hangUp]),
            textToSpeech: FakeSpeech(failing: failure),
            backup: backup
        )
        try await BotLab.run(stages) { lab in
            try await Self.talk(lab, utterances: 1)
            let line = try await lab.log.line("text to speech failed: gone")
            #expect(line.contains("the built-in voice speaks for the rest of this call"))
        }
        #expect(backup.text.contains("Hey love."))
        #expect(backup.text.hasSuffix("So long."))
        // What was prepared while the first sentence failed may have been given to it too.
        #expect((1...2).contains(stages.textToSpeech.spoken.count))
    }
}
