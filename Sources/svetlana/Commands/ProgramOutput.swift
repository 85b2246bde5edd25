import ArgumentParser
import Foundation

/// What a command of this program prints with `--json`: one object on one line. The envelope is that of `sipctl`; the
/// command's own keys stand beside it (Docs/JSON.md).
struct ProgramOutput<Body: Encodable & Sendable>: Encodable, Sendable {
    /// The command, such as `check`.
    var command: String
    /// How it ended.
    var status: ExitStatus
    /// What happened, one sentence.
    var summary: String
    /// What to do, the likeliest first.
    var advice: [String] = []
    /// What was learned on the way.
    var remarks: [String] = []
    /// The command's own keys; an object, or `nil` when there are none.
    var body: Body?

    private enum Key: String, CodingKey {
        case schema, program, command, ok, outcome, exitCode, summary, advice, remarks
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .schema)
        try container.encode("svetlana", forKey: .program)
        try container.encode(self.command, forKey: .command)
        try container.encode(self.status == .success, forKey: .ok)
        try container.encode(self.status.word, forKey: .outcome)
        try container.encode(self.status.rawValue, forKey: .exitCode)
        try container.encode(self.summary, forKey: .summary)
        try container.encode(self.advice, forKey: .advice)
        try container.encode(self.remarks, forKey: .remarks)
        // Into the same object: keys of the command beside those of the envelope.
        try self.body?.encode(to: encoder)
    }
}

/// The body of an output that has no keys of its own.
struct NoKeys: Encodable, Sendable {}
