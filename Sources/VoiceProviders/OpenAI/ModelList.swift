import NIOHTTP1
import VoicePipeline

/// `GET /v1/models`: what a server of the OpenAI style has.
struct ModelList: Decodable, Sendable {
    private struct Entry: Decodable {
        var id: String
    }

    /// The names.
    let names: [String]

    private enum CodingKeys: String, CodingKey {
        case data
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.names = try container.decode([Entry].self, forKey: .data).map { ServerComplaint.line($0.id) }
    }

    /// A few of the names, for a message.
    var sample: String {
        let shown = self.names.prefix(6).joined(separator: ", ")
        return self.names.count > 6 ? "\(shown) and \(self.names.count - 6) more" : shown
    }

    /// Whether a model is there; servers differ in whether they append `:latest`.
    func contains(_ model: String) -> Bool {
        self.names.contains { $0 == model || $0 == model + ":latest" }
    }
}

extension HTTPStage {
    /// How long a probe waits for one answer.
    static let probeTime: Duration = .seconds(5)
    /// How long a server may take to load its model before the first call.
    static let loadingTime: Duration = .seconds(120)
    /// How much of an answer a probe reads.
    static let probeLimit = 1024 * 1024

    /// What a probe that failed tells.
    func probeFailure(_ error: any Error) -> ProbeResult {
        guard let error = self.failure(error) as? StageError else {
            return ProbeResult(ok: false, found: "the check was cancelled", kind: .failed)
        }
        let advice: String? =
            switch error.kind {
            case .unreachable: "start it, or correct its url"
            case .timeout: "it may be loading a model: try again, and see its log"
            case .unauthorized: nil
            case .missingModel: nil
            case .overloaded: "try again in a moment"
            case .invalidResponse, .failed: "see that the url is right, and its log"
            }
        return ProbeResult(ok: false, found: error.message, advice: advice, kind: error.kind)
    }

    /// What a trial that failed tells: what the server has, when it lacks the model that it was asked for.
    func trialFailure(_ error: any Error, model: String, installing advice: String) async -> ProbeResult {
        let failure = self.probeFailure(error)
        switch failure.kind {
        case .missingModel?, .invalidResponse?: break
        case .unreachable?, .timeout?, .unauthorized?, .overloaded?, .failed?, nil: return failure
        }
        guard let answer = try? await self.look("/v1/models"),
            let models = decodedJSON(ModelList.self, from: answer.body), !models.contains(model)
        else { return failure }
        let has = models.names.isEmpty ? "none" : models.sample
        return ProbeResult(
            ok: false,
            found: "\(self.program) at \(self.server) does not have the model \(model); it has \(has)",
            advice: advice,
            kind: .missingModel
        )
    }
}
