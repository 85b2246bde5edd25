internal import AudioCore
internal import CoreTypes

/// The audio of one line as text to speech gives it: from when on it is a sound, and how far it falls behind.
struct SoundOfLine: Sendable {
    /// Whether there was enough for the line to begin.
    var hasBegun: Bool { self.begun != nil }
    private var begun: Instant?
    /// What was given since then.
    private var given = Duration.zero
    /// How long it was the port that kept us waiting.
    private var excused = Duration.zero
    /// What was given before there was enough.
    private var waiting: [AudioFrame] = []

    /// What may be heard now of what is there: nothing of a silent beginning, and at first nothing of a trickle.
    mutating func receive(_ frame: AudioFrame) -> [AudioFrame] {
        guard !self.hasBegun else {
            self.given += frame.duration
            return [frame]
        }
        let isSilent = frame.samples.allSatisfy { $0.magnitude < Self.quietestSample.magnitude }
        if isSilent, self.waiting.isEmpty { return [] }
        self.waiting.append(frame)
        guard self.waiting.reduce(.zero, { $0 + $1.duration }) >= Self.firstAudio else { return [] }
        return self.finish()
    }

    /// What is left when text to speech is done.
    mutating func finish() -> [AudioFrame] {
        defer { self.waiting = [] }
        self.given += self.waiting.reduce(.zero) { $0 + $1.duration }
        return self.waiting
    }

    /// The line begins.
    mutating func begin(now: Instant) {
        self.begun = now
    }

    /// The port kept us waiting, as it should when there is enough.
    mutating func waited(_ time: Duration) {
        self.excused += time
    }

    /// When text to speech is too slow if nothing more comes: what it gave ran out that long ago, all its pauses together.
    func due(now: Instant, limit: Duration) -> Instant {
        guard let begun else { return now + limit }
        return min(now + limit, begun + self.given + self.excused + limit)
    }

    /// Audio that a line begins with at least: a trickle of a few samples is no sound.
    private static let firstAudio: Duration = .milliseconds(100)
    /// Nothing softer than this is a sound at the beginning of a line.
    private static let quietestSample: Int16 = 24
}
