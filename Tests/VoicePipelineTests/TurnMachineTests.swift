import CoreTypes
import Testing
import VoicePipeline

struct TurnMachineTests: TurnMachineTable {
    @Test func aWholeTurn() {
        let machine = self.walk(
            self.greeted + self.asked()
                + [
                    Step(3300, .replyPart(2, .text("It is ten. And "))),
                    Step(3310, .replyPart(2, .text("all is well."))),
                    Step(3400, .replyEnded(2), ["say And all is well."]),
                    Step(5000, .playbackFinished),
                ].enumerated().map {
                    $0.offset == 0 ? Step($0.element.at, $0.element.input, ["say It is ten."]) : $0.element
                }
        )
        #expect(machine.history.map(\.text) == ["Hello.", "What time is it?", "It is ten. And all is well."])
        #expect(machine.history.map(\.speaker) == [.bot, .caller, .bot])
        #expect(machine.history.allSatisfy { !$0.interrupted })
        #expect(machine.deadline == .zero + .seconds(15))
    }

    @Test func anInterruptionStopsTheVoiceAndTheModel() {
        let machine = self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("It is ten. And then ")), ["say It is ten."]),
                Step(3600, .speechStarted(heard: "It is"), ["stop", "cancel 2"]),
                Step(3650, .replyPart(2, .text("too late. Yes. "))),
                Step(3660, .replyEnded(2)),
                Step(4600, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(4700, .transcribed(2, Transcript(text: "Stop it.")), ["ask 3: Stop it."]),
            ]
        )
        #expect(machine.history.last == .init(speaker: .bot, text: "It is", interrupted: true))
        #expect(machine.history.count == 3)
    }

    @Test func aCoughBeforeTheReplyCostsNothing() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .speechStarted(heard: "")),
                Step(3400, .replyPart(2, .text("It is ten. "))),
                Step(3500, .replyEnded(2)),
                Step(4300, .speechEnded(2, speech: .milliseconds(200), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(4500, .transcribed(2, Transcript(text: " ")), ["say It is ten."]),
            ]
        )
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .speechStarted(heard: "")),
                Step(3400, .replyPart(2, .text("It is ten. "))),
                Step(4300, .speechDiscarded, ["say It is ten."]),
            ]
        )
    }

    @Test func anInterruptionWithoutWordsIsNotMetWithSilence() {
        let start =
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("It is ten. And then ")), ["say It is ten."]),
                Step(3600, .speechStarted(heard: "It is"), ["stop", "cancel 2"]),
            ]
        self.walk(start + [Step(4500, .speechDiscarded, ["say Sorry, I did not catch that."])])
        self.walk(
            start + [
                Step(4500, .speechEnded(2, speech: .milliseconds(300), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(4700, .transcribed(2, Transcript(text: "")), ["say Sorry, I did not catch that."]),
            ]
        )
    }

    @Test func aReplyInterruptedBeforeAnythingWasHeardIsAskedForAgain() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("It is ten. And then ")), ["say It is ten."]),
                Step(3400, .speechStarted(heard: ""), ["stop", "cancel 2"]),
                Step(4300, .speechDiscarded, ["ask 3: What time is it?"]),
            ]
        )
    }

    @Test func aFillerMayBeInterruptedWithoutLosingTheReply() {
        let start =
            self.greeted + self.asked() + [
                Step(6000, .timeout(heard: ""), ["say One moment."]),
                Step(6200, .speechStarted(heard: ""), ["stop"]),
                Step(6300, .replyPart(2, .text("It is ten. And "))),
            ]
        self.walk(start + [Step(7500, .speechDiscarded, ["say It is ten."])])
        self.walk(
            start + [
                Step(7500, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(
                    7700,
                    .transcribed(2, Transcript(text: "In Rome.")),
                    ["cancel 2", "ask 3: What time is it? In Rome."]
                ),
            ]
        )
    }

    @Test func aCallerWhoGoesOnIsAnsweredOnce() {
        let machine = self.walk(
            self.greeted + self.asked("What is the") + [
                Step(3300, .speechStarted(heard: "")),
                Step(3400, .replyPart(2, .text("The what? "))),
                Step(4300, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(
                    4500,
                    .transcribed(2, Transcript(text: "temperature?")),
                    ["cancel 2", "ask 3: What is the temperature?"]
                ),
            ]
        )
        #expect(machine.history.map(\.text) == ["Hello."])
    }

    @Test func twoUtterancesInTranscriptionAreOneTurn() {
        self.walk(
            self.greeted + [
                Step(2000, .speechStarted(heard: "")),
                Step(3000, .speechEnded(1, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 1"]),
                Step(3100, .speechStarted(heard: "")),
                Step(3200, .transcribed(1, Transcript(text: "Turn on"))),
                Step(4000, .speechEnded(2, speech: .seconds(1), silence: .milliseconds(800)), ["transcribe 2"]),
                Step(4200, .transcribed(2, Transcript(text: "the light.")), ["ask 2: Turn on the light."]),
            ]
        )
    }

    @Test func whatWasNotUnderstoodIsSaidSoTwice() {
        var steps = self.greeted
        for (index, start) in [2000, 6000, 10_000].enumerated() {
            steps += [
                Step(start, .speechStarted(heard: "")),
                Step(
                    start + 1000,
                    .speechEnded(index, speech: .seconds(1), silence: .milliseconds(800)),
                    ["transcribe \(index)"]
                ),
                Step(
                    start + 1200,
                    .transcribed(index, Transcript(text: "")),
                    index < 2 ? ["say Sorry, I did not catch that."] : []
                ),
            ]
            if index < 2 { steps.append(Step(start + 3000, .playbackFinished)) }
        }
        self.walk(steps)
    }

    @Test func fillersKeepTheCallerCompany() {
        self.walk(
            self.greeted + self.asked() + [
                Step(6000, .timeout(heard: ""), ["say One moment."]),
                Step(7000, .playbackFinished),
                Step(13_000, .timeout(heard: ""), ["say Still working on it."]),
                Step(14_000, .playbackFinished),
                Step(20_000, .timeout(heard: ""), ["say Just a little longer."]),
                Step(21_000, .playbackFinished),
                Step(22_000, .replyPart(2, .text("Ten. ")), ["say Ten."]),
            ]
        )
    }

    @Test func aToolIsAnnouncedSoon() {
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .toolStarted("ha_get_state"))),
                Step(4000, .timeout(heard: ""), ["say Let me look."]),
                Step(4100, .replyPart(2, .toolFinished("ha_get_state"))),
                Step(5000, .playbackFinished),
                Step(5100, .replyPart(2, .text("It is on. ")), ["say It is on."]),
            ]
        )
        // A quick tool goes unnoticed, and what was said before it is not held back.
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("I will look"))),
                Step(3310, .replyPart(2, .toolStarted("x")), ["say I will look"]),
                Step(3400, .replyPart(2, .toolFinished("x"))),
            ]
        )
    }

    @Test func withBargeInOffTheBotFinishes() {
        var settings = ConversationSettings()
        settings.bargeIn.isEnabled = false
        self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("One. ")), ["say One."]),
                Step(3400, .speechStarted(heard: "")),
                Step(3500, .replyPart(2, .text("Two. "))),
                Step(
                    4400,
                    .speechEnded(2, speech: .milliseconds(300), silence: .milliseconds(800)),
                    ["drop 2", "say Two."]
                ),
            ],
            settings: settings
        )
    }

    @Test func aDigitIsNoSpeech() {
        let machine = self.walk(
            self.greeted + self.asked() + [
                Step(3300, .replyPart(2, .text("One. And then ")), ["say One."]),
                // Neither the reply nor its request ends.
                Step(3400, .digit("1")),
                Step(3500, .digit("#")),
                Step(3600, .replyEnded(2), ["say And then"]),
                Step(5000, .playbackFinished),
            ]
        )
        #expect(machine.history.last == .init(speaker: .bot, text: "One. And then"))
        #expect(machine.deadline == .zero + .seconds(15))
    }

    /// The model gets the digits with the next turn, and each only once.
    @Test func theModelGetsTheDigitsWithTheNextTurn() throws {
        var machine = self.walk(
            self.greeted + [Step(1500, .digit("1")), Step(1600, .digit("2"))] + self.asked().prefix(2)
        )
        func turn(_ number: Int, _ text: String) throws -> Turn {
            let actions = machine.handle(.transcribed(number, Transcript(text: text)), now: .zero + .seconds(4))
            return try #require(
                actions.compactMap { if case .requestReply(_, let turn, _) = $0 { turn } else { nil } }.first
            )
        }
        #expect(try turn(1, "My code.") == Turn(text: "My code.", number: 1, digits: "12"))
        // Who goes on before anything was said has asked one thing.
        _ = machine.handle(.speechStarted(heard: ""), now: .zero + .seconds(4))
        _ = machine.handle(.digit("3"), now: .zero + .seconds(4))
        _ = machine.handle(.speechEnded(2, speech: .seconds(1), silence: .zero), now: .zero + .seconds(4))
        #expect(try turn(2, "Please.") == Turn(text: "My code. Please.", number: 2, digits: "123"))
        _ = machine.handle(.replyPart(3, .text("Thank you. ")), now: .zero + .seconds(4))
        _ = machine.handle(.replyEnded(3), now: .zero + .seconds(4))
        _ = machine.handle(.playbackFinished, now: .zero + .seconds(4))
        _ = machine.handle(.speechStarted(heard: ""), now: .zero + .seconds(4))
        _ = machine.handle(.speechEnded(3, speech: .seconds(1), silence: .zero), now: .zero + .seconds(4))
        #expect(try turn(3, "And?").digits == "")
    }

    /// Who sends digits is there, and need not be asked.
    @Test func aDigitIsASignOfLife() {
        self.walk(
            self.greeted + [
                Step(10_900, .digit("1")),
                Step(20_900, .timeout(heard: ""), ["say Are you still there?"]),
                Step(22_000, .playbackFinished),
                Step(23_000, .digit("1")),
                Step(33_000, .timeout(heard: ""), ["say Are you still there?"]),
            ]
        )
    }

    @Test func digitsWithoutEndAreBounded() {
        var machine = TurnMachine(settings: ConversationSettings(), opening: .greeting("Hello."))
        _ = machine.handle(.started, now: .zero)
        for _ in 0..<1_000 { _ = machine.handle(.digit("5"), now: .zero) }
        _ = machine.handle(.playbackFinished, now: .zero)
        _ = machine.handle(.speechStarted(heard: ""), now: .zero)
        _ = machine.handle(.speechEnded(1, speech: .seconds(1), silence: .zero), now: .zero)
        let actions = machine.handle(.transcribed(1, Transcript(text: "Hm?")), now: .zero)
        let turns = actions.compactMap { if case .requestReply(_, let turn, _) = $0 { turn } else { nil } }
        #expect(turns.map(\.digits.count) == [64])
    }

    @Test func aReplyFasterThanTheVoiceWaits() {
        var machine = TurnMachine(settings: ConversationSettings(), opening: .greeting(""))
        _ = machine.handle(.started, now: .zero)
        _ = machine.handle(.speechStarted(heard: ""), now: .zero)
        _ = machine.handle(.speechEnded(1, speech: .seconds(1), silence: .milliseconds(800)), now: .zero)
        _ = machine.handle(.transcribed(1, Transcript(text: "Hm?")), now: .zero)
        _ = machine.handle(.speechStarted(heard: ""), now: .zero)
        #expect(machine.isReplyWelcome)
        for _ in 0..<4 { _ = machine.handle(.replyPart(2, .text("More. ")), now: .zero) }
        #expect(!machine.isReplyWelcome)
    }
}
