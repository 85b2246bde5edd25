import CallCore
import CoreTypes
import Synchronization
import Testing
import VoicePipeline

@testable import svetlana

/// The lines of a conversation, and the calls in progress.
@Suite(.timeLimit(.minutes(1))) struct CallJournalTests {
    private func follow(
        _ events: [ConversationEvent],
        failed: @Sendable (StageError, CallJournal.Record) -> Void = { _, _ in }
    ) async -> (record: CallJournal.Record, lines: [String]) {
        let queue = EventQueue<ConversationEvent>(capacity: 64, losing: .newest)
        for event in events { queue.append(event) }
        queue.finish()
        let lines = Mutex<[String]>([])
        let journal = CallJournal(write: { line in lines.withLock { $0.append(line) } })
        let record = await journal.follow(queue, failed: failed)
        return (record, lines.withLock { $0 })
    }

    @Test func `what was said is the transcript, what happened only a line`() async {
        let (record, lines) = await self.follow([
            .saying("Hello."), .speechStarted, .heard(Transcript(text: "what time is it")),
            .asked(Turn(text: "what time is it", number: 1)), .toolStarted("clock"), .toolFinished("clock"),
            .saying("It is\u{1B}[2J noon."), .interrupted(heard: "It is"), .heard(Transcript(text: "")),
        ])
        #expect(record.transcript.count == 4)
        #expect(record.transcript.first == "svetlana: Hello.")
        #expect(record.transcript.last == "caller: (unintelligible)")
        #expect(record.turns == 1)
        #expect(lines.filter { $0.hasPrefix("(") } == ["(uses clock)", "(interrupted after \"It is\")"])
        // Nothing that a stage gives can move a cursor.
        #expect(!lines.joined().contains("\u{1B}"))
    }

    @Test func `a failure is reported with what was said before, eight pieces at most`() async {
        let texts = (1...12).map { "sentence \($0)" }
        let error = StageError(.timeout, stage: "text to speech", message: "late")
        let told = Mutex<[(StageError, CallJournal.Record)]>([])
        let (record, lines) = await self.follow(texts.map { .saying($0) } + [.apology(error), .apology(error)]) {
            error,
            record in
            told.withLock { $0.append((error, record)) }
        }
        #expect(told.withLock { $0.map { $0.0 } } == [error, error])
        #expect(told.withLock { $0.map { $0.1.speechFailures } } == [1, 2])
        #expect(told.withLock { $0.first?.1.spoken } == Array(texts.suffix(8)))
        #expect(record.transcript.count == 12)
        #expect(lines.last == "(text to speech: late)")
    }

    @Test func `the calls in progress end with whom asked first`() {
        let directory = CallDirectory()
        let ended = Mutex<[UInt64]>([])
        for number in [3, 1, 2] as [UInt64] {
            directory.begin(number, number == 1 ? .outgoing : .incoming, party: "…\(number)") {
                ended.withLock { $0.append(number) }
            }
        }
        #expect(directory.activity.calls.map(\.call) == [1, 2, 3])
        #expect(directory.activity.calls.map(\.direction) == [.outgoing, .incoming, .incoming])
        #expect(directory.hangUp([2, 9], .command) == [2])
        #expect(ended.withLock { $0 } == [2])
        // Who asked first is who ended it.
        directory.note(.stopping)
        #expect(directory.end(2) == .command)
        #expect(directory.end(3) == .stopping)
        #expect(directory.end(3) == nil)
        #expect(directory.hangUp(nil, .command) == [1])
        #expect(directory.activity.calls.map(\.call) == [1])
    }

    @Test func `failures are counted, and the oldest of too many kinds are forgotten`() {
        let directory = CallDirectory()
        for number in 0..<40 { directory.note("trouble \(number)") }
        for _ in 0..<3 { directory.note("trouble 39") }
        let problems = directory.activity.problems
        #expect(problems.count == 16)
        #expect(problems.first?.text == "trouble 39")
        #expect(problems.first?.count == 4)
        #expect(!problems.contains { $0.text == "trouble 0" })
    }
}
