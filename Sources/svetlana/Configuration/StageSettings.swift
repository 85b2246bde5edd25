/// `speech_to_text:`.
struct SpeechToTextSettings: Sendable, Equatable {
    /// What transcribes.
    enum Provider: String, Sendable, CaseIterable {
        /// pocketsphinx, built in.
        case local
        /// A server with `/v1/audio/transcriptions`.
        case openai
    }

    /// What transcribes.
    var provider: Provider = .local
    /// Where the server is.
    var url = "http://127.0.0.1:8000"
    /// The server's model.
    var model = "Systran/faster-distil-whisper-small.en"
    /// The language by ISO 639-1; nil lets the server guess.
    var language: String? = "en"
    /// Words to expect, such as names of rooms.
    var prompt: String?
    /// The key that the server wants.
    var apiKey: Secret?
    /// How long one transcription may take.
    var timeout: Duration = .seconds(15)

    /// The server's address; nil for what is built in.
    var server: String? { self.provider == .openai ? self.url : nil }
}

/// `model:`, the language model.
struct ModelSettings: Sendable, Equatable {
    /// What replies.
    enum Provider: String, Sendable, CaseIterable {
        /// Rules, built in.
        case local
        /// A server with `/v1/chat/completions`.
        case openai
        /// Hermes Agent.
        case hermes
    }

    /// What replies.
    var provider: Provider = .local
    /// Where the server is.
    var url = "http://127.0.0.1:11434"
    /// The server's model.
    var model = "llama3.2"
    /// The key that the server wants.
    var apiKey: Secret?
    /// The system prompt; nil means the built-in text.
    var systemPrompt: String?
    /// Hermes' scope of long-term memory; nil for none.
    var sessionKey: String?
    /// From the question to the first word.
    var firstWordTimeout: Duration = .seconds(30)
    /// Between two signs of life.
    var pauseTimeout: Duration = .seconds(45)
    /// The whole reply.
    var timeout: Duration = .seconds(180)

    /// The server's address; nil for what is built in.
    var server: String? { self.provider == .local ? nil : self.url }
}

/// `text_to_speech:`.
struct TextToSpeechSettings: Sendable, Equatable {
    /// What speaks.
    enum Provider: String, Sendable, CaseIterable {
        /// flite, built in.
        case local
        /// A server with `/v1/audio/speech`, such as Kokoro.
        case openai
        /// The program espeak-ng.
        case espeak
    }

    /// What speaks.
    var provider: Provider = .local
    /// Where the server is.
    var url = "http://127.0.0.1:8880"
    /// The server's model.
    var model = "kokoro"
    /// The name of the voice: of Kokoro's, or of espeak's for the language.
    var voice = "af_heart"
    /// The language: Kokoro's letter (nil lets the voice say it), or espeak's name.
    var language: String?
    /// How fast it speaks; 1 is its own pace.
    var speed = 1.0
    /// The rate of the PCM that the server sends.
    var sampleRate = 24_000
    /// The key that the server wants.
    var apiKey: Secret?
    /// From a sentence to its first audio.
    var timeout: Duration = .seconds(5)

    /// The server's address; nil for what is built in.
    var server: String? { self.provider == .openai ? self.url : nil }
}

/// `home_assistant:`, the house.
struct HomeAssistantSettings: Sendable, Equatable {
    /// Where it is.
    var url: String
    /// A long-lived access token.
    var token: Secret
}
