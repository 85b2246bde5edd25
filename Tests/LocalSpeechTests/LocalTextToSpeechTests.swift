#if LocalSpeech
import AudioCore
import Foundation
import LocalSpeech
import Testing
import VoicePipeline

@Suite struct FliteSpeechTests {
    @Test func aSentenceComesInPiecesWithoutSilenceInFront() async throws {
        let voice = FliteSpeech()
        try await voice.prepare()
        let frames = try await collect(voice.speak("The front door is locked."))
        let whole = frames.flatMap(\.samples)
        #expect(frames.count > 5)
        #expect(frames.allSatisfy { $0.sampleRate == FliteSpeech.sampleRate && $0.duration <= .milliseconds(200) })
        #expect(whole.count > 16_000)
        #expect(whole.prefix(800).contains { abs(Int($0)) > 200 })
        #expect(Level.rms(AudioFrame(samples: whole, sampleRate: 16_000)) > -30)
    }

    @Test func twoSentencesAtOnceDoNotDisturbEachOther() async throws {
        let voice = FliteSpeech()
        async let first = collect(voice.speak("One two three four five."))
        async let second = collect(voice.speak("Yes."))
        let (long, short) = try await (first, second)
        #expect(long.flatMap(\.samples).count > 2 * short.flatMap(\.samples).count)
        #expect(!short.isEmpty)
    }

    @Test func aFasterPaceIsShorter() async throws {
        let normal = try await collect(FliteSpeech().speak("It is ten fifteen in the morning.")).flatMap(\.samples)
            .count
        let fast = try await collect(FliteSpeech(pace: 1.5).speak("It is ten fifteen in the morning."))
            .flatMap(\.samples).count
        #expect(Double(fast) < 0.8 * Double(normal))
    }

    @Test func endingEarlyEndsTheWork() async throws {
        let voice = FliteSpeech()
        let long = String(repeating: "This is a long sentence that nobody wants to hear to its end, ", count: 30)
        for _ in 0..<8 {
            for try await _ in voice.speak(long) { break }
        }
        #expect(try await !collect(voice.speak("Yes.")).isEmpty)
    }

    @Test(arguments: ["", "   ", "...", "?!", "\u{1F600}", "\n\t", "Привет"])
    func withoutWordsThereIsNoAudio(text: String) async throws {
        #expect(try await collect(FliteSpeech().speak(text)).isEmpty)
    }

    @Test(arguments: [
        "Caf\u{E9} \u{201C}Zo\u{EB}\u{201D} \u{2014} it\u{2019}s 21.5\u{B0}",
        "1234567890123456789012345678901234567890",
        "$1,000,000.00 50% <b>&amp;</b> http://example.com/a?b=c", "a\u{0}b", "\\ \" ' ` ; | ((( x",
        "AAAAAAAAAAAAAAAAAAAAAAAAA",
    ])
    func oddTextsAreSpoken(text: String) async throws {
        #expect(try await !collect(FliteSpeech().speak(text)).isEmpty)
    }
}

@Suite struct EspeakSpeechTests {
    @Test func aMissingProgramSaysWhatToInstall() async {
        let voice = EspeakSpeech(program: "/nonexistent/espeak-ng")
        await #expect(throws: StageError.self) { try await voice.prepare() }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng")))
    func itSpeaksOtherLanguages() async throws {
        let frames = try await collect(EspeakSpeech(voice: "de").speak("-h Guten Morgen."))
        #expect(frames.first?.sampleRate == 22_050)
        #expect(frames.flatMap(\.samples).count > 11_025)
        let error = await #expect(throws: StageError.self) { try await EspeakSpeech(voice: "xx").prepare() }
        #expect(error?.kind == .missingModel)
    }
}

func collect(_ stream: AsyncThrowingStream<AudioFrame, any Error>) async throws -> [AudioFrame] {
    var frames: [AudioFrame] = []
    for try await frame in stream { frames.append(frame) }
    return frames
}
#endif
