import CoreTypes
import Testing
import VoicePipeline

/// How calls end, and what happens when stages fail.
struct TurnMachineEndingTests: TurnMachineTable {
    @Test func theModelHangsUpAfterItsLastWord() {
        let machine = self.walk(
            self.greeted + self.asked("Call me back in five minutes") + [
                Step(3300, .replyPart(2, .callBack(after: .seconds(300)))),
                Step(3310, .replyPart(2, .text("I will. Goodbye")), ["say I will."]),
                Step(3320, .replyPart(2, .hangUp), ["say Goodbye"]),
                // "Bye!" does not revive it.
                Step(3500, .speechStarted(heard: "I will.")),
                Step(4400, .speechEnded(2, speech: .milliseconds(300), silence: .milliseconds(800)), ["drop 2"]),
                Step(4500, .replyEnded(2)),
                Step(5000, .playbackFinished, ["end goodbye"]),
                Step(6000, .speechStarted(heard: "")),
            ]
        )
        #expect(machine.deadline == nil)
        #expect(machine.history.last?.text == "I will. Goodbye")
    }

    @Test(arguments: ["Goodbye!", "OK, thank you, bye", "That's all, thanks."])
    func aGoodbyeEndsTheCallEvenIfTheModelDoesNot(words: String) {
        self.walk(
            self.greeted + self.asked(words) + [
                Step(3300, .replyEnded(2), ["say Goodbye."]),
                Step(4000, .playbackFinished, ["end goodbye"]),
            ]
        )
        self.walk(
            self.greeted + self.asked(words) + [
                Step(3300, .replyFailed(2, self.failure), ["say Goodbye."]),
                Step(4000, .playbackFinished, ["end goodbye"]),
            ]
        )
    }

    @Test func aNameMayStandBesideAGoodbye() {
        var settings = ConversationSettings()
        settings.phrases.names = ["Svetlana"]
        self.walk(
            self.greeted + self.asked("Bye, Svetlana!") + [Step(3300, .replyEnded(2), ["say Goodbye."])],
            settings: settings
        )
        settings.phrases.names = []
        self.walk(
            self.greeted + self.asked("Bye, Svetlana!") + [
                Step(3300, .replyEnded(2), ["say \(settings.phrases.emptyReply)"])
            ],
            settings: settings
        )
    }

    @Test(arguments: ["Did they say goodbye to him?", "What is that all about?", "When does the bye week begin?"])
    func aSentenceAboutAGoodbyeIsNone(words: String) {
        self.walk(
            self.greeted + self.asked(words) + [
                Step(3300, .replyPart(2, .text("Not now. ")), ["say Not now."]),
                Step(3310, .replyEnded(2)),
                Step(4000, .playbackFinished),
            ]
        )
    }

    @Test func failuresAreApologizedForAndThreeEndTheCall() {
        let apology = "say \(ConversationPhrases().modelApology)"
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyFailed(2, self.failure), [apology]),
                Step(5000, .playbackFinished),
            ] + self.asked(from: 6000, number: 2) + [
                Step(7300, .replyFailed(3, self.failure), [apology]),
                Step(9000, .playbackFinished),
            ] + self.asked(from: 10_000, number: 3) + [
                Step(11_300, .replyFailed(4, self.failure), ["say \(ConversationPhrases().failureFarewell)"]),
                Step(15_000, .playbackFinished, ["end failed"]),
            ]
        )
    }

    /// A cough into an apology left a reply behind of which nothing was to come, and nobody was waited for any more.
    @Test func anApologyThatIsInterruptedIsNotTheLastWord() {
        let phrases = ConversationPhrases()
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyFailed(2, self.failure), ["say \(phrases.modelApology)"]),
                Step(3600, .speechStarted(heard: ""), ["stop"]),
                Step(4500, .speechDiscarded),
                Step(14_500, .timeout(heard: ""), ["say Are you still there?"]),
            ]
        )
    }

    /// A phrase may be empty: the call ends all the same.
    @Test func withoutAFarewellTheCallEndsAtOnce() {
        var settings = ConversationSettings()
        settings.phrases.farewell = ""
        for input in [TurnMachine.Input.replyEnded(2), .replyFailed(2, self.failure)] {
            self.walk(self.greeted + self.asked("Goodbye.") + [Step(3300, input, ["end goodbye"])], settings: settings)
        }
        settings.phrases.emptyReply = ""
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyEnded(2)),
                Step(13_300, .timeout(heard: ""), ["say Are you still there?"]),
            ],
            settings: settings
        )
    }

    @Test func slowStagesAreGivenUp() {
        var settings = ConversationSettings()
        settings.phrases.fillers = []
        settings.deadlines.firstReplyPart = .seconds(2)
        settings.deadlines.transcription = .seconds(2)
        self.walk(
            self.greeted + self.asked() + [
                Step(5200, .timeout(heard: ""), ["cancel 2", "say \(settings.phrases.slowApology)"]),
                Step(5300, .replyPart(2, .text("Late. "))),
            ],
            settings: settings
        )
        self.walk(
            self.greeted + self.asked().prefix(2) + [
                Step(
                    5000,
                    .timeout(heard: ""),
                    ["cancel transcriptions", "say \(settings.phrases.speechToTextApology)"]
                ),
                Step(5100, .transcribed(1, Transcript(text: "Late."))),
            ],
            settings: settings
        )
    }

    @Test func aStalledReplyIsGivenUpOnlyWhileNothingIsSaid() {
        var settings = ConversationSettings()
        settings.phrases.fillers = []
        settings.deadlines.replyStall = .seconds(5)
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("It is ten. ")), ["say It is ten."]),
                Step(12_000, .playbackFinished),
                Step(17_000, .timeout(heard: ""), ["cancel 2", "say \(settings.phrases.slowApology)"]),
            ],
            settings: settings
        )
    }

    @Test func theCallHasAnEnd() {
        var settings = ConversationSettings()
        settings.maximumLength = .seconds(60)
        let machine = self.walk(
            self.greeted + self.asked(from: 50_000)
                + [
                    Step(52_000, .replyPart(2, .text("A long story. ")), ["say A long story."]),
                    Step(
                        60_000,
                        .timeout(heard: "A long"),
                        [
                            "cancel 2", "stop", "say \(settings.phrases.maximumLengthFarewell)",
                        ]
                    ),
                    Step(61_000, .speechStarted(heard: "")),
                    Step(75_000, .timeout(heard: ""), ["stop", "end maximumLength"]),
                ].map { $0 },
            settings: settings
        )
        #expect(machine.history.last == .init(speaker: .bot, text: "A long", interrupted: true))
    }

    @Test func nobodyThere() {
        self.walk(
            self.greeted + [
                Step(11_000, .timeout(heard: ""), ["say Are you still there?"]),
                Step(12_000, .playbackFinished),
                Step(22_000, .timeout(heard: ""), ["say I cannot hear you. Are you still there?"]),
                Step(24_000, .playbackFinished),
                Step(34_000, .timeout(heard: ""), ["say \(ConversationPhrases().noInputFarewell)"]),
                Step(38_000, .playbackFinished, ["end noInput"]),
            ]
        )
    }

    @Test func aReportIsSafeFromHello() {
        self.walk(
            [
                Step(0, .started, ["ask 1: Report!"]),
                Step(300, .speechStarted(heard: "")),
                Step(800, .replyPart(1, .text("Good morning. "))),
                Step(
                    1500,
                    .speechEnded(1, speech: .milliseconds(400), silence: .milliseconds(800)),
                    ["drop 1", "say Good morning."]
                ),
                Step(1700, .audioStarted(SpokenLine(number: 1, text: "Good morning.", kind: .reply))),
                Step(2000, .speechStarted(heard: "")),
                Step(3300, .speechEnded(2, speech: .milliseconds(400), silence: .milliseconds(800)), ["drop 2"]),
                // After a while it may be interrupted.
                Step(3400, .speechStarted(heard: "Good"), ["stop", "cancel 1"]),
            ],
            opening: .ask(prompt: "Report!")
        )
    }

    @Test func aOneWayCallSaysAndEnds() {
        var settings = ConversationSettings()
        settings.oneWay = true
        self.walk(
            [
                Step(0, .started, ["say Water in the cellar."]),
                Step(2000, .speechStarted(heard: "")),
                Step(3000, .speechEnded(1, speech: .seconds(1), silence: .milliseconds(800)), ["drop 1"]),
                Step(3500, .playbackFinished, ["end said"]),
            ],
            settings: settings,
            opening: .say("Water in the cellar.")
        )
        self.walk(
            [
                Step(0, .started, ["ask 1: Report!"]),
                Step(2000, .replyFailed(1, self.failure), ["say \(settings.phrases.modelApology)"]),
                Step(4000, .playbackFinished, ["end failed"]),
            ],
            settings: settings,
            opening: .ask(prompt: "Report!")
        )
    }

    @Test func withoutAVoiceThereAreSignalsAndAnEnd() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("One. ")), ["say One."]),
                Step(3400, .textToSpeechFailed(self.failure), ["beep"]),
                Step(4000, .playbackFinished),
                Step(4100, .replyPart(2, .text("Two. ")), ["say Two."]),
                Step(4200, .textToSpeechFailed(self.failure), ["cancel 2", "stop", "beep"]),
                Step(5000, .playbackFinished, ["end failed"]),
            ]
        )
    }

    @Test func hangingUpEndsEverythingAtOnce() {
        let machine = self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("It is ten. ")), ["say It is ten."]),
                Step(3400, .callEnded(heard: "It"), ["end callerHungUp"]),
                Step(3500, .playbackFinished),
                Step(3600, .replyEnded(2)),
            ]
        )
        #expect(machine.history.last == .init(speaker: .bot, text: "It", interrupted: true))
    }
}
