/// The words of a transcript, compared with tolerance for what recognizers get wrong.
struct HeardWords: Sendable, Equatable {
    /// The words in lower case, letters and digits only.
    let words: [String]

    /// Splits a text at everything but letters, digits and apostrophes, which are dropped.
    init(_ text: String) {
        var words: [String] = []
        var word = ""
        for character in text.lowercased() {
            if character.isLetter || character.isNumber {
                word.append(character)
            } else if character != "'", character != "\u{2019}", !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        self.words = words
    }

    /// How well a phrase is found in the words, in this order and without gaps: 1 exactly, less when misheard, 0 not.
    func match(_ phrase: [String]) -> Double {
        guard !phrase.isEmpty, self.words.count >= phrase.count else { return 0 }
        var best = 0.0
        for start in 0...(self.words.count - phrase.count) {
            var worst = 1.0
            for (index, wanted) in phrase.enumerated() {
                worst = min(worst, Self.likeness(self.words[start + index], wanted))
                if worst == 0 { break }
            }
            best = max(best, worst)
        }
        return best
    }

    /// Whether one of the words is among these, exactly.
    func contains(anyOf candidates: some Sequence<String>) -> Bool {
        candidates.contains(where: self.words.contains)
    }

    /// How many of the words of a name were said; the little ones do not count.
    func overlap(with name: HeardWords) -> Double {
        var sum = 0.0
        for word in Set(name.words) where !Self.little.contains(word) {
            sum += self.words.map { Self.likeness($0, word) }.max() ?? 0
        }
        return sum
    }

    /// 1 for the same word, 0.75 for one that was probably meant, 0 for another.
    static func likeness(_ heard: String, _ meant: String) -> Double {
        if heard == meant { return 1 }
        let length = min(heard.count, meant.count)
        // Short words are too close to each other to guess, and a wrong beginning is another word.
        guard length >= 4, heard.first == meant.first || length >= 7 else { return 0 }
        let allowed = length >= 8 ? 2 : 1
        guard abs(heard.count - meant.count) <= allowed else { return 0 }
        return self.distance(heard, meant) <= allowed ? 0.75 : 0
    }

    /// Levenshtein's edit distance.
    static func distance(_ first: String, _ second: String) -> Int {
        let target = Array(second)
        var row = Array(0...target.count)
        for (index, character) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let substitution = diagonal + (character == target[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substitution, row[column] + 1, diagonal + 1)
            }
        }
        return row[target.count]
    }

    private static let little: Set<String> = [
        "the", "a", "an", "in", "of", "on", "at", "is", "and", "my", "light", "sensor", "temperature", "door", "server",
        "binary", "power", "energy", "switch", "status", "state",
    ]
}
