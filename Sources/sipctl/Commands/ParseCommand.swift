import ArgumentParser
import Foundation
import SIPCore

/// `sipctl parse`: is this a SIP message, and where is it wrong?
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show the structure of a SIP message in a file, or point at the byte that is wrong."
    )

    @Argument(help: "A file with one message as it was on the wire; - for standard input.")
    var file: String

    func run() throws {
        let data =
            self.file == "-"
            ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: self.file)
        guard let data else { throw ValidationError("cannot read \(self.file)") }
        let bytes = Array(data)
        do {
            print(Self.structure(try SIPMessage(bytes)))
        } catch {
            print(Self.pointer(at: error, in: bytes))
            throw Verdict.malformed.exitCode
        }
    }

    /// A line for each part.
    static func structure(_ message: SIPMessage) -> String {
        var lines: [String] = []
        if message.isRequest {
            lines.append("request \(message.method) \(Redaction.line(Redaction.uri(message.requestURIText)))")
        } else {
            lines.append("response \(message.statusCode) \(Redaction.line(message.reasonPhrase))")
        }
        for (name, value) in message.headerLines {
            let whole = Redaction.text(of: Array("\(name): \(value)".utf8)).replacing("\n", with: " ")
            lines.append("  \(whole)")
        }
        let body = message.body
        lines.append(
            body.isEmpty ? "no body" : "body of \(body.count) bytes, \(message.contentType ?? "no Content-Type")"
        )
        return lines.joined(separator: "\n")
    }

    /// The line at fault with a caret under the byte.
    static func pointer(at error: SIPParseError, in bytes: [UInt8]) -> String {
        let offset = min(max(0, error.offset), bytes.count)
        let start = bytes[..<offset].lastIndex(of: 10).map { $0 + 1 } ?? 0
        let end = bytes[offset...].firstIndex(of: 10) ?? bytes.count
        // A long line is cut around the place.
        let first = max(start, offset - 60)
        let last = min(end, offset + 20)
        let shown = bytes[first..<max(first, last)].map {
            (0x20...0x7E).contains($0) ? Character(UnicodeScalar($0)) : "."
        }
        let number = bytes[..<start].count { $0 == 10 } + 1
        let place = "line \(number), column \(offset - start + 1), byte \(offset)"
        let header = error.header.map { " in \($0)" } ?? ""
        return """
            \(place): \(error.message)\(header) (\(error.layer); a server answers \(error.status))
              \(String(shown))
              \(String(repeating: " ", count: offset - first))^
            """
    }
}
