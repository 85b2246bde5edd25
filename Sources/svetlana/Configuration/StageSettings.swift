/// `speech_to_text:`, the ears.
struct SpeechToTextSettings: Sendable, Equatable {
    /// Which ears.
    enum Provider: String, Sendable, CaseIterable {
        /// pocketsphinx, built in.
        case local
        /// A server with `/v1/audio/transcriptions`.
        case openai
    }

    /// Which ears.
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
}

/// `model:`, the mind.
struct ModelSettings: Sendable, Equatable {
    /// Which mind.
    enum Provider: String, Sendable, CaseIterable {
        /// The house brain, built in.
        case local
        /// A server with `/v1/chat/completions`.
        case openai
        /// Hermes Agent.
        case hermes
    }

    /// Which mind.
    var provider: Provider = .local
    /// Where the server is.
    var url = "http://127.0.0.1:11434"
    /// The server's model.
    var model = "llama3.2"
    /// The key that the server wants.
    var apiKey: Secret?
    /// What the model is told of its part; nil means the built-in text.
    var systemPrompt: String?
    /// Hermes' scope of long-term memory; nil for none.
    var sessionKey: String?
    /// From the question to the first word.
    var firstWordTimeout: Duration = .seconds(30)
    /// Between two signs of life.
    var pauseTimeout: Duration = .seconds(45)
    /// The whole reply.
    var timeout: Duration = .seconds(180)
}

/// `text_to_speech:`, the voice.
struct TextToSpeechSettings: Sendable, Equatable {
    /// Which voice.
    enum Provider: String, Sendable, CaseIterable {
        /// flite, built in.
        case local
        /// A server with `/v1/audio/speech`, such as Kokoro.
        case openai
        /// The program espeak-ng.
        case espeak
    }

    /// Which voice.
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
}

/// `home_assistant:`, the house.
struct HomeAssistantSettings: Sendable, Equatable {
    /// Where it is.
    var url: String
    /// A long-lived access token.
    var token: Secret
}
