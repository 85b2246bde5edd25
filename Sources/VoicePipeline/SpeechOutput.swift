internal import AudioCore
internal import CoreTypes

/// Something to be said.
public struct SpokenLine: Sendable, Equatable {
    /// What a line is.
    public enum Kind: Sendable, Equatable {
        /// Part of what the bot has to say; goes into the history as far as it was heard.
        case reply
        /// Fillers, apologies and the like, which the model need not know of.
        case aside
    }
    /// Which line it is, from 1.
    public var number: Int
    /// The words.
    public var text: String
    /// What it is.
    public var kind: Kind

    /// Makes a line.
    public init(number: Int, text: String, kind: Kind) {
        self.number = number
        self.text = text
        self.kind = kind
    }
}

/// What is being said: lines that are queued, synthesized, written to the port, and heard.
///
/// No audio device, no task and no clock in here: inputs and the time come in, actions go out, to be done in order. At most
/// one line is synthesized at a time, one frame written, and one end of playback awaited; each has a number, and what comes
/// for another number is of something that was stopped meanwhile.
struct SpeechOutput: Sendable {
    /// What happened.
    enum Input: Sendable {
        /// A line is to be said, after what is being said.
        case say(SpokenLine)
        /// A signal is to be heard that needs no text to speech.
        case signal([AudioFrame])
        /// Everything is to stop: nothing that was written, made or queued is heard any more.
        case stop
        /// Text to speech gave audio.
        case audio(AudioFrame, of: Int)
        /// Text to speech gave all audio of the line.
        case audioEnded(of: Int)
        /// Text to speech failed.
        case synthesisFailed(StageError, of: Int)
        /// The port took a frame.
        case wrote(Int)
        /// The port did not take a frame.
        case writeFailed(Int)
        /// The port was flushed, and this much has left.
        case flushed(played: Duration)
        /// Everything that was written has left.
        case drained(Int, played: Duration)
        /// This much has left by now.
        case played(Duration)
        /// ``due`` was reached.
        case timeout
    }

    /// What to do, and at the end of the list what to tell the turn machine.
    enum Action: Sendable, Equatable {
        /// Have a line made by the text to speech of this index.
        case synthesize(Int, SpokenLine, textToSpeech: Int)
        /// There is room again: read on.
        case resumeSynthesis
        /// Give up the line that is being made.
        case cancelSynthesis
        /// Write a frame, which will lie at this playback position.
        case write(Int, AudioFrame, at: Duration)
        /// Give up the frame that is being written.
        case cancelWrite
        /// Flush the port, then give ``Input/flushed(played:)``.
        case flush
        /// Await the end of playback.
        case drain(Int)
        /// A failure was mended without the caller's noticing.
        case report(StageError)
        /// The first audio of a line was written.
        case audioStarted(SpokenLine)
        /// The first sample of a reply has left, this long ago.
        case sampleSent(ago: Duration)
        /// A line could not be said.
        case failed(StageError)
        /// All that was to be said has left.
        case finished
    }

    /// A piece of what goes to the port.
    enum Piece: Sendable {
        case begin(SpokenLine)
        case audio(AudioFrame)
        case end
    }

    enum Synthesis: Sendable {
        case idle
        case running(Job)
        /// Enough audio waits for the port.
        case paused(Job, since: Instant)
    }

    /// A line that is being made.
    struct Job: Sendable {
        let number: Int
        let line: SpokenLine
        /// When it is given up if nothing is heard of it.
        let givenUpAt: Instant
        var due: Instant
        var sound = SoundOfLine()
    }

    enum Writing: Sendable {
        case idle
        /// The pause before a line.
        case pause(Int, AudioFrame, before: SpokenLine)
        case audio(Int, AudioFrame)
        /// Everything was stopped, and the port may have taken the frame all the same.
        case abandoned(Int)
        /// The port is to be flushed before anything is written.
        case flushing
    }

    enum Playback: Sendable {
        /// All that was said has left.
        case silent
        /// Something has not left.
        case busy
        /// Everything is written, and the port plays it.
        case draining(Int)
    }

    let deadlines: StageDeadlines
    let pause: AudioFrame
    /// How many there are to take over from one another.
    let textToSpeechCount: Int
    /// Which is in use; one that failed is not tried again in this call.
    var textToSpeech = 0
    /// When the one in use was first asked for a line without giving audio for that or any later one.
    var silentSince: Instant?
    /// Who waits for a sound.
    var listener = WaitingListener.nobody

    var lines: [SpokenLine] = []
    var synthesis = Synthesis.idle
    var pieces: [Piece] = []
    /// How much audio is in them.
    var waiting = Duration.zero
    var writing = Writing.idle
    var playback = Playback.silent
    /// The line whose first audio was not yet written.
    var begun: SpokenLine?
    /// Where the next frame will lie on the port's playback position.
    var position = Duration.zero
    /// Whether a line lies directly before, so that a pause is due.
    var needsPause = false
    var ledger = PlaybackLedger()
    var isFirstSampleReported = false
    var numbers = 0

    /// Makes an output to a port that has played nothing.
    ///
    /// - Parameter pause: The silence between two sentences.
    init(deadlines: StageDeadlines, textToSpeechCount: Int, pause: AudioFrame) {
        self.deadlines = deadlines
        self.textToSpeechCount = textToSpeechCount
        self.pause = pause
    }

    /// Takes an input and says what to do.
    mutating func handle(_ input: Input, now: Instant) -> [Action] {
        var actions: [Action] = []
        var events: [Action] = []
        switch input {
        case .say(let line): self.say(line)
        case .signal(let frames):
            for frame in frames { self.queue(frame) }
            self.playback = .busy
        case .stop: self.stop(now, &actions, &events)
        case .audio(let frame, let number): self.take(frame, of: number, now)
        case .audioEnded(let number): self.finish(number, now, &actions, &events)
        case .synthesisFailed(let error, let number): self.fail(number, error, now, &actions, &events)
        case .wrote(let number): self.wrote(number, &actions, &events)
        case .writeFailed(let number): self.writeFailed(number, &actions)
        case .flushed(let played): self.flushed(played: played)
        case .drained(let number, let played): self.drained(number, played: played, &events)
        case .played(let played): self.noticeFirstSample(played, &events)
        case .timeout: self.timeout(now, &actions, &events)
        }
        self.synthesizeNext(now, &actions)
        self.writeNext(now, &actions)
        self.awaitPlayback(&actions)
        // What the turn machine makes of them may stop what was just begun, so they come last.
        return actions + events
    }

    /// When text to speech is too slow.
    var due: Instant? {
        if case .running(let job) = self.synthesis { job.due } else { nil }
    }

    /// Whether the model has to wait.
    var isFull: Bool { self.lines.count >= Self.mostLines }

    /// Whether the first sample of a reply has still to be noticed.
    var awaitsFirstSample: Bool { !self.isFirstSampleReported && self.ledger.replyStart != nil }

    /// Whether a frame is still to be written.
    func needsWrite(_ number: Int) -> Bool {
        switch self.writing {
        case .pause(number, _, _), .audio(number, _): true
        case .idle, .pause, .audio, .abandoned, .flushing: false
        }
    }

    /// Whether audio of a line is still needed.
    func needsAudio(of number: Int) -> Bool { self.job?.number == number }

    /// Whether the audio of the line that is being made has to wait for the port.
    var isPaused: Bool {
        if case .paused = self.synthesis { true } else { false }
    }

    /// What of the present reply has left at a playback position.
    func heard(at played: Duration) -> String { self.ledger.heard(at: played) }

    var job: Job? {
        switch self.synthesis {
        case .idle: nil
        case .running(let job), .paused(let job, _): job
        }
    }

    mutating func nextNumber() -> Int {
        self.numbers &+= 1
        return self.numbers
    }

    /// Lines that may wait before the model has to.
    static let mostLines = 4
    /// Audio that may wait before text to speech has to: enough for the next sentence to be made while one is heard.
    static let mostAudio: Duration = .seconds(8)
    /// The longest frame that is written at once.
    static let longestFrame: Duration = .milliseconds(200)
}

/// Since when somebody waits for a sound, whatever it is.
enum WaitingListener: Sendable, Equatable {
    /// There was a sound since.
    case nobody
    /// The caller is silent and has heard nothing since.
    case since(Instant)
    /// The caller speaks; what turns out to be a cough does not begin the wait anew.
    case speaking(waitedSince: Instant?)

    /// When it waits for a sound, since when.
    var since: Instant? {
        if case .since(let instant) = self { instant } else { nil }
    }

    /// The turn machine was given an input.
    mutating func note(_ input: TurnMachine.Input, now: Instant) {
        switch input {
        case .started, .speechEnded: self = .since(now)
        case .speechStarted: self = .speaking(waitedSince: self.since)
        case .speechDiscarded:
            guard case .speaking(let since) = self else { return }
            self = since.map(Self.since) ?? .nobody
        case .audioStarted, .textToSpeechFailed, .callEnded, .flowChanged:
            if case .since = self { self = .nobody }
        case .transcribed, .transcriptionFailed, .replyPart, .replyEnded, .replyFailed, .sampleSent, .playbackFinished,
            .digit, .timeout:
            break
        }
    }
}
