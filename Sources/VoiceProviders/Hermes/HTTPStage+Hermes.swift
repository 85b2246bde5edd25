import NIOHTTP1
import VoicePipeline

extension HTTPStage {
    private struct HermesHealth: Decodable {
        var status: String?
        var platform: String?
        var version: String?
    }

    /// What answers is another program.
    struct NotHermes: Error {
        let result: ProbeResult
    }

    /// Looks for Hermes Agent by its health, which needs no key, and gives its name and version.
    ///
    /// - Throws: ``NotHermes``, or what the network says.
    func recognizeHermes() async throws -> String {
        guard
            let health = try await self.look("/health"),
            let reported = decodedJSON(HermesHealth.self, from: health.body), reported.platform == "hermes-agent"
        else {
            throw NotHermes(
                result: ProbeResult(
                    ok: false,
                    found: "what answers at \(self.server) is not Hermes Agent",
                    advice: "correct the url, or choose the provider openai for another server",
                    kind: .invalidResponse
                )
            )
        }
        return "Hermes Agent" + (reported.version.map { " \(ServerComplaint.line($0))" } ?? "")
    }
}
