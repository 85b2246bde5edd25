public import AudioCore
public import CoreTypes

/// Who has the turn: what to do whenever something is heard, transcribed, replied or said.
///
/// No audio, no task and no clock in here: inputs and the time come in, actions go out. After each input do the actions
/// in order, then arm ``deadline`` and give ``Input/timeout(heard:)`` when it is reached.
///
/// Its states are in `TurnMachine+State.swift`, what leads from one to another in `TurnMachine+StateMachine.swift`, and
/// `Docs/Turns.md` is their table.
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
        /// An utterance was transcribed.
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
        /// A line could not be synthesized.
        case textToSpeechFailed(StageError)
        /// All that was to be said has left.
        case playbackFinished
        /// The caller sent a DTMF digit. It is no speech: nothing is interrupted by it.
        case digit(Character)
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
        /// Sound a short signal, since no text to speech works.
        case beep
        /// Report an event to the application.
        case report(ConversationEvent)
        /// The conversation is over.
        case end(ConversationEnding)
    }

    let settings: ConversationSettings
    let opening: Opening
    var state = State.beginning
    var limits = CallLimits()
    var counts = Counts()
    /// The latency of the present turn, until its first sample was sent.
    var measurement: LatencyMeasurement?
    /// After how much time the caller asked to be called back.
    var callBack: Duration?
    /// DTMF digits that came since the model was asked last.
    var digits = ""

    /// The conversation so far, as it was heard.
    public internal(set) var history: [ConversationContext.Line] = []

    /// Makes a machine for a call.
    public init(settings: ConversationSettings, opening: Opening, history: [ConversationContext.Line] = []) {
        self.settings = settings
        self.opening = opening
        self.history = history
    }

    /// When the machine wants to be called again, if nothing happens before.
    public var deadline: Instant? {
        switch self.state {
        case .beginning, .ended: return nil
        case .farewell(let farewell): return farewell.due
        case .listening, .callerSpeaking, .transcribing, .replying, .speaking, .held: break
        }
        let course = self.state.course
        return [
            self.limits.due, self.state.fillerDue, self.state.noInputDue, course?.transcriptions.due, course?.replyDue,
        ].compactMap(\.self).min()
    }

    /// Whether more of the reply may be read: what cannot be said yet stays with the model.
    public var isReplyWelcome: Bool {
        (self.state.reply?.held.count ?? 0) < 4
    }

    /// Whether the reply with this number is still needed.
    public func wantsReply(_ number: Int) -> Bool {
        self.state.reply?.number == number
    }
}
