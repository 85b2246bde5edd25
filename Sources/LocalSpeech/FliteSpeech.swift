#if LocalSpeech
public import AudioCore
internal import CFlite
import Foundation
internal import Synchronization
public import VoicePipeline

/// Text to speech by flite, in this process, with an American voice: 16 kHz, English only, first audio after some 20 ms.
///
/// flite's library is not made for threads: all voices share one thread. Frames of about 100 ms leave while the rest
/// of the sentence is being made; the silence that flite puts in front is left out.
public struct FliteSpeech: TextToSpeech {
    /// The rate of all frames.
    public static let sampleRate = 16_000

    /// How fast it speaks: 1 is the voice's own pace, 1.2 is faster.
    public let pace: Double

    /// Makes the stage; its voice is loaded with the first sentence or by ``prepare()``.
    public init(pace: Double = 1) {
        self.pace = min(3, max(0.3, pace.isFinite ? pace : 1))
    }

    /// Loads the voice, so that the first sentence does not wait for it.
    ///
    /// - Throws: ``StageError`` when the voice cannot be loaded.
    public func prepare() async throws {
        try await Self.thread.run(stage: Self.stage) { _ = try Self.load(&$0) }
    }

    /// Loads the voice.
    public func probe(within limit: Duration) async -> ProbeResult {
        await self.probe(as: "flite with the voice rms", within: limit)
    }

    /// Speaks a sentence; a text without a letter or digit gives no frames.
    ///
    /// Ending the iteration early stops the synthesis. The stream throws ``StageError``.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        let (stream, output) = StageOutput<AudioFrame>.makeStream(stage: Self.stage, limit: SpokenAudio.waitingFrames)
        let plain = FliteText.plain(text)
        guard plain.contains(where: { $0.isLetter || $0.isNumber }) else {
            output.finish()
            return stream
        }
        let pace = self.pace
        let delivery = Delivery(output)
        let ticket = Self.thread.submit { tool in
            guard !delivery.isCancelled else { return }
            do {
                let voice = try Self.load(&tool)
                voice.speak(plain, pace: pace, to: delivery)
                output.finish(throwing: delivery.overflow)
            } catch {
                output.finish(throwing: error)
            }
        }
        guard let ticket else {
            output.finish(
                throwing: StageError(.overloaded, stage: Self.stage, message: "too many sentences are waiting")
            )
            return stream
        }
        output.onCancel {
            delivery.cancel()
            Self.thread.drop(ticket)
        }
        return stream
    }

    private static let stage = "text to speech"
    private static let thread = ToolThreads<LoadedVoice>(name: "flite", threads: 1, capacity: 64)

    private static func load(_ tool: inout LoadedVoice?) throws -> LoadedVoice {
        if let tool { return tool }
        guard let voice = LoadedVoice() else {
            throw StageError(.missingModel, stage: self.stage, message: "flite's voice rms cannot be loaded")
        }
        tool = voice
        return voice
    }
}

/// flite's voice, used on one thread only.
private final class LoadedVoice {
    private let voice: UnsafeMutablePointer<cst_voice>

    init?() {
        flite_init()
        guard let voice = register_cmu_us_rms(nil) else { return nil }
        self.voice = voice
    }

    func speak(_ text: String, pace: Double, to delivery: Delivery) {
        svetlana_flite_set_stretch(self.voice, Float(1 / pace))
        guard let streaming = new_audio_streaming_info() else { return }
        streaming.pointee.min_buffsize = 1_600
        streaming.pointee.userdata = Unmanaged.passUnretained(delivery).toOpaque()
        streaming.pointee.asc = { wave, start, count, last, streaming in
            guard let wave, let context = streaming?.pointee.userdata else { return CST_AUDIO_STREAM_STOP }
            let delivery = Unmanaged<Delivery>.fromOpaque(context).takeUnretainedValue()
            let samples = UnsafeBufferPointer(start: wave.pointee.samples + Int(start), count: Int(max(0, count)))
            return delivery.deliver(samples, sampleRate: Int(wave.pointee.sample_rate))
                ? CST_AUDIO_STREAM_CONT : CST_AUDIO_STREAM_STOP
        }
        // The voice owns the description of the stream from here on, and frees it at the end.
        svetlana_flite_begin_stream(self.voice, streaming)
        svetlana_flite_seed(1)
        let wave = flite_text_to_wave(text, self.voice)
        svetlana_flite_end_stream(self.voice)
        if let wave { delete_wave(wave) }
    }
}

/// Hands the pieces of one sentence to its stream.
private final class Delivery: Sendable {
    private let output: StageOutput<AudioFrame>
    private let cancelled = Atomic(false)
    private let hasBegun = Atomic(false)
    private let failure = Mutex<(any Error)?>(nil)

    init(_ output: StageOutput<AudioFrame>) {
        self.output = output
    }

    /// Why the rest was not delivered; nil when it was, or is no longer wanted.
    var overflow: (any Error)? { self.failure.withLock { $0 } }

    var isCancelled: Bool { self.cancelled.load(ordering: .relaxed) }

    func cancel() { self.cancelled.store(true, ordering: .relaxed) }

    /// Returns false when no more is wanted.
    func deliver(_ samples: UnsafeBufferPointer<Int16>, sampleRate: Int) -> Bool {
        guard !self.isCancelled else { return false }
        var piece = samples[...]
        if !self.hasBegun.load(ordering: .relaxed) {
            // Silence in front is waiting for the caller; keep 10 ms, so that no consonant loses its attack.
            guard let first = piece.firstIndex(where: { abs(Int($0)) > 200 }) else { return true }
            piece = piece[max(0, first - sampleRate / 100)...]
            self.hasBegun.store(true, ordering: .relaxed)
        }
        guard !piece.isEmpty else { return true }
        do {
            try self.output.send(AudioFrame(samples: Array(piece), sampleRate: sampleRate))
            return true
        } catch {
            self.failure.withLock { $0 = error }
            return false
        }
    }
}

/// Text as flite can read it: it knows ASCII only, and bytes beyond are skipped or spelled wrongly.
enum FliteText {
    /// Typographic signs become plain ones, accents fall, and letters of other scripts are left out.
    static func plain(_ text: String) -> String {
        var replaced = ""
        for character in text { replaced += self.words[character] ?? String(character) }
        let folded = replaced.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil)
        var result = ""
        for scalar in folded.unicodeScalars {
            if scalar.value >= 0x20, scalar.value < 0x7F {
                result.unicodeScalars.append(scalar)
            } else if result.last != " " {
                result.append(" ")
            }
        }
        return result
    }

    private static let words: [Character: String] = [
        "\u{2018}": "'", "\u{2019}": "'", "\u{201C}": "\"", "\u{201D}": "\"", "\u{2013}": "-", "\u{2014}": ", ",
        "\u{2026}": "...", "°": " degrees ", "€": " euros ", "£": " pounds ", "ß": "ss", "æ": "ae", "ø": "o", "Ø": "O",
        "Æ": "Ae", "ł": "l", "Ł": "L", "đ": "d", "×": " times ", "²": " squared ", "³": " cubed ", "½": " and a half ",
    ]
}
#endif
