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
            let answer = answers[request.path] ?? (404, "not found")
            return .answer(answer.body, status: answer.status)
        }
    }

    private static let health = (200, #"{"status":"ok","platform":"hermes-agent","version":"0.19.0"}"#)

    @Test func `Hermes is recognized by its health and tried with the key`() async throws {
        let good = try await self.probe([
            "/health": Self.health, "/v1/models": (200, #"{"data":[{"id":"hermes-agent"}]}"#),
        ]) {
            .init(server: $0, key: APIKey("k"), model: "any", dialect: .hermes)
        }
        #expect(good.ok)
        #expect(good.found.hasPrefix("Hermes Agent 0.19.0 answers at http://127.0.0.1:"))
        let wrong = try await self.probe([
            "/health": Self.health, "/v1/models": (401, #"{"error":{"message":"Invalid API key"}}"#),
        ]) {
            .init(server: $0, key: APIKey("k"), model: "any", dialect: .hermes)
        }
        #expect(!wrong.ok)
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
        #expect(!missing.ok)
        #expect(missing.found.contains("does not have the model phi; it has llama3:latest, qwen"))
        #expect(missing.advice == "install it there, or configure one of those")
    }

    @Test func `a server without a list of models is good enough, a web page is not`() async throws {
        #expect(try await self.probe([:]) { .init(server: $0, model: "m") }.ok)
        #expect(try await self.probe(["/v1/models": (200, "<html>")]) { .init(server: $0, model: "m") }.ok == false)
        #expect(try await self.probe(["/v1/models": (500, "")]) { .init(server: $0, model: "m") }.ok == false)
    }

    @Test func `a server that is not there is told with what to do`() async throws {
        let address = try await StubServer.run({ _ in [] }) { $0.address }
        try await withStageClient { client in
            let result = await ChatCompletions(.init(server: address, model: "m"), client: client).probe()
            #expect(!result.ok)
            #expect(result.advice == "start it, or correct its url")
        }
    }

    @Test(arguments: [
        ("af_heart", true), ("af_bella(2)+af_heart", true), ("af_none", false), ("af_heart+bm_none(1)", false),
    ])
    func `a voice is looked up, mixes too`(voice: String, ok: Bool) async throws {
        for body in [
            #"{"voices":[{"id":"af_heart","name":"af_heart"},{"id":"af_bella","name":"Bella"}]}"#,
            #"{"voices":["af_heart","af_bella"]}"#,
        ] {
            try await StubServer.run(Self.script(["/v1/audio/voices": (200, body)])) { server in
                try await withStageClient { client in
                    let result = await OpenAISpeech(.init(server: server.address, voice: voice), client: client).probe()
                    #expect(result.ok == ok, "\(result)")
                    if !ok { #expect(result.advice?.contains("such as af_bella, af_heart") == true) }
                }
            }
        }
    }

    @Test func `a recognizer's model is looked up`() async throws {
        let script = Self.script(["/v1/models": (200, #"{"data":[]}"#)])
        try await StubServer.run(script) { server in
            try await withStageClient { client in
                let result = await OpenAITranscription(.init(server: server.address, model: "w"), client: client)
                    .probe()
                #expect(!result.ok)
                #expect(result.found.hasSuffix("does not have the model w; it has none"))
                #expect(result.advice?.contains("POST /v1/models/w") == true)
            }
        }
    }
}
