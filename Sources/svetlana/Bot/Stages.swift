import AsyncHTTPClient
import AudioCore
import HouseRules
import LocalSpeech
import Logging
import Synchronization
import VoicePipeline
import VoiceProviders

/// Ears, model and voice as the configuration wants them.
final class Stages: Sendable {
    let speechToText: any SpeechToText
    /// Answers listed callers.
    let model: any LanguageModel
    /// Answers everybody else whom the PBX lets through: no house, no actions.
    let strangersModel: any LanguageModel
    let voice: any TextToSpeech
    /// Speaks when ``voice`` fails.
    let backupVoice: (any TextToSpeech)?
    let settings: ConversationSettings
    let configuration: BotConfiguration
    let house: HomeAssistantClient?
    private let status: StatusSource

    init(_ configuration: BotConfiguration, client: HTTPClient) throws {
        self.configuration = configuration
        self.status = StatusSource()
        self.settings = configuration.conversationSettings
        self.house = try configuration.homeAssistant.map { settings in
            HomeAssistantClient(
                .init(
                    server: try Self.server(settings.url, key: "home_assistant.url"),
                    token: try Self.key(settings.token, name: "home_assistant.token")
                ),
                client: client
            )
        }
        self.speechToText = try Self.makeSpeechToText(configuration.speechToText, client: client)
        let status = self.status
        let owner = configuration.owner.name
        self.strangersModel = HouseModel(owner: nil, status: { await status.get() })
        switch configuration.model.provider {
        case .local:
            self.model = HouseModel(
                owner: owner,
                house: self.house.map { HomeAssistantHouse(client: $0, configuration: configuration) },
                status: { await status.get() }
            )
        case .openai, .hermes:
            self.model = try Self.makeModel(configuration.model, owner: owner, client: client)
        }
        (self.voice, self.backupVoice) = try Self.makeVoices(configuration.textToSpeech, client: client)
    }

    /// Tells the built-in brain how the bot is doing.
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
                client: client
            )
        }
    }

    private static func makeModel(
        _ settings: ModelSettings,
        owner: String?,
        client: HTTPClient
    ) throws -> ChatCompletions {
        var prompt = settings.systemPrompt ?? ChatCompletions.defaultSystemPrompt
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

    private static func makeVoices(
        _ settings: TextToSpeechSettings,
        client: HTTPClient
    ) throws -> (any TextToSpeech, (any TextToSpeech)?) {
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
            let voice = OpenAISpeech(
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
            #if LocalSpeech
            return (voice, FliteSpeech())
            #else
            return (voice, nil)
            #endif
        }
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

/// Home Assistant as the built-in brain sees it.
private struct HomeAssistantHouse: HouseStates {
    let client: HomeAssistantClient
    let configuration: BotConfiguration

    var canAct: Bool { true }

    func states() async throws -> [HouseState] {
        try await self.telling {
            try await self.client.states().map { state in
                HouseState(entityID: state.entityID, name: state.name, state: state.state, unit: state.unit)
            }
        }
    }

    func turn(_ entityIDs: [String], on: Bool) async throws {
        try await self.telling { try await self.client.turn(entityIDs, on: on) }
    }

    /// The brain makes a sentence of a failure; why it failed stands in the log.
    private func telling<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as StageError {
            CallLog.logger?.warning("\(StageTrouble(error, self.configuration).line)")
            throw error
        }
    }
}

/// Where the brain learns how the bot is doing, which comes to be after the brain.
private final class StatusSource: Sendable {
    private let source = Mutex<(@Sendable () async -> HouseModel.Status)?>(nil)

    func set(_ source: @escaping @Sendable () async -> HouseModel.Status) {
        self.source.withLock { $0 = source }
    }

    func get() async -> HouseModel.Status {
        let source = self.source.withLock { $0 }
        return await source?() ?? HouseModel.Status()
    }
}
