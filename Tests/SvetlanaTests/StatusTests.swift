import CallCore
import CoreTypes
import Foundation
import Synchronization
import Telephony
import Testing

@testable import svetlana

/// `svetlana status` and `svetlana hangup`.
@Suite struct StatusTests {
    private static let calls = [
        BotActivity.CallInProgress(
            call: 7,
            direction: .incoming,
            party: "…0 (Ann)",
            isAnswered: true,
            durationMilliseconds: 39_400,
            codec: "opus"
        ),
        BotActivity.CallInProgress(
            call: 8,
            direction: .outgoing,
            party: "…1",
            isAnswered: false,
            durationMilliseconds: 3_000,
            codec: nil
        ),
    ]
    private static func report(_ activity: BotActivity) -> StatusReport {
        StatusReport(
            registration: "registered for 60 s",
            isRegistered: true,
            registersAtAll: true,
            uptimeSeconds: 7_300,
            callsServed: 1,
            calls: activity.calls,
            problems: activity.problems
        )
    }

    @Test func `a person reads what goes on`() {
        let problem = BotActivity.Problem(text: "text to speech failed: x", count: 3, lastAgoMilliseconds: 12_000)
        let report = Self.report(BotActivity(calls: Self.calls, problems: [problem]))
        #expect(
            report.lines == [
                "registration: registered for 60 s", "running for 2 h, 1 call served",
                "call 7 in from …0 (Ann), 39 s, opus", "call 8 out to …1, ringing for 3 s",
                "what failed within the last hour:", "  text to speech failed: x (3 times, last 12 s ago)",
            ]
        )
        #expect(report.summary == "registered for 60 s; 2 calls in progress")
        let idle = Self.report(BotActivity())
        #expect(idle.lines.contains("no call in progress") && idle.lines.last == "nothing failed within the last hour")
    }

    @Test func `a program reads numbers as numbers`() throws {
        let report = Self.report(BotActivity(calls: Self.calls))
        let output = ProgramOutput(command: "status", status: .success, summary: report.summary, body: report)
        let json = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(output)) as? [String: Any]
        )
        #expect(json["ok"] as? Bool == true && json["exitCode"] as? Int == 0 && json["command"] as? String == "status")
        let calls = try #require(json["calls"] as? [[String: Any]])
        #expect(calls[0]["call"] as? Int == 7 && calls[0]["durationMilliseconds"] as? Int == 39_400)
        #expect(calls[0]["direction"] as? String == "incoming" && calls[1]["codec"] == nil)
        #expect(json["uptimeSeconds"] as? Int == 7_300)
    }

    @Test func `which call is meant`() throws {
        #expect(try HangupCommand.choose(8, all: false, among: Self.calls) == [8])
        #expect(try HangupCommand.choose(nil, all: true, among: Self.calls) == [7, 8])
        #expect(try HangupCommand.choose(nil, all: true, among: []).isEmpty)
        #expect(try HangupCommand.choose(nil, all: false, among: [Self.calls[0]]) == [7])
        #expect(throws: Failure.self) { try HangupCommand.choose(nil, all: false, among: Self.calls) }
        #expect(throws: Failure.self) { try HangupCommand.choose(nil, all: false, among: []) }
        let missing = #expect(throws: Failure.self) { try HangupCommand.choose(9, all: false, among: Self.calls) }
        #expect(missing?.description.contains("there is no call 9; in progress: call 7 in from") == true)
    }

    @Test func `without a bot there is a line and a code of its own`() async {
        let path = NSTemporaryDirectory() + "svetlana-none-\(UUID().uuidString.prefix(8))/control.sock"
        let failure = await #expect(throws: Failure.self) { try await ControlClient.activity(at: path) }
        #expect(failure?.status == .notRunning && failure?.status.rawValue == 3)
        #expect(failure?.description.hasPrefix("no bot is running") == true)
    }

    @Test func `requests and replies travel`() throws {
        for request in [ControlRequest.activity, .hangUp(nil), .hangUp([7, 8]), .status] {
            #expect(try ControlCodec.decode(ControlRequest.self, ControlCodec.line(request).dropLast()) == request)
        }
        for reply in [
            ControlReply.activity(BotActivity(calls: Self.calls)), .hungUp([7]), .hungUp([]),
        ] {
            #expect(try ControlCodec.decode(ControlReply.self, ControlCodec.line(reply).dropLast()) == reply)
            #expect(reply.isFinal)
        }
        // What a client of before sends is read.
        let old = #"{"call":{"_0":{"target":"100","say":"x","oneWay":true,"timeout":5}}}"#
        guard case .call(let call) = try ControlCodec.decode(ControlRequest.self, Array(old.utf8)) else {
            Issue.record("not read")
            return
        }
        #expect(call.hangsUpOnVoicemail == nil && call.problem == nil)
    }

    // MARK: The directory

    @Test func `a call is ended by its number, and who wanted it is known`() {
        let directory = CallDirectory()
        let ended = Ended()
        directory.begin(7, .incoming, party: "…0") { ended.add(7) }
        directory.begin(8, .outgoing, party: "…1") { ended.add(8) }
        #expect(directory.activity.calls.map(\.call) == [7, 8])
        #expect(directory.hangUp([8, 9], .command) == [8])
        #expect(ended.all == [8])
        #expect(directory.end(8) == .command)
        directory.note(.stopping)
        #expect(directory.end(7) == .stopping)
        #expect(directory.activity.calls.isEmpty)
        #expect(directory.hangUp(nil, .command).isEmpty)
    }

    @Test func `failures are counted, and their table is bounded`() {
        let directory = CallDirectory()
        for _ in 0..<3 { directory.note("ears failed") }
        #expect(directory.activity.problems.map(\.count) == [3])
        for number in 0..<1_000 { directory.note("failure \(number)") }
        #expect(directory.activity.problems.count == 16)
    }

    private final class Ended: Sendable {
        private let numbers = Mutex<[Int]>([])
        func add(_ number: Int) { self.numbers.withLock { $0.append(number) } }
        var all: [Int] { self.numbers.withLock { $0 } }
    }
}
