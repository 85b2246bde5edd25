import CoreTypes

/// How long a caller waited for a reply, stage by stage; every time counts from the last sample of speech.
public struct TurnLatency: Sendable, Equatable, CustomStringConvertible {
    /// Which turn it was, from 1.
    public var turn: Int
    /// Until the turn was taken for over.
    public var endpoint: Duration
    /// Until the transcript was there.
    public var transcript: Duration?
    /// Until the first part of the model's reply.
    public var firstToken: Duration?
    /// Until the first sentence of the reply went to text to speech.
    public var firstSentence: Duration?
    /// Until the first audio of the reply was written to the port.
    public var firstAudio: Duration?
    /// Until the first sample of the reply had left the port.
    public var firstSampleSent: Duration?
    /// How many fillers the caller heard meanwhile.
    public var fillers = 0

    /// Makes the latency of a turn whose end was just noticed.
    public init(turn: Int, endpoint: Duration) {
        self.turn = turn
        self.endpoint = endpoint
    }

    /// What speech to text took.
    public var transcription: Duration? { self.transcript.map { $0 - self.endpoint } }
    /// What the model took to its first part.
    public var model: Duration? { TurnLatency.difference(self.firstToken, self.transcript) }
    /// What it took from the first part to the first sentence.
    public var sentence: Duration? { TurnLatency.difference(self.firstSentence, self.firstToken) }
    /// What text to speech took to its first audio.
    public var textToSpeech: Duration? { TurnLatency.difference(self.firstAudio, self.firstSentence) }

    /// One line: "turn 1: end of speech 820 ms + STT 130 ms + first token 200 ms + …".
    public var description: String {
        var parts = ["end of speech \(self.endpoint.milliseconds) ms"]
        let stages = [
            ("STT", self.transcription), ("first token", self.model), ("first sentence", self.sentence),
            ("first audio", self.textToSpeech),
        ]
        for case (let name, let duration?) in stages { parts.append("\(name) \(duration.milliseconds) ms") }
        let total = (self.firstSampleSent ?? self.firstAudio).map { " = \($0.milliseconds) ms" } ?? ""
        return "turn \(self.turn): " + parts.joined(separator: " + ") + total
    }

    private static func difference(_ later: Duration?, _ earlier: Duration?) -> Duration? {
        guard let later, let earlier else { return nil }
        return later - earlier
    }
}

/// The latency of a turn while it is being measured.
struct LatencyMeasurement: Sendable {
    private(set) var endOfSpeech: Instant
    var latency: TurnLatency

    init(turn: Int, endOfSpeech: Instant, now: Instant) {
        self.endOfSpeech = endOfSpeech
        self.latency = TurnLatency(turn: turn, endpoint: now - endOfSpeech)
    }

    /// The latest transcript counts.
    mutating func transcribed(_ now: Instant) {
        self.latency.transcript = now - self.endOfSpeech
    }

    mutating func firstToken(_ now: Instant) {
        self.latency.firstToken = self.latency.firstToken ?? now - self.endOfSpeech
    }

    mutating func firstSentence(_ now: Instant) {
        self.latency.firstSentence = self.latency.firstSentence ?? now - self.endOfSpeech
    }

    mutating func firstAudio(_ now: Instant) {
        self.latency.firstAudio = self.latency.firstAudio ?? now - self.endOfSpeech
    }

    /// The whole latency, if the sample belongs to the turn.
    func firstSampleSent(_ instant: Instant) -> TurnLatency? {
        guard let written = self.latency.firstAudio else { return nil }
        var latency = self.latency
        // A port counts whole packets: by its count a sample may have left before it was there.
        latency.firstSampleSent = max(written, instant - self.endOfSpeech)
        return latency
    }
}
