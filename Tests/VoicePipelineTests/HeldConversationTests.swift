import AudioCore
import ConversationTestKit
import CoreTypes
import Testing
import VoicePipeline

/// A caller who puts the bot on hold: nobody listens, and what comes is music.
struct HeldConversationTests: TurnMachineTable {
    @Test func nobodyIsAskedWhetherTheyAreThereWhileTheyHold() {
        self.walk(
            self.greeted + [
                Step(2_000, .flowChanged(.held)),
                Step(600_000, .flowChanged(.open)),
                // The wait begins anew.
                Step(610_000, .timeout(heard: ""), ["say Are you still there?"]),
            ]
        )
    }

    @Test(arguments: [AudioFlow.held, .listening])
    func aHoldHasALimitOfItsOwn(flow: AudioFlow) {
        var settings = ConversationSettings()
        settings.maximumHold = .seconds(1_000)
        settings.maximumLength = .seconds(60)
        let machine = self.walk(
            self.greeted + [
                Step(2_000, .flowChanged(flow)),
                Step(1_002_000, .timeout(heard: ""), ["end heldTooLong"]),
            ],
            settings: settings
        )
        #expect(machine.deadline == nil)
    }

    /// Time on hold is no time of the conversation; a hold that changes its kind is one hold.
    @Test func theLengthOfTheCallRestsMeanwhile() {
        var settings = ConversationSettings()
        settings.maximumHold = .seconds(100)
        settings.maximumLength = .seconds(60)
        settings.noInputAfter = .seconds(1_000)
        self.walk(
            self.greeted + [
                Step(10_000, .flowChanged(.held)),
                Step(40_000, .flowChanged(.listening)),
                Step(100_000, .flowChanged(.open)),
                Step(150_000, .timeout(heard: ""), ["say \(settings.phrases.maximumLengthFarewell)"]),
            ],
            settings: settings
        )
        self.walk(
            self.greeted + [
                Step(10_000, .flowChanged(.held)),
                Step(40_000, .flowChanged(.listening)),
                Step(110_000, .timeout(heard: ""), ["end heldTooLong"]),
            ],
            settings: settings
        )
    }

    /// Neither fillers nor the reply are said into the hold; the reply is said when somebody listens again.
    @Test func anAnswerWaitsForTheCaller() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3_300, .flowChanged(.held)),
                Step(9_000, .replyPart(2, .text("It is ten. "))),
                Step(9_100, .replyEnded(2)),
                Step(60_000, .flowChanged(.open), ["say It is ten."]),
            ]
        )
    }

    /// What was understood last is answered afterwards, and asked again when the model gave up meanwhile.
    @Test func aFailureIsNotApologizedForIntoTheHold() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3_300, .flowChanged(.held)),
                Step(9_000, .replyFailed(2, self.failure)),
                Step(60_000, .flowChanged(.open), ["ask 3: What time is it?"]),
            ]
        )
    }

    @Test func whoOnlyListensIsSpokenToAndNotAsked() {
        self.walk(
            [
                Step(0, .started, ["say Hello."]),
                Step(10, .flowChanged(.listening)),
                Step(1_000, .playbackFinished),
                Step(100_000, .flowChanged(.open)),
                Step(110_000, .timeout(heard: ""), ["say Are you still there?"]),
            ]
        )
    }

    // MARK: - On a line

    private func hold(
        _ port: FakeAudioPort,
        _ time: VirtualTime,
        from start: Duration,
        to end: Duration
    ) throws -> (
        ending: ConversationEnding, events: [ConversationEvent]
    ) {
        let conversation = Conversation(
            opening: .greeting("Hey love. Talk to me."),
            speechToText: ScriptedTranscription(time: time, [.words("What time is it?"), .words("Goodbye.")]),
            model: ScriptedModel(time: time, [[.text("It is ten.")], [.text("Goodbye."), .part(.hangUp)]]),
            textToSpeech: ScriptedTextToSpeech(time: time),
            context: ConversationContext(callIdentifier: "test"),
            clock: time
        )
        return try time.run(limit: .seconds(3_000)) {
            let ending = await withTaskGroup(of: ConversationEnding?.self) { group in
                group.addTask { await conversation.run(on: port) }
                group.addTask {
                    try? await time.sleep(for: start)
                    port.change(to: .held)
                    try? await time.sleep(for: end - start)
                    port.change(to: .open)
                    return nil
                }
                var ending: ConversationEnding?
                for await one in group { ending = one ?? ending }
                return ending
            }
            var events: [ConversationEvent] = []
            for await event in conversation.events { events.append(event) }
            return (ending ?? ConversationEnding(reason: .failed), events)
        }
    }

    private func transcripts(_ events: [ConversationEvent]) -> [String] {
        events.compactMap { if case .heard(let heard) = $0 { heard.text } else { nil } }
    }

    /// Ten minutes of music are neither speech nor silence.
    @Test func musicOnHoldIsNotListenedTo() throws {
        let time = VirtualTime()
        let music = (0..<100).map { FakeAudioPort.Speech(at: .seconds(12 + 5 * $0), VoiceSignals.speech(.seconds(3))) }
        let port = FakeAudioPort(
            time: time,
            script: music + [
                .init(at: .seconds(620), VoiceSignals.speech(.seconds(2))),
                .init(at: .seconds(630), VoiceSignals.speech(.seconds(1))),
            ]
        )
        let (ending, events) = try self.hold(port, time, from: .seconds(10), to: .seconds(610))
        #expect(ending.reason == .goodbye)
        #expect(self.transcripts(events) == ["What time is it?", "Goodbye."])
        #expect(!port.isAudible(from: .seconds(10), to: .seconds(609)))
    }

    /// What was being said goes on where it stood.
    @Test func aSentenceIsCutByTheHoldAndGoesOnAfterwards() throws {
        let time = VirtualTime()
        let port = FakeAudioPort(
            time: time,
            script: [
                .init(at: .seconds(80), VoiceSignals.speech(.seconds(2))),
                .init(at: .seconds(90), VoiceSignals.speech(.seconds(1))),
            ]
        )
        let (ending, events) = try self.hold(port, time, from: .milliseconds(700), to: .seconds(60))
        #expect(ending.reason == .goodbye)
        #expect(self.transcripts(events) == ["What time is it?", "Goodbye."])
        #expect(port.isAudible(from: .zero, to: .milliseconds(700)))
        #expect(!port.isAudible(from: .milliseconds(750), to: .milliseconds(59_900)))
        #expect(port.isAudible(from: .seconds(60), to: .seconds(62)))
    }
}
