/// What a server said of its own failure, as one short line.
struct ServerComplaint: Sendable, Equatable {
    /// The line; empty when the server said nothing.
    var message: String

    /// Longest line that is passed on.
    static let maximumLength = 240

    /// Reads the usual shapes: OpenAI's `error.message`, FastAPI's `detail`, plain text.
    init(_ body: some Collection<UInt8>) {
        if let json = JSONValue(body) {
            self.message = Self.line(Self.text(in: json) ?? "")
        } else {
            let text = String(decoding: body, as: UTF8.self)
            self.message = text.contains("<") ? "" : Self.line(text)
        }
    }

    private static func text(in json: JSONValue) -> String? {
        if let text = json.string { return text }
        if let first = json.array?.first { return Self.text(in: first) }
        for name in ["message", "msg", "error", "detail"] {
            if let value = json[name], let text = Self.text(in: value) { return text }
        }
        return nil
    }

    /// Makes any text fit into one line of a log: no control characters, no long runs of space.
    static func line(_ text: String) -> String {
        let words = text.prefix(4 * Self.maximumLength).split { $0.isWhitespace || $0.isNewline }
        let line = words.joined(separator: " ").filter { character in
            character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        }
        return line.count > Self.maximumLength ? line.prefix(Self.maximumLength) + "…" : line
    }
}
