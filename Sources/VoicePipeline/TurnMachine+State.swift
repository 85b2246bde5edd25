internal import AudioCore
internal import CoreTypes

/// The states of a conversation: each holds what only it needs.
extension TurnMachine {
    enum State: Sendable {
        /// Not started.
        case beginning
        /// Nobody speaks, and nothing is due but the caller's next word.
        case listening(Listening)
        /// The caller speaks.
        case callerSpeaking(CallerSpeaking)
        /// The caller is silent, and what was said is being transcribed.
        case transcribing(Transcribing)
        /// The model was asked, and nothing is being said.
        case replying(Replying)
        /// The bot speaks.
        case speaking(Speaking)
        /// The other side holds the call: nothing is begun.
        case held(Held)
        /// The last words are being said. Nothing leads back from here.
        case farewell(Farewell)
        /// The conversation is over.
        case ended
    }

    struct Listening: Sendable {
        /// When the caller is asked whether anyone is there; `nil` when nobody is expected to speak.
        var noInputDue: Instant?
    }

    struct CallerSpeaking: Sendable {
        /// Whether this utterance counts: it does not when it began in a protected time.
        let counts: Bool
        var course: Course
    }

    struct Transcribing: Sendable {
        var course: Course
        /// When the caller hears a filler; `nil` while something is being said.
        var fillerDue: Instant?
    }

    struct Replying: Sendable {
        var reply: Reply
        /// When the caller hears a filler.
        var fillerDue: Instant
    }

    struct Speaking: Sendable {
        /// The reply that is being said, or still being made while a filler is said.
        var reply: Reply?
    }

    struct Held: Sendable {
        var course: Course
    }

    struct Farewell: Sendable {
        let reason: ConversationEnding.Reason
        /// When the call ends even if nothing could be said.
        let due: Instant
    }

    /// What goes on beside the turn: it survives when the turn changes hands.
    struct Course: Sendable {
        var transcriptions = Transcriptions()
        var question = Question()
        var reply: Reply?
        /// Whether something is being said.
        var isVoiceActive = false

        /// When the present reply is late; what is being said or held back is not.
        var replyDue: Instant? {
            guard let reply = self.reply, !reply.isFinished, !self.isVoiceActive, reply.held.isEmpty else { return nil }
            return [reply.firstWordsDue, reply.stallDue].compactMap(\.self).min()
        }
    }

    /// The utterances that are being transcribed.
    struct Transcriptions: Sendable {
        private(set) var numbers: [Int] = []
        private(set) var due: Instant?

        var isEmpty: Bool { self.numbers.isEmpty }
        /// A caller who never waits must not fill the memory.
        var isFull: Bool { self.numbers.count >= 3 }

        /// The oldest counts: who goes on speaking must not be the reason that a recognizer that hangs is never given up.
        mutating func begin(_ number: Int, due: Instant) {
            self.numbers.append(number)
            self.due = self.due ?? due
        }

        /// One is done; `false` when it was not awaited.
        mutating func finish(_ number: Int, nextDue: Instant) -> Bool {
            guard let index = self.numbers.firstIndex(of: number) else { return false }
            self.numbers.remove(at: index)
            self.due = self.numbers.isEmpty ? nil : nextDue
            return true
        }
    }

    /// What the caller said and the model was not yet asked.
    struct Question: Sendable {
        private(set) var words = ""
        /// The caller spoke and no words came of it.
        var isWordless = false

        mutating func append(_ words: String) {
            self.words = String([self.words].joined(separator: " ", and: words).prefix(2000))
        }

        mutating func prepend(_ words: String) {
            self.words = [words].joined(separator: " ", and: self.words)
        }
    }

    /// How long the call may last, and a hold within it (RFC 3264 section 8.4).
    struct CallLimits: Sendable {
        var lengthDue: Instant?
        private var hold: (since: Instant, due: Instant)?

        /// Whether the way is open both ways.
        var isOpen: Bool { self.hold == nil }
        var due: Instant? { self.hold?.due ?? self.lengthDue }

        /// A hold that changes its kind is one hold.
        mutating func beginHold(_ now: Instant, limit: Duration) {
            if self.hold == nil { self.hold = (now, now + limit) }
        }

        /// Time on hold is no time of the conversation.
        mutating func endHold(_ now: Instant) {
            guard let hold = self.hold else { return }
            self.lengthDue = self.lengthDue.map { $0 + (now - hold.since) }
            self.hold = nil
        }
    }

    /// What is counted over the whole call.
    struct Counts: Sendable {
        var turns = 0
        var replies = 0
        var lines = 0
        var fillers = 0
        var toolFillers = 0
        /// Since the end of the caller's turn.
        var fillersInWait = 0
        /// In a row.
        var failures = 0
        /// In a row.
        var voiceFailures = 0
        /// In a row.
        var wordlessTurns = 0
        /// In a row.
        var reprompts = 0
    }
}

extension TurnMachine.State {
    /// What goes on beside the turn; `nil` before and after the talk.
    var course: TurnMachine.Course? {
        switch self {
        case .listening: TurnMachine.Course()
        case .callerSpeaking(let state): state.course
        case .transcribing(let state): state.course
        case .replying(let state): TurnMachine.Course(reply: state.reply)
        case .speaking(let state): TurnMachine.Course(reply: state.reply, isVoiceActive: true)
        case .held(let state): state.course
        case .beginning, .farewell, .ended: nil
        }
    }

    var reply: TurnMachine.Reply? { self.course?.reply }

    /// When the caller hears a filler.
    var fillerDue: Instant? {
        switch self {
        case .transcribing(let state): state.fillerDue
        case .replying(let state): state.fillerDue
        case .beginning, .listening, .callerSpeaking, .speaking, .held, .farewell, .ended: nil
        }
    }

    /// When the caller is asked whether anyone is there.
    var noInputDue: Instant? {
        if case .listening(let state) = self { state.noInputDue } else { nil }
    }
}

extension [String] {
    /// The strings that are not empty, and one more, with a separator between.
    func joined(separator: String, and last: String) -> String {
        (self + [last]).filter { !$0.isEmpty }.joined(separator: separator)
    }
}
