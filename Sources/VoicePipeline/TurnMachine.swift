public import AudioCore
public import CoreTypes

/// Who has the turn: what to do whenever something is heard, understood, answered or said.
///
/// No audio, no task and no clock in here: inputs and the time come in, actions go out. After each input do the actions
/// in order, then arm ``deadline`` and give ``Input/timeout(heard:)`` when it is reached.
///
/// The conversation is `talking` until something ends it, then in a `farewell` that nothing can revive, then `ended`.
/// Within `talking` three things go on independently, and the rules join them: the caller speaks or not, utterances are
/// being transcribed or not, and a reply is being made and said or not.
public struct TurnMachine: Sendable {
    /// What happened.
    public enum Input: Sendable {
        /// The call begins.
        case started
        /// The caller began to speak; `heard` is what has left of the present reply.
        case speechStarted(heard: String)
        /// The caller's turn is over; the driver keeps the utterance under this number.
        case speechEnded(Int, speech: Duration, silence: Duration)
        /// What had begun was no speech.
        case speechDiscarded
        /// An utterance was understood.
        case transcribed(Int, Transcript)
        /// An utterance could not be transcribed.
        case transcriptionFailed(Int, StageError)
        /// The model's reply goes on.
        case replyPart(Int, ReplyPart)
        /// The model's reply is complete.
        case replyEnded(Int)
        /// The model's reply broke off.
        case replyFailed(Int, StageError)
        /// The first audio of a line was written.
        case audioStarted(SpokenLine)
        /// The first sample of the reply left the port at this time.
        case sampleSent(at: Instant)
        /// A line could not be said.
        case voiceFailed(StageError)
        /// All that was to be said has left.
        case playbackFinished
        /// The other side holds the call, or takes it back.
        case flowChanged(AudioFlow)
        /// ``deadline`` was reached.
        case timeout(heard: String)
        /// The call is over.
        case callEnded(heard: String)
    }

    /// What to do.
    public enum Action: Sendable, Equatable {
        /// Transcribe the utterance that is kept under this number.
        case transcribe(Int)
        /// Forget that utterance.
        case dropUtterance(Int)
        /// Abandon all transcriptions.
        case cancelTranscriptions
        /// Ask the model.
        case requestReply(Int, Turn, history: [ConversationContext.Line])
        /// End the model's request.
        case cancelReply(Int)
        /// Say something after what is being said.
        case speak(SpokenLine)
        /// Be silent at once and forget what was to be said.
        case stopSpeaking
        /// Sound a short signal, since there is no voice.
        case beep
        /// Tell whoever listens.
        case report(ConversationEvent)
        /// The conversation is over.
        case end(ConversationEnding)
    }

    enum Phase: Equatable {
        case talking
        case farewell(ConversationEnding.Reason)
        case ended
    }

    /// One reply on its way from the model to the caller's ear. The opening is one, too.
    struct Reply {
        var number: Int
        /// What it answers; `nil` when nothing was asked.
        var turn: Turn?
        var isOpening = false
        var isFinished = false
        /// Whether anything of it came.
        var hasParts = false
        var isGoodbye = false
        var hangsUp = false
        var chunker = SentenceChunker()
        var cleaner = SpokenText()
        /// Sentences that wait because the caller is speaking.
        var held: [String] = []
        /// Sentences that were given to the voice and are not known to have left.
        var given: [String] = []
        /// What has left for sure.
        var heard: [String] = []
        var firstWordsDue: Instant?
        var stallDue: Instant?

        var isAudible: Bool { !self.given.isEmpty || !self.heard.isEmpty }
        /// Whether somebody waits for it who said something.
        var callerTurn: Turn? { self.isOpening ? nil : self.turn }
    }

    let settings: ConversationSettings
    let opening: Opening
    var phase = Phase.talking
    var reply: Reply?
    var isCallerSpeaking = false
    /// The present utterance does not count: it fell into a protected time.
    var isUtteranceIgnored = false
    var transcriptions: [Int] = []
    /// What was understood and not yet asked.
    var pendingText = ""
    /// The caller spoke and nothing was understood of it.
    var hasEmptyTranscript = false
    var emptyTranscripts = 0
    var isVoiceActive = false
    /// Which ways are open, and since when not both.
    var flow = AudioFlow.open
    var heldSince: Instant?
    var latency: TurnLatency?
    var endOfSpeech: Instant?
    var openingHeardFrom: Instant?
    var callBack: Duration?

    var turns = 0
    var replies = 0
    var lines = 0
    var failures = 0
    var voiceFailures = 0
    var fillersInWait = 0
    var fillersSaid = 0
    var toolFillersSaid = 0
    var isToolRunning = false
    var reprompts = 0

    var maximumLengthDue: Instant?
    var heldDue: Instant?
    var farewellDue: Instant?
    var fillerDue: Instant?
    var noInputDue: Instant?
    var transcriptionDue: Instant?

    /// The conversation so far, as it was heard.
    public internal(set) var history: [ConversationContext.Line] = []

    /// Makes a machine for a call.
    public init(settings: ConversationSettings, opening: Opening, history: [ConversationContext.Line] = []) {
        self.settings = settings
        self.opening = opening
        self.history = history
    }

    /// Takes an input and says what to do.
    public mutating func handle(_ input: Input, now: Instant) -> [Action] {
        guard self.phase != .ended else { return [] }
        var actions: [Action] = []
        switch input {
        case .started: self.start(now, &actions)
        case .speechStarted(let heard): self.speechStarted(heard: heard, now, &actions)
        case .speechEnded(let number, let speech, let silence):
            self.speechEnded(number, speech: speech, silence: silence, now, &actions)
        case .speechDiscarded: self.speechDiscarded(now, &actions)
        case .transcribed(let number, let transcript): self.transcribed(number, transcript, now, &actions)
        case .transcriptionFailed(let number, let error): self.transcriptionFailed(number, error, now, &actions)
        case .replyPart(let number, let part): self.replyPart(number, part, now, &actions)
        case .replyEnded(let number): self.replyEnded(number, now, &actions)
        case .replyFailed(let number, let error): self.replyFailed(number, error, now, &actions)
        case .audioStarted(let line): self.audioStarted(line, now)
        case .sampleSent(let instant): self.sampleSent(at: instant, &actions)
        case .voiceFailed(let error): self.voiceFailed(error, now, &actions)
        case .playbackFinished: self.playbackFinished(now, &actions)
        case .flowChanged(let flow): self.flowChanged(flow, now, &actions)
        case .timeout(let heard): self.timeout(heard: heard, now, &actions)
        case .callEnded(let heard):
            self.closeReply(heard: heard, isInterrupted: true)
            self.end(.callerHungUp, &actions)
        }
        self.armWaiting(now)
        return actions
    }

    /// When the machine wants to be called again, if nothing happens before.
    public var deadline: Instant? {
        switch self.phase {
        case .ended: return nil
        case .farewell: return self.farewellDue
        case .talking: break
        }
        return [
            self.flow == .open ? self.maximumLengthDue : self.heldDue, self.fillerDue, self.noInputDue,
            self.transcriptionDue, self.replyDue,
        ].compactMap(\.self).min()
    }

    /// Whether more of the reply may be read: what cannot be said yet stays with the model.
    public var isReplyWelcome: Bool {
        (self.reply?.held.count ?? 0) < 4
    }

    /// Whether the reply with this number is still wanted.
    public func wantsReply(_ number: Int) -> Bool {
        self.reply?.number == number && self.phase == .talking
    }

    /// Whether the floor is free for the bot.
    var hasFloor: Bool {
        !self.isCallerSpeaking && self.transcriptions.isEmpty && self.flow != .held
    }

    // MARK: - Beginning

    private mutating func start(_ now: Instant, _ actions: inout [Action]) {
        self.maximumLengthDue = now + self.settings.maximumLength
        self.replies += 1
        var reply = Reply(number: self.replies, isOpening: true)
        switch self.opening {
        case .greeting(let text), .say(let text):
            self.fill(&reply, with: text)
            self.reply = reply
            self.replyEnded(reply.number, now, &actions)
        case .ask(let prompt):
            self.turns += 1
            let turn = Turn(text: prompt, number: self.turns)
            reply.turn = turn
            reply.firstWordsDue = now + self.settings.deadlines.firstReplyPart
            self.reply = reply
            self.fillerDue = now + self.settings.openingFillerAfter
            actions.append(.report(.asked(turn)))
            actions.append(.requestReply(reply.number, turn, history: self.history))
        }
    }

    private mutating func fill(_ reply: inout Reply, with text: String) {
        for sentence in reply.chunker.append(text) + [reply.chunker.finish()].compactMap(\.self) {
            let spoken = reply.cleaner.clean(sentence)
            if !spoken.isEmpty { reply.held.append(spoken) }
        }
    }
}
