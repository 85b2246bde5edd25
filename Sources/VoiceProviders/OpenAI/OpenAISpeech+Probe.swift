import NIOHTTP1
import VoicePipeline

extension OpenAISpeech: Probing {
    /// Looks for the server and for the voice; a server without a list of voices is asked for its models.
    public func probe() async -> ProbeResult {
        do {
            guard
                let answer = try await self.http.look("/v1/audio/voices"),
                let voices = JSONValue(answer.body).flatMap(Self.voices), !voices.isEmpty
            else { return await self.probeModels() }
            return self.result(voices)
        } catch {
            return self.http.probeFailure(error)
        }
    }

    private func probeModels() async -> ProbeResult {
        await self.http.probeModel(self.configuration.model, installing: "install it there, or configure one of those")
    }

    private func result(_ voices: Set<String>) -> ProbeResult {
        let wanted = Self.parts(ofMix: self.configuration.voice)
        guard let missing = wanted.first(where: { !voices.contains($0) }) else {
            return ProbeResult(
                ok: true,
                found: "Kokoro answers at \(self.http.server) and has the voice \(self.configuration.voice)"
            )
        }
        let alike = voices.filter { $0.prefix(2) == missing.prefix(2) }.sorted()
        let shown = (alike.isEmpty ? voices.sorted() : alike).prefix(6).joined(separator: ", ")
        return ProbeResult(
            ok: false,
            found: "Kokoro at \(self.http.server) does not have the voice \(missing)",
            advice: "configure one of its \(voices.count) voices, such as \(shown)"
        )
    }

    /// The names in both shapes that Kokoro has: plain strings, or objects with an `id` and a `name`.
    private static func voices(in json: JSONValue) -> Set<String>? {
        guard let list = (json["voices"] ?? json).array else { return nil }
        var names: Set<String> = []
        for entry in list {
            guard let name = entry.string ?? entry["id"]?.string ?? entry["name"]?.string else { continue }
            names.insert(ServerComplaint.line(name))
        }
        return names
    }

    /// The voices that a mix such as `af_bella(2)+af_sky` is made of.
    private static func parts(ofMix voice: String) -> [String] {
        voice.split { "+-".contains($0) }.map { String($0.prefix { $0 != "(" }) }
    }
}
