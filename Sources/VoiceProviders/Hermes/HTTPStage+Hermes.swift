import NIOHTTP1
import VoicePipeline

extension HTTPStage {
    private struct HermesHealth: Decodable {
        var status: String?
        var platform: String?
        var version: String?
    }

    /// Looks for Hermes Agent: its health, which needs no key, then its list of models, which does.
    func probeHermes() async -> ProbeResult {
        do {
            guard
                let health = try await self.look("/health"),
                let told = decodedJSON(HermesHealth.self, from: health.body), told.platform == "hermes-agent"
            else {
                return ProbeResult(
                    ok: false,
                    found: "what answers at \(self.server) is not Hermes Agent",
                    advice: "correct the url, or choose the provider openai for another server"
                )
            }
            let version = told.version.map { " \(ServerComplaint.line($0))" } ?? ""
            _ = try await self.look("/v1/models")
            return ProbeResult(ok: true, found: "Hermes Agent\(version) answers at \(self.server) and takes the key")
        } catch {
            return self.probeFailure(error)
        }
    }
}
