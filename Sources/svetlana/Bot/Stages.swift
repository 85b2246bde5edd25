import AsyncHTTPClient
import AudioCore
import HouseRules
import LocalSpeech
import Logging
import Synchronization
import VoicePipeline
import VoiceProviders

/// Speech to text, language model and text to speech as the configuration selects them.
final class Stages: Sendable {
    let speechToText: any SpeechToText
    /// Replies to listed callers.
    let model: any LanguageModel
    /// Replies to everybody else whom the PBX lets through: no house, no actions.
    let strangersModel: any LanguageModel
    let textToSpeech: any TextToSpeech
    /// Speaks when ``textToSpeech`` fails.
    let backupTextToSpeech: (any TextToSpeech)?
    let settings: ConversationSettings
    let configuration: BotConfiguration
    let house: HomeAssistantClient?
    private let status: StatusSource

    /// Makes the stages that the configuration selects; nothing is loaded or connected yet.
    ///
    /// - Throws: ``Failure`` that names the key of the configuration.
    convenience init(_ configuration: BotConfiguration, client: HTTPClient) throws {
        let house = try Self.makeHouse(configuration.homeAssistant, client: client)
        let status = StatusSource()
        let textToSpeech = try Self.makeTextToSpeech(configuration.textToSpeech, client: client)
        self.init(
            configuration,
            speechToText: try Self.makeSpeechToText(configuration.speechToText, client: client),
            model: try Self.makeModel(configuration, house: house, status: status, client: client),
            strangersModel: HouseModel(name: Persona.name, status: { await status.get() }),
            textToSpeech: textToSpeech.first,
            backupTextToSpeech: textToSpeech.backup,
            house: house,
            status: status
        )
    }

    /// Stages that were made elsewhere.
    init(
        _ configuration: BotConfiguration,
        speechToText: any SpeechToText,
        model: any LanguageModel,
        strangersModel: any LanguageModel,
        textToSpeech: any TextToSpeech,
        backupTextToSpeech: (any TextToSpeech)? = nil,
        house: HomeAssistantClient? = nil,
        status: StatusSource = StatusSource()
    ) {
        self.configuration = configuration
        self.settings = configuration.conversationSettings
        self.speechToText = speechToText
        self.model = model
        self.strangersModel = strangersModel
        self.textToSpeech = textToSpeech
        self.backupTextToSpeech = backupTextToSpeech
        self.house = house
        self.status = status
    }

    /// Gives the built-in model a way to ask how the bot is doing.
    func attach(_ status: @escaping @Sendable () async -> HouseModel.Status) {
        self.status.set(status)
    }

    // MARK: Making them

    private static func makeSpeechToText(
        _ settings: SpeechToTextSettings,
        client: HTTPClient
    ) throws -> any SpeechToText {
        switch settings.provider {
        case .local:
            #if LocalSpeech
            return PocketSphinxTranscription()
            #else
            throw Self.noLocalSpeech("speech_to_text.provider")
            #endif
        case .openai:
            return OpenAITranscription(
                .init(
                    server: try Self.server(settings.url, key: "speech_to_text.url"),
                    key: try settings.apiKey.map { try Self.key($0, name: "speech_to_text.api_key") },
                    model: settings.model,
                    language: settings.language,
                    prompt: settings.prompt,
                    timeout: settings.timeout
                ),
                client: client,
                trialVoice: Self.builtInVoice
            )
        }
    }

    private static func makeModel(
        _ configuration: BotConfiguration,
        house: HomeAssistantClient?,
        status: StatusSource,
        client: HTTPClient
    ) throws -> any LanguageModel {
        switch configuration.model.provider {
        case .local:
            HouseModel(
                name: Persona.name,
                owner: configuration.owner.name,
                house: house.map { HomeAssistantHouse(client: $0, configuration: configuration) },
                status: { await status.get() }
            )
        case .openai, .hermes:
            try Self.makeModel(configuration.model, owner: configuration.owner.name, client: client)
        }
    }

    private static func makeHouse(
        _ settings: HomeAssistantSettings?,
        client: HTTPClient
    ) throws -> HomeAssistantClient? {
        try settings.map { settings in
            HomeAssistantClient(
                .init(
                    server: try Self.server(settings.url, key: "home_assistant.url"),
                    token: try Self.key(settings.token, name: "home_assistant.token")
                ),
                client: client
            )
        }
    }

    private static func makeModel(
        _ settings: ModelSettings,
        owner: String?,
        client: HTTPClient
    ) throws -> ChatCompletions {
        var prompt = settings.systemPrompt ?? Persona.systemPrompt
        if let owner { prompt += "\nThe owner of this house is \(owner)." }
        return ChatCompletions(
            .init(
                server: try Self.server(settings.url, key: "model.url"),
                key: try settings.apiKey.map { try Self.key($0, name: "model.api_key") },
                model: settings.model,
                dialect: settings.provider == .hermes ? .hermes : .openAI,
                systemPrompt: prompt,
                sessionKey: settings.sessionKey,
                deadlines: RequestDeadlines(
                    firstPart: settings.firstWordTimeout,
                    betweenParts: settings.pauseTimeout,
                    total: settings.timeout
                )
            ),
            client: client
        )
    }

    private static func makeTextToSpeech(
        _ settings: TextToSpeechSettings,
        client: HTTPClient
    ) throws -> (first: any TextToSpeech, backup: (any TextToSpeech)?) {
        switch settings.provider {
        case .local:
            #if LocalSpeech
            return (FliteSpeech(), nil)
            #else
            throw Self.noLocalSpeech("text_to_speech.provider")
            #endif
        case .espeak:
            #if LocalSpeech
            return (EspeakSpeech(voice: settings.language ?? "en-us"), FliteSpeech())
            #else
            throw Self.noLocalSpeech("text_to_speech.provider")
            #endif
        case .openai:
            let speech = OpenAISpeech(
                .init(
                    server: try Self.server(settings.url, key: "text_to_speech.url"),
                    key: try settings.apiKey.map { try Self.key($0, name: "text_to_speech.api_key") },
                    model: settings.model,
                    voice: settings.voice,
                    language: settings.language,
                    speed: settings.speed,
                    sampleRate: settings.sampleRate,
                    deadlines: RequestDeadlines(
                        firstPart: settings.timeout,
                        betweenParts: settings.timeout,
                        total: settings.timeout * 6
                    )
                ),
                client: client
            )
            return (speech, Self.builtInVoice)
        }
    }

    /// The voice that needs no server, where this build has one.
    private static var builtInVoice: (any TextToSpeech)? {
        #if LocalSpeech
        return FliteSpeech()
        #else
        return nil
        #endif
    }

    private static func noLocalSpeech(_ key: String) -> Failure {
        Failure(
            .configuration,
            "\(key): this build has no local speech; set it to openai, or build with the trait LocalSpeech"
        )
    }

    private static func server(_ text: String, key: String) throws -> ServerAddress {
        guard let address = ServerAddress(text) else {
            throw Failure(.configuration, "\(key): '\(text)' is not an address such as http://127.0.0.1:8000")
        }
        return address
    }

    private static func key(_ secret: Secret, name: String) throws -> APIKey {
        guard let key = APIKey(secret.revealed) else {
            throw Failure(.configuration, "\(name): the secret is empty or holds characters that no header can carry")
        }
        return key
    }
}

/// Makes the stages, lets them be used, and closes their connections afterwards.
func withStages<Result>(
    _ configuration: BotConfiguration,
    logger: Logger,
    _ body: (Stages) async throws -> Result
) async throws -> Result {
    try await withStageClient { client in try await body(Stages(configuration, client: client)) }
}

/// Home Assistant as the built-in model sees it.
private struct HomeAssistantHouse: HouseStates {
    let client: HomeAssistantClient
    let configuration: BotConfiguration

    var canAct: Bool { true }

    func states() async throws -> [HouseState] {
        try await self.logging {
            try await self.client.states().map { state in
                HouseState(entityID: state.entityID, name: state.name, state: state.state, unit: state.unit)
            }
        }
    }

    func turn(_ entityIDs: [String], on: Bool) async throws {
        try await self.logging { try await self.client.turn(entityIDs, on: on) }
    }

    /// The model makes a sentence of a failure; why it failed stands in the log.
    private func logging<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as StageError {
            CallLog.logger?.warning("\(StageTrouble(error, self.configuration).line)")
            throw error
        }
    }
}

/// Where the built-in model asks how the bot is doing; the bot is made after the model.
final class StatusSource: Sendable {
    private let source = Mutex<(@Sendable () async -> HouseModel.Status)?>(nil)

    func set(_ source: @escaping @Sendable () async -> HouseModel.Status) {
        self.source.withLock { $0 = source }
    }

    func get() async -> HouseModel.Status {
        let source = self.source.withLock { $0 }
        return await source?() ?? HouseModel.Status()
    }
}
