import AudioCore
import Glibc

/// Keeps out what a Whisper model makes up when nobody spoke, such as "Thank you." out of silence.
struct HallucinationGate: Sendable {
    /// How a server judged one piece of what it heard (`verbose_json`).
    struct Segment: Decodable, Sendable, Equatable {
        var text: String
        var start: Double?
        var end: Double?
        var averageLogProbability: Double?
        var noSpeechProbability: Double?

        enum CodingKeys: String, CodingKey {
            case text, start, end
            case averageLogProbability = "avg_logprob"
            case noSpeechProbability = "no_speech_prob"
        }
    }

    /// Below this loudness in dBFS a window of 20 ms holds no speech.
    var floor = -60.0
    /// How far below the loudest window speech may fall.
    var range = 25.0
    /// The least speech that can be a word.
    var shortestWord: Duration = .milliseconds(60)
    /// Less speech than this may be made-up thanks.
    var shortUtterance: Duration = .seconds(1)
    /// A segment more likely silent than this, and not understood well, is dropped.
    var noSpeech = 0.6
    /// What "not understood well" means: Whisper's own threshold.
    var logProbability = -1.0
    /// A short phrase of the list is believed when silence is less likely than this.
    var believable = 0.05

    /// How much of an utterance is loud enough to be speech.
    func speech(in audio: AudioFrame) -> Duration {
        let window = audio.sampleRate / 50
        guard window > 0 else { return .zero }
        let samples = audio.samples.span
        var levels: [Double] = []
        var start = 0
        while start + window <= samples.count {
            levels.append(Level.rms(samples.extracting(start..<(start + window))))
            start += window
        }
        guard let loudest = levels.max() else { return .zero }
        let threshold = max(self.floor, loudest - self.range)
        return .milliseconds(20) * levels.count { $0 > threshold }
    }

    /// Whether an utterance is worth sending to a recognizer.
    func isWorthSending(_ speech: Duration) -> Bool { speech >= self.shortestWord }

    /// The segments that were really heard.
    func heard(_ segments: [Segment]) -> [Segment] {
        segments.filter { segment in
            guard let noSpeech = segment.noSpeechProbability, let logProbability = segment.averageLogProbability
            else { return true }
            return !(noSpeech > self.noSpeech && logProbability < self.logProbability)
        }
    }

    /// Whether a text is one that models make up, and the audio was too short for it to be believed.
    func isMadeUp(_ text: String, speech: Duration, noSpeechProbability: Double?) -> Bool {
        let words = Self.normalized(text)
        guard !words.isEmpty else { return true }
        guard speech < self.shortUtterance, Self.phrases.contains(words) else { return false }
        guard let noSpeechProbability else { return true }
        return noSpeechProbability >= self.believable
    }

    private static func normalized(_ text: String) -> String {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
    }

    private static let phrases: Set<String> = [
        "thank you", "thank you very much", "thank you so much", "thanks for watching", "thank you for watching",
        "thank you so much for watching", "please subscribe", "like and subscribe", "you", "so",
        "subtitles by the amara org community", "see you next time", "see you in the next video",
        "vielen dank", "untertitel der amara org community", "untertitelung des zdf 2020",
        "merci d avoir regardé cette vidéo", "sous titres réalisés par la communauté d amara org",
        "продолжение следует", "спасибо за просмотр", "gracias por ver el video",
    ]
}

extension HallucinationGate {
    /// How sure the model was over all, 0 to 1: the mean probability of its tokens; nil when it did not say.
    static func confidence(of segments: [Segment]) -> Double? {
        var sum = 0.0
        var weights = 0.0
        for segment in segments {
            guard let logProbability = segment.averageLogProbability else { continue }
            let weight = max(0.01, (segment.end ?? 0) - (segment.start ?? 0))
            sum += weight * logProbability
            weights += weight
        }
        guard weights > 0 else { return nil }
        return min(1, max(0, exp(sum / weights)))
    }
}
