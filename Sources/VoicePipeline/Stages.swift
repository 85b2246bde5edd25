public import AudioCore

/// What speech to text, language model and text to speech have in common: each can be made ready and tried without a call.
public protocol Stage: Sendable {
    /// Makes the stage ready, so that the first call does not wait for it: loads a model, or has a server load its own.
    ///
    /// Does nothing unless a stage says otherwise. A call may come before it, and find the stage slower.
    /// - Throws: ``StageError`` when the stage cannot serve; `CancellationError`.
    func prepare() async throws

    /// Gives the stage a piece of its real work and reports what came of it. Takes little longer than `limit`.
    ///
    /// A stage that does not implement it is ``ProbeResult/notProbed``.
    func probe(within limit: Duration) async -> ProbeResult
}

/// Turns the audio of one utterance into text.
public protocol SpeechToText: Stage {
    /// Transcribes a whole utterance.
    ///
    /// Returns an empty text when nothing intelligible was said. Cancelling the task abandons the work.
    /// - Throws: ``StageError``.
    func transcribe(_ utterance: Utterance) async throws -> Transcript
}

/// Answers what was said.
public protocol LanguageModel: Stage {
    /// Begins a reply; its parts arrive as they are made. Ending the iteration early cancels the request.
    ///
    /// The stream holds a limited number of parts; ``StageOutput`` makes one that does.
    func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error>
}

/// Turns text into audio.
public protocol TextToSpeech: Stage {
    /// Speaks one sentence or clause; frames arrive as they are made. Ending the iteration early cancels the request.
    ///
    /// The stream holds a limited number of frames; ``StageOutput`` makes one that does.
    func speak(_ text: String) -> AsyncThrowingStream<AudioFrame, any Error>
}

/// What a caller said between two silences.
public struct Utterance: Sendable {
    /// The audio, with a little silence before and after.
    public var audio: AudioFrame

    /// Makes an utterance from its audio.
    public init(audio: AudioFrame) {
        self.audio = audio
    }
}

/// What was understood of an utterance.
public struct Transcript: Sendable, Equatable {
    /// The words; empty when there were none.
    public var text: String
    /// How sure the recogniser is, 0 to 1, when it says.
    public var confidence: Double?

    /// Makes a transcript.
    public init(text: String, confidence: Double? = nil) {
        self.text = text
        self.confidence = confidence
    }
}

/// One thing that the caller said, or that the bot was asked to do.
public struct Turn: Sendable, Equatable {
    /// The words.
    public var text: String
    /// Which turn of the call this is, from 1.
    public var number: Int
    /// The DTMF digits that the caller sent since the turn before.
    public var digits: String

    /// Makes a turn.
    public init(text: String, number: Int, digits: String = "") {
        self.text = text
        self.number = number
        self.digits = digits
    }
}

/// A piece of a reply.
public enum ReplyPart: Sendable, Equatable {
    /// More words, to be appended to those before; white space counts.
    case text(String)
    /// The model began to use a tool; its name is for people.
    case toolStarted(String)
    /// A tool is done.
    case toolFinished(String)
    /// Say what was said so far, then end the call.
    case hangUp
    /// After this call is over, call the caller back when this much time has passed.
    case callBack(after: Duration)
}

/// What a reply may know of the call it belongs to.
public struct ConversationContext: Sendable, Equatable {
    /// One line of the conversation so far.
    public struct Line: Sendable, Equatable {
        /// Who said it.
        public enum Speaker: String, Sendable, Equatable {
            /// The person on the phone.
            case caller
            /// The bot. Only what was really heard is kept: an interrupted reply ends where it was cut off.
            case bot
        }
        /// Who said it.
        public var speaker: Speaker
        /// What was said.
        public var text: String
        /// Whether the caller cut this line off.
        public var interrupted: Bool

        /// Makes a line.
        public init(speaker: Speaker, text: String, interrupted: Bool = false) {
            self.speaker = speaker
            self.text = text
            self.interrupted = interrupted
        }
    }

    /// An identifier of the call, unique and free of anything personal.
    public var callIdentifier: String
    /// The name of the caller as the PBX gave it, or from the configuration.
    public var callerName: String?
    /// The extension or number of the caller.
    public var callerNumber: String?
    /// Whether the caller is listed: may hear of the house and act on it.
    public var callerIsTrusted: Bool
    /// Whether the bot placed this call.
    public var isOutbound: Bool
    /// The conversation so far, the present turn not included.
    public var history: [Line]

    /// Makes a context.
    public init(
        callIdentifier: String,
        callerName: String? = nil,
        callerNumber: String? = nil,
        callerIsTrusted: Bool = false,
        isOutbound: Bool = false,
        history: [Line] = []
    ) {
        self.callIdentifier = callIdentifier
        self.callerName = callerName
        self.callerNumber = callerNumber
        self.callerIsTrusted = callerIsTrusted
        self.isOutbound = isOutbound
        self.history = history
    }
}

/// Why a stage failed, in a form that can be spoken of and acted on.
public struct StageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Kind: String, Sendable, Equatable {
        /// The server could not be reached.
        case unreachable
        /// The server or the engine took too long.
        case timeout
        /// The server refused the credentials.
        case unauthorized
        /// The model or voice does not exist there.
        case missingModel
        /// The server is busy; try again later.
        case overloaded
        /// The server answered something that makes no sense.
        case invalidResponse
        /// The stage cannot do what was asked.
        case failed
    }
    /// What kind of failure it is.
    public var kind: Kind
    /// Which stage failed, such as "speech to text".
    public var stage: String
    /// What happened and what to do about it; holds no secret.
    public var message: String

    /// Makes an error.
    public init(_ kind: Kind, stage: String, message: String) {
        self.kind = kind
        self.stage = stage
        self.message = message
    }

    /// One line for a person.
    public var description: String { "\(self.stage): \(self.message)" }
}
