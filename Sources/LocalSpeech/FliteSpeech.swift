#if LocalSpeech
public import AudioCore
internal import CFlite
internal import Synchronization
public import VoicePipeline

/// An American voice from flite, in this process: 16 kHz, English only, first audio after some 20 ms.
///
/// flite's library is not made for threads: all voices share one thread. Frames of about 100 ms leave while the rest
/// of the sentence is being made; the silence that flite puts in front is left out.
public struct FliteSpeech: TextToSpeech {
    /// The rate of all frames.
    public static let sampleRate = 16_000

    /// How fast it speaks: 1 is the voice's own pace, 1.2 is faster.
    public let pace: Double

    /// Makes the voice; it is loaded with the first sentence or by ``prepare()``.
    public init(pace: Double = 1) {
        self.pace = min(3, max(0.3, pace.isFinite ? pace : 1))
    }

    /// Loads the voice, so that the first sentence does not wait for it.
    ///
    /// - Throws: ``StageError`` when the voice cannot be loaded.
    public func prepare() async throws {
        try await Self.thread.run(stage: Self.stage) { _ = try Self.load(&$0) }
    }

    /// Speaks a sentence; a text without a letter or digit gives no frames.
    ///
    /// Ending the iteration early stops the synthesis. The stream throws ``StageError``.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: AudioFrame.self, throwing: (any Error).self)
        let plain = FliteText.plain(text)
        guard plain.contains(where: { $0.isLetter || $0.isNumber }) else {
            continuation.finish()
            return stream
        }
        let pace = self.pace
        let delivery = Delivery(continuation)
        let ticket = Self.thread.submit { tool in
            guard !delivery.isCancelled else { return }
            do {
                let voice = try Self.load(&tool)
                voice.speak(plain, pace: pace, to: delivery)
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        guard let ticket else {
            continuation.finish(
                throwing: StageError(.overloaded, stage: Self.stage, message: "too many sentences are waiting")
            )
            return stream
        }
        continuation.onTermination = { reason in
            guard case .cancelled = reason else { return }
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
    private let continuation: AsyncThrowingStream<AudioFrame, any Error>.Continuation
    private let cancelled = Atomic(false)
    private let hasBegun = Atomic(false)

    init(_ continuation: AsyncThrowingStream<AudioFrame, any Error>.Continuation) {
        self.continuation = continuation
    }

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
        self.continuation.yield(AudioFrame(samples: Array(piece), sampleRate: sampleRate))
        return true
    }
}
#endif
