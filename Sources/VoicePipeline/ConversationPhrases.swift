/// What the bot says by itself, without the model. The defaults belong to nobody in particular.
public struct ConversationPhrases: Sendable, Equatable {
    /// Said while the caller waits for a reply, in turn.
    public var fillers = ["One moment.", "Still working on it.", "Just a little longer."]
    /// Said when the model uses a tool, in turn.
    public var toolFillers = ["Let me look.", "Let me check one more thing.", "I am still looking."]
    /// Said first when the call opens with a question to the model that takes a moment.
    public var openingFillers = ["Hello. One moment, please."]
    /// Said after speech in which no words were found.
    public var notCaught = "Sorry, I did not catch that."
    /// Said when nobody speaks.
    public var noInput = ["Are you still there?", "I cannot hear you. Are you still there?"]
    /// Said when nobody spoke for long.
    public var noInputFarewell = "I cannot hear anyone, so I will hang up. Goodbye."
    /// Said when the call becomes too long.
    public var maximumLengthFarewell = "I am sorry, we have to stop here. Call me again any time. Goodbye."
    /// Said when the caller said goodbye and the model said nothing.
    public var farewell = "Goodbye."
    /// Said when speech to text failed.
    public var speechToTextApology = "I am sorry, I could not make that out. Please say that again."
    /// Said when the model could not be reached or failed.
    public var modelApology = "I am sorry, I cannot answer right now. Please try again in a moment."
    /// Said when the model took too long.
    public var slowApology = "I am sorry, that took too long. Please ask me again."
    /// Said when the reply of the model holds no words.
    public var emptyReply = "I am sorry, I have no answer to that."
    /// Said when too much failed and the call has to end.
    public var failureFarewell = "I am sorry, something is wrong at the moment. Please call again later. Goodbye."
    /// What the caller says to end the call; compared in lower case, without punctuation.
    public var goodbyes = [
        "goodbye", "good bye", "bye", "bye bye", "bye now", "good night", "hang up", "that is all", "that's all",
        "talk to you later", "see you later", "see you",
    ]

    /// What callers call the bot, in lower case: a name may stand beside a goodbye.
    public var names: [String] = []

    /// Makes the default phrases.
    public init() {}

    /// The apology for a failure.
    func apology(for error: StageError, of part: FailedPart) -> String {
        switch (part, error.kind) {
        case (.speechToText, _): self.speechToTextApology
        case (.model, .timeout): self.slowApology
        case (.model, .unreachable), (.model, .unauthorized), (.model, .missingModel), (.model, .overloaded),
            (.model, .invalidResponse), (.model, .failed):
            self.modelApology
        }
    }

    enum FailedPart {
        case speechToText
        case model
    }

    /// Whether `text` is nothing but a goodbye, give or take a word of politeness.
    func isGoodbye(_ text: String) -> Bool {
        let words = ConversationPhrases.words(text)
        guard !words.isEmpty, words.count <= 8 else { return false }
        for phrase in self.goodbyes {
            let wanted = ConversationPhrases.words(phrase)
            guard !wanted.isEmpty, words.count >= wanted.count else { continue }
            for start in 0...(words.count - wanted.count)
            where Array(words[start..<(start + wanted.count)]) == wanted {
                let rest = words[..<start] + words[(start + wanted.count)...]
                let names = self.names.flatMap(ConversationPhrases.words)
                if rest.allSatisfy({
                    ConversationPhrases.courtesies.contains($0) || wanted.contains($0) || names.contains($0)
                }) {
                    return true
                }
            }
        }
        return false
    }

    private static func words(_ text: String) -> [String] {
        text.lowercased()
            .split { !($0.isLetter || $0.isNumber || $0 == "'") }
            .map(String.init)
    }

    /// Words that may stand around a goodbye without making it a question.
    private static let courtesies: Set<String> = [
        "ok", "okay", "well", "alright", "thanks", "thank", "you", "very", "much", "then", "and", "now", "for",
        "please",
        "love", "dear", "great", "no", "yes", "good", "bye", "goodbye", "so", "have", "a", "nice", "day",
        "it",
        "that's", "all", "i", "will", "i'll", "just", "right", "fine", "perfect", "cheers", "can", "up", "hang",
        "night",
    ]
}
