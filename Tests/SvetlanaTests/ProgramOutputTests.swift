import ArgumentParser
import CoreTypes
import Foundation
import ProgramFrame
import ProgramTestKit
import Testing
import VoicePipeline

@testable import svetlana

/// What `--json` prints is what Docs/JSON.md says, and how the help is laid out.
@Suite struct ProgramOutputTests {
    private let schema: JSONSchema

    init() throws { self.schema = try JSONSchema() }

    private func text(_ output: some Encodable) throws -> String {
        String(decoding: try ControlCodec.line(output).dropLast(), as: UTF8.self)
    }

    @Test(arguments: svetlana.ExitStatus.allCases) func theEnvelopeIsAsDocumented(status: svetlana.ExitStatus) throws {
        let output = ProgramOutput<NoKeys>(
            command: "check",
            status: status,
            summary: "a line\nand another",
            advice: ["try"],
            remarks: ["seen"]
        )
        let text = try self.text(output)
        #expect(self.schema.problems(in: text, of: "", hasBody: false) == [])
        #expect(text.contains("\"exitCode\":\(status.rawValue)") && text.contains("\"outcome\":\"\(status.word)\""))
    }

    // Latencies are numbers in milliseconds.
    @Test func theDemoIsAsDocumented() throws {
        var latency = TurnLatency(turn: 1, endpoint: .milliseconds(820))
        let plain = DemoReport.Turn(latency)
        latency.transcript = .milliseconds(950)
        latency.firstToken = .milliseconds(1_000)
        latency.firstSentence = .milliseconds(1_010)
        latency.firstAudio = .milliseconds(1_200)
        latency.firstSampleSent = .milliseconds(1_220)
        let body = DemoReport(
            wav: "a.wav",
            durationMilliseconds: 12_345.5,
            transcript: ["caller: hello"],
            heardByPhone: ["hello"],
            turns: [plain, DemoReport.Turn(latency)]
        )
        let text = try self.text(ProgramOutput(command: "demo", status: .success, summary: "done", body: body))
        #expect(self.schema.problems(in: text, of: "svetlana demo") == [])
        #expect(text.contains("\"firstAudioMilliseconds\":1200"))
    }

    @Test func aCheckIsAsDocumented() throws {
        var report = CheckReport()
        report.lines = [
            .ok("configuration", "a.yaml"), .failed("registration", "refused", advice: ["try"], .wrongCredentials),
        ]
        #expect(self.schema.problems(in: try self.text(report.output), of: "svetlana check") == [])
    }

    @Test func aCallIsAsDocumented() throws {
        for result in CallOutcome.Result.allCases {
            var outcome = CallOutcome(result: result, detail: "what happened", transcript: ["svetlana: hello"])
            for seconds in [nil, 12.5] {
                outcome.seconds = seconds
                outcome.answeredBy = seconds.map { _ in "192.0.2.1:5060" }
                let output = ProgramOutput(
                    command: "call",
                    status: outcome.exitStatus,
                    summary: outcome.detail,
                    body: CallReport(outcome)
                )
                #expect(self.schema.problems(in: try self.text(output), of: "svetlana call") == [])
            }
        }
    }

    @Test func statusAndHangupAreAsDocumented() throws {
        let call = BotActivity.CallInProgress(
            call: 7,
            direction: .incoming,
            party: "…1",
            isAnswered: true,
            durationMilliseconds: 1_200,
            codec: "PCMU"
        )
        let status = StatusReport(
            registration: "registered as 200",
            isRegistered: true,
            registersAtAll: true,
            uptimeSeconds: 60,
            callsServed: 2,
            calls: [call],
            problems: [.init(text: "speech to text failed", count: 2, lastAgoMilliseconds: 4_000)]
        )
        let output = ProgramOutput(command: "status", status: .success, summary: status.summary, body: status)
        #expect(self.schema.problems(in: try self.text(output), of: "svetlana status") == [])
        let hangup = ProgramOutput(
            command: "hangup",
            status: .success,
            summary: "1 call ended",
            body: HangupReport(ended: [7])
        )
        #expect(self.schema.problems(in: try self.text(hangup), of: "svetlana hangup") == [])
    }

    @Test func everyCommandHasItsSection() {
        for command in Svetlana.configuration.subcommands {
            let name = command.configuration.commandName ?? ""
            #expect(self.schema.names.contains("svetlana \(name)"), "\(name)")
        }
    }

    @Test(arguments: [
        ["call", "--json"], ["check", "--json", "x"], ["nonsense", "--json"], ["demo", "--json", "--host", "nowhere"],
        ["run", "--json", "--drain", "-1"],
    ])
    func aUsageErrorIsJSONToo(arguments: [String]) throws {
        var thrown: (any Error)?
        do { _ = try Svetlana.parseAsRoot(arguments) } catch { thrown = error }
        let error = try #require(thrown)
        let ending = Svetlana.program.ending(error, arguments)
        let output = try #require(ending)
        #expect(output.code.rawValue == 64)
        #expect(self.schema.problems(in: output.text, of: "", hasBody: false) == [])
        #expect(output.text.contains("\"outcome\":\"usage\"") && output.text.contains("\"program\":\"svetlana\""))
    }

    @Test(arguments: [
        ["--help"], ["run", "--help"], ["call", "--help"], ["check", "--help"], ["demo", "--help"], [],
    ])
    func theHelpBeginsWithTheUsageAndHasTheCodesOnce(arguments: [String]) throws {
        var thrown: (any Error)?
        do {
            var command = try Svetlana.parseAsRoot(arguments)
            try command.run()
        } catch { thrown = error }
        let error = try #require(thrown)
        let ending = Svetlana.program.ending(error, arguments)
        let text = try #require(ending).text
        #expect(text.hasPrefix("USAGE: svetlana"))
        #expect(text.ranges(of: "EXIT CODES:").count == 1 && text.hasSuffix(svetlana.ExitStatus.table))
    }

    @Test func bothProgramsHaveOneVersion() {
        #expect(Svetlana.configuration.version == ProgramVersion.text && Product.name.hasSuffix(ProgramVersion.text))
    }
}
