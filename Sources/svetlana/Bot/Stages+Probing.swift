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
            group.addTask { await self.probeTextToSpeech(within: Self.warmUpLimit) }
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
        // When it is needed there is less than a second left.
        try? await self.backupTextToSpeech?.prepare()
    }

    /// Tries speech to text: it has to load, or a server has to transcribe what the built-in voice says.
    func probeSpeechToText(within limit: Duration = Stages.probeLimit) async -> Probe {
        let settings = self.configuration.speechToText
        let keys = StageKeys(section: "speech_to_text", url: settings.server, hasKey: settings.apiKey != nil)
        return keys.judge(await self.speechToText.probe(within: limit))
    }

    /// Tries the model: a server has to answer with a word.
    func probeModel(within limit: Duration = Stages.probeLimit) async -> Probe {
        let settings = self.configuration.model
        let keys = StageKeys(section: "model", url: settings.server, hasKey: settings.apiKey != nil)
        return keys.judge(await self.model.probe(within: limit))
    }

    /// Tries text to speech: it has to load, or a server has to speak a word.
    func probeTextToSpeech(within limit: Duration = Stages.probeLimit) async -> Probe {
        let settings = self.configuration.textToSpeech
        let keys = StageKeys(section: "text_to_speech", url: settings.server, hasKey: settings.apiKey != nil)
        return keys.judge(await self.textToSpeech.probe(within: limit))
    }

    /// Asks the house for its states; nil when none is configured.
    func probeHouse() async -> Probe? {
        guard let house = self.house, let settings = self.configuration.homeAssistant else { return nil }
        let keys = StageKeys(section: "home_assistant", url: settings.url, key: "token", hasKey: true)
        return keys.judge(await house.probe())
    }
}

/// The keys of a stage in the configuration, for what is to be done about a failure.
struct StageKeys: Sendable {
    /// The section.
    var section: String
    /// The address that is configured; `nil` for what is built in.
    var url: String?
    /// The key of its secret.
    var key = "api_key"
    /// Whether it has one.
    var hasKey: Bool

    /// A result with its advice and the exit code.
    func judge(_ result: ProbeResult) -> Stages.Probe {
        Stages.Probe(result: self.advise(result), status: self.status(of: result))
    }

    /// A result whose advice names the keys to look at.
    func advise(_ result: ProbeResult) -> ProbeResult {
        guard !result.ok, let kind = result.kind, let url = self.url else { return result }
        var advised = result
        let more = result.advice.map { "; \($0)" } ?? ""
        switch kind {
        case .unauthorized:
            advised.advice =
                (self.hasKey
                    ? "correct the secret of \(self.section).\(self.key) (or the file of \(self.section).\(self.key)_file)"
                    : "set \(self.section).\(self.key)_file to a file with the server's key") + more
        case .unreachable: advised.advice = "start it, or correct \(self.section).url, which is \(url)"
        case .missingModel: advised.advice = "\(self.names)\(more)"
        case .invalidResponse: advised.advice = "\(self.names), and \(self.section).url, which is \(url)\(more)"
        case .timeout, .overloaded, .failed: break
        }
        return advised
    }

    /// The exit code of a failure.
    func status(of result: ProbeResult) -> ExitStatus {
        guard !result.ok else { return .success }
        return result.kind == .missingModel ? .missingModel : self.url == nil ? .failure : .unreachableBackend
    }

    private var names: String {
        switch self.section {
        case "text_to_speech": "check text_to_speech.model and text_to_speech.voice"
        case "home_assistant": "check that Home Assistant is there"
        default: "check \(self.section).model"
        }
    }
}
