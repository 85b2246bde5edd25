public import AsyncHTTPClient
import AudioCore
import NIOCore
import NIOHTTP1
public import VoicePipeline

/// Speech to text by an OpenAI-style `POST /v1/audio/transcriptions`: speaches and other faster-whisper servers.
///
/// Only what all of them know is sent: a WAV of 16 kHz mono and the fields `model`, `language`, `prompt` and
/// `response_format`. What Whisper makes up out of silence is kept out.
public struct OpenAITranscription: SpeechToText {
    /// What the answer is asked to look like; any of them is understood in any case.
    public enum ResponseFormat: String, Sendable, Hashable {
        /// Only the text.
        case json
        /// Text and how sure the model is of each piece; lets made-up text be recognized.
        case verboseJSON = "verbose_json"
    }

    /// How to reach the recognizer and what to tell it.
    public struct Configuration: Sendable {
        /// Where the server is.
        public var server: ServerAddress
        /// The key that it wants.
        public var key: APIKey?
        /// The model, such as `Systran/faster-distil-whisper-small.en`.
        public var model: String
        /// The language by ISO 639-1; nil lets the model guess, which costs time and invites wrong guesses.
        public var language: String?
        /// Words to expect, such as names of rooms; nil for none.
        public var prompt: String?
        /// What the answer is asked to look like.
        public var responseFormat: ResponseFormat
        /// How long one transcription may take.
        public var timeout: Duration

        /// Makes a configuration.
        public init(
            server: ServerAddress,
            key: APIKey? = nil,
            model: String,
            language: String? = "en",
            prompt: String? = nil,
            responseFormat: ResponseFormat = .verboseJSON,
            timeout: Duration = .seconds(20)
        ) {
            self.server = server
            self.key = key
            self.model = model
            self.language = language
            self.prompt = prompt
            self.responseFormat = responseFormat
            self.timeout = timeout
        }
    }

    /// What it was made with.
    public let configuration: Configuration
    /// Speaks what is transcribed when the stage is tried; without one it is a hum.
    public let trialVoice: (any TextToSpeech)?
    let http: HTTPStage
    private let gate = HallucinationGate()

    static let sampleRate = 16_000
    private static let answerLimit = 1024 * 1024
    private static let path = "/v1/audio/transcriptions"

    /// Makes a recognizer that uses a client owned by somebody else.
    public init(_ configuration: Configuration, client: HTTPClient, trialVoice: (any TextToSpeech)? = nil) {
        self.configuration = configuration
        self.trialVoice = trialVoice
        self.http = HTTPStage(
            stage: "speech to text",
            program: "the speech-to-text server",
            server: configuration.server,
            key: configuration.key,
            client: client
        )
    }

    /// Transcribes an utterance of any rate; empty when it holds no speech.
    public func transcribe(_ utterance: Utterance) async throws -> Transcript {
        let speech = self.gate.speech(in: utterance.audio)
        guard self.gate.isWorthSending(speech) else { return Transcript(text: "") }
        let request = self.request(utterance.audio)
        let answer = try await self.http.collect(
            request,
            upTo: Self.answerLimit,
            within: self.configuration.timeout
        )
        return try self.transcript(of: answer, speech: speech)
    }

    private func request(_ audio: AudioFrame) -> HTTPClientRequest {
        let converted = Resampler.convert(audio, to: Self.sampleRate, quality: .telephone)
        var form = MultipartForm()
        form.add("file", file: "utterance.wav", contentType: "audio/wav", WAVWriter.bytes(of: converted))
        form.add("model", self.configuration.model)
        if let language = self.configuration.language { form.add("language", language) }
        if let prompt = self.configuration.prompt { form.add("prompt", prompt) }
        form.add("response_format", self.configuration.responseFormat.rawValue)
        var request = self.http.request(.POST, Self.path)
        request.headers.add(name: "Content-Type", value: form.contentType)
        request.body = .bytes(ByteBuffer(bytes: form.body))
        return request
    }

    private struct Answer: Decodable {
        var text: String
        var segments: [HallucinationGate.Segment]?
    }

    private func transcript(of answer: HTTPStage.Answer, speech: Duration) throws -> Transcript {
        // Some servers answer plain text whatever they are asked for; others say text/plain and send JSON.
        let looksLikeJSON = answer.body.first { $0 != 0x20 && $0 != 0x0A } == UInt8(ascii: "{")
        guard looksLikeJSON else {
            guard answer.contentType.hasPrefix("text/plain") else {
                throw self.http.invalid("answered neither a transcript in JSON nor plain text")
            }
            return self.believed(String(decoding: answer.body, as: UTF8.self), speech: speech, segments: [])
        }
        guard let decoded = decodedJSON(Answer.self, from: answer.body) else {
            throw self.http.invalid("answered JSON without a text")
        }
        let segments = decoded.segments ?? []
        let heard = self.gate.heard(segments)
        let text = heard.count == segments.count ? decoded.text : heard.map(\.text).joined(separator: " ")
        return self.believed(text, speech: speech, segments: heard)
    }

    private func believed(
        _ text: String,
        speech: Duration,
        segments: [HallucinationGate.Segment]
    ) -> Transcript {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let silence = segments.compactMap(\.noSpeechProbability).max()
        guard !self.gate.isMadeUp(line, speech: speech, noSpeechProbability: silence) else {
            return Transcript(text: "")
        }
        return Transcript(text: line, confidence: HallucinationGate.confidence(of: segments))
    }
}
