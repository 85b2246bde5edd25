import AudioCore
import ConversationTestKit
import CoreTypes
import Synchronization
import Testing
import VoicePipeline

/// Whatever the servers do, the caller hears something within six seconds of the end of a turn.
struct DeadAirTests {
    private let time = VirtualTime()

    /// A voice that begins and then gives too little, or nothing that can be heard.
    private final class BadVoice: TextToSpeech, Sendable {
        enum Fault: Sendable {
            /// A frame of so many milliseconds every so many seconds.
            case drip(milliseconds: Int, every: Duration)
            /// So much speech, then nothing more.
            case stalls(after: Duration)
            /// Samples that are all zero, for ever.
            case silence
            /// The end at once.
            case nothing
            /// An error after a while.
            case fails(after: Duration)
            /// Nothing for as long as it is asked.
            case hangs
            /// Everything, after a while.
            case slow(Duration)
        }
        private let time: VirtualTime
        private let fault: Fault
        private let count = Mutex(0)

        init(_ time: VirtualTime, _ fault: Fault) {
            self.time = time
            self.fault = fault
        }

        var asked: Int { self.count.withLock { $0 } }

        func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
            self.count.withLock { $0 += 1 }
            let (time, fault) = (self.time, self.fault)
            let given = Mutex2(0)
            @Sendable func speech(_ milliseconds: Int) -> AudioFrame {
                AudioFrame(
                    samples: VoiceSignals.speech(.milliseconds(milliseconds), sampleRate: 16_000),
                    sampleRate: 16_000
                )
            }
            return AsyncThrowingStream {
                let number = given.next()
                switch fault {
                case .drip(let milliseconds, let pause):
                    try await time.sleep(for: number == 0 ? .milliseconds(200) : pause)
                    return speech(milliseconds)
                case .stalls(let length):
                    if Duration.milliseconds(100 * number) < length { return speech(100) }
                    try await time.sleep(for: .seconds(1_000))
                    return nil
                case .silence:
                    try await time.sleep(for: .milliseconds(100))
                    return AudioFrame(samples: Array(repeating: 0, count: 1_600), sampleRate: 16_000)
                case .nothing: return nil
                case .fails(let delay):
                    try await time.sleep(for: delay)
                    throw StageError(.invalidResponse, stage: "text to speech", message: "garbage")
                case .hangs:
                    try await time.sleep(for: .seconds(1_000))
                    return nil
                case .slow(let delay):
                    if number == 0 { try await time.sleep(for: delay) }
                    return number < 12 ? speech(100) : nil
                }
            }
        }
    }

    private final class Mutex2: Sendable {
        private let value: Mutex<Int>
        init(_ value: Int) { self.value = Mutex(value) }
        func next() -> Int {
            self.value.withLock { value in
                defer { value += 1 }
                return value
            }
        }
    }

    private static let endOfSpeech: Duration = .seconds(6)
    /// The end of the turn is known 0.8 s after the last word, and packets take their time.
    private static let endOfTurn = Self.endOfSpeech + .milliseconds(900)
    private static let promise: Duration = .seconds(6)

    private func hold(
        speechToText: ScriptedTranscription.Entry = .words("What time is it?"),
        model: [ScriptedModel.Step] = [.wait(.milliseconds(300)), .text("It is ten o'clock.")],
        textToSpeech: any TextToSpeech,
        backup: (any TextToSpeech)?,
        greeting: String = "",
        moreSpeech: [Duration] = [],
        until end: Duration = .seconds(30)
    ) throws -> FakeAudioPort {
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .seconds(5), VoiceSignals.speech(.seconds(1)))]
                + moreSpeech.map { .init(at: $0, VoiceSignals.speech(.milliseconds(700))) },
            hangUpAfter: end
        )
        let conversation = Conversation(
            opening: .greeting(greeting),
            speechToText: ScriptedTranscription(time: self.time, Array(repeating: speechToText, count: 8)),
            model: ScriptedModel(time: self.time, Array(repeating: model, count: 8)),
            textToSpeech: textToSpeech,
            backupTextToSpeech: backup,
            context: ConversationContext(callIdentifier: "test"),
            clock: self.time
        )
        _ = try self.time.run { await conversation.run(on: port) }
        return port
    }

    private static let faults: [BadVoice.Fault] = [
        .hangs, .silence, .nothing, .fails(after: .seconds(5)), .drip(milliseconds: 5, every: .seconds(4)),
        .drip(milliseconds: 20, every: .seconds(5)), .slow(.milliseconds(5_900)), .slow(.seconds(20)),
    ]

    @Test(arguments: 0..<Self.faults.count)
    func `A voice that is no good does not keep the caller waiting`(index: Int) throws {
        let voice = BadVoice(self.time, Self.faults[index])
        let port = try self.hold(textToSpeech: voice, backup: ScriptedTextToSpeech(time: self.time))
        #expect(port.isAudible(from: Self.endOfTurn, to: Self.endOfTurn + Self.promise))
        // The reply and not a signal: the backup voice spoke, and goes on to.
        #expect(voice.asked == 1)
    }

    @Test(arguments: 0..<Self.faults.count)
    func `Without another voice there is a signal in time`(index: Int) throws {
        let port = try self.hold(textToSpeech: BadVoice(self.time, Self.faults[index]), backup: nil)
        #expect(port.isAudible(from: Self.endOfTurn, to: Self.endOfTurn + Self.promise + .milliseconds(100)))
    }

    @Test(arguments: [1, 2_000, 2_900, 4_000, 14_000, 1_000_000])
    func `Slow speechToText and a voice that hangs together`(milliseconds: Int) throws {
        let port = try self.hold(
            speechToText: .words("What time is it?", after: .milliseconds(milliseconds)),
            textToSpeech: BadVoice(self.time, .hangs),
            backup: ScriptedTextToSpeech(time: self.time)
        )
        #expect(port.isAudible(from: Self.endOfTurn, to: Self.endOfTurn + Self.promise))
        // When all was said it is the caller's turn, for ten seconds.
        #expect(port.longestSilence(from: Self.endOfTurn, to: .seconds(28)) < .seconds(10.5))
    }

    @Test(arguments: [1, 2_000, 2_900, 4_000, 40_000, 1_000_000])
    func `A slow model and a voice that hangs together`(milliseconds: Int) throws {
        let port = try self.hold(
            model: [.wait(.milliseconds(milliseconds)), .text("It is ten o'clock.")],
            textToSpeech: BadVoice(self.time, .hangs),
            backup: ScriptedTextToSpeech(time: self.time)
        )
        #expect(port.isAudible(from: Self.endOfTurn, to: Self.endOfTurn + Self.promise))
    }

    @Test func `The greeting comes in time although the voice hangs`() throws {
        let port = try self.hold(
            textToSpeech: BadVoice(self.time, .hangs),
            backup: ScriptedTextToSpeech(time: self.time),
            greeting: "Hello."
        )
        // The caller speaks from 5 s to 6 s and is a turn's end later promised a sound.
        #expect(port.isAudible(from: .zero, to: Self.endOfTurn + Self.promise))
    }

    @Test func `The greeting comes in time while nobody speaks`() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(12))
        let conversation = Conversation(
            opening: .greeting("Hello."),
            speechToText: ScriptedTranscription(time: self.time, []),
            model: ScriptedModel(time: self.time, []),
            textToSpeech: BadVoice(self.time, .hangs),
            backupTextToSpeech: ScriptedTextToSpeech(time: self.time),
            context: ConversationContext(callIdentifier: "test"),
            clock: self.time
        )
        _ = try self.time.run { await conversation.run(on: port) }
        #expect(port.isAudible(from: .zero, to: .seconds(6)))
    }

    @Test func `A sentence that stalls in its middle is no silence for ever`() throws {
        let port = try self.hold(
            model: [.text("It is ten o'clock and all the windows of the house are closed. The door is locked.")],
            textToSpeech: BadVoice(self.time, .stalls(after: .seconds(1))),
            backup: ScriptedTextToSpeech(time: self.time)
        )
        #expect(port.longestSilence(from: Self.endOfTurn, to: .seconds(20)) < .seconds(7.5))
    }

    /// Each frame came in time, and all together were dead air: a third of the audio, for ever.
    @Test func `A trickle in the middle of a sentence is given up`() throws {
        let voice = BadVoice(self.time, .drip(milliseconds: 150, every: .seconds(4)))
        _ = try self.hold(textToSpeech: voice, backup: ScriptedTextToSpeech(time: self.time), until: .seconds(60))
        #expect(voice.asked <= 2)
    }

    @Test func `Somebody who speaks every four seconds hears something all the same`() throws {
        let port = try self.hold(
            textToSpeech: BadVoice(self.time, .hangs),
            backup: ScriptedTextToSpeech(time: self.time),
            moreSpeech: [.seconds(9), .seconds(13), .seconds(17), .seconds(21)],
            until: .seconds(31)
        )
        #expect(port.isAudible(from: Self.endOfTurn, to: .seconds(16)))
    }
}

/// Speech to text and models that hang are given up although the caller goes on speaking.
struct StageTimeoutTests: TurnMachineTable {
    @Test func `The oldest utterance counts for speechToText that hang`() {
        var settings = ConversationSettings()
        settings.phrases.fillers = []
        settings.deadlines.transcription = .seconds(5)
        self.walk(
            self.greeted + self.asked().prefix(2) + [
                Step(4_000, .speechStarted(heard: "")),
                Step(6_000, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(
                    8_000,
                    .timeout(heard: ""),
                    ["cancel transcriptions", "say \(settings.phrases.speechToTextApology)"]
                ),
            ],
            settings: settings
        )
    }

    @Test func `A model that said nothing has no more time because the caller goes on`() {
        var settings = ConversationSettings()
        settings.phrases.fillers = []
        settings.deadlines.firstReplyPart = .seconds(5)
        self.walk(
            self.greeted + self.asked() + [
                Step(5_000, .speechStarted(heard: "")),
                Step(6_000, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(
                    6_500,
                    .transcribed(2, Transcript(text: "Hello?")),
                    ["cancel 2", "ask 3: What time is it? Hello?"]
                ),
                Step(8_200, .timeout(heard: ""), ["cancel 3", "say \(settings.phrases.slowApology)"]),
            ],
            settings: settings
        )
    }

    @Test func `A model that had begun begins anew`() {
        var settings = ConversationSettings()
        settings.phrases.fillers = []
        settings.deadlines.firstReplyPart = .seconds(5)
        self.walk(
            self.greeted + self.asked() + [
                Step(4_000, .replyPart(2, .toolStarted("house"))),
                Step(5_000, .speechStarted(heard: "")),
                Step(6_000, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(
                    6_500,
                    .transcribed(2, Transcript(text: "Hello?")),
                    ["cancel 2", "ask 3: What time is it? Hello?"]
                ),
                // That of the first request would be over: it is the tool's time that counts there, and not here.
                Step(9_500, .timeout(heard: "")),
                Step(11_600, .timeout(heard: ""), ["cancel 3", "say \(settings.phrases.slowApology)"]),
            ],
            settings: settings
        )
    }
}
