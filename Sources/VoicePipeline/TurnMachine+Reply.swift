internal import CoreTypes

extension TurnMachine {
    /// One reply on its way from the model to the caller. The opening is one, too.
    struct Reply: Sendable {
        let number: Int
        /// What it answers; `nil` when nothing was asked.
        let turn: Turn?
        let isOpening: Bool
        /// Whether the caller said goodbye.
        let isGoodbye: Bool
        /// Whether the model ends the call after it.
        var hangsUp = false
        var isFinished = false
        /// Whether anything of it came.
        var hasParts = false
        var isToolRunning = false
        /// Sentences that wait because it is not the bot's turn.
        private(set) var held: [String] = []
        /// Sentences that are being said and are not known to have left.
        private(set) var given: [String] = []
        /// What has left for sure.
        private(set) var heard: [String] = []
        /// When its first audio was written.
        var heardFrom: Instant?
        var firstWordsDue: Instant?
        var stallDue: Instant?
        private var chunker = SentenceChunker()
        private var cleaner = SpokenText()

        init(number: Int, turn: Turn?, isOpening: Bool = false, isGoodbye: Bool = false) {
            self.number = number
            self.turn = turn
            self.isOpening = isOpening
            self.isGoodbye = isGoodbye
        }

        var isAudible: Bool { !self.given.isEmpty || !self.heard.isEmpty }
        /// What the caller said who waits for it; the prompt of an opening is not theirs.
        var callerTurn: Turn? { self.isOpening ? nil : self.turn }
        /// Whether the call ends when it was said.
        var endsCall: Bool { self.hangsUp || self.isGoodbye }

        /// More words came.
        mutating func append(_ text: String) {
            for sentence in self.chunker.append(text) { self.hold(sentence) }
        }

        /// What is left is a sentence.
        mutating func finishSentence() {
            if let rest = self.chunker.finish() { self.hold(rest) }
        }

        /// A sentence waits to be said.
        mutating func hold(_ sentence: String) {
            let spoken = self.cleaner.clean(sentence)
            if !spoken.isEmpty { self.held.append(spoken) }
        }

        /// What waited is said now.
        mutating func giveHeld() -> [String] {
            defer { self.held = [] }
            self.given += self.held
            return self.held
        }

        /// All that was being said has left.
        mutating func wasPlayed() {
            self.heard += self.given
            self.given = []
        }

        /// What was heard of it, when this much of what was being said has left.
        func text(heard: String) -> String {
            self.heard.joined(separator: " ", and: heard)
        }

        /// Whether there was more of it than was heard.
        func isCut(heard: String) -> Bool {
            !(self.isFinished && self.held.isEmpty && heard == self.given.joined(separator: " "))
        }

        /// All that was being said, as one text.
        var givenText: String { self.given.joined(separator: " ") }
    }
}
