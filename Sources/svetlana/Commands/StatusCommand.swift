import ArgumentParser
import CoreTypes

/// `svetlana status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "What the running bot is doing: registration, calls in progress, what failed lately.",
        discussion: """
            Asks the running bot by its control socket, as the user that it runs as, and changes nothing. Numbers are shown
            by log.redact of the running bot.
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.common.json) {
            let path = try self.common.read().control.socket
            let activity = try await ControlClient.activity(at: path)
            let status = try await BotStatus.ask(at: path)
            let report = StatusReport(status, activity)
            if self.common.json {
                print(
                    json: ProgramOutput(command: "status", status: .success, summary: report.summary, body: report)
                )
            } else {
                for line in report.lines { print(line) }
            }
        }
    }
}

/// What `svetlana status` shows: the keys of its JSON beside the envelope, and the lines for a person.
struct StatusReport: Encodable, Sendable {
    let registration: String
    let isRegistered: Bool
    let registersAtAll: Bool
    let uptimeSeconds: Int64
    let callsServed: Int
    let calls: [BotActivity.CallInProgress]
    let problems: [BotActivity.Problem]

    /// One sentence.
    var summary: String {
        let calls = self.calls.count == 1 ? "1 call in progress" : "\(self.calls.count) calls in progress"
        return "\(self.registersAtAll ? self.registration : "does not register"); \(calls)"
    }

    /// For a person.
    var lines: [String] {
        let served = self.callsServed == 1 ? "1 call served" : "\(self.callsServed) calls served"
        var lines = [
            "registration: \(self.registersAtAll ? self.registration : "none is wanted")",
            "running for \(UptimeWords.of(seconds: self.uptimeSeconds)), \(served)",
        ]
        lines += self.calls.isEmpty ? ["no call in progress"] : self.calls.map(\.line)
        if self.problems.isEmpty {
            lines.append("nothing failed within the last hour")
        } else {
            lines.append("what failed within the last hour:")
            lines += self.problems.map { "  \($0.line)" }
        }
        return lines
    }
}

extension StatusReport {
    /// What a running bot says of itself.
    init(_ status: BotStatus, _ activity: BotActivity) {
        self.init(
            registration: PlainText.line(status.registration, limit: 300),
            isRegistered: status.isRegistered,
            registersAtAll: status.registersAtAll,
            uptimeSeconds: Int64(max(0, min(status.uptime, 1e12))),
            callsServed: status.callsServed,
            calls: activity.calls,
            problems: activity.problems
        )
    }
}
