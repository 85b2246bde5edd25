internal import CoreTypes

/// What the caller says: interrupting, being transcribed, and asking.
extension TurnMachine {
    /// Whether speech that begins now does not count.
    func isUninterruptible(_ course: Course, _ now: Instant) -> Bool {
        if self.settings.oneWay { return true }
        if course.reply?.hangsUp == true { return true }
        if course.isVoiceActive, !self.settings.bargeIn.isEnabled { return true }
        guard let reply = course.reply, reply.isOpening else { return false }
        switch self.opening {
        case .greeting: return false
        case .say, .ask:
            // Whoever is rung says "hello?" first, and that replies to nothing.
            guard let from = reply.heardFrom else { return true }
            return now < from + self.settings.openingProtection
        }
    }

    /// Stops what is being said.
    mutating func interrupt(_ course: inout Course, heard: String, _ actions: inout [Action]) {
        actions.append(.report(.speechStarted))
        if course.isVoiceActive { actions.append(.stopSpeaking) }
        course.isVoiceActive = false
        guard let reply = course.reply, reply.isAudible else { return }
        // Nobody waits for the rest. A reply of which nothing was said goes on instead, unspoken: what was heard may
        // be a cough, and a cough must not cost a reply.
        self.cancel(reply, &actions)
        self.close(&course, heard: heard, isInterrupted: true)
        // If no words come of it, the caller hears so: silence would be the worst response.
        course.question.isWordless = true
        actions.append(.report(.interrupted(heard: reply.text(heard: heard))))
    }

    /// Takes a transcript; `false` when nobody waits for it.
    mutating func transcribed(
        _ number: Int,
        _ transcript: Transcript,
        _ course: inout Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) -> Bool {
        let nextDue = now + self.settings.deadlines.transcription
        guard course.transcriptions.finish(number, nextDue: nextDue) else { return false }
        let words = transcript.text.trimmed
        actions.append(.report(.heard(Transcript(text: words, confidence: transcript.confidence))))
        self.measurement?.transcribed(now)
        if words.contains(where: { $0.isLetter || $0.isNumber }) {
            course.question.append(words)
            self.counts.wordlessTurns = 0
            self.counts.reprompts = 0
        } else {
            course.question.isWordless = true
        }
        return true
    }

    mutating func transcriptionFailed(
        _ number: Int,
        _ error: StageError,
        _ course: Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        var course = course
        let nextDue = now + self.settings.deadlines.transcription
        guard course.transcriptions.finish(number, nextDue: nextDue) else { return }
        actions.append(.report(.apology(error)))
        self.counts.failures += 1
        // When words are there to be replied to, the reply is better than an apology.
        if course.reply == nil, course.question.words.isEmpty, self.isBotsTurn(course) {
            let text = self.settings.phrases.apology(for: error, of: .speechToText)
            self.apologize(text, &course, now, &actions)
        }
        self.proceed(course, now, &actions)
    }

    /// Decides what comes next when the caller is silent and everything is transcribed.
    mutating func proceed(_ course: Course, _ now: Instant, _ actions: inout [Action]) {
        guard self.isBotsTurn(course) else { return self.place(course, now) }
        var course = course
        let question = course.question
        course.question = Question()
        if !question.words.isEmpty {
            self.ask(question, &course, now, &actions)
            self.place(course, now)
        } else if course.reply != nil {
            self.deliver(&course, now, &actions)
            self.completeReply(course, now, &actions)
        } else {
            if question.isWordless, !course.isVoiceActive {
                self.counts.wordlessTurns += 1
                if self.counts.wordlessTurns <= self.settings.notCaughtLimit {
                    self.say(self.settings.phrases.notCaught, .aside, &course, &actions)
                }
            }
            self.place(course, now)
        }
    }

    private mutating func ask(
        _ question: Question,
        _ course: inout Course,
        _ now: Instant,
        _ actions: inout [Action]
    ) {
        var text = question.words
        // A model that has said nothing yet has no more time because the caller spoke meanwhile.
        var due: Instant?
        if let reply = course.reply {
            // The caller went on before anything was said: both parts are one turn.
            if let turn = reply.callerTurn {
                text = [turn.text].joined(separator: " ", and: text)
                self.digits = String((turn.digits + self.digits).suffix(Self.mostDigits))
                if !reply.hasParts, !reply.isFinished { due = reply.stallDue }
            }
            self.cancel(reply, &actions)
        }
        var reply = self.ask(text, isOpening: false, now, &actions)
        if let due, let stallDue = reply.stallDue { reply.stallDue = min(due, stallDue) }
        course.reply = reply
    }

    /// Asks the model.
    mutating func ask(_ text: String, isOpening: Bool, _ now: Instant, _ actions: inout [Action]) -> Reply {
        self.counts.turns += 1
        self.counts.replies += 1
        let turn = Turn(text: text, number: self.counts.turns, digits: self.digits)
        self.digits = ""
        var reply = Reply(
            number: self.counts.replies,
            turn: turn,
            isOpening: isOpening,
            isGoodbye: !isOpening && self.settings.phrases.isGoodbye(text)
        )
        if isOpening {
            reply.firstWordsDue = now + self.settings.deadlines.firstReplyPart
        } else {
            reply.firstWordsDue = now + self.settings.deadlines.replyTotal
            reply.stallDue = now + self.settings.deadlines.firstReplyPart
            self.measurement?.latency.turn = turn.number
        }
        actions.append(.report(.asked(turn)))
        actions.append(.requestReply(reply.number, turn, history: self.history))
        return reply
    }

    /// Keeps a digit for the model's next turn.
    mutating func note(_ digit: Character, _ actions: inout [Action]) {
        self.digits = String((self.digits + String(digit)).suffix(Self.mostDigits))
        actions.append(.report(.digit(digit)))
    }

    /// Somebody who sends digits without end must not fill the memory.
    private static var mostDigits: Int { 64 }
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
