#if LocalSpeech
internal import AudioCore
import Foundation
public import VoicePipeline

/// US English speech to text by pocketsphinx, in this process: no server, no account, no network.
///
/// Whole utterances are decoded at 16 kHz, each on a thread of its own, at most one a core; others wait in a bounded
/// queue. Telephone audio of 8 kHz is brought up by ``TelephoneBand``. A decoder takes about a second to load and is
/// kept; call ``prepare()`` before the first call comes in.
public struct PocketSphinxTranscription: SpeechToText {
    /// Where the model is looked for when no folder is given, in this order.
    public static let modelDirectories = [
        "/usr/share/pocketsphinx/model/en-us", "/usr/local/share/pocketsphinx/model/en-us",
    ]

    /// The folder that holds the folder `en-us`, `en-us.lm.bin` and `cmudict-en-us.dict`; nil when none was found.
    public let modelDirectory: String?

    private let threads: ToolThreads<SphinxDecoder>
    private let paths: SphinxModel?
    private let searched: [String]

    /// Makes the stage; nothing is loaded yet.
    ///
    /// - Parameters:
    ///   - modelDirectory: where the model is; nil looks in ``modelDirectories``.
    ///   - decoders: how many utterances may be decoded at once, at most one a core.
    ///   - waiting: how many utterances may wait; further ones fail with `.overloaded`.
    public init(modelDirectory: String? = nil, decoders: Int = .max, waiting: Int = 16) {
        self.searched = modelDirectory.map { [$0] } ?? Self.modelDirectories
        self.paths = self.searched.lazy.compactMap(SphinxModel.init(directory:)).first
        self.modelDirectory = self.paths?.directory
        self.threads = ToolThreads(
            name: "pocketsphinx",
            threads: min(decoders, ProcessInfo.processInfo.activeProcessorCount),
            capacity: waiting
        )
    }

    /// Loads a decoder, so that the first utterance does not wait for it; also the way to see that all is there.
    ///
    /// - Throws: ``StageError`` `.missingModel` with the package to install.
    public func prepare() async throws {
        let model = try self.model()
        try await self.threads.run(stage: Self.stage) { _ = try SphinxDecoder.loaded(&$0, model) }
    }

    /// Loads a decoder.
    public func probe(within limit: Duration) async -> ProbeResult {
        await self.probe(as: "pocketsphinx with the US English model", within: limit)
    }

    /// Transcribes an utterance in lower case and without punctuation, as the model knows it.
    ///
    /// What is shorter than 150 ms or silent gives an empty text. The confidence is the mean of the words' posteriors.
    /// Cancelling drops an utterance that waits, and leaves one that is being decoded.
    /// - Throws: ``StageError``; `CancellationError`.
    public func transcribe(_ utterance: Utterance) async throws -> Transcript {
        let model = try self.model()
        let audio = utterance.audio
        guard audio.duration >= Self.shortest, Level.peak(audio) > Self.quietest else { return Transcript(text: "") }
        return try await self.threads.run(stage: Self.stage) { tool in
            let decoder = try SphinxDecoder.loaded(&tool, model)
            return try decoder.transcribe(Self.prepared(audio))
        }
    }

    /// The audio as the model wants it: 16 kHz, of one loudness.
    static func prepared(_ audio: AudioFrame) -> AudioFrame {
        var frame = audio
        let limit = Int(Self.longest.components.seconds) * max(1, audio.sampleRate)
        if frame.samples.count > limit { frame.samples.removeLast(frame.samples.count - limit) }
        return TelephoneBand.widen(frame.normalized(peak: -6), corner: Self.corner)
    }

    private func model() throws -> SphinxModel {
        if let paths = self.paths { return paths }
        throw StageError(
            .missingModel,
            stage: Self.stage,
            message: "the US English model of pocketsphinx is not in \(self.searched.joined(separator: " or ")); "
                + "install it with: apt-get install pocketsphinx-en-us"
        )
    }

    /// Measured over loud, quiet, padded and noisy µ-law calls, 320 words of flite's rms: 22 wrong with 5 500 Hz, 26 with
    /// the 5 000 Hz that is usual. Other settings of the decoder's silence, noise and word weights did no better.
    private static let corner = 5_500.0
    fileprivate static let stage = "speech to text"
    private static let shortest = Duration.milliseconds(150)
    private static let longest = Duration.seconds(60)
    /// Below this peak, in dBFS, there is no speech.
    private static let quietest = -60.0
}
#endif
