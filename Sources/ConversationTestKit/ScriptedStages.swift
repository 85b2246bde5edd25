public import AudioCore
import CoreTypes
import Synchronization
public import VoicePipeline

/// Speech to text that gives what a script says, one entry for each utterance.
public final class ScriptedTranscription: SpeechToText, Sendable {
    /// What comes of an utterance.
    public struct Entry: Sendable {
        var result: Result<String, StageError>
        var delay: Duration

        /// Words that come after a while.
        public static func words(_ text: String, after delay: Duration = .milliseconds(200)) -> Entry {
            Entry(result: .success(text), delay: delay)
        }

        /// A failure after a while.
        public static func failure(_ error: StageError, after delay: Duration = .milliseconds(200)) -> Entry {
            Entry(result: .failure(error), delay: delay)
        }
    }
    private let time: VirtualTime
    private let state: Mutex<(entries: [Entry], heard: [Duration])>

    /// Makes a stage; utterances beyond the script have no words.
    public init(time: VirtualTime, _ entries: [Entry]) {
        self.time = time
        self.state = Mutex((entries, []))
    }

    /// How long each utterance was.
    public var heard: [Duration] { self.state.withLock { $0.heard } }

    /// Gives the next entry of the script.
    ///
    /// - Throws: What the script says.
    public func transcribe(_ utterance: Utterance) async throws -> Transcript {
        let entry = self.state.withLock { state in
            state.heard.append(utterance.audio.duration)
            return state.entries.isEmpty ? Entry.words("") : state.entries.removeFirst()
        }
        try await self.time.sleep(for: entry.delay)
        return Transcript(text: try entry.result.get())
    }
}

/// A model that replies by script, one list for each turn.
public final class ScriptedModel: LanguageModel, Sendable {
    /// A step of a reply.
    public enum Step: Sendable {
        /// Time passes.
        case wait(Duration)
        /// A part comes.
        case part(ReplyPart)
        /// The reply breaks off.
        case fail(StageError)

        /// Words come.
        public static func text(_ text: String) -> Step { .part(.text(text)) }
    }
    /// A request that came.
    public struct Request: Sendable {
        /// What was asked.
        public var turn: Turn
        /// What was said before.
        public var history: [ConversationContext.Line]
        /// When it came.
        public var start: Duration
        /// When it was called off, if it was.
        public var cancelled: Duration?
    }
    private struct State {
        var replies: [[Step]]
        var requests: [Request] = []
        var partsRead = 0
    }
    private let time: VirtualTime
    private let state: Mutex<State>

    /// Makes a model; turns beyond the script get no words.
    public init(time: VirtualTime, _ replies: [[Step]]) {
        self.time = time
        self.state = Mutex(State(replies: replies))
    }

    /// The requests that came.
    public var requests: [Request] { self.state.withLock(\.requests) }

    /// How many parts were read from it.
    public var partsRead: Int { self.state.withLock(\.partsRead) }

    /// Begins the next reply of the script.
    public func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error> {
        let (index, steps) = self.state.withLock { state in
            state.requests.append(Request(turn: turn, history: context.history, start: self.time.elapsed))
            return (state.requests.count - 1, state.replies.isEmpty ? [] : state.replies.removeFirst())
        }
        let rest = Mutexed(steps[...])
        return AsyncThrowingStream {
            while let step = rest.value.withLock({ $0.popFirst() }) {
                switch step {
                case .wait(let duration):
                    do {
                        try await self.time.sleep(for: duration)
                    } catch {
                        self.state.withLock { $0.requests[index].cancelled = self.time.elapsed }
                        throw error
                    }
                case .part(let part):
                    self.state.withLock { $0.partsRead += 1 }
                    return part
                case .fail(let error): throw error
                }
            }
            return nil
        }
    }
}

/// Text to speech that hums: so many characters a second, at a known level.
public final class ScriptedTextToSpeech: TextToSpeech, Sendable {
    private let time: VirtualTime
    private let sampleRate: Int
    private let level: Double
    private let delay: Duration
    private let state: Mutex<(failures: [StageError?], spoken: [(text: String, at: Duration)])>

    /// Makes a stage.
    ///
    /// - Parameters:
    ///   - delay: The time to the first audio of a sentence.
    ///   - level: Its loudness in dBFS.
    ///   - failures: For each sentence whether it fails; `nil` and those beyond are spoken.
    public init(
        time: VirtualTime,
        delay: Duration = .milliseconds(150),
        level: Double = -18,
        sampleRate: Int = 16_000,
        failures: [StageError?] = []
    ) {
        self.time = time
        self.delay = delay
        self.level = level
        self.sampleRate = sampleRate
        self.state = Mutex((failures, []))
    }

    /// What it was given to speak.
    public var spoken: [String] { self.state.withLock { $0.spoken.map(\.text) } }

    /// When it was given each sentence.
    public var times: [Duration] { self.state.withLock { $0.spoken.map(\.at) } }

    /// How long a text takes.
    public static func length(of text: String) -> Duration { .milliseconds(max(200, text.count * 66)) }

    /// Hums a text.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        let failure = self.state.withLock { state -> StageError? in
            state.spoken.append((text, self.time.elapsed))
            return state.failures.isEmpty ? nil : state.failures.removeFirst()
        }
        let samples = VoiceSignals.speech(
            ScriptedTextToSpeech.length(of: text),
            level: self.level,
            sampleRate: self.sampleRate
        )
        let size = self.sampleRate / 10
        let next = Mutexed(0)
        return AsyncThrowingStream {
            let start = next.value.withLock { $0 }
            if start == 0 { try await self.time.sleep(for: self.delay) }
            if let failure { throw failure }
            guard start < samples.count else { return nil }
            let end = min(start + size, samples.count)
            next.value.withLock { $0 = end }
            return AudioFrame(samples: Array(samples[start..<end]), sampleRate: self.sampleRate)
        }
    }
}

/// A value behind a lock that closures can share.
private final class Mutexed<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) {
        self.value = Mutex(value)
    }
}
