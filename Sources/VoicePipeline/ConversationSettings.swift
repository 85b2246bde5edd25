/// How a conversation behaves; the defaults suit a telephone.
public struct ConversationSettings: Sendable, Equatable {
    /// What is said when a call is answered.
    public var greeting = "Hello. How can I help?"
    /// How speech is distinguished from silence and when a turn is over.
    public var endpointing = EndpointingSettings()
    /// Whether and how the caller may interrupt.
    public var bargeIn = BargeInSettings()
    /// How long each stage may take.
    public var deadlines = StageDeadlines()
    /// What is said when there is no reply of the model to be said.
    public var phrases = ConversationPhrases()
    /// Silence between two sentences.
    public var pauseBetweenSentences: Duration = .milliseconds(150)
    /// How long a call may last before the bot says goodbye.
    public var maximumLength: Duration = .seconds(15 * 60)
    /// How long the other side may hold the call in one go before the bot hangs up; nothing else is due meanwhile.
    public var maximumHold: Duration = .seconds(30 * 60)
    /// Silence of the caller after which the bot asks whether anyone is there.
    public var noInputAfter: Duration = .seconds(10)
    /// How often the bot asks so before it hangs up.
    public var noInputReprompts = 2
    /// How often in a row the bot says that it did not catch something.
    public var notCaughtLimit = 2
    /// Failures of the stages in a row after which the bot gives the call up.
    public var failureLimit = 3
    /// Waiting time after which the caller hears a filler.
    public var fillerAfter: Duration = .seconds(3)
    /// Silence after a filler until the next one, while the caller still waits; well under ten seconds.
    public var fillerInterval: Duration = .seconds(6)
    /// Waiting time after the model began to use a tool until the caller hears so.
    public var toolFillerAfter: Duration = .milliseconds(700)
    /// Waiting time at the beginning of a call that opens with a question to the model.
    public var openingFillerAfter: Duration = .milliseconds(800)
    /// How long ``Opening/say(_:)`` and ``Opening/ask(prompt:)`` are safe from a "hello?" of whoever picked up.
    public var openingProtection: Duration = .milliseconds(1500)
    /// Says the opening and hangs up: nobody is listened to.
    public var oneWay = false

    /// Makes the default settings.
    public init() {}

    /// Silence after which the caller's turn is over; a shorthand for the value in ``endpointing``.
    public var endOfTurnSilence: Duration {
        get { self.endpointing.endOfTurnSilence }
        set { self.endpointing.endOfTurnSilence = newValue }
    }
}

/// How speech is distinguished from silence. All durations are of audio, not of a clock.
public struct EndpointingSettings: Sendable, Equatable {
    /// Silence after which the turn of the caller is over.
    public var endOfTurnSilence: Duration = .milliseconds(800)
    /// Audio kept from before the moment at which speech was noticed.
    public var preRoll: Duration = .milliseconds(240)
    /// Silence that an utterance keeps at its end.
    public var postRoll: Duration = .milliseconds(240)
    /// Speech within ``confirmationWindow`` that makes a beginning.
    public var confirmation: Duration = .milliseconds(60)
    /// The window for ``confirmation``.
    public var confirmationWindow: Duration = .milliseconds(120)
    /// An utterance with less speech than this was a noise.
    public var minimumSpeech: Duration = .milliseconds(160)
    /// An utterance is cut off here.
    public var maximumUtterance: Duration = .seconds(30)
    /// What counts as speech lies this far above the noise floor, in decibels.
    public var speechAboveFloor = 10.0
    /// What continues speech lies this far above the noise floor, in decibels.
    public var continuationAboveFloor = 6.0
    /// Nothing softer than this is speech, in dBFS.
    public var quietestSpeech = -46.0

    /// Makes the default settings.
    public init() {}
}

/// Whether and how the caller may interrupt.
public struct BargeInSettings: Sendable, Equatable {
    /// Whether the caller may interrupt at all.
    public var isEnabled = true
    /// Speech within ``confirmationWindow`` that interrupts.
    public var confirmation: Duration = .milliseconds(100)
    /// The window for ``confirmation``.
    public var confirmationWindow: Duration = .milliseconds(160)
    /// How far below what was sent its echo comes back at the loudest, in decibels; never less is assumed.
    public var echoReturnLoss = 20.0
    /// The least echo that is reckoned with once the line has proved to be clean, in decibels below what was sent.
    public var cleanLineReturnLoss = 30.0
    /// How far above the echo the caller has to be, in decibels.
    public var margin = 3.0
    /// The longest delay of the echo.
    public var longestEchoDelay: Duration = .milliseconds(300)
    /// How long after playback the threshold stays raised at least.
    public var tail: Duration = .milliseconds(250)

    /// Makes the default settings.
    public init() {}
}

/// How long each stage may take before the bot apologizes.
public struct StageDeadlines: Sendable, Equatable {
    /// From the end of a turn to its transcript.
    public var transcription: Duration = .seconds(15)
    /// From the question to the first part of the reply.
    public var firstReplyPart: Duration = .seconds(45)
    /// Between two parts of a reply, while nothing is being said.
    public var replyStall: Duration = .seconds(60)
    /// The whole reply, counted while nothing is being said.
    public var replyTotal: Duration = .seconds(120)
    /// From a sentence to its first audio, and what its audio may fall behind in all while it is being made.
    public var textToSpeech: Duration = .seconds(6)
    /// From the end of a turn, or the beginning of the call, to the first sound of whatever is said: an answer, a filler, an
    /// apology or a signal. Text to speech that is too late for it is replaced, so that the next one has the rest of the time.
    public var firstSound: Duration = .seconds(6)
    /// The time to say goodbye, after which the call ends without.
    public var farewell: Duration = .seconds(15)

    /// Makes the default deadlines.
    public init() {}
}
