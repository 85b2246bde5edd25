import Testing
import VoicePipeline

@testable import VoiceProviders

@Suite(.timeLimit(.minutes(1))) struct ProbeTests {
    private func probe(
        _ answers: [String: (status: Int, body: String)],
        _ make: (ServerAddress) -> ChatCompletions.Configuration
    ) async throws -> ProbeResult {
        try await StubServer.run(Self.script(answers)) { server in
            try await withStageClient { client in
                await ChatCompletions(make(server.address), client: client).probe()
            }
        }
    }

    private static func script(_ answers: [String: (status: Int, body: String)]) -> StubServer.Script {
        { request in
            if request.path == "/v1/chat/completions", answers[request.path] == nil {
                let model = request.text.contains("\"qwen\"") || request.text.contains("\"llama3\"")
                if model { return .answer(Self.reply, type: "text/event-stream") }
            }
            let answer = answers[request.path] ?? (404, "not found")
            return .answer(answer.body, status: answer.status)
        }
    }

    private static let reply =
        #"data: {"choices":[{"index":0,"delta":{"content":"Ready."}}]}"# + "\n\n"
        + #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\ndata: [DONE]\n\n"
    private static let health = (200, #"{"status":"ok","platform":"hermes-agent","version":"0.19.0"}"#)

    @Test func `Hermes is recognized by its health and has to answer with a word`() async throws {
        let good = try await self.probe(["/health": Self.health]) {
            .init(server: $0, key: APIKey("k"), model: "qwen", dialect: .hermes)
        }
        #expect(good.ok)
        #expect(good.found.contains("answers with Hermes Agent 0.19.0"))
        let wrong = try await self.probe([
            "/health": Self.health, "/v1/models": (200, #"{"data":[{"id":"hermes-agent"}]}"#),
            "/v1/chat/completions": (401, #"{"error":{"message":"Invalid API key"}}"#),
        ]) {
            .init(server: $0, key: APIKey("k"), model: "any", dialect: .hermes)
        }
        #expect(!wrong.ok && wrong.kind == .unauthorized)
        #expect(wrong.found.contains("refused the API key"))
        let other = try await self.probe(["/health": (200, #"{"status":"healthy"}"#)]) {
            .init(server: $0, model: "any", dialect: .hermes)
        }
        #expect(!other.ok)
        #expect(other.found.contains("is not Hermes Agent"))
    }

    @Test func `a model that is missing is told with those that are there`() async throws {
        let models = ["/v1/models": (200, #"{"data":[{"id":"llama3:latest"},{"id":"qwen"}]}"#)]
        #expect(try await self.probe(models) { .init(server: $0, model: "llama3") }.ok)
        let missing = try await self.probe(models) { .init(server: $0, model: "phi") }
        #expect(!missing.ok && missing.kind == .missingModel)
        #expect(missing.found.contains("does not have the model phi; it has llama3:latest, qwen"))
        #expect(missing.advice == "install it there, or configure one of those")
    }

    @Test func `a list of models is no proof: the model has to answer`() async throws {
        let models = (200, #"{"data":[{"id":"m"}]}"#)
        let deaf = try await self.probe(["/v1/models": models]) { .init(server: $0, model: "m") }
        #expect(!deaf.ok && deaf.kind == .invalidResponse)
        #expect(deaf.found.contains("/v1/chat/completions (404"))
        let closed = try await self.probe(["/v1/models": models, "/v1/chat/completions": (401, "{}")]) {
            .init(server: $0, model: "m")
        }
        #expect(!closed.ok && closed.kind == .unauthorized)
        let empty = (200, #"{"choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"}]}"#)
        #expect(
            try await self.probe(["/v1/models": models, "/v1/chat/completions": empty]) {
                .init(server: $0, model: "m")
            }
            .ok == false
        )
    }

    @Test func `a server without a list of models is good enough, a web page or nothing is not`() async throws {
        #expect(try await self.probe([:]) { .init(server: $0, model: "qwen") }.ok)
        #expect(try await self.probe([:]) { .init(server: $0, model: "m") }.ok == false)
        for page in [(200, "<html>"), (500, ""), (405, "")] {
            let answers = ["/v1/models": page, "/v1/chat/completions": page]
            #expect(try await self.probe(answers) { .init(server: $0, model: "m") }.ok == false)
        }
    }

    @Test func `a server that hangs is not waited for longer than was said`() async throws {
        try await StubServer.run({ _ in [] }) { server in
            try await withStageClient { client in
                let limit = Duration.milliseconds(300)
                let model = await ChatCompletions(.init(server: server.address, model: "m"), client: client).probe(
                    within: limit
                )
                #expect(!model.ok && model.kind == .timeout)
                let speechToText = await OpenAITranscription(.init(server: server.address, model: "w"), client: client)
                    .probe(within: limit)
                #expect(!speechToText.ok && speechToText.kind == .timeout)
                let voice = await OpenAISpeech(.init(server: server.address), client: client).probe(within: limit)
                #expect(!voice.ok && voice.kind == .timeout)
            }
        }
    }

    @Test func `a server that is not there is told with what to do`() async throws {
        let address = try await StubServer.run({ _ in [] }) { $0.address }
        try await withStageClient { client in
            let result = await ChatCompletions(.init(server: address, model: "m"), client: client).probe()
            #expect(!result.ok && result.kind == .unreachable)
            #expect(result.advice == "start it, or correct its url")
        }
    }

    @Test(arguments: [
        ("af_heart", true), ("af_bella(2)+af_heart", true), ("af_none", false), ("af_heart+bm_none(1)", false),
    ])
    func `a word is spoken; a voice that is missing is told with those that are there`(
        voice: String,
        ok: Bool
    ) async throws {
        for body in [
            #"{"voices":[{"id":"af_heart","name":"af_heart"},{"id":"af_bella","name":"Bella"}]}"#,
            #"{"voices":["af_heart","af_bella"]}"#,
        ] {
            let script: StubServer.Script = { request in
                guard request.path == "/v1/audio/speech" else { return .answer(body) }
                guard request.text.contains("none") else { return .answer("abab", type: "audio/pcm") }
                return .answer(#"{"detail":"Voice not found"}"#, status: 400)
            }
            try await StubServer.run(script) { server in
                try await withStageClient { client in
                    let result = await OpenAISpeech(.init(server: server.address, voice: voice), client: client).probe()
                    #expect(result.ok == ok, "\(result)")
                    if !ok { #expect(result.advice?.contains("such as af_bella, af_heart") == true) }
                }
            }
        }
    }

    @Test func `a voice without audio is none`() async throws {
        for answer in [
            [StubServer.Step].answer("", type: "audio/pcm"), .answer("not found", status: 404, type: "text/plain"),
        ] {
            let script: StubServer.Script = { request in
                request.path == "/v1/audio/voices" ? .answer(#"{"voices":["af_heart"]}"#) : answer
            }
            try await StubServer.run(script) { server in
                try await withStageClient { client in
                    let result = await OpenAISpeech(.init(server: server.address), client: client).probe()
                    #expect(!result.ok && result.kind == .invalidResponse, "\(result)")
                }
            }
        }
    }

    @Test(arguments: [
        (200, #"{"text":"hello"}"#, nil as StageError.Kind?), (200, #"{"text":""}"#, nil),
        (404, #"{"detail":"Not Found"}"#, .missingModel), (401, "{}", .unauthorized), (405, "{}", .missingModel),
        (500, "{}", .failed),
    ])
    func `a recognizer has to transcribe`(status: Int, body: String, kind: StageError.Kind?) async throws {
        let script: StubServer.Script = { request in
            request.path == "/v1/models" ? .answer(#"{"data":[]}"#) : .answer(body, status: status)
        }
        try await StubServer.run(script) { server in
            try await withStageClient { client in
                let result = await OpenAITranscription(.init(server: server.address, model: "w"), client: client)
                    .probe()
                #expect(result.ok == (kind == nil) && result.kind == kind, "\(result)")
                #expect(server.requests.first?.path == "/v1/audio/transcriptions")
                if kind == .missingModel {
                    #expect(result.found.hasSuffix("does not have the model w; it has none"))
                    #expect(result.advice?.contains("POST /v1/models/w") == true)
                }
                if result.ok, body.contains("\"\"") { #expect(result.found.contains("heard no words")) }
            }
        }
    }
}
