import Foundation
import Testing

@testable import svetlana

/// The example file is what people begin with, so what it says is true.
@Suite struct ConfigurationExampleTests {
    private static let lines: [String] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../svetlana.example.yaml")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }()

    private func parse(_ lines: [String]) throws -> BotConfiguration {
        try BotConfiguration.parse(lines.joined(separator: "\n"), file: "svetlana.example.yaml") { _ in "secret" }
    }

    /// A line with a default, such as `  #port: 5060`, without its mark; nil for other lines.
    private func uncommented(_ line: String) -> String? {
        guard let match = line.wholeMatch(of: /(\s*)#([a-z_]+:.*)/) else { return nil }
        return String(match.1 + match.2)
    }

    @Test func `it can be used once it is filled in`() throws {
        let configuration = try self.parse(Self.lines)
        var expected = BotConfiguration()
        expected.owner = .init(name: "Ann", extension: "100")
        expected.sip.pbx = .init(host: "192.168.1.10", port: nil)
        expected.sip.extension = "200"
        expected.sip.authenticationID = "Xq3dK9"
        expected.sip.password = Secret("secret")
        expected.sip.register = true
        expected.textToSpeech.voice = "rms"
        #expect(configuration == expected)
    }

    @Test func `the defaults that it shows are the defaults`() throws {
        let defaults = Self.lines.compactMap { self.uncommented($0) }
        #expect(defaults.count >= 25)
        let without = try self.parse(Self.lines)
        #expect(try self.parse(Self.lines.map { self.uncommented($0) ?? $0 }) == without)
    }

    @Test func `each alternative that it shows can be used`() throws {
        var section = ""
        var blocks: [[String]] = []
        var isInBlock = false
        for line in Self.lines {
            if let match = line.wholeMatch(of: /([a-z_]+):.*/) { section = String(match.1) }
            guard let match = line.wholeMatch(of: /\s\s#\s\s\s([a-z_]+:.*)/) else {
                isInBlock = false
                continue
            }
            if !isInBlock { blocks.append(["\(section):"]) }
            isInBlock = true
            blocks[blocks.count - 1].append("  " + match.1)
        }
        #expect(blocks.count >= 10)
        for block in blocks { #expect(throws: Never.self, "\(block)") { try self.parse(block) } }
    }

    @Test func `every key of every section is in it`() throws {
        let text = Self.lines.joined(separator: "\n")
        let error = #expect(throws: ConfigurationError.self) {
            try BotConfiguration.parse(
                Self.sections.map { "\($0): {zzzzzzzzzzzz: 1}" }.joined(separator: "\n"),
                readSecret: { _ in "" }
            )
        }
        let problems = error?.problems ?? []
        #expect(problems.count == Self.sections.count)
        for problem in problems {
            let keys = try #require(problem.message.split(separator: "known here are ").last)
            for key in keys.split(separator: ", ") where !text.contains("\(key):") {
                // A secret's own key stands beside that of its file.
                #expect(
                    text.contains("\(key)_file:") || key == "api_key" || key == "api_key_file",
                    "\(problem.key): \(key)"
                )
            }
        }
    }

    private static let sections = [
        "owner", "sip", "trunk", "dial", "speech_to_text", "model", "text_to_speech", "home_assistant", "conversation",
        "report", "control", "recording", "log",
    ]
}
