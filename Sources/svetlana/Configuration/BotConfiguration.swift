/// Everything that `svetlana.yaml` and the environment can say, with its defaults.
struct BotConfiguration: Sendable, Equatable {
    /// Whose assistant this is.
    var owner = Owner()
    /// The extension that the bot is, and how it reaches its PBX.
    var sip = SIPSettings()
    /// SIP trunks that may call without a registration.
    var trunk = Trunk()
    /// Extensions and numbers that are served by the configured model and may hear of the house, beside the owner's.
    var callers: [String] = []
    /// What may be called.
    var dial = DialRules()
    /// Speech to text.
    var speechToText = SpeechToTextSettings()
    /// The language model.
    var model = ModelSettings()
    /// Text to speech.
    var textToSpeech = TextToSpeechSettings()
    /// The house; nil when none is configured.
    var homeAssistant: HomeAssistantSettings?
    /// How a conversation behaves.
    var conversation = ConversationOptions()
    /// The report call.
    var report = Report()
    /// How other commands reach the running bot.
    var control = Control()
    /// Whether calls are recorded.
    var recording = Recording()
    /// What is logged.
    var log = LogSettings()
    /// The whole path of the file that it was read from; nil for the environment alone.
    var source: String?
}

extension BotConfiguration {
    /// `owner:`
    struct Owner: Sendable, Equatable {
        /// How the bot calls them.
        var name: String?
        /// Their extension: who is called with the report, and always trusted.
        var `extension`: String?
    }

    /// `trunk:`
    struct Trunk: Sendable, Equatable {
        /// IP addresses from which calls are accepted beside those of the PBX, with the port that calls go to.
        var peers: [String] = []
    }

    /// `conversation:`
    struct ConversationOptions: Sendable, Equatable {
        /// What is said when a call is answered.
        var greeting = Persona.greeting
        /// Silence after which the caller's turn is over.
        var endOfTurnSilence: Duration = .milliseconds(800)
        /// How long a call may last.
        var maximumLength: Duration = .seconds(900)
        /// Whether the caller may interrupt.
        var bargeIn = true
        /// Silence after which the bot asks whether anyone is there.
        var noInputAfter: Duration = .seconds(10)
        /// The language by ISO 639-1, for speech to text and text to speech unless they name another.
        var language = "en"
    }

    /// `report:`
    struct Report: Sendable, Equatable {
        /// What the model is asked for.
        var prompt = """
            Give me a brief morning report of the house and homelab. Include: indoor temperature, energy usage, servers \
            online/offline, and anything notable. Address me by name. Keep it under 5 sentences.
            """
    }

    /// `control:`
    struct Control: Sendable, Equatable {
        /// The path of the Unix socket.
        var socket = Self.defaultPath()
    }

    /// `recording:`
    struct Recording: Sendable, Equatable {
        /// Where stereo WAVs of the calls are written; nil when they are not.
        var directory: String?
    }

    /// `log:`
    struct LogSettings: Sendable, Equatable {
        /// How much is logged.
        enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// How much is logged.
        var level: Level = .info
        /// Whether numbers, names and what was said are left out.
        var redact = true
        /// Whether the SIP messages are written, without secrets.
        var sip = false
    }
}
