internal import AudioCore
internal import CoreTypes

/// The audio of one line as its voice gives it: from when on it is a sound, and how far it falls behind.
struct SoundOfLine {
    /// Whether there was enough for the line to begin.
    var hasBegun: Bool { self.begun != nil }
    private var begun: Instant?
    /// What was given since then.
    private var given = Duration.zero
    /// How long it was not the voice that kept us waiting.
    private var excused = Duration.zero
    /// What was given before there was enough.
    private var waiting: [AudioFrame] = []

    /// What may be heard now of what is there: nothing of a silent beginning, and at first nothing of a trickle.
    mutating func receive(_ frame: AudioFrame) -> [AudioFrame] {
        guard !self.hasBegun else {
            self.given += frame.duration
            return [frame]
        }
        let isSilent = frame.samples.allSatisfy { $0.magnitude < VoiceLine.quietestSample.magnitude }
        if isSilent, self.waiting.isEmpty { return [] }
        self.waiting.append(frame)
        guard self.waiting.reduce(.zero, { $0 + $1.duration }) >= VoiceLine.firstAudio else { return [] }
        return self.finish()
    }

    /// What is left when the voice is done.
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

    /// When the voice is too slow if nothing more comes: what it gave ran out that long ago, all its pauses together.
    func due(now: Instant, limit: Duration) -> Instant {
        guard let begun else { return now + limit }
        return min(now + limit, begun + self.given + self.excused + limit)
    }
}
