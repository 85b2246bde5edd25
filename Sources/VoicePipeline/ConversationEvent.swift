/// How a conversation begins.
public enum Opening: Sendable, Equatable {
    /// Says a greeting, then listens.
    case greeting(String)
    /// Says something, then listens; safe from a "hello?" at its beginning.
    case say(String)
    /// Gives the model a prompt and says its reply first: the report.
    case ask(prompt: String)
}

/// How a conversation ended.
public struct ConversationEnding: Sendable, Equatable {
    /// Why it ended.
    public enum Reason: String, Sendable, Equatable {
        /// The caller hung up, or the call broke.
        case callerHungUp
        /// Caller or model said goodbye.
        case goodbye
        /// Nobody spoke for long.
        case noInput
        /// The call reached its maximum length.
        case maximumLength
        /// The other side held the call for longer than it may.
        case heldTooLong
        /// What a one-way call had to say was said.
        case said
        /// Too much failed.
        case failed
    }
    /// Why it ended. Whatever it is but ``Reason/callerHungUp``, the call is now to be hung up.
    public var reason: Reason
    /// The caller wants to be called back when this much time has passed.
    public var callBack: Duration?
    /// The conversation as it was heard.
    public var history: [ConversationContext.Line]

    /// Makes an ending.
    public init(reason: Reason, callBack: Duration? = nil, history: [ConversationContext.Line] = []) {
        self.reason = reason
        self.callBack = callBack
        self.history = history
    }
}

/// What happens in a conversation, for logs, screens and tests.
public enum ConversationEvent: Sendable, Equatable {
    /// The caller began to speak.
    case speechStarted
    /// The caller sent a DTMF digit. It may be part of a secret: do not log it.
    case digit(Character)
    /// The caller's turn as transcribed; empty when no words were found.
    case heard(Transcript)
    /// The model was asked.
    case asked(Turn)
    /// A sentence goes to text to speech.
    case saying(String)
    /// The caller interrupted; this much of the reply was heard.
    case interrupted(heard: String)
    /// The model uses a tool.
    case toolStarted(String)
    /// A tool is done.
    case toolFinished(String)
    /// A stage failed, and the caller heard so if that was possible.
    case apology(StageError)
    /// How long the turn took.
    case turnLatency(TurnLatency)
    /// The conversation is over.
    case ended(ConversationEnding)
}
