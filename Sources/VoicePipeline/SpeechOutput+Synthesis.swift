internal import AudioCore
internal import CoreTypes

/// From lines to audio: one line at a time, by the first text to speech that works.
extension SpeechOutput {
    mutating func say(_ line: SpokenLine) {
        self.lines.append(line)
        if line.kind == .reply, self.ledger.replyStart == nil { self.isFirstSampleReported = false }
        self.playback = .busy
    }

    /// Begins with the next line when none is being made.
    mutating func synthesizeNext(_ now: Instant, _ actions: inout [Action]) {
        guard case .idle = self.synthesis, !self.lines.isEmpty else { return }
        self.synthesize(self.lines.removeFirst(), now, &actions)
    }

    private mutating func synthesize(_ line: SpokenLine, _ now: Instant, _ actions: inout [Action]) {
        let silentSince = self.silentSince ?? now
        self.silentSince = silentSince
        let due = self.due(asked: now, silentSince: silentSince)
        let job = Job(number: self.nextNumber(), line: line, givenUpAt: due, due: due)
        self.synthesis = .running(job)
        actions.append(.synthesize(job.number, line, textToSpeech: self.textToSpeech))
    }

    mutating func take(_ frame: AudioFrame, of number: Int, _ now: Instant) {
        guard var job = self.job, job.number == number else { return }
        self.queue(job.sound.receive(frame), of: &job, now)
        self.keep(job, now)
    }

    /// The line is complete.
    mutating func finish(_ number: Int, _ now: Instant, _ actions: inout [Action], _ events: inout [Action]) {
        guard var job = self.job, job.number == number else { return }
        self.queue(job.sound.finish(), of: &job, now)
        guard job.sound.hasBegun || !job.line.text.contains(where: { $0.isLetter || $0.isNumber }) else {
            let error = StageError(.invalidResponse, stage: Self.stage, message: "it gave no sound")
            self.fail(job, error, now, &actions, &events)
            return
        }
        if job.sound.hasBegun { self.pieces.append(.end) }
        self.synthesis = .idle
    }

    mutating func fail(
        _ number: Int,
        _ error: StageError,
        _ now: Instant,
        _ actions: inout [Action],
        _ events: inout [Action]
    ) {
        guard let job = self.job, job.number == number else { return }
        if job.sound.hasBegun { self.pieces.append(.end) }
        self.fail(job, error, now, &actions, &events)
    }

    mutating func timeout(_ now: Instant, _ actions: inout [Action], _ events: inout [Action]) {
        guard case .running(let job) = self.synthesis, job.due <= now else { return }
        actions.append(.cancelSynthesis)
        self.fail(job, Self.late, now, &actions, &events)
    }

    /// Has the line made by the next text to speech, or gives it up.
    private mutating func fail(
        _ job: Job,
        _ error: StageError,
        _ now: Instant,
        _ actions: inout [Action],
        _ events: inout [Action]
    ) {
        self.synthesis = .idle
        self.silentSince = nil
        let isLast = self.isLast
        if !isLast { self.textToSpeech += 1 }
        // Half a sentence was heard: beginning it again with another voice would confuse more than it helps.
        if isLast || job.sound.hasBegun {
            events.append(.failed(error))
            return
        }
        events.append(.report(error))
        self.synthesize(job.line, now, &actions)
    }

    /// Takes back all lines.
    mutating func cancelSynthesis(_ now: Instant, _ actions: inout [Action], _ events: inout [Action]) {
        self.lines.removeAll()
        guard let job = self.job else { return }
        self.synthesis = .idle
        actions.append(.cancelSynthesis)
        // It gave nothing for as long as it may take, although each line was taken back before: a caller who speaks into
        // the silence must not be the reason that it lasts.
        guard let since = self.silentSince, now - since >= self.limit || now >= job.givenUpAt, !self.isLast else {
            return
        }
        self.textToSpeech += 1
        self.silentSince = nil
        events.append(.report(Self.late))
    }

    // MARK: - Audio

    /// Queues what may be heard of a line by now.
    private mutating func queue(_ frames: [AudioFrame], of job: inout Job, _ now: Instant) {
        guard !frames.isEmpty else { return }
        self.silentSince = nil
        if !job.sound.hasBegun {
            job.sound.begin(now: now)
            self.pieces.append(.begin(job.line))
        }
        for frame in frames { self.queue(frame) }
        // One that gives a frame now and then is as silent as one that gives none.
        job.due = job.sound.due(now: now, limit: self.deadlines.textToSpeech)
    }

    /// Queues a frame in short pieces.
    mutating func queue(_ frame: AudioFrame) {
        let length = max(1, Int(Self.longestFrame.milliseconds) * frame.sampleRate / 1000)
        var start = 0
        while start < frame.samples.count {
            let end = min(start + length, frame.samples.count)
            let piece = AudioFrame(samples: Array(frame.samples[start..<end]), sampleRate: frame.sampleRate)
            self.pieces.append(.audio(piece))
            self.waiting += piece.duration
            start = end
        }
    }

    /// Goes on with the line, or pauses it while enough audio waits: it is the port that is slow then, as it should be.
    private mutating func keep(_ job: Job, _ now: Instant) {
        if case .paused(_, let since) = self.synthesis {
            self.synthesis = .paused(job, since: since)
        } else if self.waiting > Self.mostAudio {
            self.synthesis = .paused(job, since: now)
        } else {
            self.synthesis = .running(job)
        }
    }

    /// Goes on with a line that was paused when there is room again.
    mutating func resume(_ now: Instant, _ actions: inout [Action]) {
        guard case .paused(var job, let since) = self.synthesis, self.waiting <= Self.mostAudio else { return }
        job.sound.waited(now - since)
        job.due = job.sound.due(now: now, limit: self.deadlines.textToSpeech)
        self.synthesis = .running(job)
        actions.append(.resumeSynthesis)
    }

    // MARK: - Deadlines

    /// When the one in use is given up if it makes no sound of a line that it was asked for at `asked`.
    private func due(asked: Instant, silentSince: Instant) -> Instant {
        let due = max(silentSince + self.limit, asked + min(self.limit, Self.leastTime))
        guard let waitingSince = self.listener.since else { return due }
        let promised = waitingSince + self.time(to: self.deadlines.firstSound)
        return min(due, max(promised, asked + Self.shortestTime))
    }

    /// How long the one in use may be silent.
    private var limit: Duration { self.time(to: min(self.deadlines.textToSpeech, self.deadlines.firstSound)) }

    /// What the one in use has of a time: the next one needs the rest.
    private func time(to limit: Duration) -> Duration {
        self.isLast ? limit : max(limit - Self.reserve, min(limit, Self.shortestTime))
    }

    private var isLast: Bool { self.textToSpeech + 1 >= self.textToSpeechCount }

    private static let stage = "text to speech"
    private static let late = StageError(.timeout, stage: Self.stage, message: "no audio in time")
    /// What text to speech is given for a line at least, however long it has been silent.
    private static let leastTime: Duration = .seconds(2)
    /// What is kept of the time to the first sound for the one that comes after one that is silent.
    private static let reserve: Duration = .milliseconds(750)
    /// What text to speech is given for a line at least when the time to the first sound is almost over.
    private static let shortestTime: Duration = .milliseconds(500)
}
