/// How the help is laid out: first how the command is used, then what it does, its arguments and options, and at the end the
/// exit codes.
package enum HelpText {
    /// The argument parser's help in that order, with the exit codes once.
    package static func arranged(_ text: String, exitCodes: String) -> String {
        guard let start = text.firstRange(of: "\nUSAGE: ") else { return text + "\n\n" + exitCodes }
        let described = text[..<start.lowerBound]
        let overview = Self.trimmed(
            described[..<(described.firstRange(of: "EXIT CODES:")?.lowerBound ?? described.endIndex)]
        )
        let rest = text[text.index(after: start.lowerBound)...]
        let end = rest.firstRange(of: "\n\n")?.lowerBound ?? rest.endIndex
        return [Self.trimmed(rest[..<end]), overview, Self.trimmed(rest[end...]), exitCodes]
            .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// What stands in a command's description: for the manual, which knows no other place, with the exit codes.
    package static func discussion(
        _ text: String,
        exitCodes: String,
        arguments: [String] = CommandLine.arguments
    ) -> String {
        guard arguments.contains("--experimental-dump-help") else { return text }
        return [text, exitCodes].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isNewline == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
