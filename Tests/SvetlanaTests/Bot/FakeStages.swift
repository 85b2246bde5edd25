import AudioCore
import ConversationTestKit
import Synchronization
import VoicePipeline

/// Speech to text by script: an entry for each utterance, at once; utterances beyond the script hold no words.
final class FakeTranscription: SpeechToText {
    private let entries: Mutex<[Result<String, StageError>]>

    init(_ entries: [Result<String, StageError>]) {
        self.entries = Mutex(entries)
    }

    func transcribe(_ utterance: Utterance) async throws -> Transcript {
        let entry: Result<String, StageError> = self.entries.withLock { $0.isEmpty ? .success("") : $0.removeFirst() }
        return Transcript(text: try entry.get())
    }
}

/// A language model by script: a list of parts for each turn, at once; turns beyond the script end the call.
final class FakeModel: LanguageModel {
    struct Request: Sendable {
        var turn: Turn
        var context: ConversationContext
    }

    private let state: Mutex<(replies: [Result<[ReplyPart], StageError>], requests: [Request])>

    init(_ replies: [Result<[ReplyPart], StageError>]) {
        self.state = Mutex((replies, []))
    }

    convenience init(_ replies: [ReplyPart]...) {
        self.init(replies.map { .success($0) })
    }

    /// What it was asked, and in which call.
    var requests: [Request] { self.state.withLock { $0.requests } }

    func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error> {
        let reply = self.state.withLock { state -> Result<[ReplyPart], StageError> in
            state.requests.append(Request(turn: turn, context: context))
            return state.replies.isEmpty ? .success([.hangUp]) : state.replies.removeFirst()
        }
        let (stream, output) = StageOutput<ReplyPart>.makeStream(stage: "model", limit: 64)
        do {
            for part in try reply.get() { try output.send(part) }
            output.finish()
        } catch {
            output.finish(throwing: error)
        }
        return stream
    }
}

/// Text to speech that hums for a third of a second, or always fails.
final class FakeSpeech: TextToSpeech {
    private let failure: StageError?
    private let texts = Mutex<[String]>([])
    private let preparations = Mutex(0)

    init(failing failure: StageError? = nil) {
        self.failure = failure
    }

    /// What it was given to speak.
    var spoken: [String] { self.texts.withLock { $0 } }
    /// All of it, as one text.
    var text: String { self.spoken.joined(separator: " ") }
    /// How often it was prepared.
    var prepared: Int { self.preparations.withLock { $0 } }

    func prepare() async throws {
        self.preparations.withLock { $0 += 1 }
        if let failure { throw failure }
    }

    func probe(within limit: Duration) async -> ProbeResult {
        guard let failure else { return ProbeResult(ok: true, found: "hums") }
        return ProbeResult(ok: false, found: failure.message, kind: failure.kind)
    }

    func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        self.texts.withLock { $0.append(text) }
        let (stream, output) = StageOutput<AudioFrame>.makeStream(stage: "text to speech", limit: 64)
        do {
            if let failure { throw failure }
            let samples = VoiceSignals.speech(.milliseconds(300), level: -18, sampleRate: 8_000)
            try output.send(AudioFrame(samples: samples, sampleRate: 8_000))
            output.finish()
        } catch {
            output.finish(throwing: error)
        }
        return stream
    }
}

/// The stages of a bot under test.
struct FakeStages: Sendable {
    var speechToText: FakeTranscription
    var model: FakeModel
    var strangersModel: FakeModel
    var textToSpeech: FakeSpeech
    var backupTextToSpeech: FakeSpeech?

    init(
        heard: [Result<String, StageError>] = [],
        model: FakeModel = FakeModel(),
        strangersModel: FakeModel = FakeModel(),
        textToSpeech: FakeSpeech = FakeSpeech(),
        backup: FakeSpeech? = nil
    ) {
        self.speechToText = FakeTranscription(heard)
        self.model = model
        self.strangersModel = strangersModel
        self.textToSpeech = textToSpeech
        self.backupTextToSpeech = backup
    }
}
