internal import AudioCore
internal import CoreTypes

/// What time brings: fillers, reprompts, deadlines and the end.
extension TurnMachine {
    mutating func timeout(heard: String, _ now: Instant, _ actions: inout [Action]) {
        if let due = self.farewellDue, due <= now, case .farewell(let reason) = self.phase {
            actions.append(.stopSpeaking)
            self.end(reason, &actions)
            return
        }
        guard self.phase == .talking else { return }
        if let due = self.heldDue, due <= now {
            // There is nobody to say goodbye to.
            self.cancelAll(&actions)
            self.closeReply(heard: heard, isInterrupted: true)
            self.end(.heldTooLong, &actions)
            return
        }
        if self.flow == .open, let due = self.maximumLengthDue, due <= now {
            self.cancelAll(&actions)
            self.closeReply(heard: heard, isInterrupted: true)
            self.bidFarewell(self.settings.phrases.maximumLengthFarewell, .maximumLength, now, &actions)
            return
        }
        if let due = self.transcriptionDue, due <= now { self.transcriptionTimedOut(now, &actions) }
        if let due = self.replyDue, due <= now, let reply {
            let error = StageError(.timeout, stage: "language model", message: "no reply in time")
            actions.append(.cancelReply(reply.number))
            self.replyFailed(reply.number, error, now, &actions)
        }
        if let due = self.fillerDue, due <= now { self.sayFiller(now, &actions) }
        if let due = self.noInputDue, due <= now { self.askForInput(now, &actions) }
    }

    /// The other side holds the call or takes it back (RFC 3264 section 8.4).
    ///
    /// While nobody listens nothing is begun, and nobody is expected to speak: what was due rests, up to a limit of its
    /// own, and what is waiting to be said is said afterwards.
    mutating func flowChanged(_ flow: AudioFlow, _ now: Instant, _ actions: inout [Action]) {
        guard flow != self.flow, self.phase == .talking else { return }
        let wasOpen = self.flow == .open
        self.flow = flow
        self.noInputDue = nil
        self.fillerDue = nil
        if flow == .open {
            if let since = self.heldSince { self.maximumLengthDue = self.maximumLengthDue.map { $0 + (now - since) } }
            self.heldSince = nil
            self.heldDue = nil
            self.fillersInWait = 0
            self.reprompts = 0
        } else if wasOpen {
            self.heldSince = now
            self.heldDue = now + self.settings.maximumHold
        }
        self.proceed(now, &actions)
    }

    /// When the present reply is late; what is being said or held back is not.
    var replyDue: Instant? {
        guard let reply, !reply.isFinished, !self.isVoiceActive, reply.held.isEmpty, self.phase == .talking
        else { return nil }
        return [reply.firstWordsDue, reply.stallDue].compactMap(\.self).min()
    }

    private var isCallerWaiting: Bool {
        guard self.phase == .talking, !self.isCallerSpeaking, !self.isVoiceActive, self.flow != .held else {
            return false
        }
        return !self.transcriptions.isEmpty || self.reply?.isFinished == false
    }

    /// Arms or disarms what depends on nothing happening. Called after every input.
    mutating func armWaiting(_ now: Instant) {
        if self.isCallerWaiting {
            let delay = self.fillersInWait == 0 ? self.settings.fillerAfter : self.settings.fillerInterval
            if self.fillerDue == nil { self.fillerDue = now + delay }
        } else {
            self.fillerDue = nil
        }
        let isIdle =
            self.phase == .talking && self.hasFloor && !self.isVoiceActive && self.reply == nil
            && !self.settings.oneWay && self.flow == .open
        if isIdle {
            if self.noInputDue == nil { self.noInputDue = now + self.settings.noInputAfter }
        } else {
            self.noInputDue = nil
        }
    }

    private mutating func sayFiller(_ now: Instant, _ actions: inout [Action]) {
        self.fillerDue = nil
        let phrases = self.settings.phrases
        let isFirstOfOpening = self.reply?.isOpening == true && self.fillersInWait == 0
        var text: String?
        if isFirstOfOpening {
            text = phrases.openingFillers.first
        } else if self.isToolRunning, !phrases.toolFillers.isEmpty {
            text = phrases.toolFillers[self.toolFillersSaid % phrases.toolFillers.count]
            self.toolFillersSaid += 1
        }
        if text == nil, !phrases.fillers.isEmpty {
            text = phrases.fillers[self.fillersSaid % phrases.fillers.count]
            self.fillersSaid += 1
        }
        self.fillersInWait += 1
        self.latency?.fillers += 1
        if let text { self.say(text, .aside, &actions) }
    }

    private mutating func askForInput(_ now: Instant, _ actions: inout [Action]) {
        self.noInputDue = nil
        let phrases = self.settings.phrases
        if self.reprompts < self.settings.noInputReprompts, !phrases.noInput.isEmpty {
            self.say(phrases.noInput[self.reprompts % phrases.noInput.count], .aside, &actions)
            self.reprompts += 1
        } else {
            self.bidFarewell(phrases.noInputFarewell, .noInput, now, &actions)
        }
    }

    private mutating func transcriptionTimedOut(_ now: Instant, _ actions: inout [Action]) {
        guard let number = self.transcriptions.first else { return }
        actions.append(.cancelTranscriptions)
        self.transcriptions = [number]
        let error = StageError(.timeout, stage: "speech to text", message: "no transcript in time")
        self.transcriptionFailed(number, error, now, &actions)
    }

    // MARK: - The end

    /// Abandons all that goes on.
    mutating func cancelAll(_ actions: inout [Action]) {
        if !self.transcriptions.isEmpty { actions.append(.cancelTranscriptions) }
        self.transcriptions = []
        self.transcriptionDue = nil
        self.pendingText = ""
        self.cancelReply(&actions)
        if self.isVoiceActive { actions.append(.stopSpeaking) }
        self.isVoiceActive = false
    }

    /// Says a last line, after what is being said; from now on nothing else counts.
    mutating func bidFarewell(
        _ text: String,
        _ reason: ConversationEnding.Reason,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        if let reply {
            self.cancelReply(&actions)
            let given = reply.given.joined(separator: " ")
            self.closeReply(heard: given, isInterrupted: false)
        }
        self.pendingText = ""
        self.phase = .farewell(reason)
        self.farewellDue = now + self.settings.deadlines.farewell
        self.say(text, .aside, &actions)
        if !self.isVoiceActive { self.end(reason, &actions) }
    }

    mutating func end(_ reason: ConversationEnding.Reason, _ actions: inout [Action]) {
        self.phase = .ended
        let ending = ConversationEnding(reason: reason, callBack: self.callBack, history: self.history)
        actions.append(.report(.ended(ending)))
        actions.append(.end(ending))
    }
}
