internal import AudioCore
internal import CoreTypes

/// What is to be said, on its way from text to the port: the state that the voice tasks of a conversation share.
struct VoiceLine {
    /// A piece of what goes to the port.
    enum Piece {
        case begin(SpokenLine)
        case audio(AudioFrame)
        case end
    }
    /// How the synthesis of a line went.
    enum Outcome {
        case done
        case failed(StageError, wasHeard: Bool)
    }

    /// The voices, the first that works is used.
    let voices: [any TextToSpeech]
    /// Which voice is in use; one that failed is not tried again in this call.
    var voiceIndex = 0
    /// The port's writing side, while the conversation runs.
    var output: (any AudioOutput)?

    /// Counts up whenever everything is stopped, so that what was begun before is known to be stale.
    var epoch = 0
    /// Lines that wait for synthesis.
    var lines: [SpokenLine] = []
    /// Audio that waits for the port.
    var pieces: [Piece] = []
    /// How much of it there is.
    var waiting = Duration.zero
    /// Whether there is anything to be said that has not left.
    var isBusy = false
    var isSynthesizing = false
    var isWriting = false
    /// When the voice is too slow, if it is to say something.
    var due: Instant?
    var outcome = Outcome.done
    /// When the voice was to be given up for the line that it was asked for last.
    var givenUpAt = Instant.zero
    /// When the voice in use was first asked for a line without giving audio for that or any later one.
    var silentSince: Instant?

    /// Since when somebody waits for a sound, whatever it is; `nil` when there was one, or while the caller speaks.
    var waitingSince: Instant?
    /// The same as it was before the caller began to speak: what turns out to be a cough does not begin it anew.
    var waitingBefore: Instant?

    /// Where the next frame will lie on the port's playback position.
    var position = Duration.zero
    /// Whether a line lies directly before, so that a pause is due.
    var needsPause = false
    var ledger = PlaybackLedger()
    var isFirstSampleTold = false

    var synthesis: Revocable?
    var writing: Revocable?

    /// Whether everything was written.
    var isWritten: Bool {
        self.lines.isEmpty && !self.isSynthesizing && self.pieces.isEmpty && !self.isWriting
    }

    /// When the voice in use is given up if it makes no sound of a line that it was asked for at `asked`.
    func due(asked: Instant, silentSince: Instant, _ deadlines: StageDeadlines) -> Instant {
        let limit = self.limit(deadlines)
        let due = max(silentSince + limit, asked + min(limit, Self.leastTime))
        guard let waitingSince else { return due }
        let promised = waitingSince + self.time(to: deadlines.firstSound)
        return min(due, max(promised, asked + Self.shortestTime))
    }

    /// How long the voice in use may be silent.
    func limit(_ deadlines: StageDeadlines) -> Duration { self.time(to: min(deadlines.voice, deadlines.firstSound)) }

    /// What the voice in use has of a time: the next one needs the rest.
    private func time(to limit: Duration) -> Duration {
        let isLast = self.voiceIndex + 1 >= self.voices.count
        return isLast ? limit : max(limit - Self.reserve, min(limit, Self.shortestTime))
    }

    /// Lines that may wait before the model has to.
    static let mostLines = 4
    /// Audio that may wait before the voice has to: enough for the next sentence to be made while one is heard.
    static let mostAudio: Duration = .seconds(8)
    /// What a voice is given for a line at least, however long it has been silent.
    static let leastTime: Duration = .seconds(2)
    /// What is kept of the time to the first sound for the voice that comes after one that is silent.
    static let reserve: Duration = .milliseconds(750)
    /// What a voice is given for a line at least when the time to the first sound is almost over.
    static let shortestTime: Duration = .milliseconds(500)
    /// Audio that a line begins with at least: a trickle of a few samples is no sound.
    static let firstAudio: Duration = .milliseconds(100)
    /// Nothing softer than this is a sound at the beginning of a line.
    static let quietestSample: Int16 = 24
    /// The longest frame that is written at once.
    static let longestFrame: Duration = .milliseconds(200)
}
