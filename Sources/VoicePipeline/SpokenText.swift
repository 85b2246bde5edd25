internal import CoreTypes

/// Makes written text speakable: no markdown, emoji, addresses or code, and units in words.
///
/// It takes a text in pieces, since a block of code may begin in one sentence and end in another.
public struct SpokenText: Sendable {
    private var isInCode = false

    /// Makes a cleaner at the beginning of a text.
    public init() {}

    /// Cleans a whole text.
    public static func clean(_ text: String) -> String {
        var cleaner = SpokenText()
        return cleaner.clean(text)
    }

    /// Cleans the next piece; the result is empty when it holds nothing to be said.
    public mutating func clean(_ piece: String) -> String {
        var lines: [String] = []
        // Control characters, directions and hidden letters first: none of them may reach text to speech, nor split a mark here.
        let piece = PlainText.lines(piece, limit: SpokenText.longest)
        for line in self.withoutCode(piece).split(whereSeparator: \.isNewline) {
            guard let plain = SpokenText.withoutBlockMarkup(line) else { continue }
            var text = SpokenText.withoutAddresses(SpokenText.withoutLinks(plain))
            text = SpokenText.withoutInlineMarkup(text)
            text = Units.spoken(text)
            text = SpokenText.collapsed(text)
            if !text.isEmpty { lines.append(text) }
        }
        let joined = SpokenText.joined(lines)
        return joined.contains(where: { $0.isLetter || $0.isNumber }) ? joined : ""
    }

    // MARK: - Code and blocks

    private mutating func withoutCode(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let fence = SpokenText.firstRange(of: "```", in: rest) {
            if !self.isInCode { result += rest[..<fence.lowerBound] + "\n" }
            self.isInCode.toggle()
            rest = rest[fence.upperBound...]
        }
        return self.isInCode ? result : result + rest
    }

    /// A line without the marks of headings, quotes, lists and tables; `nil` when it is but a rule.
    private static func withoutBlockMarkup(_ line: Substring) -> String? {
        var rest = line.drop { $0.isWhitespace }
        while let first = rest.first, first == "#" || first == ">" {
            let marked = rest.drop { $0 == first }
            guard marked.isEmpty || marked.first?.isWhitespace == true else { break }
            rest = marked.drop { $0.isWhitespace }
        }
        if let first = rest.first, "-*+•–".contains(first), rest.dropFirst().first?.isWhitespace == true {
            rest = rest.dropFirst().drop { $0.isWhitespace }
        }
        if rest.hasPrefix("[ ] ") || rest.hasPrefix("[x] ") { rest = rest.dropFirst(4) }
        guard rest.contains(where: { !"-=_*|: \t".contains($0) }) else { return nil }
        guard rest.first == "|" else { return String(rest) }
        let cells = rest.split(separator: "|").map { String($0.drop { $0.isWhitespace }) }.filter { !$0.isEmpty }
        return cells.joined(separator: ", ")
    }

    // MARK: - Links and addresses

    /// `[words](address)` becomes its words; so does an image.
    private static func withoutLinks(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let middle = firstRange(of: "](", in: rest) {
            guard let close = rest[middle.upperBound...].firstIndex(of: ")"),
                let open = rest[..<middle.lowerBound].lastIndex(of: "[")
            else { break }
            var before = rest[..<open]
            if before.last == "!" { before.removeLast() }
            result += before + rest[rest.index(after: open)..<middle.lowerBound]
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// An address on the web becomes "a link"; a tag of HTML goes.
    private static func withoutAddresses(_ text: String) -> String {
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let start = ["https://", "http://", "www."].compactMap { firstRange(of: $0, in: word)?.lowerBound }.min()
            guard let start else {
                words.append(String(word))
                continue
            }
            let trailing = word.reversed().prefix { ".,;:!?)>\"'".contains($0) }.filter { $0 != ">" && $0 != "<" }
            let leading = word[..<start].filter { $0 != "<" }
            words.append(leading + "a link" + String(trailing.reversed()))
        }
        return self.withoutTags(words.joined(separator: " "))
    }

    private static func withoutTags(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "<") {
            let inside = rest[rest.index(after: open)...]
            guard let first = inside.first, first.isLetter || first == "/",
                let close = inside.prefix(61).firstIndex(of: ">")
            else {
                // An angle bracket that stands alone compares; others are what is left of tags.
                let isAlone = rest[..<open].last.map(\.isWhitespace) ?? false && inside.first?.isWhitespace == true
                result += rest[..<open] + (isAlone ? "<" : " ")
                rest = inside
                continue
            }
            result += rest[..<open] + " "
            rest = rest[rest.index(after: close)...]
        }
        let pieces = (result + rest).split(separator: ">", omittingEmptySubsequences: false)
        return pieces.dropFirst().reduce(into: String(pieces.first ?? "")) { text, piece in
            let isAlone = text.last?.isWhitespace == true && piece.first?.isWhitespace == true
            text += (isAlone ? ">" : " ") + piece
        }
    }

    // MARK: - Marks and pictures

    private static func withoutInlineMarkup(_ text: String) -> String {
        var result = ""
        var previous: Character = " "
        var repeats = 0
        for character in text {
            repeats = character == previous ? repeats + 1 : 0
            if repeats >= SpokenText.mostRepeats, !character.isNumber { continue }
            switch character {
            case "*", "`": break
            // snake_case reads better as two words; emphasis goes altogether.
            case "_": if previous.isLetter || previous.isNumber { result.append(" ") }
            case "→", "⇒": result += " to "
            case "“", "”", "„", "«", "»": result.append("\"")
            case "’", "‘": result.append("'")
            case "—": result += ", "
            default: if !SpokenText.isPicture(character) { result.append(character) }
            }
            previous = character
        }
        return result.replacing("~~", with: "")
    }

    private static func isPicture(_ character: Character) -> Bool {
        character.unicodeScalars.contains { scalar in
            switch scalar.value {
            case 0xFE0F, 0x20E3, 0x200D: true
            case 0x2190...0x21FF, 0x2300...0x23FF, 0x2500...0x27BF, 0x2B00...0x2BFF: true
            default: scalar.properties.isEmojiPresentation || (0x1F000...0x1FAFF).contains(scalar.value)
            }
        }
    }

    /// One space between words, none before a mark.
    private static func collapsed(_ text: String) -> String {
        var result = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            let isMark = word.allSatisfy { ".,;:!?".contains($0) }
            if isMark, result.last.map({ ".,;:!?".contains($0) }) ?? true { continue }
            if !result.isEmpty, !isMark { result.append(" ") }
            result += word
        }
        return result
    }

    /// A line end is the end of a sentence.
    private static func joined(_ lines: [String]) -> String {
        var result = ""
        for line in lines {
            if let last = result.last { result += ".,;:!?\"".contains(last) ? " " : ". " }
            result += line
        }
        return result
    }

    /// More than this in one piece is nothing that anybody wants to hear; a chunker cuts much sooner.
    private static let longest = 4_000
    /// How often one sign may follow itself: text to speech would say each.
    private static let mostRepeats = 4

    static func firstRange(of wanted: String, in text: Substring) -> Range<Substring.Index>? {
        guard let first = wanted.first else { return nil }
        var start = text.startIndex
        while let found = text[start...].firstIndex(of: first) {
            if text[found...].hasPrefix(wanted) {
                return found..<text.index(found, offsetBy: wanted.count)
            }
            start = text.index(after: found)
        }
        return nil
    }
}
