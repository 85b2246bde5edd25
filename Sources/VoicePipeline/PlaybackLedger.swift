internal import CoreTypes

/// Which line lies where on the playback position of a port: tells what was heard when it is stopped.
struct PlaybackLedger: Sendable {
    private struct Entry {
        var line: SpokenLine
        var start: Duration
        var end: Duration
        var isComplete: Bool
    }
    private var entries: [Entry] = []

    /// Where the first line of a reply begins, if one was begun.
    var replyStart: Duration? {
        self.entries.first { $0.line.kind == .reply }?.start
    }

    /// The first audio of a line is written at a position.
    mutating func begin(_ line: SpokenLine, at position: Duration) {
        self.entries.append(Entry(line: line, start: position, end: position, isComplete: false))
    }

    /// More audio of the latest line was written, up to a position; what follows a complete line is a signal.
    mutating func extend(to position: Duration) {
        guard let last = self.entries.indices.last, !self.entries[last].isComplete else { return }
        self.entries[last].end = position
    }

    /// All audio of the latest line was written.
    mutating func complete() {
        guard let last = self.entries.indices.last else { return }
        self.entries[last].isComplete = true
    }

    /// Forgets everything: it was heard, or dropped.
    mutating func removeAll() {
        self.entries.removeAll()
    }

    /// The words of replies that have left up to a position, cut off between words.
    func heard(at played: Duration) -> String {
        var texts: [String] = []
        for entry in self.entries where entry.line.kind == .reply {
            if entry.isComplete, played >= entry.end {
                texts.append(entry.line.text)
            } else if played > entry.start {
                let heard = (played - entry.start).inSeconds
                // The length of a sentence that is still being made is not known; people speak 15 characters a second.
                let whole = entry.isComplete ? (entry.end - entry.start).inSeconds : Double(entry.line.text.count) / 15
                let cut = PlaybackLedger.prefix(of: entry.line.text, share: whole > 0 ? heard / whole : 0)
                if !cut.isEmpty { texts.append(cut) }
            }
        }
        return texts.joined(separator: " ")
    }

    /// The words that fit wholly into a share of a text.
    static func prefix(of text: String, share: Double) -> String {
        guard share < 1 else { return text }
        let count = Int(max(0, share) * Double(text.count))
        let prefix = text.prefix(count)
        guard count < text.count, text[prefix.endIndex] != " " else { return String(prefix) }
        guard let space = prefix.lastIndex(of: " ") else { return "" }
        return String(prefix[..<space])
    }
}
