import AudioCore
import Testing
import VoicePipeline

@testable import VoiceProviders

@Suite(.timeLimit(.minutes(1))) struct OpenAITranscriptionTests {
    private static func speech(_ duration: Duration = .seconds(2), sampleRate: Int = 8_000) -> Utterance {
        let count = Int(duration / .milliseconds(1)) * sampleRate / 1_000
        let samples = (0..<count).map { Int16(truncatingIfNeeded: ($0 * 7_919 % 12_000) - 6_000) }
        return Utterance(audio: AudioFrame(samples: samples, sampleRate: sampleRate))
    }

    private func transcribe(
        _ utterance: Utterance = Self.speech(),
        format: OpenAITranscription.ResponseFormat = .verboseJSON,
        _ script: @escaping StubServer.Script,
        inspect: (StubServer) throws -> Void = { _ in }
    ) async throws -> Transcript {
        try await StubServer.run(script) { server in
            try await withStageClient { client in
                let speechToText = OpenAITranscription(
                    .init(
                        server: server.address,
                        key: APIKey("sk-ears"),
                        model: "Systran/faster-distil-whisper-small.en",
                        prompt: "Svetlana, homelab",
                        responseFormat: format
                    ),
                    client: client
                )
                let result = try await speechToText.transcribe(utterance)
                try inspect(server)
                return result
            }
        }
    }

    /// The parts of a multipart body: their headers and contents.
    private func parts(_ request: StubServer.Request) throws -> [(head: String, content: [UInt8])] {
        let type = try #require(request.header("Content-Type"))
        let boundary = try #require(type.split(separator: "boundary=").last)
        let separator = Array("\r\n--\(boundary)".utf8)
        let pieces = (Array("\r\n".utf8) + request.body).split(separator: separator)
        #expect(Array(pieces.last ?? []) == Array("--\r\n".utf8))
        return try pieces.dropLast().map { piece in
            let halves = piece.dropFirst(2).split(separator: Array("\r\n\r\n".utf8), maxSplits: 1)
            let content = try #require(halves.last)
            return (String(decoding: halves[0], as: UTF8.self), Array(content))
        }
    }

    @Test func `telephone audio is sent as a WAV of 16 kHz in a form`() async throws {
        let transcript = try await self.transcribe { _ in
            .answer(#"{"text":" Turn on  the light.\n"}"#)
        } inspect: { server in
            let request = try #require(server.requests.first)
            #expect(request.path == "/v1/audio/transcriptions")
            #expect(request.header("Authorization") == "Bearer sk-ears")
            let parts = try self.parts(request)
            #expect(
                parts.map(\.head) == [
                    "Content-Disposition: form-data; name=\"file\"; filename=\"utterance.wav\"\r\nContent-Type: audio/wav",
                    "Content-Disposition: form-data; name=\"model\"",
                    "Content-Disposition: form-data; name=\"language\"",
                    "Content-Disposition: form-data; name=\"prompt\"",
                    "Content-Disposition: form-data; name=\"response_format\"",
                ]
            )
            #expect(
                parts.dropFirst().map { String(decoding: $0.content, as: UTF8.self) } == [
                    "Systran/faster-distil-whisper-small.en", "en", "Svetlana, homelab", "verbose_json",
                ]
            )
            let wav = try WAVReader(parts[0].content)
            #expect(wav.sampleRate == 16_000)
            #expect(wav.channels == 1)
            #expect((31_900...32_100).contains(wav.count))
        }
        #expect(transcript == Transcript(text: "Turn on the light."))
    }

    @Test func `plain text is understood, and so is JSON that calls itself plain`() async throws {
        let plain = try await self.transcribe(format: .json) { _ in
            .answer("Hello there.\n", type: "text/plain; charset=utf-8")
        }
        #expect(plain.text == "Hello there.")
        let json = try await self.transcribe { _ in .answer(" {\"text\":\"Hello there.\"}", type: "text/plain") }
        #expect(json.text == "Hello there.")
    }

    @Test func `segments that were not heard are dropped and the rest says how sure it is`() async throws {
        let transcript = try await self.transcribe { _ in
            .answer(
                #"{"language":"en","duration":2.0,"text":" The light. Thanks for watching.","segments":["#
                    + #"{"id":0,"start":0,"end":1,"text":" The light.","avg_logprob":-0.2,"no_speech_prob":0.01},"#
                    + #"{"id":1,"start":1,"end":2,"text":" Thanks for watching.","avg_logprob":-1.4,"no_speech_prob":0.9}]}"#
            )
        }
        #expect(transcript.text == "The light.")
        let confidence = try #require(transcript.confidence)
        #expect(abs(confidence - 0.8187) < 0.001)
    }

    @Test func `thanks out of nothing are not believed, real ones are`() async throws {
        let short = Self.speech(.milliseconds(400))
        let script: @Sendable (Double) -> StubServer.Script = { probability in
            { _ in
                .answer(
                    #"{"text":" Thank you.","segments":[{"text":" Thank you.","avg_logprob":-0.3,"no_speech_prob":\#(probability)}]}"#
                )
            }
        }
        #expect(try await self.transcribe(short, script(0.06)).text == "")
        #expect(try await self.transcribe(short, script(0.01)).text == "Thank you.")
        #expect(try await self.transcribe(Self.speech(), script(0.06)).text == "Thank you.")
        #expect(try await self.transcribe(short, { _ in .answer(#"{"text":"Thank you."}"#) }).text == "")
    }

    @Test func `silence is not even sent`() async throws {
        for audio in [AudioFrame.silence(.seconds(2), sampleRate: 8_000), AudioFrame(samples: [], sampleRate: 8_000)] {
            let transcript = try await self.transcribe(Utterance(audio: audio), { _ in .answer("{}") }) { server in
                #expect(server.requests.isEmpty)
            }
            #expect(transcript.text == "")
        }
    }

    @Test func `an empty result is an empty transcript`() async throws {
        #expect(try await self.transcribe { _ in .answer(#"{"text":" "}"#) }.text == "")
        #expect(try await self.transcribe { _ in .answer("", type: "text/plain") }.text == "")
        #expect(try await self.transcribe { _ in .answer(#"{"text":"","segments":[]}"#) } == Transcript(text: ""))
    }

    @Test(arguments: [
        (
            404,
            #"{"detail":"Model 'x' is not installed locally. You can download the model using `POST /v1/models`"}"#,
            StageError.Kind.missingModel
        ),
        (403, #"{"detail":"Forbidden"}"#, .unauthorized),
        (422, #"{"detail":[{"loc":["body","file"],"msg":"Field required"}]}"#, .failed),
        (415, #"{"detail":"Failed to decode audio"}"#, .failed),
        (200, "<html>", .invalidResponse),
        (200, #"{"words":1}"#, .invalidResponse),
    ])
    func `a failure is told by its kind`(status: Int, body: String, kind: StageError.Kind) async throws {
        let error = await #expect(throws: StageError.self) {
            try await self.transcribe { _ in .answer(body, status: status) }
        }
        #expect(error?.kind == kind)
        #expect(error?.stage == "speech to text")
    }

    @Test func `a server that does not answer is given up`() async throws {
        try await StubServer.run({ _ in [] }) { server in
            try await withStageClient { client in
                let speechToText = OpenAITranscription(
                    .init(server: server.address, model: "m", timeout: .milliseconds(60)),
                    client: client
                )
                let error = await #expect(throws: StageError.self) { try await speechToText.transcribe(Self.speech()) }
                #expect(error?.kind == .timeout)
            }
        }
    }

    @Test func `cancelling abandons the request`() async throws {
        try await StubServer.run({ _ in [] }) { server in
            try await withStageClient { client in
                let speechToText = OpenAITranscription(.init(server: server.address, model: "m"), client: client)
                let task = Task { try await speechToText.transcribe(Self.speech()) }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }
}
