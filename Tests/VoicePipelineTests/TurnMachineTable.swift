import CoreTypes
import Testing
import VoicePipeline

/// One input at a time in milliseconds and the actions that it has to cause, reports left out.
struct Step {
    var at: Int
    var input: TurnMachine.Input
    var actions: [String]

    init(_ at: Int, _ input: TurnMachine.Input, _ actions: [String] = []) {
        self.at = at
        self.input = input
        self.actions = actions
    }
}

/// What the tables of the turn machine's tests are made of and checked with.
protocol TurnMachineTable {}

extension TurnMachineTable {
    func name(_ action: TurnMachine.Action) -> String? {
        switch action {
        case .transcribe(let number): "transcribe \(number)"
        case .dropUtterance(let number): "drop \(number)"
        case .cancelTranscriptions: "cancel transcriptions"
        case .requestReply(let number, let turn, _): "ask \(number): \(turn.text)"
        case .cancelReply(let number): "cancel \(number)"
        case .speak(let line): "say \(line.text)"
        case .stopSpeaking: "stop"
        case .beep: "beep"
        case .report: nil
        case .end(let ending): "end \(ending.reason)"
        }
    }

    /// Goes through a table; timeouts are given by themselves whenever the machine's deadline comes before a step.
    @discardableResult
    func walk(
        _ steps: [Step],
        settings: ConversationSettings = ConversationSettings(),
        opening: Opening = .greeting("Hello."),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> TurnMachine {
        var machine = TurnMachine(settings: settings, opening: opening)
        for (index, step) in steps.enumerated() {
            let now = Instant.zero + .milliseconds(step.at)
            let actions = machine.handle(step.input, now: now).compactMap(self.name)
            #expect(actions == step.actions, "step \(index + 1)", sourceLocation: sourceLocation)
            if let deadline = machine.deadline {
                #expect(deadline > now, "nothing is overdue after step \(index + 1)", sourceLocation: sourceLocation)
            }
        }
        return machine
    }

    var greeted: [Step] { [Step(0, .started, ["say Hello."]), Step(1000, .playbackFinished)] }
    var failure: StageError { StageError(.unreachable, stage: "test", message: "down") }

    func asked(_ text: String = "What time is it?", from start: Int = 2000, number: Int = 1) -> [Step] {
        [
            Step(start, .speechStarted(heard: "")),
            Step(
                start + 1000,
                .speechEnded(number, speech: .seconds(1), silence: .milliseconds(800)),
                ["transcribe \(number)"]
            ),
            Step(start + 1200, .transcribed(number, Transcript(text: text)), ["ask \(number + 1): \(text)"]),
        ]
    }
}
