#if LocalSpeech
internal import AudioCore
internal import CPocketSphinx
import Foundation
internal import Synchronization
internal import VoicePipeline

/// The files of a model, known to exist.
struct SphinxModel: Sendable {
    let directory: String
    var acoustics: String { "\(self.directory)/en-us" }
    var language: String { "\(self.directory)/en-us.lm.bin" }
    var dictionary: String { "\(self.directory)/cmudict-en-us.dict" }

    init?(directory: String) {
        self.directory = directory
        let files = ["\(self.acoustics)/mdef", self.language, self.dictionary]
        guard files.allSatisfy(FileManager.default.isReadableFile) else { return nil }
    }
}

/// pocketsphinx's decoder, used by one thread only.
final class SphinxDecoder {
    private let decoder: OpaquePointer

    /// The thread's decoder; loads it when there is none.
    static func loaded(_ tool: inout SphinxDecoder?, _ model: SphinxModel) throws -> SphinxDecoder {
        if let tool { return tool }
        let decoder = try SphinxDecoder(model)
        tool = decoder
        return decoder
    }

    private init(_ model: SphinxModel) throws {
        // The library's log is one for all decoders; it is switched off while one is made.
        let created = Self.loading.withLock { _ in
            svetlana_decoder_create(model.acoustics, model.language, model.dictionary)
        }
        guard let created else {
            throw StageError(
                .missingModel,
                stage: "speech to text",
                message: "pocketsphinx cannot load the model in \(model.directory); "
                    + "reinstall it with: apt-get install --reinstall pocketsphinx-en-us"
            )
        }
        self.decoder = created
    }

    deinit {
        ps_free(self.decoder)
    }

    /// Decodes a whole utterance of 16 kHz.
    func transcribe(_ audio: AudioFrame) throws -> Transcript {
        // Each utterance begins as if it were the first, so that one caller's noise does not color the next.
        ps_start_stream(self.decoder)
        guard ps_start_utt(self.decoder) >= 0 else { throw Self.failure }
        let searched = audio.samples.withUnsafeBufferPointer { samples in
            // All at once, so that the cepstral mean is that of the utterance and not a guess.
            ps_process_raw(self.decoder, samples.baseAddress, samples.count, 0, 1)
        }
        guard ps_end_utt(self.decoder) >= 0, searched >= 0 else { throw Self.failure }
        guard let words = ps_get_hyp(self.decoder, nil) else { return Transcript(text: "") }
        return Transcript(text: String(cString: words), confidence: self.confidence())
    }

    /// The mean of the words' posterior probabilities.
    private func confidence() -> Double? {
        let scale = ps_get_logmath(self.decoder)
        var sum = 0.0
        var count = 0
        var segment = ps_seg_iter(self.decoder)
        while let current = segment {
            if let word = ps_seg_word(current).map({ String(cString: $0) }), !"<[".contains(word.prefix(1)) {
                sum += min(1, logmath_exp(scale, ps_seg_prob(current, nil, nil, nil)))
                count += 1
            }
            segment = ps_seg_next(current)
        }
        return count == 0 ? nil : sum / Double(count)
    }

    private static let loading = Mutex(())
    private static let failure = StageError(
        .failed,
        stage: "speech to text",
        message: "pocketsphinx could not decode the utterance"
    )
}
#endif
