internal import AudioCore
public import CoreTypes

/// The transitions: nothing outside this file changes the state.
extension TurnMachine {
    /// Takes an input and says what to do.
    public mutating func handle(_ input: Input, now: Instant) -> [Action] {
        var actions: [Action] = []
        switch self.state {
        case .beginning: self.handleBeginning(input, now, &actions)
        case .listening, .callerSpeaking, .transcribing, .replying, .speaking, .held:
            self.handleTalk(input, now, &actions)
        case .farewell(let farewell): self.handleFarewell(input, farewell, now, &actions)
        case .ended: break
        }
        return actions
    }

    private mutating func handleBeginning(_ input: Input, _ now: Instant, _ actions: inout [Action]) {
        if case .started = input { self.start(now, &actions) }
        if case .callEnded = input { self.end(.callerHungUp, &actions) }
    }

    private mutating func handleTalk(_ input: Input, _ now: Instant, _ actions: inout [Action]) {
        guard var course = self.state.course else { return }
        switch input {
        case .started: break
        case .speechStarted(let heard): self.speechStarted(heard: heard, course, now, &actions)
        case .speechEnded(let number, _, let silence):
            self.speechEnded(number, silence: silence, now, &actions)
        case .speechDiscarded:
            if case .callerSpeaking(let speaking) = self.state { self.release(speaking.course, now, &actions) }
        case .transcribed(let number, let transcript):
            guard self.transcribed(number, transcript, &course, now, &actions) else { break }
            self.proceed(course, now, &actions)
        case .transcriptionFailed(let number, let error):
            self.transcriptionFailed(number, error, course, now, &actions)
        case .replyPart(let number, let part): self.replyPart(number, part, course, now, &actions)
        case .replyEnded(let number): self.replyEnded(number, course, now, &actions)
        case .replyFailed(let number, let error): self.replyFailed(number, error, course, now, &actions)
        case .audioStarted(let line):
            self.audioStarted(line, &course, now)
            self.place(course, now)
        case .sampleSent(let instant): self.sampleSent(at: instant, &actions)
        case .textToSpeechFailed(let error): self.textToSpeechFailed(error, course, now, &actions)
        case .playbackFinished: self.playbackFinished(course, now, &actions)
        case .digit(let digit):
            self.note(digit, &actions)
            // Who sends a digit is there.
            self.counts.reprompts = 0
            if case .listening = self.state { self.state = self.listening(now) }
        case .flowChanged(let flow): self.flowChanged(flow, course, now, &actions)
        case .timeout(let heard): self.timeout(heard: heard, course, now, &actions)
        case .callEnded(let heard):
            self.close(&course, heard: heard, isInterrupted: true)
            self.end(.callerHungUp, &actions)
        }
    }

    private mutating func handleFarewell(
        _ input: Input,
        _ farewell: Farewell,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        switch input {
        case .speechEnded(let number, _, _): actions.append(.dropUtterance(number))
        case .audioStarted(let line):
            var course = Course()
            self.audioStarted(line, &course, now)
        case .sampleSent(let instant): self.sampleSent(at: instant, &actions)
        case .textToSpeechFailed(let error):
            actions.append(.report(.apology(error)))
            actions.append(.beep)
        case .playbackFinished: self.end(farewell.reason, &actions)
        case .digit(let digit): self.note(digit, &actions)
        case .timeout:
            guard farewell.due <= now else { return }
            actions.append(.stopSpeaking)
            self.end(farewell.reason, &actions)
        case .callEnded: self.end(.callerHungUp, &actions)
        case .started, .speechStarted, .speechDiscarded, .transcribed, .transcriptionFailed, .replyPart, .replyEnded,
            .replyFailed, .flowChanged:
            break
        }
    }

    // MARK: - The beginning

    private mutating func start(_ now: Instant, _ actions: inout [Action]) {
        self.limits.lengthDue = now + self.settings.maximumLength
        switch self.opening {
        case .greeting(let text), .say(let text):
            self.counts.replies += 1
            var reply = Reply(number: self.counts.replies, turn: nil, isOpening: true)
            reply.append(text)
            self.state = .replying(Replying(reply: reply, fillerDue: now + self.settings.openingFillerAfter))
            self.replyEnded(reply.number, Course(reply: reply), now, &actions)
        case .ask(let prompt):
            let reply = self.ask(prompt, isOpening: true, now, &actions)
            self.state = .replying(Replying(reply: reply, fillerDue: now + self.settings.openingFillerAfter))
        }
    }

    // MARK: - The caller's turn

    private mutating func speechStarted(
        heard: String,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        switch self.state {
        case .listening, .transcribing, .replying, .speaking: break
        // Who holds the call does not talk to us.
        case .callerSpeaking, .held, .beginning, .farewell, .ended: return
        }
        var course = course
        let counts = !self.isUninterruptible(course, now)
        if counts { self.interrupt(&course, heard: heard, &actions) }
        self.state = .callerSpeaking(CallerSpeaking(counts: counts, course: course))
    }

    private mutating func speechEnded(
        _ number: Int,
        silence: Duration,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        guard case .callerSpeaking(let speaking) = self.state else {
            actions.append(.dropUtterance(number))
            return
        }
        var course = speaking.course
        guard speaking.counts, !course.transcriptions.isFull else {
            actions.append(.dropUtterance(number))
            self.release(course, now, &actions)
            return
        }
        self.measurement = LatencyMeasurement(turn: self.counts.turns + 1, endOfSpeech: now - silence, now: now)
        course.transcriptions.begin(number, due: now + self.settings.deadlines.transcription)
        self.counts.fillersInWait = 0
        actions.append(.transcribe(number))
        self.release(course, now, &actions)
    }

    /// The caller is silent again, or takes the call back.
    private mutating func release(_ course: Course, _ now: Instant, _ actions: inout [Action]) {
        self.state = self.turn(course, now)
        self.proceed(course, now, &actions)
    }

    // MARK: - Holds

    /// The other side holds the call or takes it back (RFC 3264 section 8.4).
    ///
    /// While nobody listens nothing is begun, and nobody is expected to speak: what was due rests, up to a limit of its
    /// own, and what is waiting to be said is said afterwards.
    private mutating func flowChanged(
        _ flow: AudioFlow,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        switch flow {
        case .open where self.limits.isOpen: return
        case .open:
            self.limits.endHold(now)
            self.counts.fillersInWait = 0
            self.counts.reprompts = 0
        case .listening where !self.limits.isOpen && !self.isHeld: return
        case .listening, .held: self.limits.beginHold(now, limit: self.settings.maximumHold)
        }
        switch (self.state, flow) {
        case (_, .held): self.state = .held(Held(course: course))
        case (.held, _): self.release(course, now, &actions)
        // What waits for the caller waits from now on.
        case (.listening, _): self.state = self.listening(now)
        case (.transcribing(var transcribing), _):
            if transcribing.fillerDue != nil { transcribing.fillerDue = self.fillerDue(now) }
            self.state = .transcribing(transcribing)
        case (.replying(let replying), _):
            self.state = .replying(Replying(reply: replying.reply, fillerDue: self.fillerDue(now)))
        case (.callerSpeaking, _), (.speaking, _), (.beginning, _), (.farewell, _), (.ended, _): break
        }
    }

    private var isHeld: Bool {
        if case .held = self.state { true } else { false }
    }

    // MARK: - Whose turn it is

    /// Whether the bot may begin to speak.
    func isBotsTurn(_ course: Course) -> Bool {
        switch self.state {
        case .listening, .transcribing, .replying, .speaking: course.transcriptions.isEmpty
        case .beginning, .callerSpeaking, .held, .farewell, .ended: false
        }
    }

    /// Keeps what goes on, and changes the state when that changes whose turn it is.
    mutating func place(_ course: Course, _ now: Instant) {
        switch self.state {
        case .callerSpeaking(let speaking):
            self.state = .callerSpeaking(CallerSpeaking(counts: speaking.counts, course: course))
        case .held: self.state = .held(Held(course: course))
        case .listening, .transcribing, .replying, .speaking: self.state = self.turn(course, now)
        case .beginning, .farewell, .ended: break
        }
    }

    /// The state when the caller is silent and listens.
    private func turn(_ course: Course, _ now: Instant) -> State {
        // Who goes on waiting has waited since then.
        let fillerDue = self.state.fillerDue ?? self.fillerDue(now)
        if !course.transcriptions.isEmpty {
            return .transcribing(Transcribing(course: course, fillerDue: course.isVoiceActive ? nil : fillerDue))
        }
        if course.isVoiceActive { return .speaking(Speaking(reply: course.reply)) }
        if let reply = course.reply { return .replying(Replying(reply: reply, fillerDue: fillerDue)) }
        if case .listening = self.state { return self.state }
        return self.listening(now)
    }

    private func listening(_ now: Instant) -> State {
        let expectsSpeech = !self.settings.oneWay && self.limits.isOpen
        return .listening(Listening(noInputDue: expectsSpeech ? now + self.settings.noInputAfter : nil))
    }

    private func fillerDue(_ now: Instant) -> Instant {
        now + (self.counts.fillersInWait == 0 ? self.settings.fillerAfter : self.settings.fillerInterval)
    }

    /// The caller waits anew: a filler is due at `due`, or when the next one would be.
    mutating func waitForFiller(until due: Instant? = nil, _ now: Instant) {
        let fillerDue = due ?? self.fillerDue(now)
        switch self.state {
        case .replying(let replying): self.state = .replying(Replying(reply: replying.reply, fillerDue: fillerDue))
        case .transcribing(let transcribing):
            self.state = .transcribing(Transcribing(course: transcribing.course, fillerDue: fillerDue))
        case .beginning, .listening, .callerSpeaking, .speaking, .held, .farewell, .ended: break
        }
    }

    /// The caller is waited for anew.
    mutating func waitForCaller(_ now: Instant) {
        if case .listening = self.state { self.state = self.listening(now) }
    }

    // MARK: - The end

    /// Says a last line, after what is being said; from now on nothing else counts.
    mutating func bidFarewell(
        _ text: String,
        _ reason: ConversationEnding.Reason,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        var course = course
        if let reply = course.reply {
            self.cancel(reply, &actions)
            self.close(&course, heard: reply.givenText, isInterrupted: false)
        }
        self.state = .farewell(Farewell(reason: reason, due: now + self.settings.deadlines.farewell))
        self.say(text, .aside, &course, &actions)
        if !course.isVoiceActive { self.end(reason, &actions) }
    }

    /// There is no text to speech: a signal is the farewell.
    mutating func bidSilentFarewell(_ now: Instant, _ actions: inout [Action]) {
        self.state = .farewell(Farewell(reason: .failed, due: now + .seconds(3)))
        actions.append(.beep)
    }

    mutating func end(_ reason: ConversationEnding.Reason, _ actions: inout [Action]) {
        self.state = .ended
        let ending = ConversationEnding(reason: reason, callBack: self.callBack, history: self.history)
        actions.append(.report(.ended(ending)))
        actions.append(.end(ending))
    }
}
