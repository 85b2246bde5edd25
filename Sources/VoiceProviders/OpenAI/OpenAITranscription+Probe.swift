import AudioCore
public import VoicePipeline

extension OpenAITranscription {
    /// Has some speech transcribed. That it is transcribed at all is what counts: a language that ``trialVoice`` does not speak
    /// may be configured.
    public func probe(within limit: Duration) async -> ProbeResult {
        let speech = await self.trialSpeech()
        let start = ContinuousClock.now
        do {
            let transcript = try await self.transcribe(speech, within: limit)
            let took = (ContinuousClock.now - start).formatted(fractionDigits: 1)
            let place = "\(self.http.program) at \(self.http.server)"
            let heard = ServerComplaint.line(transcript.text)
            return ProbeResult(
                ok: true,
                found: "\(place) transcribes with \(self.configuration.model) in \(took)"
                    + (heard.isEmpty ? ", but heard no words in the trial" : ": \"\(heard)\""),
                advice: heard.isEmpty ? "if it understands nothing in calls either, see its log and its model" : nil
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

    /// Has the server load its model.
    ///
    /// - Throws: `StageError`, also when nothing is transcribed within two minutes.
    public func prepare() async throws {
        _ = try await self.transcribe(await self.trialSpeech(), within: HTTPStage.loadingTime)
    }

    private func transcribe(_ speech: AudioFrame, within limit: Duration) async throws -> Transcript {
        var configuration = self.configuration
        configuration.timeout = limit
        return try await OpenAITranscription(configuration, client: self.http.client)
            .transcribe(Utterance(audio: speech))
    }

    /// What ``trialVoice`` says; without one, or when it fails, a sound that is like a voice.
    private func trialSpeech() async -> AudioFrame {
        var speech = AudioFrame(samples: [], sampleRate: Self.sampleRate)
        if let voice = self.trialVoice {
            do {
                for try await frame in voice.speak("Hello. Can you hear me?") {
                    speech.sampleRate = frame.sampleRate
                    speech.samples += frame.samples
                }
            } catch {
                // The hum will do: it is this stage that is tried, not that one.
                return Self.hum
            }
        }
        return speech.duration > .milliseconds(300) ? speech : Self.hum
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
