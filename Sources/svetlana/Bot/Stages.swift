import AsyncHTTPClient
import AudioCore
import LocalSpeech
import Logging
import Synchronization
import VoicePipeline
import VoiceProviders

/// Ears, model and voice as the configuration wants them.
final class Stages: Sendable {
    let ears: any SpeechToText
    /// Answers listed callers.
    let model: any LanguageModel
    /// Answers everybody else whom the PBX lets through: no house, no actions.
    let strangersModel: any LanguageModel
    let voice: any TextToSpeech
    /// Speaks when ``voice`` fails.
    let backupVoice: (any TextToSpeech)?
    let settings: ConversationSettings
    private let configuration: BotConfiguration
    private let house: HomeAssistantClient?
    private let status: StatusSource

    /// What a probe found, and the exit code of its failure.
    struct Probe: Sendable {
        let result: ProbeResult
        let status: ExitStatus
    }

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
        self.ears = try Self.makeEars(configuration.speechToText, client: client)
        let status = self.status
        let owner = configuration.owner.name
        self.strangersModel = HouseBrain(owner: nil, status: { await status.get() })
        switch configuration.model.provider {
        case .local:
            self.model = HouseBrain(
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
    func attach(_ status: @escaping @Sendable () async -> HouseBrain.Status) {
        self.status.set(status)
    }

    // MARK: Making them

    private static func makeEars(_ settings: SpeechToTextSettings, client: HTTPClient) throws -> any SpeechToText {
        switch settings.provider {
        case .local:
            #if LocalSpeech
            return PocketSphinxEars()
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
            return (FliteVoice(), nil)
            #else
            throw Self.noLocalSpeech("text_to_speech.provider")
            #endif
        case .espeak:
            #if LocalSpeech
            return (EspeakVoice(voice: settings.language ?? "en-us"), FliteVoice())
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
            return (voice, FliteVoice())
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

    // MARK: Warming up and probing

    /// Loads models before the first call needs them; what fails is logged, and calls are answered all the same.
    func warmUp(logger: Logger) async {
        for probe in [await self.probeEars(), await self.probeVoice(), await self.probeModel()] where !probe.result.ok {
            if Task.isCancelled { return }
            logger.warning("\(probe.result.found)", metadata: probe.result.advice.map { ["advice": "\($0)"] } ?? [:])
        }
        if let chat = self.model as? ChatCompletions { try? await chat.warmUp() }
        #if LocalSpeech
        // When it is needed there is less than a second left.
        if let backup = self.backupVoice as? FliteVoice { try? await backup.prepare() }
        #endif
    }

    func probeEars() async -> Probe {
        #if LocalSpeech
        if let ears = self.ears as? PocketSphinxEars {
            return await Self.probe("pocketsphinx with the US English model") { try await ears.prepare() }
        }
        #endif
        guard let ears = self.ears as? any Probing else { return Self.unprobed }
        return Probe(result: await ears.probe(), status: .unreachableBackend)
    }

    func probeModel() async -> Probe {
        guard let model = self.model as? any Probing else {
            return Probe(result: ProbeResult(ok: true, found: "the built-in house brain"), status: .success)
        }
        return Probe(result: await model.probe(), status: .unreachableBackend)
    }

    func probeVoice() async -> Probe {
        #if LocalSpeech
        if let voice = self.voice as? FliteVoice {
            return await Self.probe("flite with the voice rms") { try await voice.prepare() }
        }
        if let voice = self.voice as? EspeakVoice {
            return await Self.probe("espeak-ng with the voice \(voice.voice)") { try await voice.prepare() }
        }
        #endif
        guard let voice = self.voice as? any Probing else { return Self.unprobed }
        return Probe(result: await voice.probe(), status: .unreachableBackend)
    }

    func probeHouse() async -> ProbeResult? {
        await self.house?.probe()
    }

    private static let unprobed = Probe(result: ProbeResult(ok: true, found: "cannot be probed"), status: .success)

    private static func probe(_ name: String, _ prepare: () async throws -> Void) async -> Probe {
        do {
            try await prepare()
            return Probe(result: ProbeResult(ok: true, found: name), status: .success)
        } catch {
            let status: ExitStatus = (error as? StageError)?.kind == .missingModel ? .missingModel : .failure
            return Probe(result: ProbeResult(ok: false, found: "\(error)"), status: status)
        }
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
    private let source = Mutex<(@Sendable () async -> HouseBrain.Status)?>(nil)

    func set(_ source: @escaping @Sendable () async -> HouseBrain.Status) {
        self.source.withLock { $0 = source }
    }

    func get() async -> HouseBrain.Status {
        let source = self.source.withLock { $0 }
        return await source?() ?? HouseBrain.Status()
    }
}
