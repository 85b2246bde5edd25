public import AsyncHTTPClient
public import AudioCore
import NIOCore
import NIOHTTP1
public import VoicePipeline

/// Text to speech by an OpenAI-style `POST /v1/audio/speech` that streams raw PCM: Kokoro-FastAPI, speaches …
///
/// Raw PCM and not WAV: a streamed WAV has a made-up length and, with some versions of Kokoro, a click at its end.
/// Ending the iteration closes the connection, which stops the synthesis.
public struct OpenAISpeech: TextToSpeech {
    /// How to reach the server and how it is to sound.
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
            deadlines: RequestDeadlines = .speech
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
    /// Seconds of audio for one sentence.
    private static let longestAudio = 120
    /// However small the pieces are that a server sends: frames last 20 ms at least, but for the first and the last.
    private static let framesPerSecond = 50
    /// All of one sentence may wait.
    private static let waitingFrames = Self.longestAudio * Self.framesPerSecond + 2
    private static let stage = "text to speech"

    /// Makes a stage that uses a client owned by somebody else.
    public init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.http = HTTPStage(
            stage: Self.stage,
            program: "Kokoro",
            server: configuration.server,
            key: configuration.key,
            client: client
        )
    }

    /// Speaks one sentence or clause; a text without words gives no audio. Frames last at most 100 ms.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        let (stream, output) = StageOutput<AudioFrame>.makeStream(stage: Self.stage, limit: Self.waitingFrames)
        let task = Task {
            do {
                try await self.run(text, into: output)
                output.finish()
            } catch {
                output.finish(throwing: self.http.failure(error))
            }
        }
        output.onCancel { task.cancel() }
        return stream
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
        into output: StageOutput<AudioFrame>
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
            let shortest = max(1, rate / Self.framesPerSecond)
            do {
                for try await buffer in response.body {
                    guard buffer.readableBytes > 0 else { continue }
                    watchdog.partArrived()
                    if count == 0, buffer.readableBytesView.starts(with: "RIFF".utf8) {
                        throw self.http.invalid("sent a WAV although raw PCM was asked for")
                    }
                    let waiting = samples.count
                    // What comes first is heard at once, however short it is.
                    let isFirst = count == 0
                    pcm.receive(buffer.readableBytesView, into: &samples)
                    count += samples.count - waiting
                    guard count <= Self.longestAudio * rate else {
                        throw self.http.invalid("sent more than \(Self.longestAudio) s of audio for one sentence")
                    }
                    if isFirst || samples.count >= shortest { try self.send(&samples, to: output) }
                }
            } catch {
                // What had come is heard before the failure.
                try self.send(&samples, to: output)
                throw error
            }
            try self.send(&samples, to: output)
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

    private func send(_ samples: inout [Int16], to output: StageOutput<AudioFrame>) throws {
        let rate = self.configuration.sampleRate
        let length = max(1, rate / 10)
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + length)
            try output.send(AudioFrame(samples: Array(samples[start..<end]), sampleRate: rate))
            start = end
        }
        samples.removeAll(keepingCapacity: true)
    }
}

/// Makes samples of raw little-endian 16-bit PCM that comes in pieces cut anywhere, even inside a sample.
struct PCMReader: Sendable {
    private var odd: UInt8?

    /// Whether half a sample is waiting for the other half.
    var isInsideSample: Bool { self.odd != nil }

    /// Appends the samples that are complete with these bytes.
    mutating func receive(_ bytes: some Sequence<UInt8>, into samples: inout [Int16]) {
        for byte in bytes {
            if let low = self.odd {
                samples.append(Int16(bitPattern: UInt16(low) | UInt16(byte) << 8))
                self.odd = nil
            } else {
                self.odd = byte
            }
        }
    }
}
