import NIOHTTP1
public import VoicePipeline

extension OpenAISpeech {
    /// Has a word spoken and waits for the beginning of its audio; what the server lacks is looked up in its lists.
    public func probe(within limit: Duration) async -> ProbeResult {
        let start = ContinuousClock.now
        do {
            try await self.speakAWord(within: limit)
            return ProbeResult(
                ok: true,
                found: "Kokoro at \(self.http.server) speaks with the voice \(self.configuration.voice), "
                    + "first audio after \((ContinuousClock.now - start).formatted(fractionDigits: 1))"
            )
        } catch {
            let failure = self.http.probeFailure(error)
            if failure.kind == .missingModel || failure.kind == .failed,
                let answer = try? await self.http.look("/v1/audio/voices"),
                let voices = JSONValue(answer.body).flatMap(Self.voices), !voices.isEmpty,
                let missing = self.result(voices)
            {
                return missing
            }
            return await self.http.trialFailure(
                error,
                model: self.configuration.model,
                installing: "install it there, or configure one of those"
            )
        }
    }

    /// Has the server load its model and the voice.
    ///
    /// - Throws: `StageError`, also when no audio comes within two minutes.
    public func prepare() async throws {
        try await self.speakAWord(within: HTTPStage.loadingTime)
    }

    /// Has a word spoken and waits for the beginning of its audio.
    private func speakAWord(within limit: Duration) async throws {
        var configuration = self.configuration
        configuration.deadlines = RequestDeadlines(firstPart: limit, betweenParts: limit, total: limit)
        for try await _ in OpenAISpeech(configuration, client: self.http.client).speak("Hello.") { return }
        try Task.checkCancellation()
        throw self.http.invalid("sent no audio")
    }

    /// The voice that the server lacks; nil when it lacks none.
    private func result(_ voices: Set<String>) -> ProbeResult? {
        let wanted = Self.parts(ofMix: self.configuration.voice)
        guard let missing = wanted.first(where: { !voices.contains($0) }) else { return nil }
        let alike = voices.filter { $0.prefix(2) == missing.prefix(2) }.sorted()
        let shown = (alike.isEmpty ? voices.sorted() : alike).prefix(6).joined(separator: ", ")
        return ProbeResult(
            ok: false,
            found: "Kokoro at \(self.http.server) does not have the voice \(missing)",
            advice: "configure one of its \(voices.count) voices, such as \(shown)",
            kind: .missingModel
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
