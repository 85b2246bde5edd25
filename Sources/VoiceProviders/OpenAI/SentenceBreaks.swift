/// Turns the empty lines of a streamed text into ends of sentences, as they are heard.
///
/// A model that used a tool goes on with "\n\n"; without a break "Let me check\n\nThe light is on" would be spoken in
/// one breath. White space at the start of a reply is dropped. Deltas may be cut anywhere; nothing that a listener
/// could act upon is held back, so "Let me check. " can be spoken while the tool is still at work.
struct SentenceBreaks: Sendable {
    private var newlines = 0
    private var last: Character?
    private var beforeLast: Character?

    /// Takes the next words and gives what is to be passed on.
    mutating func receive(_ text: String) -> String {
        var result = ""
        for character in text {
            if character.isNewline {
                self.newlines += 1
                if self.newlines == 1, self.last != nil, self.endsSentence { result.append("\n") }
            } else if character.isWhitespace {
                if self.newlines == 0, self.last != nil { result.append(character) }
            } else {
                if self.last != nil, !self.endsSentence {
                    if self.newlines >= 2 { result.append(".") }
                    if self.newlines >= 1 { result.append("\n") }
                }
                self.newlines = 0
                result.append(character)
                self.beforeLast = self.last
                self.last = character
            }
        }
        return result
    }

    private var endsSentence: Bool {
        guard let last = self.last else { return true }
        if Self.ends.contains(last) { return true }
        guard Self.closers.contains(last), let beforeLast = self.beforeLast else { return false }
        return Self.ends.contains(beforeLast)
    }

    private static let ends: Set<Character> = [".", "!", "?", "…", ":", ";", "。", "！", "？"]
    private static let closers: Set<Character> = ["\"", "'", ")", "]", "”", "’", "»", "*", "_", "`"]
}
