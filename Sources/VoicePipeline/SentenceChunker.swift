/// Cuts a stream of tokens into pieces that can be said: sentences, and a first clause that comes quickly.
///
/// Abbreviations, initials, decimals, times such as "10:15" and dots that trail off do not end a sentence. A decision
/// that needs the next character waits for it.
public struct SentenceChunker: Sendable {
    private let firstClause: Int
    private let laterClause: Int
    private let longest: Int
    private var buffer: [Unicode.Scalar] = []
    /// Everything before this was looked at and ends nothing.
    private var scanned = 0
    private var isFirst = true

    /// Makes a chunker.
    ///
    /// - Parameters:
    ///   - firstClause: The least length at which the first piece may end at a comma, in characters.
    ///   - laterClause: The least length at which another piece may.
    ///   - longest: A piece without any end is cut at a space here.
    public init(firstClause: Int = 25, laterClause: Int = 160, longest: Int = 300) {
        self.firstClause = firstClause
        self.laterClause = laterClause
        self.longest = max(longest, 20)
    }

    /// Takes more text and returns the pieces that are complete, without white space at their ends.
    public mutating func append(_ text: String) -> [String] {
        self.buffer += text.unicodeScalars
        var pieces: [String] = []
        while let end = self.nextEnd() {
            if let piece = self.take(end) { pieces.append(piece) }
        }
        return pieces
    }

    /// Returns what is left at the end of the text.
    public mutating func finish() -> String? {
        self.take(self.buffer.count)
    }

    private mutating func take(_ end: Int) -> String? {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self.buffer[..<end])
        self.buffer.removeFirst(end)
        self.scanned = 0
        var piece = Substring(String(view))
        while piece.first?.isWhitespace == true { piece.removeFirst() }
        while piece.last?.isWhitespace == true { piece.removeLast() }
        guard !piece.isEmpty else { return nil }
        self.isFirst = false
        return String(piece)
    }

    // MARK: - Where a piece ends

    private mutating func nextEnd() -> Int? {
        while self.scanned < self.buffer.count {
            let scalar = self.buffer[self.scanned]
            if SentenceChunker.isNewline(scalar) { return self.scanned + 1 }
            if SentenceChunker.terminators.contains(scalar) {
                guard let verdict = self.sentenceEnd(at: self.scanned) else { return nil }
                if verdict.ends { return verdict.next }
                self.scanned = verdict.next
                continue
            }
            if SentenceChunker.clauseMarks.contains(scalar) {
                guard self.scanned + 1 < self.buffer.count else { return nil }
                let isMark = self.buffer[self.scanned + 1].properties.isWhitespace
                let least = self.isFirst ? self.firstClause : self.laterClause
                if isMark, self.scanned + 1 >= least, self.isClauseMark(at: self.scanned) { return self.scanned + 1 }
            }
            if self.scanned >= self.longest {
                let space = self.buffer[..<self.scanned].lastIndex { $0.properties.isWhitespace } ?? self.scanned
                return space > 0 ? space : self.scanned
            }
            self.scanned += 1
        }
        return nil
    }

    /// A hyphen is a mark only between spaces.
    private func isClauseMark(at index: Int) -> Bool {
        guard self.buffer[index] == "-" else { return true }
        return index > 0 && self.buffer[index - 1].properties.isWhitespace
    }

    /// Whether the run of marks at `index` ends a sentence and where the text goes on; `nil` while that is open.
    private func sentenceEnd(at index: Int) -> (ends: Bool, next: Int)? {
        var end = index
        while end < self.buffer.count, SentenceChunker.terminators.contains(self.buffer[end]) { end += 1 }
        let marks = self.buffer[index..<end]
        while end < self.buffer.count, SentenceChunker.closers.contains(self.buffer[end]) { end += 1 }
        guard end < self.buffer.count else { return nil }
        if marks.contains(where: { SentenceChunker.wideTerminators.contains($0) }) { return (true, end) }
        guard self.buffer[end].properties.isWhitespace else { return (false, end) }
        let trailsOff = marks.allSatisfy { $0 == "." || $0 == "…" } && (marks.count > 1 || marks.first == "…")
        guard trailsOff || marks.elementsEqual(["."]) else { return (true, end) }
        switch trailsOff ? .doubtful : self.word(before: index) {
        case .ordinary: return (true, end)
        case .abbreviation: return (false, end)
        case .beforeNumber:
            guard let next = self.buffer[end...].firstIndex(where: { !$0.properties.isWhitespace }) else { return nil }
            return (!("0"..."9").contains(self.buffer[next]), end)
        case .doubtful:
            // "a.m. The" ends a sentence, "a.m. and" does not: the next word tells.
            guard let next = self.buffer[end...].firstIndex(where: { !$0.properties.isWhitespace }) else {
                return self.buffer[end...].contains(where: SentenceChunker.isNewline) ? (true, end) : nil
            }
            return (!self.buffer[next].properties.isLowercase, end)
        }
    }

    private enum Word {
        case ordinary
        case abbreviation
        /// "No. 5" is one piece, "No. Five" is two.
        case beforeNumber
        case doubtful
    }

    private func word(before index: Int) -> Word {
        let start = (self.buffer[..<index].lastIndex { $0.properties.isWhitespace || $0 == "(" } ?? -1) + 1
        let scalars = self.buffer[start..<index]
        guard let first = scalars.first else { return .abbreviation }
        // "3. Buy milk": a number that stands alone at the beginning of a piece numbers a list.
        let isAlone = self.buffer[..<start].allSatisfy { $0.properties.isWhitespace }
        if isAlone, scalars.allSatisfy({ ("0"..."9").contains($0) }) { return .abbreviation }
        if scalars.count == 1, first.properties.isUppercase, first != "I" { return .abbreviation }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        let text = String(view).lowercased()
        if SentenceChunker.abbreviations.contains(text) { return .abbreviation }
        if text == "no" || text == "nr" { return .beforeNumber }
        return SentenceChunker.doubtful.contains(text) ? .doubtful : .ordinary
    }

    private static func isNewline(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }

    private static let terminators: Set<Unicode.Scalar> = [".", "!", "?", "…", "。", "！", "？"]
    private static let wideTerminators: Set<Unicode.Scalar> = ["。", "！", "？"]
    private static let closers: Set<Unicode.Scalar> = ["\"", "'", ")", "]", "”", "’", "»", "*", "_"]
    private static let clauseMarks: Set<Unicode.Scalar> = [",", ";", ":", "—", "–", "-"]
    private static let abbreviations: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "approx", "fig", "vol", "rev", "gen", "sen",
        "capt", "lt", "col", "ca", "dept", "cf", "al",
    ]
    private static let doubtful: Set<String> = [
        "a.m", "p.m", "etc", "jr", "sr", "inc", "ltd", "co", "corp", "u.s", "u.k", "max", "min", "est", "temp", "avg",
    ]
}
