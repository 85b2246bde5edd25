import Testing
import VoicePipeline

struct SentenceChunkerTests {
    /// Feeds a text one character at a time, as the worst tokenizer would.
    private func pieces(_ text: String, chunker: SentenceChunker = SentenceChunker()) -> [String] {
        var chunker = chunker
        var result: [String] = []
        for character in text { result += chunker.append(String(character)) }
        if let rest = chunker.finish() { result.append(rest) }
        return result
    }

    @Test(arguments: [
        ("It is ten. The door is shut. Good night!", ["It is ten.", "The door is shut.", "Good night!"]),
        ("Dr. Smith called at 10:15 a.m. and left.", ["Dr. Smith called at 10:15 a.m. and left."]),
        ("He came at 10 a.m. The door was open.", ["He came at 10 a.m.", "The door was open."]),
        ("It is 21.5 degrees. Fine.", ["It is 21.5 degrees.", "Fine."]),
        ("Well... let me see. Yes.", ["Well... let me see.", "Yes."]),
        ("Wait... That is odd.", ["Wait...", "That is odd."]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ("\"Stop.\" He said so.", ["\"Stop.\"", "He said so."]),
        ("J. Smith is here.", ["J. Smith is here."]),
        ("No. It is No. 5 of ten. No", ["No.", "It is No. 5 of ten.", "No"]),
        ("1. Milk\n2. Bread\n", ["1. Milk", "2. Bread"]),
        ("See e.g. the garden. Bye.", ["See e.g. the garden.", "Bye."]),
        ("Version 1.2.3 runs.", ["Version 1.2.3 runs."]),
        ("No end here", ["No end here"]),
        ("", []),
        ("   \n ", []),
    ])
    func cutsSentences(text: String, expected: [String]) {
        #expect(self.pieces(text) == expected)
        var whole = SentenceChunker()
        #expect(whole.append(text) + [whole.finish()].compactMap(\.self) == expected)
    }

    @Test func firstClauseComesQuicklyAndLaterOnesDoNot() {
        let text =
            "The temperature in the house is fine, and the garden, which is wet, needs no water. All good, I think, so far."
        #expect(
            self.pieces(text) == [
                "The temperature in the house is fine,", "and the garden, which is wet, needs no water.",
                "All good, I think, so far.",
            ]
        )
        // "Well," is too short to be worth a breath.
        #expect(self.pieces("Well, it is cold. Yes.") == ["Well, it is cold.", "Yes."])
    }

    @Test func aTextWithoutEndIsCutAtSpaces() {
        let text = Array(repeating: "word", count: 200).joined(separator: " ")
        let pieces = self.pieces(text)
        #expect(pieces.count >= 3)
        #expect(pieces.allSatisfy { $0.count <= 300 })
        #expect(pieces.joined(separator: " ") == text)
    }

    @Test func aTextWithoutSpacesIsCutToo() {
        let pieces = self.pieces(String(repeating: "x", count: 1000))
        #expect(pieces.allSatisfy { $0.count <= 301 })
        #expect(pieces.joined().count == 1000)
    }

    @Test func decidesAsSoonAsTheNextCharacterIsThere() {
        var chunker = SentenceChunker()
        #expect(chunker.append("It is ten.") == [])
        #expect(chunker.append(" ") == ["It is ten."])
        #expect(chunker.finish() == nil)
    }
}
