internal import CoreTypes

/// What the bot says: the model's reply, and being heard.
extension TurnMachine {
    mutating func replyPart(
        _ number: Int,
        _ part: ReplyPart,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        guard var reply = course.reply, reply.number == number, !reply.isFinished else { return }
        var course = course
        reply.stallDue = now + self.settings.deadlines.replyStall
        reply.hasParts = true
        switch part {
        case .text(let text):
            self.measurement?.firstToken(now)
            reply.isToolRunning = false
            reply.append(text)
        case .toolStarted(let name):
            reply.isToolRunning = true
            actions.append(.report(.toolStarted(name)))
            // What the model said before it used the tool need not wait for the tool.
            reply.finishSentence()
        case .toolFinished(let name):
            reply.isToolRunning = false
            actions.append(.report(.toolFinished(name)))
        case .hangUp:
            reply.hangsUp = true
            reply.finishSentence()
        case .callBack(let delay):
            self.callBack = delay
        }
        course.reply = reply
        self.deliver(&course, now, &actions)
        self.place(course, now)
        if case .toolStarted = part, case .replying(let replying) = self.state {
            self.waitForFiller(until: min(replying.fillerDue, now + self.settings.toolFillerAfter), now)
        }
    }

    mutating func replyEnded(_ number: Int, _ course: Course, _ now: Instant, _ actions: inout [Action]) {
        guard var reply = course.reply, reply.number == number, !reply.isFinished else { return }
        var course = course
        reply.finishSentence()
        reply.isFinished = true
        if reply.turn != nil {
            if !reply.isAudible, reply.held.isEmpty {
                reply.hold(reply.endsCall ? self.settings.phrases.farewell : self.settings.phrases.emptyReply)
            } else {
                self.counts.failures = 0
            }
        }
        course.reply = reply
        self.deliver(&course, now, &actions)
        self.completeReply(course, now, &actions)
    }

    mutating func replyFailed(
        _ number: Int,
        _ error: StageError,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        guard var reply = course.reply, reply.number == number, !reply.isFinished else { return }
        var course = course
        actions.append(.report(.apology(error)))
        self.counts.failures += 1
        if !self.isBotsTurn(course), !reply.isAudible, let turn = reply.callerTurn {
            // It is the caller's turn anyway: ask once more, with what comes now.
            course.question.prepend(turn.text)
            course.reply = nil
            self.place(course, now)
            return
        }
        reply.isFinished = true
        if reply.endsCall { reply.hold(self.settings.phrases.farewell) }
        course.reply = reply
        self.deliver(&course, now, &actions)
        if reply.endsCall {
            self.completeReply(course, now, &actions)
        } else if self.settings.oneWay {
            self.bidFarewell(self.settings.phrases.modelApology, .failed, course, now, &actions)
        } else {
            self.apologize(self.settings.phrases.apology(for: error, of: .model), &course, now, &actions)
            self.completeReply(course, now, &actions)
        }
    }

    mutating func textToSpeechFailed(_ error: StageError, _ course: Course, _ now: Instant, _ actions: inout [Action]) {
        var course = course
        actions.append(.report(.apology(error)))
        self.counts.voiceFailures += 1
        if self.counts.voiceFailures >= 2 {
            // Without text to speech there is no conversation, and nobody should pay for listening to signals.
            self.cancelAll(course, &actions)
            self.close(&course, heard: "", isInterrupted: true)
            self.bidSilentFarewell(now, &actions)
            return
        }
        actions.append(.beep)
        course.isVoiceActive = true
        self.place(course, now)
    }

    mutating func audioStarted(_ line: SpokenLine, _ course: inout Course, _ now: Instant) {
        self.counts.voiceFailures = 0
        guard line.kind == .reply else { return }
        if course.reply?.isOpening == true, course.reply?.heardFrom == nil { course.reply?.heardFrom = now }
        self.measurement?.firstAudio(now)
    }

    mutating func sampleSent(at instant: Instant, _ actions: inout [Action]) {
        guard let latency = self.measurement?.firstSampleSent(instant) else { return }
        actions.append(.report(.turnLatency(latency)))
        self.measurement = nil
    }

    mutating func playbackFinished(_ course: Course, _ now: Instant, _ actions: inout [Action]) {
        guard course.isVoiceActive else { return }
        var course = course
        course.isVoiceActive = false
        course.reply?.wasPlayed()
        if course.reply?.isFinished == false {
            course.reply?.stallDue = now + self.settings.deadlines.replyStall
        }
        self.completeReply(course, now, &actions)
    }

    // MARK: - Saying

    /// Says of the reply what may be said now.
    mutating func deliver(_ course: inout Course, _ now: Instant, _ actions: inout [Action]) {
        guard self.isBotsTurn(course), course.reply?.held.isEmpty == false else { return }
        self.measurement?.firstSentence(now)
        course.reply?.firstWordsDue = nil
        for sentence in course.reply?.giveHeld() ?? [] { self.say(sentence, .reply, &course, &actions) }
    }

    mutating func say(_ text: String, _ kind: SpokenLine.Kind, _ course: inout Course, _ actions: inout [Action]) {
        guard !text.isEmpty else { return }
        self.counts.lines += 1
        course.isVoiceActive = true
        actions.append(.report(.saying(text)))
        actions.append(.speak(SpokenLine(number: self.counts.lines, text: text, kind: kind)))
    }

    /// Says that something failed, or gives the call up when that happens too often.
    mutating func apologize(_ text: String, _ course: inout Course, _ now: Instant, _ actions: inout [Action]) {
        if self.counts.failures >= self.settings.failureLimit {
            self.bidFarewell(self.settings.phrases.failureFarewell, .failed, course, now, &actions)
        } else {
            self.say(text, .aside, &course, &actions)
        }
    }

    // MARK: - The end of a reply

    /// Ends the model's request, if it is still open.
    func cancel(_ reply: Reply, _ actions: inout [Action]) {
        if !reply.isFinished { actions.append(.cancelReply(reply.number)) }
    }

    /// Closes the present reply when all of it was heard, and whatever follows from that.
    mutating func completeReply(_ course: Course, _ now: Instant, _ actions: inout [Action]) {
        var course = course
        guard let reply = course.reply, !course.isVoiceActive, reply.held.isEmpty,
            reply.isFinished || (reply.hangsUp && reply.isAudible), self.state.course != nil
        else { return self.place(course, now) }
        self.cancel(reply, &actions)
        self.close(&course, heard: "", isInterrupted: false)
        if self.settings.oneWay {
            self.end(.said, &actions)
        } else if reply.endsCall {
            self.end(.goodbye, &actions)
        } else {
            self.place(course, now)
        }
    }

    /// Writes the present reply into the history as far as it was heard.
    mutating func close(_ course: inout Course, heard: String, isInterrupted: Bool) {
        guard let reply = course.reply else { return }
        course.reply = nil
        let text = reply.text(heard: heard)
        if let turn = reply.callerTurn {
            if isInterrupted, text.isEmpty {
                // Nothing was heard of it: the question still stands and goes with what comes now.
                course.question.prepend(turn.text)
                return
            }
            self.history.append(ConversationContext.Line(speaker: .caller, text: turn.text))
        }
        guard !text.isEmpty else { return }
        let wasCut = isInterrupted && reply.isCut(heard: heard)
        self.history.append(ConversationContext.Line(speaker: .bot, text: text, interrupted: wasCut))
    }

    /// Abandons all that goes on.
    func cancelAll(_ course: Course, _ actions: inout [Action]) {
        if !course.transcriptions.isEmpty { actions.append(.cancelTranscriptions) }
        if let reply = course.reply { self.cancel(reply, &actions) }
        if course.isVoiceActive { actions.append(.stopSpeaking) }
    }
}
