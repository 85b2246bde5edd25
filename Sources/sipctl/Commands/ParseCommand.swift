import ArgumentParser
import Foundation
import SIPCore
import SIPDiagnostics

/// `sipctl parse`: is this a SIP message, and where is it wrong?
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show the structure of a SIP message in a file, or point at the byte that is wrong.",
        discussion: "The file holds one message as it was on the wire, line ends and all. Passwords and digest "
            + "responses are masked."
    )

    @Argument(help: "A file with one message as it was on the wire; - for standard input.")
    var file: String

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let data =
            self.file == "-"
            ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: self.file)
        let finding = ParseFinding(of: data.map { Array($0) }, in: self.file)
        print(self.json ? try finding.json() : finding.text)
        guard finding.verdict == .succeeded else { throw finding.verdict.exitCode }
    }
}

/// What `sipctl parse` found: for a person as text, for a program as one JSON object.
struct ParseFinding: Encodable, Sendable {
    let file: String
    let verdict: Verdict
    let summary: String
    let anatomy: MessageAnatomy?

    private enum Key: String, CodingKey {
        case schema, program, command, target, ok, outcome, exitCode, summary, advice, remarks, message
    }

    /// Looks at the bytes of a file; `nil` when it cannot be read.
    init(of bytes: [UInt8]?, in file: String) {
        self.file = Redaction.line(file)
        self.anatomy = bytes.map { MessageAnatomy($0) }
        if let fault = self.anatomy?.fault {
            let header = fault.header.map { "\($0): " } ?? ""
            self.verdict = .malformed
            self.summary = "line \(fault.line), column \(fault.column): \(header)\(fault.message)"
        } else {
            self.verdict = bytes == nil ? .failed : .succeeded
            self.summary = bytes == nil ? "cannot read \(self.file)" : "a SIP message"
        }
    }

    /// What is wrong and is borne, a line each.
    var remarks: [String] { self.anatomy?.remarks.map(\.text) ?? [] }

    /// The structure, or the line at fault with a caret under the byte.
    var text: String {
        self.anatomy?.text ?? "FAILED: \(self.summary)"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .schema)
        try container.encode("sipctl", forKey: .program)
        try container.encode("parse", forKey: .command)
        try container.encode(self.file, forKey: .target)
        try container.encode(self.verdict == .succeeded, forKey: .ok)
        try container.encode(self.verdict.word, forKey: .outcome)
        try container.encode(self.verdict.rawValue, forKey: .exitCode)
        try container.encode(self.summary, forKey: .summary)
        try container.encode([String](), forKey: .advice)
        try container.encode(self.remarks, forKey: .remarks)
        try container.encodeIfPresent(self.anatomy, forKey: .message)
    }

    /// One JSON object on one line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
