internal import CoreTypes

/// What the bot says: the model's reply, and being heard.
extension TurnMachine {
    mutating func replyPart(_ number: Int, _ part: ReplyPart, _ now: Instant, _ actions: inout [Action]) {
        guard self.wantsReply(number), self.reply?.isFinished == false else { return }
        self.reply?.stallDue = now + self.settings.deadlines.replyStall
        self.reply?.hasParts = true
        switch part {
        case .text(let text):
            if self.latency?.firstToken == nil, let endOfSpeech { self.latency?.firstToken = now - endOfSpeech }
            self.isToolRunning = false
            for sentence in self.reply?.chunker.append(text) ?? [] { self.hold(sentence) }
            self.deliver(now, &actions)
        case .toolStarted(let name):
            self.isToolRunning = true
            actions.append(.report(.toolStarted(name)))
            // What the model said before it reached for the tool need not wait for the tool.
            if let rest = self.reply?.chunker.finish() { self.hold(rest) }
            self.deliver(now, &actions)
            if !self.isVoiceActive, self.hasFloor {
                let due = now + self.settings.toolFillerAfter
                self.fillerDue = min(self.fillerDue ?? due, due)
            }
        case .toolFinished(let name):
            self.isToolRunning = false
            actions.append(.report(.toolFinished(name)))
        case .hangUp:
            self.reply?.hangsUp = true
            if let rest = self.reply?.chunker.finish() { self.hold(rest) }
            self.deliver(now, &actions)
        case .callBack(let delay):
            self.callBack = delay
        }
    }

    mutating func replyEnded(_ number: Int, _ now: Instant, _ actions: inout [Action]) {
        guard self.wantsReply(number), self.reply?.isFinished == false else { return }
        if let rest = self.reply?.chunker.finish() { self.hold(rest) }
        self.reply?.isFinished = true
        guard let reply = self.reply else { return }
        let wasAsked = reply.turn != nil
        if wasAsked, !reply.isAudible, reply.held.isEmpty {
            let phrases = self.settings.phrases
            self.hold(reply.isGoodbye || reply.hangsUp ? phrases.farewell : phrases.emptyReply)
        } else if wasAsked {
            self.failures = 0
        }
        self.deliver(now, &actions)
        self.completeReply(now, &actions)
    }

    mutating func replyFailed(_ number: Int, _ error: StageError, _ now: Instant, _ actions: inout [Action]) {
        guard self.wantsReply(number), let reply = self.reply, !reply.isFinished else { return }
        actions.append(.report(.apology(error)))
        self.failures += 1
        self.reply?.isFinished = true
        if !self.hasFloor, !reply.isAudible, let turn = reply.callerTurn {
            // The caller is speaking anyway: ask once more, with what comes now.
            self.pendingText = [turn.text].joined(separator: " ", and: self.pendingText)
            self.reply = nil
            return
        }
        if reply.isGoodbye || reply.hangsUp {
            self.hold(self.settings.phrases.farewell)
            self.deliver(now, &actions)
            return
        }
        self.deliver(now, &actions)
        if self.settings.oneWay {
            self.bidFarewell(self.settings.phrases.modelApology, .failed, now, &actions)
        } else {
            self.apologize(self.settings.phrases.apology(for: error, of: .model), now, &actions)
        }
    }

    mutating func voiceFailed(_ error: StageError, _ now: Instant, _ actions: inout [Action]) {
        actions.append(.report(.apology(error)))
        self.voiceFailures += 1
        if self.voiceFailures >= 2, self.phase == .talking {
            // Without a voice there is no conversation, and nobody should pay for listening to signals.
            self.cancelAll(&actions)
            self.closeReply(heard: "", isInterrupted: true)
            self.phase = .farewell(.failed)
            self.farewellDue = now + .seconds(3)
        }
        actions.append(.beep)
        self.isVoiceActive = true
    }

    mutating func audioStarted(_ line: SpokenLine, _ now: Instant) {
        self.voiceFailures = 0
        guard line.kind == .reply else { return }
        if self.reply?.isOpening == true, self.openingHeardFrom == nil { self.openingHeardFrom = now }
        if self.latency?.firstAudio == nil, let endOfSpeech { self.latency?.firstAudio = now - endOfSpeech }
    }

    mutating func sampleSent(at instant: Instant, _ actions: inout [Action]) {
        guard var latency, let written = latency.firstAudio, let endOfSpeech else { return }
        // A port counts whole packets: by its count a sample may have left before it was there.
        latency.firstSampleSent = max(written, instant - endOfSpeech)
        actions.append(.report(.turnLatency(latency)))
        self.latency = nil
    }

    mutating func playbackFinished(_ now: Instant, _ actions: inout [Action]) {
        self.isVoiceActive = false
        if case .farewell(let reason) = self.phase {
            self.end(reason, &actions)
            return
        }
        if let reply {
            self.reply?.heard += reply.given
            self.reply?.given = []
            if !reply.isFinished { self.reply?.stallDue = now + self.settings.deadlines.replyStall }
        }
        self.completeReply(now, &actions)
    }

    // MARK: - Saying

    /// Gives to the voice what may be said now.
    mutating func deliver(_ now: Instant, _ actions: inout [Action]) {
        guard self.phase == .talking, self.hasFloor, let reply = self.reply, !reply.held.isEmpty else { return }
        if self.latency?.firstSentence == nil, let endOfSpeech { self.latency?.firstSentence = now - endOfSpeech }
        self.reply?.held = []
        self.reply?.given += reply.held
        self.reply?.firstWordsDue = nil
        for sentence in reply.held { self.say(sentence, .reply, &actions) }
    }

    mutating func say(_ text: String, _ kind: SpokenLine.Kind, _ actions: inout [Action]) {
        guard !text.isEmpty else { return }
        self.lines += 1
        self.isVoiceActive = true
        actions.append(.report(.saying(text)))
        actions.append(.speak(SpokenLine(number: self.lines, text: text, kind: kind)))
    }

    mutating func apologize(_ text: String, _ now: Instant, _ actions: inout [Action]) {
        if self.failures >= self.settings.failureLimit {
            self.bidFarewell(self.settings.phrases.failureFarewell, .failed, now, &actions)
        } else {
            self.say(text, .aside, &actions)
            self.completeReply(now, &actions)
        }
    }

    private mutating func hold(_ sentence: String) {
        guard var reply = self.reply else { return }
        let spoken = reply.cleaner.clean(sentence)
        if !spoken.isEmpty { reply.held.append(spoken) }
        self.reply = reply
    }

    // MARK: - The end of a reply

    /// Ends the model's request, if it is still open.
    mutating func cancelReply(_ actions: inout [Action]) {
        guard let reply, !reply.isFinished else { return }
        actions.append(.cancelReply(reply.number))
    }

    /// Closes the present reply when all of it was heard, and whatever follows from that.
    mutating func completeReply(_ now: Instant, _ actions: inout [Action]) {
        guard self.phase == .talking, let reply, !self.isVoiceActive, reply.held.isEmpty else { return }
        guard reply.isFinished || (reply.hangsUp && reply.isAudible) else { return }
        self.cancelReply(&actions)
        self.closeReply(heard: "", isInterrupted: false)
        if self.settings.oneWay {
            self.end(.said, &actions)
        } else if reply.hangsUp || reply.isGoodbye {
            self.end(.goodbye, &actions)
        }
    }

    /// Writes the present reply into the history as far as it was heard.
    mutating func closeReply(heard: String, isInterrupted: Bool) {
        guard let reply else { return }
        self.reply = nil
        self.isToolRunning = false
        let text = reply.heard.joined(separator: " ", and: heard)
        if let turn = reply.callerTurn {
            if isInterrupted, text.isEmpty, self.phase == .talking {
                // Nothing was heard of it: the question still stands and goes with what comes now.
                self.pendingText = [turn.text].joined(separator: " ", and: self.pendingText)
                return
            }
            self.history.append(ConversationContext.Line(speaker: .caller, text: turn.text))
        }
        guard !text.isEmpty else { return }
        let wasCut =
            isInterrupted && !(reply.isFinished && reply.held.isEmpty && heard == reply.given.joined(separator: " "))
        self.history.append(ConversationContext.Line(speaker: .bot, text: text, interrupted: wasCut))
    }
}
