import AudioCore
import LocalSpeech
import Logging
import VoicePipeline
import VoiceProviders

/// Trying the stages: at the start, and for `svetlana check`.
extension Stages {
    /// What a probe found, and the exit code of its failure.
    struct Probe: Sendable {
        let result: ProbeResult
        let status: ExitStatus
    }

    /// How long somebody who watches waits for a server's word.
    static let probeLimit = Duration.seconds(12)
    /// How long a server may take to load its model when the bot starts.
    private static let warmUpLimit = Duration.seconds(120)

    /// Loads models before the first call needs them. What fails is one warning each, and calls are answered all the same.
    func warmUp(logger: Logger) async {
        await withTaskGroup(of: Probe.self) { group in
            group.addTask { await self.probeSpeechToText(within: Self.warmUpLimit) }
            group.addTask { await self.probeVoice(within: Self.warmUpLimit) }
            group.addTask { await self.probeModel(within: Self.warmUpLimit) }
            group.addTask {
                await self.probeHouse() ?? Probe(result: ProbeResult(ok: true, found: "no house"), status: .success)
            }
            for await probe in group where !probe.result.ok && !Task.isCancelled {
                logger.warning(
                    "\(probe.result.found)",
                    metadata: probe.result.advice.map { ["advice": "\($0)"] } ?? [:]
                )
            }
        }
        #if LocalSpeech
        // When it is needed there is less than a second left.
        if let backup = self.backupVoice as? FliteSpeech { try? await backup.prepare() }
        #endif
    }

    /// Tries the ears: a server has to transcribe what the built-in voice says.
    func probeSpeechToText(within limit: Duration = Stages.probeLimit) async -> Probe {
        #if LocalSpeech
        if let speechToText = self.speechToText as? PocketSphinxTranscription {
            return await Self.probe("pocketsphinx with the US English model") { try await speechToText.prepare() }
        }
        #endif
        guard let speechToText = self.speechToText as? OpenAITranscription else { return Self.unprobed }
        var result: ProbeResult?
        #if LocalSpeech
        let speech = await FliteSpeech().whole("Hello. Can you hear me?")
        if speech.duration > .milliseconds(300) { result = await speechToText.probe(with: speech, within: limit) }
        #endif
        let found: ProbeResult
        if let result { found = result } else { found = await speechToText.probe(within: limit) }
        let settings = self.configuration.speechToText
        let keys = StageKeys(section: "speech_to_text", url: settings.url, hasKey: settings.apiKey != nil)
        return Probe(result: keys.advise(found), status: keys.status(of: found))
    }

    /// Tries the model: a server has to answer with a word.
    func probeModel(within limit: Duration = Stages.probeLimit) async -> Probe {
        guard let model = self.model as? any Probing else {
            return Probe(result: ProbeResult(ok: true, found: "the built-in house brain"), status: .success)
        }
        let found = await model.probe(within: limit)
        let settings = self.configuration.model
        let keys = StageKeys(section: "model", url: settings.url, hasKey: settings.apiKey != nil)
        return Probe(result: keys.advise(found), status: keys.status(of: found))
    }

    /// Tries the voice: a server has to speak a word.
    func probeVoice(within limit: Duration = Stages.probeLimit) async -> Probe {
        #if LocalSpeech
        if let voice = self.voice as? FliteSpeech {
            return await Self.probe("flite with the voice rms") { try await voice.prepare() }
        }
        if let voice = self.voice as? EspeakSpeech {
            return await Self.probe("espeak-ng with the voice \(voice.voice)") { try await voice.prepare() }
        }
        #endif
        guard let voice = self.voice as? any Probing else { return Self.unprobed }
        let found = await voice.probe(within: limit)
        let settings = self.configuration.textToSpeech
        let keys = StageKeys(section: "text_to_speech", url: settings.url, hasKey: settings.apiKey != nil)
        return Probe(result: keys.advise(found), status: keys.status(of: found))
    }

    /// Asks the house for its states; nil when none is configured.
    func probeHouse() async -> Probe? {
        guard let house = self.house, let settings = self.configuration.homeAssistant else { return nil }
        let found = await house.probe()
        let keys = StageKeys(section: "home_assistant", url: settings.url, key: "token", hasKey: true)
        return Probe(result: keys.advise(found), status: keys.status(of: found))
    }

    private static let unprobed = Probe(
        result: ProbeResult(ok: false, found: "this build cannot try it", kind: .failed),
        status: .failure
    )

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

/// The keys of a stage in the configuration, for what is to be done about a failure.
struct StageKeys: Sendable {
    /// The section.
    var section: String
    /// The address that is configured.
    var url: String
    /// The key of its secret.
    var key = "api_key"
    /// Whether it has one.
    var hasKey: Bool

    /// A result whose advice names the keys to look at.
    func advise(_ result: ProbeResult) -> ProbeResult {
        guard !result.ok, let kind = result.kind else { return result }
        var advised = result
        let more = result.advice.map { "; \($0)" } ?? ""
        switch kind {
        case .unauthorized:
            advised.advice =
                (self.hasKey
                    ? "correct the secret of \(self.section).\(self.key) (or the file of \(self.section).\(self.key)_file)"
                    : "set \(self.section).\(self.key)_file to a file with the server's key") + more
        case .unreachable: advised.advice = "start it, or correct \(self.section).url, which is \(self.url)"
        case .missingModel: advised.advice = "\(self.names)\(more)"
        case .invalidResponse: advised.advice = "\(self.names), and \(self.section).url, which is \(self.url)\(more)"
        case .timeout, .overloaded, .failed: break
        }
        return advised
    }

    /// The exit code of a failure.
    func status(of result: ProbeResult) -> ExitStatus {
        result.ok ? .success : result.kind == .missingModel ? .missingModel : .unreachableBackend
    }

    private var names: String {
        switch self.section {
        case "text_to_speech": "check text_to_speech.model and text_to_speech.voice"
        case "home_assistant": "check that Home Assistant is there"
        default: "check \(self.section).model"
        }
    }
}
