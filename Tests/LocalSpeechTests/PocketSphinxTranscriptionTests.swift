#if LocalSpeech
import AudioCore
import LocalSpeech
import Testing
import VoicePipeline

@Suite(.serialized) struct PocketSphinxTranscriptionTests {
    static let sentences = [
        "what is the temperature in the living room", "turn on the kitchen light", "good morning how are you",
        "what time is it", "is the front door locked", "how many servers are online",
        "please call me back in ten minutes", "what is the weather tomorrow", "turn off all the lights in the house",
        "give me the morning report", "who is calling", "thank you and goodbye",
    ]

    @Test func understandsTheTelephone() async throws {
        let speechToText = PocketSphinxTranscription()
        try await speechToText.prepare()
        var errors = 0
        var words = 0
        for sentence in Self.sentences {
            let audio = try await telephone(sentence)
            let heard = try await speechToText.transcribe(Utterance(audio: audio))
            let wrong = wordErrors(wanted: sentence, heard: heard.text)
            errors += wrong
            words += sentence.split(separator: " ").count
            let sure = heard.confidence.map { Int(100 * $0) } ?? 0
            print("heard: \(heard.text) (\(sure) % sure)\(wrong == 0 ? "" : ", said: \(sentence)")")
        }
        let rate = 100 * Double(errors) / Double(words)
        print("word error rate over PCMU: \((rate * 10).rounded() / 10) % (\(errors) of \(words) words)")
        #expect(rate <= 10)
    }

    @Test func silenceAndClicksAreNoWords() async throws {
        let speechToText = PocketSphinxTranscription()
        let silence = AudioFrame.silence(.seconds(1), sampleRate: 8_000)
        #expect(try await speechToText.transcribe(Utterance(audio: silence)).text.isEmpty)
        let click = AudioFrame(samples: [Int16](repeating: 9_000, count: 400), sampleRate: 8_000)
        #expect(try await speechToText.transcribe(Utterance(audio: click)).text.isEmpty)
        let odd = AudioFrame(samples: [1, 2, 3], sampleRate: 0)
        #expect(try await speechToText.transcribe(Utterance(audio: odd)).text.isEmpty)
    }

    @Test func aMissingModelSaysWhatToInstall() async {
        let speechToText = PocketSphinxTranscription(modelDirectory: "/nonexistent")
        #expect(speechToText.modelDirectory == nil)
        let error = await #expect(throws: StageError.self) { try await speechToText.prepare() }
        #expect(error?.kind == .missingModel)
        #expect(error?.message.contains("apt-get install pocketsphinx-en-us") == true)
    }

    @Test func cancellingGivesUpAtOnce() async throws {
        let speechToText = PocketSphinxTranscription(decoders: 1)
        var tone = Tone.sine(300, sampleRate: 8_000)
        let audio = tone.next(.seconds(2))
        let task = Task { try await speechToText.transcribe(Utterance(audio: audio)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

/// A sentence as it comes from a PCMU call: 8 kHz, through µ-law, with silence before and after.
private func telephone(_ sentence: String) async throws -> AudioFrame {
    let spoken = try await collect(FliteSpeech().speak(sentence)).flatMap(\.samples)
    let narrow = Resampler.convert(AudioFrame(samples: spoken, sampleRate: 16_000), to: 8_000, quality: .telephone)
    let before = AudioFrame.silence(.milliseconds(200), sampleRate: 8_000).samples
    let after = AudioFrame.silence(.milliseconds(800), sampleRate: 8_000).samples
    return AudioFrame(samples: (before + narrow.samples + after).map(throughMuLaw), sampleRate: 8_000)
}

/// What ITU-T G.711 µ-law leaves of a sample.
private func throughMuLaw(_ sample: Int16) -> Int16 {
    let magnitude = min(abs(Int(sample)), 32_635) + 132
    let exponent = max(0, Int.bitWidth - magnitude.leadingZeroBitCount - 8)
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F
    let decoded = (((mantissa << 3) + 132) << exponent) - 132
    return Int16(sample < 0 ? -decoded : decoded)
}

/// How many words must be put in, left out or changed.
private func wordErrors(wanted: String, heard: String) -> Int {
    let target = heard.split(separator: " ")
    var row = Array(0...target.count)
    for (index, word) in wanted.split(separator: " ").enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in target.indices {
            let changed = diagonal + (word == target[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
        }
    }
    return row[target.count]
}
#endif
