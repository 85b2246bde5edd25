import AudioCore
import ConversationTestKit
import CoreTypes
import Testing
import VoicePipeline

/// Whole conversations over a fake line, in virtual time.
struct ConversationTests {
    private struct Outcome: Sendable {
        var ending: ConversationEnding
        var events: [ConversationEvent]
        var length: Duration

        var latencies: [TurnLatency] {
            self.events.compactMap { if case .turnLatency(let latency) = $0 { latency } else { nil } }
        }
        var said: [String] {
            self.events.compactMap { if case .saying(let text) = $0 { text } else { nil } }
        }
    }

    private let time = VirtualTime()

    private func hold(
        _ port: FakeAudioPort,
        speechToText: [ScriptedTranscription.Entry] = [],
        model: any LanguageModel,
        textToSpeech: (any TextToSpeech)? = nil,
        backupTextToSpeech: (any TextToSpeech)? = nil,
        opening: Opening = .greeting("Hey love. Talk to me."),
        settings: ConversationSettings = ConversationSettings()
    ) throws -> Outcome {
        let conversation = Conversation(
            settings: settings,
            opening: opening,
            speechToText: ScriptedTranscription(time: self.time, speechToText),
            model: model,
            textToSpeech: textToSpeech ?? ScriptedTextToSpeech(time: self.time),
            backupTextToSpeech: backupTextToSpeech,
            context: ConversationContext(callIdentifier: "test"),
            clock: self.time
        )
        let time = self.time
        return try time.run {
            let ending = await conversation.run(on: port)
            let length = time.elapsed
            var events: [ConversationEvent] = []
            for await event in conversation.events { events.append(event) }
            return Outcome(ending: ending, events: events, length: length)
        }
    }

    @Test func aConversationFromGreetingToGoodbye() throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [
                .init(at: .seconds(4), VoiceSignals.speech(.seconds(2))),
                .init(at: .seconds(14), VoiceSignals.speech(.seconds(1))),
            ]
        )
        let model = ScriptedModel(
            time: self.time,
            [
                [.wait(.milliseconds(300)), .text("It is ten"), .text(" o'clock. The house"), .text(" is warm.")],
                [.wait(.milliseconds(300)), .text("Goodbye, love."), .part(.hangUp)],
            ]
        )
        let outcome = try self.hold(port, speechToText: [.words("What time is it?"), .words("Goodbye.")], model: model)
        #expect(outcome.ending.reason == .goodbye)
        #expect(
            outcome.ending.history.map(\.text) == [
                "Hey love. Talk to me.", "What time is it?", "It is ten o'clock. The house is warm.", "Goodbye.",
                "Goodbye, love.",
            ]
        )
        #expect(model.requests.map(\.turn.text) == ["What time is it?", "Goodbye."])
        #expect(model.requests.last?.history.count == 3)
        #expect(outcome.said.first == "Hey love.")
        // The end of speech is known to 800 ms, then STT 200, LLM 300, TTS 150 and a packet or two.
        let latency = try #require(outcome.latencies.first)
        #expect(latency.turn == 1)
        #expect(latency.endpoint == .milliseconds(800))
        #expect(latency.transcription == .milliseconds(200))
        #expect(latency.model == .milliseconds(300))
        #expect(latency.textToSpeech == .milliseconds(150))
        let total = try #require(latency.firstSampleSent)
        #expect(total >= .milliseconds(1450) && total <= .milliseconds(1500))
        #expect(latency.description.hasPrefix("turn 1: end of speech 800 ms + STT 200 ms + first token 300 ms"))
        // Nothing is left to be said, and the call ends within a moment of the last word.
        #expect(port.isAudible(from: outcome.length - .milliseconds(400), to: outcome.length))
    }

    @Test func theCallerInterrupts() throws {
        let long = Array(repeating: "This is a long sentence about the house.", count: 40).joined(separator: " ")
        let words = Array(long.split(separator: " "))
        let steps = words.flatMap { [ScriptedModel.Step.text(String($0) + " "), .wait(.milliseconds(40))] }
        let speech: Duration = .milliseconds(14_000)
        let port = FakeAudioPort(
            time: self.time,
            script: [
                .init(at: .seconds(4), VoiceSignals.speech(.seconds(1))),
                .init(at: speech, VoiceSignals.speech(.seconds(1), level: -16)),
            ],
            hangUpAfter: .seconds(24)
        )
        let model = ScriptedModel(time: self.time, [steps, [.text("All right.")]])
        let outcome = try self.hold(port, speechToText: [.words("Tell me."), .words("Stop.")], model: model)
        // Silent within 200 ms of the caller's first sound.
        #expect(port.isAudible(from: .seconds(12), to: speech))
        #expect(!port.isAudible(from: speech + .milliseconds(200), to: speech + .milliseconds(1700)))
        #expect(try #require(port.flushes.first) <= speech + .milliseconds(200))
        #expect(model.requests.count == 2)
        // Only what was heard is remembered, cut between words.
        let line = try #require(model.requests[1].history.last)
        #expect(line.speaker == .bot && line.interrupted)
        #expect(long.hasPrefix(line.text))
        let heard = Double((speech - .milliseconds(6600)).milliseconds) / 66
        #expect(abs(Double(line.text.count) - heard) < 45)
        #expect(outcome.ending.reason == .callerHungUp)
        // The model was held back rather than its whole story queued.
        #expect(model.partsRead < words.count)
    }

    @Test func anInterruptionCancelsTheRequest() throws {
        let speech: Duration = .seconds(8)
        let port = FakeAudioPort(
            time: self.time,
            script: [
                .init(at: .seconds(4), VoiceSignals.speech(.seconds(1))),
                .init(at: speech, VoiceSignals.speech(.seconds(1), level: -16)),
            ],
            hangUpAfter: .seconds(14)
        )
        let model = ScriptedModel(
            time: self.time,
            [
                [
                    .text("This is a long sentence about the house, which has many rooms and a garden. And "),
                    .wait(.seconds(100)),
                ]
            ]
        )
        _ = try self.hold(port, speechToText: [.words("Tell me."), .words("Stop.")], model: model)
        let cancelled = try #require(model.requests.first?.cancelled)
        #expect(cancelled > speech && cancelled <= speech + .milliseconds(200))
    }

    @Test(arguments: [60, 200])
    func ourOwnEchoDoesNotInterrupt(delay: Int) throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .seconds(5), VoiceSignals.speech(.seconds(1)))],
            hangUpAfter: .seconds(40),
            echo: .init(delay: .milliseconds(delay), loss: 20)
        )
        let story = Array(repeating: "This is a long sentence about the house.", count: 8).joined(separator: " ")
        let model = ScriptedModel(time: self.time, [[.text(story)]])
        let outcome = try self.hold(
            port,
            speechToText: [.words("Tell me.")],
            model: model,
            textToSpeech: ScriptedTextToSpeech(time: self.time, level: -14)
        )
        #expect(model.requests.count == 1)
        #expect(!outcome.events.contains { if case .interrupted = $0 { true } else { false } })
        #expect(outcome.events.filter { $0 == .speechStarted }.count == 1)
        #expect(outcome.ending.history.last?.text == story)
    }

    @Test func aCallerIsHeardThroughTheEcho() throws {
        let speech: Duration = .seconds(12)
        let port = FakeAudioPort(
            time: self.time,
            script: [
                .init(at: .seconds(5), VoiceSignals.speech(.seconds(1))),
                .init(at: speech, VoiceSignals.speech(.seconds(1), level: -18)),
            ],
            hangUpAfter: .seconds(20),
            echo: .init(delay: .milliseconds(60), loss: 20)
        )
        let story = Array(repeating: "This is a long sentence about the house.", count: 20).joined(separator: " ")
        let model = ScriptedModel(time: self.time, [[.text(story)], [.text("Yes.")]])
        let outcome = try self.hold(port, speechToText: [.words("Tell me."), .words("Stop.")], model: model)
        #expect(model.requests.count == 2)
        #expect(outcome.events.contains { if case .interrupted = $0 { true } else { false } })
        #expect(!port.isAudible(from: speech + .milliseconds(220), to: speech + .milliseconds(1500)))
    }

    @Test func neverDeadAir() throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .seconds(4), VoiceSignals.speech(.seconds(1)))],
            hangUpAfter: .seconds(70)
        )
        let model = ScriptedModel(
            time: self.time,
            [[.wait(.seconds(20)), .part(.toolStarted("house")), .wait(.seconds(24)), .text("Here it is.")]]
        )
        let outcome = try self.hold(port, speechToText: [.words("Report.", after: .seconds(9))], model: model)
        #expect(port.longestSilence(from: .seconds(5), to: .seconds(58)) < .seconds(10))
        #expect(outcome.said.contains("One moment."))
        #expect(outcome.said.contains("Let me look."))
        #expect(outcome.said.contains("Here it is."))
        #expect(outcome.latencies.first?.fillers ?? 0 >= 4)
    }

    @Test func failingStagesAreApologizedFor() throws {
        let down = StageError(.unreachable, stage: "language model", message: "down")
        let port = FakeAudioPort(
            time: self.time,
            script: [
                .init(at: .seconds(4), VoiceSignals.speech(.seconds(1))),
                .init(at: .seconds(16), VoiceSignals.speech(.seconds(1))),
            ],
            hangUpAfter: .seconds(30)
        )
        let model = ScriptedModel(time: self.time, [[.fail(down)]])
        let outcome = try self.hold(port, speechToText: [.words("Hello?"), .failure(down)], model: model)
        let phrases = ConversationPhrases()
        #expect(outcome.said.contains(phrases.modelApology))
        #expect(outcome.said.contains(phrases.speechToTextApology))
        #expect(outcome.events.contains(.apology(down)))
    }

    @Test func theBackupVoiceTakesOver() throws {
        let down = StageError(.unreachable, stage: "text to speech", message: "down")
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(6))
        let voice = ScriptedTextToSpeech(time: self.time, failures: [down])
        let backup = ScriptedTextToSpeech(time: self.time)
        let outcome = try self.hold(
            port,
            model: ScriptedModel(time: self.time, []),
            textToSpeech: voice,
            backupTextToSpeech: backup
        )
        #expect(voice.spoken == ["Hey love."])
        #expect(backup.spoken == ["Hey love.", "Talk to me."])
        #expect(outcome.ending.history.map(\.text) == ["Hey love. Talk to me."])
    }

    /// Somebody who says "hello?" into the silence takes each sentence back before its voice is given up.
    @Test func aVoiceThatHangsIsReplacedThoughTheCallerSpeaks() throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [2, 5, 8, 11].map { .init(at: .seconds($0), VoiceSignals.speech(.milliseconds(600))) },
            hangUpAfter: .seconds(26)
        )
        let voice = ScriptedTextToSpeech(time: self.time, delay: .seconds(1_000))
        let backup = ScriptedTextToSpeech(time: self.time)
        let outcome = try self.hold(
            port,
            speechToText: Array(repeating: .words("Hello?"), count: 4),
            model: ScriptedModel(time: self.time, Array(repeating: [.text("Yes, here I am.")], count: 4)),
            textToSpeech: voice,
            backupTextToSpeech: backup
        )
        #expect(port.isAudible(from: .seconds(1), to: .seconds(10)))
        #expect(backup.spoken.contains("Yes, here I am."))
        #expect(outcome.ending.reason == .callerHungUp)
        // Once replaced it is not asked again in this call.
        #expect(voice.times.allSatisfy { $0 < .seconds(10) })
    }

    @Test func aSlowVoiceIsGivenUp() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(60))
        let outcome = try self.hold(
            port,
            model: ScriptedModel(time: self.time, []),
            textToSpeech: ScriptedTextToSpeech(time: self.time, delay: .seconds(100))
        )
        #expect(outcome.ending.reason == .failed)
        #expect(outcome.length < .seconds(16))
        // The signal was heard.
        #expect(port.isAudible(from: .seconds(5), to: .seconds(8)))
    }

    @Test func sentencesFollowEachOtherWithAShortPause() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(12))
        let voice = ScriptedTextToSpeech(time: self.time, delay: .milliseconds(900))
        let text = "This is the first sentence of all. This is the second sentence of all. And this is the third one."
        _ = try self.hold(
            port,
            model: ScriptedModel(time: self.time, []),
            textToSpeech: voice,
            opening: .greeting(text)
        )
        let times = voice.times
        #expect(times.count == 3)
        // The second sentence is being made while the first is heard.
        #expect(times[1] < times[0] + .milliseconds(900) + ScriptedTextToSpeech.length(of: voice.spoken[0]))
        let end =
            times[0] + .milliseconds(1000)
            + voice.spoken.map(ScriptedTextToSpeech.length(of:)).reduce(.zero, +)
        let silence = port.longestSilence(from: .seconds(1), to: end)
        #expect(silence >= .milliseconds(120) && silence <= .milliseconds(320))
    }

    @Test func aOneWayCall() throws {
        var settings = ConversationSettings()
        settings.oneWay = true
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .milliseconds(200), VoiceSignals.speech(.seconds(1)))]
        )
        let outcome = try self.hold(
            port,
            model: ScriptedModel(time: self.time, []),
            opening: .say("There is water in the cellar. Please look after it."),
            settings: settings
        )
        #expect(outcome.ending.reason == .said)
        #expect(outcome.ending.history.map(\.text) == ["There is water in the cellar. Please look after it."])
        #expect(port.flushes.isEmpty)
        #expect(outcome.length < .seconds(6))
    }

    @Test func aReportIsSpokenFirst() throws {
        let port = FakeAudioPort(time: self.time, hangUpAfter: .seconds(20))
        let model = ScriptedModel(
            time: self.time,
            [[.wait(.seconds(3)), .text("Good morning, Fritz. All is well.")]]
        )
        let outcome = try self.hold(port, model: model, opening: .ask(prompt: "Report!"))
        #expect(outcome.said.first == "Hello. One moment, please.")
        #expect(outcome.ending.history == [.init(speaker: .bot, text: "Good morning, Fritz. All is well.")])
        #expect(model.requests.map(\.turn) == [Turn(text: "Report!", number: 1)])
    }

    @Test func aPhoneThatSendsNoSilence() throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .seconds(4), VoiceSignals.speech(.seconds(1)))],
            hangUpAfter: .seconds(12),
            suppressesSilence: true
        )
        let model = ScriptedModel(time: self.time, [[.text("I heard you.")]])
        let outcome = try self.hold(port, speechToText: [.words("Hello?")], model: model)
        #expect(outcome.said.contains("I heard you."))
    }

    @Test func theMaximumLengthIsSpokenOf() throws {
        var settings = ConversationSettings()
        settings.maximumLength = .seconds(20)
        let port = FakeAudioPort(time: self.time)
        let outcome = try self.hold(port, model: ScriptedModel(time: self.time, []), settings: settings)
        #expect(outcome.ending.reason == .maximumLength)
        #expect(outcome.said.last == settings.phrases.maximumLengthFarewell)
        #expect(outcome.length > .seconds(20) && outcome.length < .seconds(36))
    }

    /// Whenever the caller hangs up, everything ends in that moment: the run returns only when all its tasks have.
    @Test(arguments: [100, 1000, 4500, 6000, 6250, 6600, 8000])
    func hangingUpAtAnyTimeEndsEverything(milliseconds: Int) throws {
        let port = FakeAudioPort(
            time: self.time,
            script: [.init(at: .seconds(4), VoiceSignals.speech(.seconds(1)))],
            hangUpAfter: .milliseconds(milliseconds)
        )
        let story = Array(repeating: "This is a long sentence about the house.", count: 20).joined(separator: " ")
        let model = ScriptedModel(time: self.time, [[.wait(.milliseconds(300)), .text(story), .wait(.seconds(100))]])
        let outcome = try self.hold(port, speechToText: [.words("Tell me.")], model: model)
        #expect(outcome.ending.reason == .callerHungUp)
        #expect(outcome.length <= .milliseconds(milliseconds + 20))
        #expect(outcome.events.last == .ended(outcome.ending))
    }

    @Test func cancellationEndsEverything() throws {
        let port = FakeAudioPort(time: self.time)
        let time = self.time
        let conversation = Conversation(
            opening: .greeting("Hello."),
            speechToText: ScriptedTranscription(time: time, []),
            model: ScriptedModel(time: time, []),
            textToSpeech: ScriptedTextToSpeech(time: time),
            context: ConversationContext(callIdentifier: "test"),
            clock: time
        )
        let ending = try time.run {
            await withTaskGroup(of: ConversationEnding?.self) { group in
                group.addTask { await conversation.run(on: port) }
                group.addTask {
                    try? await time.sleep(for: .seconds(5))
                    return nil
                }
                var ending = await group.next() ?? nil
                group.cancelAll()
                for await other in group { ending = ending ?? other }
                return ending
            }
        }
        #expect(ending?.reason == .callerHungUp)
        #expect(time.elapsed == .seconds(5))
    }
}
