internal import CoreTypes

/// What time brings: fillers, reprompts and timeouts.
extension TurnMachine {
    mutating func timeout(heard: String, _ course: Course, _ now: Instant, _ actions: inout [Action]) {
        var course = course
        if let due = self.limits.due, due <= now {
            self.cancelAll(course, &actions)
            self.close(&course, heard: heard, isInterrupted: true)
            course = Course()
            if self.limits.isOpen {
                self.bidFarewell(self.settings.phrases.maximumLengthFarewell, .maximumLength, course, now, &actions)
            } else {
                // There is nobody to say goodbye to.
                self.end(.heldTooLong, &actions)
            }
            return
        }
        if let due = course.transcriptions.due, due <= now { self.transcriptionTimedOut(course, now, &actions) }
        // Each may have changed what is due next.
        if let course = self.state.course, let due = course.replyDue, due <= now, let reply = course.reply {
            let error = StageError(.timeout, stage: "language model", message: "no reply in time")
            actions.append(.cancelReply(reply.number))
            self.replyFailed(reply.number, error, course, now, &actions)
        }
        if let due = self.state.fillerDue, due <= now { self.sayFiller(now, &actions) }
        if let due = self.state.noInputDue, due <= now { self.askForInput(now, &actions) }
    }

    private mutating func transcriptionTimedOut(_ course: Course, _ now: Instant, _ actions: inout [Action]) {
        guard let number = course.transcriptions.numbers.first else { return }
        var course = course
        actions.append(.cancelTranscriptions)
        course.transcriptions = Transcriptions()
        course.transcriptions.begin(number, due: now)
        let error = StageError(.timeout, stage: "speech to text", message: "no transcript in time")
        self.transcriptionFailed(number, error, course, now, &actions)
    }

    private mutating func sayFiller(_ now: Instant, _ actions: inout [Action]) {
        guard var course = self.state.course else { return }
        let phrases = self.settings.phrases
        let isFirstOfOpening = course.reply?.isOpening == true && self.counts.fillersInWait == 0
        var text: String?
        if isFirstOfOpening {
            text = phrases.openingFillers.first
        } else if course.reply?.isToolRunning == true, !phrases.toolFillers.isEmpty {
            text = phrases.toolFillers[self.counts.toolFillers % phrases.toolFillers.count]
            self.counts.toolFillers += 1
        }
        if text == nil, !phrases.fillers.isEmpty {
            text = phrases.fillers[self.counts.fillers % phrases.fillers.count]
            self.counts.fillers += 1
        }
        self.counts.fillersInWait += 1
        self.measurement?.latency.fillers += 1
        self.say(text ?? "", .aside, &course, &actions)
        self.place(course, now)
        if !course.isVoiceActive { self.waitForFiller(now) }
    }

    private mutating func askForInput(_ now: Instant, _ actions: inout [Action]) {
        guard var course = self.state.course else { return }
        let phrases = self.settings.phrases
        guard self.counts.reprompts < self.settings.noInputReprompts, !phrases.noInput.isEmpty else {
            self.bidFarewell(phrases.noInputFarewell, .noInput, course, now, &actions)
            return
        }
        self.say(phrases.noInput[self.counts.reprompts % phrases.noInput.count], .aside, &course, &actions)
        self.counts.reprompts += 1
        self.place(course, now)
        if !course.isVoiceActive { self.waitForCaller(now) }
    }
}
