public import AsyncHTTPClient
public import AudioCore
import NIOCore
import NIOHTTP1
public import VoicePipeline

/// A voice behind an OpenAI-style `POST /v1/audio/speech` that streams raw PCM: Kokoro-FastAPI, speaches …
///
/// Raw PCM and not WAV: a streamed WAV has a made-up length and, with some versions of Kokoro, a click at its end.
/// Ending the iteration closes the connection, which stops the synthesis.
public struct OpenAISpeech: TextToSpeech {
    /// How to reach the voice and how it is to sound.
    public struct Configuration: Sendable {
        /// Where the server is.
        public var server: ServerAddress
        /// The key that it wants.
        public var key: APIKey?
        /// The model.
        public var model: String
        /// The voice, or a mix such as `af_bella(2)+af_sky`.
        public var voice: String
        /// The language by Kokoro's letter; nil lets the voice's first letter say it.
        public var language: String?
        /// How fast it speaks; 1 is its own pace.
        public var speed: Double
        /// The rate of the PCM that the server sends: 24 000 for Kokoro.
        public var sampleRate: Int
        /// How long a sentence may take.
        public var deadlines: RequestDeadlines

        /// Makes a configuration.
        public init(
            server: ServerAddress,
            key: APIKey? = nil,
            model: String = "kokoro",
            voice: String = "af_heart",
            language: String? = nil,
            speed: Double = 1,
            sampleRate: Int = 24_000,
            deadlines: RequestDeadlines = .voice
        ) {
            self.server = server
            self.key = key
            self.model = model
            self.voice = voice
            self.language = language
            self.speed = speed
            self.sampleRate = sampleRate
            self.deadlines = deadlines
        }
    }

    /// What it was made with.
    public let configuration: Configuration
    let http: HTTPStage

    private static let path = "/v1/audio/speech"
    private static let longestAudio = 120

    /// Makes a voice that uses a client owned by somebody else.
    public init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.http = HTTPStage(
            stage: "text to speech",
            program: "Kokoro",
            server: configuration.server,
            key: configuration.key,
            client: client
        )
    }

    /// Speaks one sentence or clause; a text without words gives no audio. Frames last at most 100 ms.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await self.run(text, into: continuation)
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: self.http.failure(error))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private struct Body: Encodable {
        var model: String
        var input: String
        var voice: String
        var responseFormat = "pcm"
        var speed: Double
        var language: String?

        enum CodingKeys: String, CodingKey {
            case model, input, voice, speed
            case responseFormat = "response_format"
            case language = "lang_code"
        }
    }

    private func run(
        _ text: String,
        into continuation: AsyncThrowingStream<AudioFrame, any Error>.Continuation
    ) async throws {
        guard text.contains(where: { $0.isLetter || $0.isNumber }) else { return }
        let request = try self.request(text)
        let rate = self.configuration.sampleRate
        try await Watchdog.guarding(self.configuration.deadlines) { watchdog in
            let response = try await self.http.open(request, within: self.configuration.deadlines.total)
            try self.check(response.headers.first(name: "Content-Type")?.lowercased() ?? "")

            var pcm = PCMReader()
            var samples: [Int16] = []
            var count = 0
            for try await buffer in response.body {
                guard buffer.readableBytes > 0 else { continue }
                watchdog.partArrived()
                if count == 0, buffer.readableBytesView.starts(with: "RIFF".utf8) {
                    throw self.http.invalid("sent a WAV although raw PCM was asked for")
                }
                pcm.receive(buffer.readableBytesView, into: &samples)
                count += samples.count
                guard count <= Self.longestAudio * rate else {
                    throw self.http.invalid("sent more than \(Self.longestAudio) s of audio for one sentence")
                }
                self.yield(&samples, to: continuation)
            }
            guard count > 0 else { throw self.http.invalid("sent no audio") }
            guard !pcm.isInsideSample else { throw self.http.invalid("sent half a sample at the end of its audio") }
        }
    }

    private func request(_ text: String) throws -> HTTPClientRequest {
        var request = self.http.request(.POST, Self.path, accept: "audio/pcm")
        request.headers.add(name: "Content-Type", value: "application/json")
        let body = Body(
            model: self.configuration.model,
            input: text,
            voice: self.configuration.voice,
            speed: self.configuration.speed,
            language: self.configuration.language
        )
        request.body = .bytes(ByteBuffer(bytes: try encodedJSON(body)))
        return request
    }

    private func check(_ contentType: String) throws {
        let isOther = [
            "application/json", "text/", "audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/flac",
        ]
        .contains { contentType.hasPrefix($0) }
        if isOther {
            throw self.http.invalid("sent \(ServerComplaint.line(contentType)) although raw PCM was asked for")
        }
    }

    private func yield(
        _ samples: inout [Int16],
        to continuation: AsyncThrowingStream<AudioFrame, any Error>.Continuation
    ) {
        let rate = self.configuration.sampleRate
        let length = max(1, rate / 10)
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + length)
            continuation.yield(AudioFrame(samples: Array(samples[start..<end]), sampleRate: rate))
            start = end
        }
        samples.removeAll(keepingCapacity: true)
    }
}
