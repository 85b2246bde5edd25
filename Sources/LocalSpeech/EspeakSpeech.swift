#if LocalSpeech
public import AudioCore
import Foundation
internal import Synchronization
public import VoicePipeline

/// Text to speech by the program espeak-ng, for the many languages that flite does not speak.
///
/// It is run as a program and never linked, because of its license. One process a sentence, at most two at once.
public struct EspeakSpeech: TextToSpeech {
    /// The voice or language, such as `de`, `ru` or `en-us`.
    public let voice: String
    /// Words a minute.
    public let wordsPerMinute: Int

    private let program: String?

    /// Makes the stage.
    ///
    /// - Parameter program: the path of espeak-ng; nil looks for it where the shell would.
    public init(voice: String = "en-us", wordsPerMinute: Int = 150, program: String? = nil) {
        self.voice = voice
        self.wordsPerMinute = min(450, max(80, wordsPerMinute))
        self.program = program ?? Self.find("espeak-ng")
    }

    /// Speaks one letter into nothing, to see that the program and the voice are there.
    ///
    /// - Throws: ``StageError`` that says what to install or change.
    public func prepare() async throws {
        for try await _ in self.speak("a") {}
    }

    /// Speaks one letter into nothing.
    public func probe(within limit: Duration) async -> ProbeResult {
        await self.probe(as: "espeak-ng with the voice \(self.voice)", within: limit)
    }

    /// Speaks a sentence; frames of 100 ms at espeak-ng's rate of 22 050 Hz.
    ///
    /// Ending the iteration early stops the program. The stream throws ``StageError``.
    public func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error> {
        let (stream, output) = StageOutput<AudioFrame>.makeStream(
            stage: EspeakRun.stage,
            limit: SpokenAudio.waitingFrames
        )
        let run = EspeakRun(program: self.program, voice: self.voice, wordsPerMinute: self.wordsPerMinute)
        let ticket = Self.threads.submit { _ in
            do {
                let audio = try run.speak(text)
                let step = max(1, audio.sampleRate / 10)
                for start in stride(from: 0, to: audio.samples.count, by: step) {
                    let piece = audio.samples[start..<min(start + step, audio.samples.count)]
                    try output.send(AudioFrame(samples: Array(piece), sampleRate: audio.sampleRate))
                }
                output.finish()
            } catch {
                output.finish(throwing: error)
            }
        }
        guard let ticket else {
            output.finish(
                throwing: StageError(.overloaded, stage: EspeakRun.stage, message: "too many sentences are waiting")
            )
            return stream
        }
        output.onCancel {
            Self.threads.drop(ticket)
            run.cancel()
        }
        return stream
    }

    private static let threads = ToolThreads<Never>(name: "espeak", threads: 2, capacity: 32)

    private static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/usr/local/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }
}

/// One run of the program, which can be ended from another thread.
private final class EspeakRun: Sendable {
    static let stage = "text to speech"

    private struct State {
        var process: Int32?
        var isCancelled = false
    }

    private let program: String?
    private let voice: String
    private let wordsPerMinute: Int
    private let state = Mutex(State())

    init(program: String?, voice: String, wordsPerMinute: Int) {
        self.program = program
        self.voice = voice
        self.wordsPerMinute = wordsPerMinute
    }

    func cancel() {
        self.state.withLock { state in
            state.isCancelled = true
            if let process = state.process { kill(process, SIGTERM) }
        }
    }

    func speak(_ text: String) throws -> AudioFrame {
        guard let program = self.program else {
            throw StageError(
                .missingModel,
                stage: Self.stage,
                message: "the program espeak-ng is missing; install it with: apt-get install espeak-ng"
            )
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        // What comes after "--" is no option, whatever it begins with.
        process.arguments = [
            "-v", self.voice, "-s", String(self.wordsPerMinute), "--stdout", "--",
            text.replacingOccurrences(of: "\0", with: " "),
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let begins = try self.state.withLock { state in
            guard !state.isCancelled else { return false }
            do {
                try process.run()
            } catch {
                throw StageError(.failed, stage: Self.stage, message: "\(program) cannot be run: \(error)")
            }
            state.process = process.processIdentifier
            return true
        }
        guard begins else { return AudioFrame(samples: [], sampleRate: 22_050) }
        var bytes: [UInt8] = []
        while let more = try? output.fileHandleForReading.read(upToCount: 65_536), !more.isEmpty {
            // Read to the end all the same: a program that cannot write would wait for ever.
            if bytes.count <= SpokenAudio.mostBytes { bytes += more }
        }
        // No signal may go to a number that is free again once the program was waited for.
        let cancelled = self.state.withLock { state in
            state.process = nil
            return state.isCancelled
        }
        process.waitUntilExit()
        if cancelled { return AudioFrame(samples: [], sampleRate: 22_050) }
        guard process.terminationStatus == 0 else {
            throw StageError(
                .missingModel,
                stage: Self.stage,
                message: "espeak-ng does not know the voice \(self.voice); list them with: espeak-ng --voices"
            )
        }
        guard bytes.count <= SpokenAudio.mostBytes else {
            throw StageError(.failed, stage: Self.stage, message: "espeak-ng made too much audio of one sentence")
        }
        do {
            return try WAVReader(bytes).mono()
        } catch {
            throw StageError(.invalidResponse, stage: Self.stage, message: "espeak-ng gave no audio: \(error)")
        }
    }
}
#endif
