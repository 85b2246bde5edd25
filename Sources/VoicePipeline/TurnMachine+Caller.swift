internal import CoreTypes

/// What the caller does: speaking, and being understood.
extension TurnMachine {
    mutating func speechStarted(heard: String, _ now: Instant, _ actions: inout [Action]) {
        self.isCallerSpeaking = true
        guard self.phase == .talking, !self.isUninterruptible(now) else {
            self.isUtteranceIgnored = true
            return
        }
        actions.append(.report(.speechStarted))
        if self.isVoiceActive {
            actions.append(.stopSpeaking)
            self.isVoiceActive = false
        }
        guard let reply = self.reply, reply.isAudible else { return }
        // Nobody waits for the rest. A reply of which nothing was said goes on instead, unspoken: what was heard may
        // be a cough, and a cough must not cost an answer.
        self.cancelReply(&actions)
        self.closeReply(heard: heard, isInterrupted: true)
        // If no words come of it, the caller is told so: silence would be the worst answer.
        self.hasEmptyTranscript = true
        actions.append(.report(.interrupted(heard: reply.heard.joined(separator: " ", and: heard))))
    }

    mutating func speechDiscarded(_ now: Instant, _ actions: inout [Action]) {
        self.isCallerSpeaking = false
        self.isUtteranceIgnored = false
        self.proceed(now, &actions)
    }

    mutating func speechEnded(
        _ number: Int,
        speech: Duration,
        silence: Duration,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        self.isCallerSpeaking = false
        guard !self.isUtteranceIgnored, self.phase == .talking else {
            self.isUtteranceIgnored = false
            actions.append(.dropUtterance(number))
            self.proceed(now, &actions)
            return
        }
        if self.transcriptions.count >= TurnMachine.mostTranscriptions {
            actions.append(.dropUtterance(number))
            return
        }
        self.endOfSpeech = now - silence
        self.latency = TurnLatency(turn: self.turns + 1, endpoint: silence)
        self.transcriptions.append(number)
        // The oldest counts: who goes on speaking must not be the reason that a recognizer that hangs is never given up.
        self.transcriptionDue = self.transcriptionDue ?? now + self.settings.deadlines.transcription
        self.fillersInWait = 0
        self.fillerDue = now + self.settings.fillerAfter
        actions.append(.transcribe(number))
    }

    mutating func transcribed(
        _ number: Int,
        _ transcript: Transcript,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        guard self.forgetTranscription(number, now) else { return }
        let words = transcript.text.trimmed
        actions.append(.report(.heard(Transcript(text: words, confidence: transcript.confidence))))
        if let endOfSpeech { self.latency?.transcript = now - endOfSpeech }
        if words.contains(where: { $0.isLetter || $0.isNumber }) {
            self.pendingText = String([self.pendingText].joined(separator: " ", and: words).prefix(2000))
            self.emptyTranscripts = 0
            self.reprompts = 0
        } else {
            self.hasEmptyTranscript = true
        }
        self.proceed(now, &actions)
    }

    mutating func transcriptionFailed(
        _ number: Int,
        _ error: StageError,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        guard self.forgetTranscription(number, now) else { return }
        actions.append(.report(.apology(error)))
        self.failures += 1
        // When words are there to be answered, the answer is better than an apology.
        if self.reply == nil, self.pendingText.isEmpty, self.hasFloor {
            self.apologize(self.settings.phrases.apology(for: error, of: .speechToText), now, &actions)
        }
        self.proceed(now, &actions)
    }

    /// Decides what comes next when the caller is silent and everything is understood.
    mutating func proceed(_ now: Instant, _ actions: inout [Action]) {
        guard self.phase == .talking, self.hasFloor else { return }
        let wasEmpty = self.hasEmptyTranscript
        self.hasEmptyTranscript = false
        if !self.pendingText.isEmpty {
            var text = self.pendingText
            self.pendingText = ""
            // A model that has said nothing yet has no more time because the caller spoke meanwhile.
            var due: Instant?
            if let reply = self.reply {
                // The caller went on before anything was said: both parts are one turn.
                if let turn = reply.callerTurn { text = [turn.text].joined(separator: " ", and: text) }
                if reply.callerTurn != nil, !reply.hasParts, !reply.isFinished { due = reply.stallDue }
                self.cancelReply(&actions)
                self.reply = nil
            }
            self.ask(text, now, &actions)
            if let due, let stallDue = self.reply?.stallDue { self.reply?.stallDue = min(due, stallDue) }
        } else if self.reply != nil {
            self.deliver(now, &actions)
        } else if wasEmpty, !self.isVoiceActive {
            self.emptyTranscripts += 1
            if self.emptyTranscripts <= self.settings.notCaughtLimit {
                self.say(self.settings.phrases.notCaught, .aside, &actions)
            }
        }
    }

    private mutating func ask(_ text: String, _ now: Instant, _ actions: inout [Action]) {
        self.turns += 1
        self.replies += 1
        let turn = Turn(text: text, number: self.turns)
        var reply = Reply(number: self.replies, turn: turn)
        reply.isGoodbye = self.settings.phrases.isGoodbye(text)
        reply.firstWordsDue = now + self.settings.deadlines.replyTotal
        reply.stallDue = now + self.settings.deadlines.firstReplyPart
        self.reply = reply
        self.isToolRunning = false
        self.latency?.turn = turn.number
        actions.append(.report(.asked(turn)))
        actions.append(.requestReply(reply.number, turn, history: self.history))
    }

    /// Whether speech that begins now does not count.
    private func isUninterruptible(_ now: Instant) -> Bool {
        if self.settings.oneWay { return true }
        if self.reply?.hangsUp == true { return true }
        if self.isVoiceActive, !self.settings.bargeIn.isEnabled { return true }
        guard let reply, reply.isOpening else { return false }
        switch self.opening {
        case .greeting: return false
        case .say, .ask:
            // Whoever is rung says "hello?" first, and that is no answer to what was not yet said.
            guard let from = self.openingHeardFrom else { return true }
            return now < from + self.settings.openingProtection
        }
    }

    private mutating func forgetTranscription(_ number: Int, _ now: Instant) -> Bool {
        guard let index = self.transcriptions.firstIndex(of: number) else { return false }
        self.transcriptions.remove(at: index)
        self.transcriptionDue = self.transcriptions.isEmpty ? nil : now + self.settings.deadlines.transcription
        return self.phase == .talking
    }

    /// A caller who never waits must not fill the memory.
    private static var mostTranscriptions: Int { 3 }
}

extension [String] {
    /// The strings that are not empty, and one more, with a separator between.
    func joined(separator: String, and last: String) -> String {
        (self + [last]).filter { !$0.isEmpty }.joined(separator: separator)
    }
}

extension String {
    /// The string without white space at its ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
