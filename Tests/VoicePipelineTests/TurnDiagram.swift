import AudioCore
import CoreTypes
import Foundation
import Testing

@testable import VoicePipeline

/// `Docs/Turns.md` as the turn machine behaves: a table that differs from it fails the test.
@Suite("Turn diagram")
struct TurnDiagram {
    static let file = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Docs/Turns.md")

    /// What leads to a state, from the beginning of a call.
    private enum Start: String, CaseIterable {
        case beginning, listening, callerSpeaking, transcribing, replying, speaking, held, farewell, ended
    }

    /// An input with what it brings, as the rows name it.
    private enum Row: String, CaseIterable {
        case started
        case speechStarted
        case speechDiscarded
        case speechEnded
        case transcribedWords = "transcribed, words"
        case transcribedNothing = "transcribed, no words"
        case transcriptionFailed
        case replyText = "replyPart, a sentence"
        case replyTool = "replyPart, a tool"
        case replyHangUp = "replyPart, hang up"
        case replyEnded
        case replyFailed
        case audioStarted
        case sampleSent
        case textToSpeechFailed
        case playbackFinished
        case digit
        case held = "flowChanged, held"
        case listening = "flowChanged, listening"
        case open = "flowChanged, open"
        case timeout
        case callEnded
    }

    @Test func documentIsThatOfTheMachine() throws {
        let expected = Self.document
        if ProcessInfo.processInfo.environment["SVETLANA_WRITE_DOCS"] == "1" {
            try expected.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let actual = (try? String(contentsOf: Self.file, encoding: .utf8)) ?? ""
        let isSame = actual == expected
        #expect(isSame, "Docs/Turns.md is old. Write it anew: SVETLANA_WRITE_DOCS=1 swift test --filter TurnDiagram")
    }

    @Test(arguments: Start.allCases.map(\.rawValue))
    func theScriptsLeadWhereTheySay(name: String) throws {
        let start = try #require(Start(rawValue: name))
        #expect(Self.machine(start).machine.state.name == name)
    }

    /// Neither the end nor the farewell has a way back, and nothing but these two ends a call.
    @Test func nothingLeadsBackFromTheEnd() {
        for row in Row.allCases {
            #expect(Self.cell(.ended, row).next == "ended" && Self.cell(.ended, row).actions.isEmpty)
            #expect(["farewell", "ended"].contains(Self.cell(.farewell, row).next))
        }
    }

    // MARK: - The document

    static var document: String {
        let states = Start.allCases.filter { $0 != .ended }
        var lines = [Self.introduction, "```mermaid", "stateDiagram-v2", "    [*] --> beginning"]
        for state in states {
            for next in Start.allCases where next != state {
                let labels = Row.allCases.filter { Self.cell(state, $0).next == next.rawValue }.map(\.rawValue)
                if !labels.isEmpty {
                    lines.append("    \(state) --> \(next): \(labels.joined(separator: "<br>"))")
                }
            }
        }
        lines += ["    ended --> [*]", "```", ""]
        lines.append("| input | " + states.map(\.rawValue).joined(separator: " | ") + " |")
        lines.append("| --- |" + states.map { _ in " --- |" }.joined())
        for row in Row.allCases {
            let cells = states.map { state in
                let (next, actions) = Self.cell(state, row)
                let what = actions.joined(separator: ", ")
                if next != state.rawValue { return what.isEmpty ? "**\(next)**" : "**\(next)**<br>\(what)" }
                return what
            }
            lines.append("| \(row.rawValue) | " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static let introduction = """
        # Turns

        Who has the turn in a conversation, as `TurnMachine` decides it (`Sources/VoicePipeline/TurnMachine+StateMachine.swift`).
        This file is written by `SVETLANA_WRITE_DOCS=1 swift test --filter TurnDiagram`; a test compares it with the machine.

        Each cell was played: the machine was brought into the state and given the input. A bold word is the next state; what
        follows is done; an empty cell means that nothing is. What goes on beside the turn (utterances being transcribed, a reply
        that is being made) goes along from state to state, and what may be said of it is said when the turn is the bot's
        again. In these games the caller has asked one thing, the opening is a greeting, nothing was heard of the reply when
        it was interrupted, and `held` is a hold while a reply is awaited. `timeout` is the one that is due first.


        """

    private static func cell(_ start: Start, _ row: Row) -> (next: String, actions: [String]) {
        var (machine, now) = Self.machine(start)
        now = now + .milliseconds(10)
        if row == .timeout { now = machine.deadline ?? now }
        let reply = machine.state.reply?.number ?? 2
        let actions = machine.handle(Self.input(row, reply: reply), now: now).compactMap(Self.name)
        return (machine.state.name, actions)
    }

    private static func input(_ row: Row, reply: Int) -> TurnMachine.Input {
        let error = StageError(.unreachable, stage: "test", message: "down")
        return switch row {
        case .started: .started
        case .speechStarted: .speechStarted(heard: "")
        case .speechDiscarded: .speechDiscarded
        case .speechEnded: .speechEnded(1, speech: .seconds(1), silence: .milliseconds(800))
        case .transcribedWords: .transcribed(1, Transcript(text: "What time is it?"))
        case .transcribedNothing: .transcribed(1, Transcript(text: ""))
        case .transcriptionFailed: .transcriptionFailed(1, error)
        case .replyText: .replyPart(reply, .text("It is ten. "))
        case .replyTool: .replyPart(reply, .toolStarted("clock"))
        case .replyHangUp: .replyPart(reply, .hangUp)
        case .replyEnded: .replyEnded(reply)
        case .replyFailed: .replyFailed(reply, error)
        case .audioStarted: .audioStarted(SpokenLine(number: 2, text: "It is ten.", kind: .reply))
        case .sampleSent: .sampleSent(at: .zero)
        case .textToSpeechFailed: .textToSpeechFailed(error)
        case .playbackFinished: .playbackFinished
        case .digit: .digit("5")
        case .held: .flowChanged(.held)
        case .listening: .flowChanged(.listening)
        case .open: .flowChanged(.open)
        case .timeout: .timeout(heard: "")
        case .callEnded: .callEnded(heard: "")
        }
    }

    private static func machine(_ start: Start) -> (machine: TurnMachine, now: Instant) {
        let rows: [Row] =
            switch start {
            case .beginning: []
            case .listening: [.started, .playbackFinished]
            case .callerSpeaking: [.started, .playbackFinished, .speechStarted]
            case .transcribing: [.started, .playbackFinished, .speechStarted, .speechEnded]
            case .replying: [.started, .playbackFinished, .speechStarted, .speechEnded, .transcribedWords]
            case .speaking:
                [.started, .playbackFinished, .speechStarted, .speechEnded, .transcribedWords, .replyText]
            case .held: [.started, .playbackFinished, .speechStarted, .speechEnded, .transcribedWords, .held]
            // Nobody speaks, and is asked twice for it.
            case .farewell:
                [.started, .playbackFinished] + [.timeout, .playbackFinished, .timeout, .playbackFinished, .timeout]
            case .ended: [.started, .callEnded]
            }
        var machine = TurnMachine(settings: ConversationSettings(), opening: .greeting("Hello."))
        var now = Instant.zero
        for row in rows {
            now = row == .timeout ? machine.deadline ?? now : now + .milliseconds(100)
            _ = machine.handle(Self.input(row, reply: machine.state.reply?.number ?? 2), now: now)
        }
        return (machine, now)
    }

    private static func name(_ action: TurnMachine.Action) -> String? {
        switch action {
        case .transcribe: "transcribe"
        case .dropUtterance: "drop the utterance"
        case .cancelTranscriptions: "cancel transcriptions"
        case .requestReply: "ask the model"
        case .cancelReply: "cancel the reply"
        case .speak(let line): "say “\(line.text)”"
        case .stopSpeaking: "stop speaking"
        case .beep: "beep"
        case .report(.digit): "report the digit"
        case .report: nil
        case .end(let ending): "end: \(ending.reason)"
        }
    }
}

extension TurnMachine.State {
    fileprivate var name: String {
        switch self {
        case .beginning: "beginning"
        case .listening: "listening"
        case .callerSpeaking: "callerSpeaking"
        case .transcribing: "transcribing"
        case .replying: "replying"
        case .speaking: "speaking"
        case .held: "held"
        case .farewell: "farewell"
        case .ended: "ended"
        }
    }
}
