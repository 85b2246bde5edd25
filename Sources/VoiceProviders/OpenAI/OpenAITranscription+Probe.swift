public import AudioCore
import VoicePipeline

extension OpenAITranscription: Probing {
    /// Has a sound transcribed that is like a voice.
    public func probe(within limit: Duration) async -> ProbeResult {
        await self.probe(with: Self.hum, within: limit)
    }

    /// Has some speech transcribed. That it is transcribed at all is what counts: a language that the voice does not speak
    /// may be configured.
    public func probe(with speech: AudioFrame, within limit: Duration) async -> ProbeResult {
        let start = ContinuousClock.now
        var configuration = self.configuration
        configuration.timeout = limit
        do {
            let transcript = try await OpenAITranscription(configuration, client: self.http.client)
                .transcribe(Utterance(audio: speech))
            let took = (ContinuousClock.now - start).formatted(fractionDigits: 1)
            let place = "\(self.http.program) at \(self.http.server)"
            let heard = ServerComplaint.line(transcript.text)
            return ProbeResult(
                ok: true,
                found: "\(place) transcribes with \(self.configuration.model) in \(took)"
                    + (heard.isEmpty ? ", but heard no words in the trial" : ": \"\(heard)\""),
                advice: heard.isEmpty ? "if it stays deaf in calls, see its log and its model" : nil
            )
        } catch {
            return await self.http.trialFailure(
                error,
                model: self.configuration.model,
                installing:
                    "install it (on speaches: POST /v1/models/\(self.configuration.model)), or configure one of those"
            )
        }
    }

    /// A second of something like a vowel at the pace of syllables: harmonics of 125 Hz, without any library.
    private static var hum: AudioFrame {
        let samples = (0..<Self.sampleRate).map { index in
            let saw = index % 128 - 64
            let syllable = index % 4_000
            let loudness = min(syllable, 4_000 - syllable)
            return Int16(saw * loudness / 16)
        }
        return AudioFrame(samples: samples, sampleRate: Self.sampleRate)
    }
}
