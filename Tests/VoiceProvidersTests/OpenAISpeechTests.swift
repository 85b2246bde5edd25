import AudioCore
import Testing
import VoicePipeline

@testable import VoiceProviders

@Suite(.timeLimit(.minutes(1))) struct OpenAISpeechTests {
    private static let head = StubServer.Step.head(200, ["Content-Type": "audio/pcm"])

    private func speak(
        _ text: String = "The light is on.",
        deadlines: RequestDeadlines = .speech,
        _ script: @escaping StubServer.Script,
        inspect: (StubServer) -> Void = { _ in }
    ) async throws -> (frames: [AudioFrame], error: StageError?) {
        try await StubServer.run(script) { server in
            try await withStageClient { client in
                let voice = OpenAISpeech(.init(server: server.address, deadlines: deadlines), client: client)
                var frames: [AudioFrame] = []
                var failure: StageError?
                do {
                    for try await frame in voice.speak(text) { frames.append(frame) }
                } catch let error as StageError {
                    failure = error
                }
                inspect(server)
                return (frames, failure)
            }
        }
    }

    @Test func `raw PCM is asked for and comes out sample by sample, however it is cut`() async throws {
        let samples = (0..<6_000).map { Int16(truncatingIfNeeded: $0 * 31 - 20_000) }
        let bytes = WAVWriter.littleEndian(samples.span)
        let result = try await self.speak { _ in
            [
                Self.head, .bytes(Array(bytes[..<1])), .bytes(Array(bytes[1..<4_802])),
                .bytes(Array(bytes[4_802..<4_805])),
            ]
                + [.bytes(Array(bytes[4_805...])), .end]
        } inspect: { server in
            let json = server.requests.first.flatMap { JSONValue($0.body) }
            #expect(server.requests.first?.path == "/v1/audio/speech")
            #expect(
                json
                    == .object([
                        "model": .string("kokoro"), "input": .string("The light is on."), "voice": .string("af_heart"),
                        "response_format": .string("pcm"), "speed": .number(1),
                    ])
            )
            #expect(server.requests.first?.header("Authorization") == nil)
        }
        #expect(result.error == nil)
        #expect(result.frames.flatMap(\.samples) == samples)
        #expect(result.frames.allSatisfy { $0.sampleRate == 24_000 && $0.duration <= .milliseconds(100) })
    }

    @Test func `PCM is read alike wherever it is cut`() {
        let bytes: [UInt8] = [0x00, 0x80, 0xFF, 0x7F, 0x01, 0x00, 0xFE, 0xFF]
        for cut in 0...bytes.count {
            var reader = PCMReader()
            var samples: [Int16] = []
            reader.receive(bytes[..<cut], into: &samples)
            #expect(reader.isInsideSample == !cut.isMultiple(of: 2))
            reader.receive(bytes[cut...], into: &samples)
            #expect(samples == [.min, .max, 1, -2])
        }
    }

    @Test func `a synthesis that breaks off is an error after what was heard`() async throws {
        let result = try await self.speak { _ in [Self.head, .bytes([1, 0, 2, 0]), .abort] }
        #expect(result.frames.flatMap(\.samples) == [1, 2])
        #expect(result.error?.kind == .invalidResponse)
        #expect(result.error?.message.contains("Kokoro") == true)
    }

    @Test func `small pieces are joined, but for the first`() async throws {
        let samples = (0..<4_800).map { Int16(truncatingIfNeeded: $0) }
        let bytes = WAVWriter.littleEndian(samples.span)
        // 200 pieces of one millisecond each, as far as the network leaves them alone.
        let pieces = stride(from: 0, to: bytes.count, by: 48).map {
            StubServer.Step.bytes(Array(bytes[$0..<($0 + 48)]))
        }
        let result = try await self.speak { _ in [Self.head] + pieces + [.end] }
        #expect(result.error == nil)
        #expect(result.frames.flatMap(\.samples) == samples)
        #expect(result.frames.count <= 20)
    }

    @Test func `ending the iteration closes the connection`() async throws {
        try await StubServer.run({ _ in [Self.head, .bytes([1, 0, 2, 0])] }) { server in
            try await withStageClient { client in
                let voice = OpenAISpeech(.init(server: server.address), client: client)
                for try await frame in voice.speak("A long story.") {
                    #expect(frame.samples == [1, 2])
                    break
                }
                await server.connectionWasCut()
            }
        }
    }

    @Test(arguments: [
        [Self.head, .end],
        [Self.head, .bytes([1, 0, 2]), .end],
        [Self.head, .text("RIFF...."), .end],
        [.head(200, ["Content-Type": "audio/mpeg"]), .bytes([1, 0]), .end],
        [.head(200, ["Content-Type": "application/json"]), .text("{}"), .end],
    ])
    func `what is no audio is refused`(steps: [StubServer.Step]) async throws {
        let result = try await self.speak { _ in steps }
        #expect(result.error?.kind == .invalidResponse)
    }

    @Test func `an unknown voice is told with the server's list`() async throws {
        let result = try await self.speak { _ in
            .answer(
                #"{"detail":{"error":"validation_error","message":"Voice 'x' not found. Available voices: af_bella"}}"#,
                status: 400
            )
        }
        #expect(result.error?.kind == .missingModel)
        #expect(result.error?.message.contains("Available voices: af_bella") == true)
    }

    @Test func `a voice that does not begin is given up`() async throws {
        let quick = RequestDeadlines(firstPart: .milliseconds(60), betweenParts: .seconds(20), total: .seconds(20))
        let result = try await self.speak(deadlines: quick) { _ in [Self.head] }
        #expect(result.error?.kind == .timeout)
    }

    @Test(arguments: ["", " ", "…", "!?"])
    func `a text without words is not sent`(text: String) async throws {
        let result = try await self.speak(text, { _ in [] }) { #expect($0.requests.isEmpty) }
        #expect(result.frames.isEmpty)
        #expect(result.error == nil)
    }

    @Test func `a server that is not there is told so`() async throws {
        let address = try await StubServer.run({ _ in [] }) { $0.address }
        try await withStageClient { client in
            let voice = OpenAISpeech(.init(server: address), client: client)
            let error = await #expect(throws: StageError.self) { for try await _ in voice.speak("Hello.") {} }
            #expect(error?.description.contains("is Kokoro running there?") == true)
        }
    }
}
