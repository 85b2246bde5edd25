// How the sections about the conversation and its stages are read.

extension BotConfiguration.ConversationOptions {
    mutating func read(_ section: ConfigurationSection) {
        if let greeting = section.text("greeting") { self.greeting = greeting }
        if let silence = section.duration("end_of_turn_silence", in: .milliseconds(200)...(.seconds(5))) {
            self.endOfTurnSilence = silence
        }
        if let length = section.duration("maximum_length", in: .seconds(30)...(.seconds(86_400))) {
            self.maximumLength = length
        }
        if let bargeIn = section.flag("barge_in") { self.bargeIn = bargeIn }
        if let silence = section.duration("no_input_after", in: .seconds(3)...(.seconds(600))) {
            self.noInputAfter = silence
        }
        if let language = section.language("language") { self.language = language }
    }
}

extension BotConfiguration.Report {
    mutating func read(_ section: ConfigurationSection) {
        if let prompt = section.text("prompt") { self.prompt = prompt }
    }
}

extension SpeechToTextSettings {
    mutating func read(_ section: ConfigurationSection, language: String) {
        if let provider = section.choice("provider", Provider.self) { self.provider = provider }
        if let url = section.url("url") { self.url = url }
        section.checkProvider("openai")
        if let model = section.line("model") { self.model = model }
        self.language = section.language("language") ?? language
        if self.language == "auto" { self.language = nil }
        self.prompt = section.line("prompt")
        self.apiKey = section.bearer("api_key")
        if let timeout = section.duration("timeout", in: .seconds(1)...(.seconds(120))) { self.timeout = timeout }
        if self.provider == .local, let language = self.language, language != "en" {
            section.reject(
                "language",
                "the built-in speech recognition understands only en; set provider to openai for \(language)"
            )
        }
    }
}

extension ModelSettings {
    mutating func read(_ section: ConfigurationSection) {
        if let provider = section.choice("provider", Provider.self) { self.provider = provider }
        switch self.provider {
        case .local, .openai: break
        case .hermes:
            self.url = "http://127.0.0.1:8642"
            self.model = "hermes-agent"
        }
        if let url = section.url("url") { self.url = url }
        section.checkProvider("openai or hermes")
        if let model = section.line("model") { self.model = model }
        self.apiKey = section.bearer("api_key")
        self.systemPrompt = section.text("system_prompt")
        self.sessionKey = section.line("session_key")
        let range: ClosedRange<Duration> = .seconds(1)...(.seconds(1_800))
        if let time = section.duration("first_word_timeout", in: range) { self.firstWordTimeout = time }
        if let time = section.duration("pause_timeout", in: range) { self.pauseTimeout = time }
        if let time = section.duration("timeout", in: range) { self.timeout = time }
        if self.provider == .hermes, !section.has("api_key"), !section.has("api_key_file") {
            section.reject(
                "api_key",
                "this is missing: Hermes Agent wants its API_SERVER_KEY; set api_key_file to a file with it"
            )
        }
        if let key = self.sessionKey, key.utf8.count > 256 {
            section.reject("session_key", "this is too long; 256 characters are possible")
        }
    }
}

extension TextToSpeechSettings {
    mutating func read(_ section: ConfigurationSection, language: String) {
        if let provider = section.choice("provider", Provider.self) { self.provider = provider }
        switch self.provider {
        case .local: self.voice = "rms"
        case .openai: break
        case .espeak: self.language = language
        }
        let ownLanguage = section.language("language")
        if let url = section.url("url") { self.url = url }
        section.checkProvider("openai")
        if let model = section.line("model") { self.model = model }
        if let voice = section.line("voice") { self.voice = voice }
        if let ownLanguage { self.language = ownLanguage }
        if let speed = section.number("speed", in: 0.25...4) { self.speed = speed }
        if let rate = section.integer("sample_rate", in: 8_000...48_000) { self.sampleRate = rate }
        self.apiKey = section.bearer("api_key")
        if let timeout = section.duration("timeout", in: .seconds(1)...(.seconds(120))) { self.timeout = timeout }
        let spoken = ownLanguage ?? language
        if self.provider == .local, spoken != "en" {
            section.reject(
                "language",
                "the built-in voice speaks only en; set provider to espeak or openai for \(spoken)"
            )
        }
    }
}

extension HomeAssistantSettings {
    /// Nil when the section is not there, or not complete.
    init?(reading section: ConfigurationSection) {
        let url = section.url("url")
        let token = section.bearer("token")
        let hasURL = section.has("url")
        let hasToken = section.has("token") || section.has("token_file")
        if hasURL, !hasToken {
            section.reject(
                "token",
                "this is missing: make a long-lived access token in Home Assistant and set token_file"
            )
        }
        if hasToken, !hasURL {
            section.reject(
                "url",
                "this is missing: the address of Home Assistant, such as http://homeassistant.local:8123"
            )
        }
        guard let url, let token else { return nil }
        self.init(url: url, token: token)
    }
}

extension ConfigurationSection {
    /// A language by its code, such as `en` or `pt-br`.
    func language(_ key: String) -> String? {
        guard let text = self.text(key) else { return nil }
        let isCode = (1...12).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") }
        guard isCode else {
            self.reject(key, "\"\(text)\" is no language; write a code such as en or de")
            return nil
        }
        return text.lowercased()
    }

    /// Tells a server's address that nobody would use since the provider was forgotten.
    func checkProvider(_ providers: String) {
        guard self.has("url"), !self.has("provider") else { return }
        self.reject("url", "an address is given, but not what it is; add provider: \(providers)")
    }
}
