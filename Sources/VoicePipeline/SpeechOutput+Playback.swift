internal import AudioCore
internal import CoreTypes

/// From audio to the port, and until it was heard.
extension SpeechOutput {
    /// Writes the next piece when none is being written.
    mutating func writeNext(_ now: Instant, _ actions: inout [Action]) {
        while case .idle = self.writing, !self.pieces.isEmpty {
            switch self.pieces.removeFirst() {
            case .begin(let line):
                guard self.needsPause else {
                    self.begin(line)
                    continue
                }
                self.writing = .pause(self.nextNumber(), self.pause, before: line)
                actions.append(.write(self.numbers, self.pause, at: self.position))
            case .audio(let frame):
                self.waiting -= frame.duration
                self.writing = .audio(self.nextNumber(), frame)
                actions.append(.write(self.numbers, frame, at: self.position))
                self.resume(now, &actions)
            case .end:
                self.ledger.complete()
                self.needsPause = true
            }
        }
    }

    private mutating func begin(_ line: SpokenLine) {
        self.ledger.begin(line, at: self.position)
        self.begun = line
    }

    mutating func wrote(_ number: Int, _ actions: inout [Action], _ events: inout [Action]) {
        switch self.writing {
        case .pause(number, let frame, let line):
            self.writing = .idle
            self.position += frame.duration
            self.begin(line)
        case .audio(number, let frame):
            self.writing = .idle
            self.position += frame.duration
            self.ledger.extend(to: self.position)
            if let line = self.begun { events.append(.audioStarted(line)) }
            self.begun = nil
        case .abandoned(number):
            // It came through after all, and nobody is to hear it.
            self.writing = .flushing
            actions.append(.flush)
        case .idle, .pause, .audio, .abandoned, .flushing: break
        }
    }

    mutating func writeFailed(_ number: Int, _ actions: inout [Action]) {
        switch self.writing {
        case .pause(number, _, let line):
            self.writing = .idle
            self.begin(line)
        case .audio(number, _): self.writing = .idle
        case .abandoned(number):
            self.writing = .flushing
            actions.append(.flush)
        case .idle, .pause, .audio, .abandoned, .flushing: break
        }
    }

    /// The port was flushed: what comes next lies at its position.
    mutating func flushed(played: Duration) {
        self.position = played
        if case .flushing = self.writing { self.writing = .idle }
    }

    /// Stops everything.
    mutating func stop(_ now: Instant, _ actions: inout [Action], _ events: inout [Action]) {
        self.cancelSynthesis(now, &actions, &events)
        self.pieces.removeAll()
        self.waiting = .zero
        switch self.writing {
        case .pause(let number, _, _), .audio(let number, _):
            self.writing = .abandoned(number)
            actions.append(.cancelWrite)
        case .idle, .abandoned, .flushing: break
        }
        actions.append(.flush)
        self.begun = nil
        self.ledger.removeAll()
        self.needsPause = false
        self.playback = .silent
    }

    /// Awaits the end of playback when everything was written.
    mutating func awaitPlayback(_ actions: inout [Action]) {
        guard case .busy = self.playback, case .idle = self.synthesis, case .idle = self.writing, self.lines.isEmpty,
            self.pieces.isEmpty
        else { return }
        let number = self.nextNumber()
        self.playback = .draining(number)
        actions.append(.drain(number))
    }

    mutating func drained(_ number: Int, played: Duration, _ events: inout [Action]) {
        // More may have been said meanwhile, or everything stopped.
        guard case .draining(number) = self.playback else { return }
        self.noticeFirstSample(played, &events)
        self.playback = .silent
        self.position = played
        self.needsPause = false
        self.ledger.removeAll()
        events.append(.finished)
    }

    /// Reports when the first sample of a reply has left.
    mutating func noticeFirstSample(_ played: Duration, _ events: inout [Action]) {
        guard let start = self.ledger.replyStart, !self.isFirstSampleReported, played > start else { return }
        self.isFirstSampleReported = true
        events.append(.sampleSent(ago: played - start))
    }
}
