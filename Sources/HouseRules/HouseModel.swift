public import VoicePipeline

/// A language model by rules: no server, no neural network. It answers what it honestly can, and says what it cannot.
///
/// It works on transcripts with errors: words are compared with tolerance and weighed, so that "turn on the kitchen
/// like" and "can you and goodbye" are understood. Of the house it speaks only with callers that are trusted, and only
/// when it was given a ``HouseStates``. Texts are made to be spoken: times and counts are words.
public struct HouseModel: LanguageModel {
    /// What the model says of how the bot is doing.
    public struct Status: Sendable, Equatable {
        /// How long the bot has been running; nil when that is not known.
        public var uptime: Duration?
        /// How many calls it has had since then.
        public var calls: Int?
        /// Sentences on what does not work, such as "The phone system refuses my password."
        public var problems: [String]

        /// Makes a status.
        public init(uptime: Duration? = nil, calls: Int? = nil, problems: [String] = []) {
            self.uptime = uptime
            self.calls = calls
            self.problems = problems
        }
    }

    let name: String?
    let owner: String?
    let house: (any HouseStates)?
    let now: @Sendable () -> WallTime
    let status: @Sendable () async -> Status

    /// Makes the model.
    ///
    /// - Parameters:
    ///   - name: what the bot calls itself; nil when it has no name.
    ///   - owner: whom a report is addressed to when the call does not say who is on the phone.
    ///   - house: where states of the house come from; nil when there is nothing to ask.
    ///   - now: the date and the time where the house is.
    ///   - status: how the bot is doing.
    public init(
        name: String? = nil,
        owner: String? = nil,
        house: (any HouseStates)? = nil,
        now: @escaping @Sendable () -> WallTime = { WallTime.now() },
        status: @escaping @Sendable () async -> Status = { Status() }
    ) {
        self.name = name
        self.owner = owner
        self.house = house
        self.now = now
        self.status = status
    }

    /// Answers a turn; never throws, as it says itself what it could not do.
    public func reply(to turn: Turn, in context: ConversationContext) -> AsyncThrowingStream<ReplyPart, any Error> {
        let (stream, output) = StageOutput<ReplyPart>.makeStream(stage: "model", limit: Self.waitingParts)
        let task = Task {
            // A reply has a handful of parts: all have room.
            await self.answer(turn, context) { part in try? output.send(part) }
            output.finish()
        }
        output.onCancel { task.cancel() }
        return stream
    }

    /// Says that it is there: rules need nothing.
    public func probe(within limit: Duration) async -> ProbeResult {
        ProbeResult(ok: true, found: "the built-in house rules")
    }

    /// Finds out what is wanted, and gives the parts of the answer in order.
    func answer(_ turn: Turn, _ context: ConversationContext, _ give: @Sendable (ReplyPart) -> Void) async {
        let heard = HeardWords(turn.text)
        guard let intent = HouseIntent.recognize(heard) else {
            await self.answerUnknown(heard, context, give)
            return
        }
        switch intent {
        case .report: await self.report(context, give)
        case .callBack: self.callBack(heard, context, give)
        case .turnOn: await self.turn(on: true, heard, context, give)
        case .turnOff: await self.turn(on: false, heard, context, give)
        case .caller: give(.text(self.caller(context)))
        case .time: give(.text("It is \(SpokenEnglish.time(self.now()))."))
        case .date: give(.text(self.date(heard)))
        case .name: give(.text("I am \(self.name.map { "\($0), " } ?? "")the voice of this house."))
        case .abilities: give(.text(self.abilities(context)))
        case .status: give(.text(await self.statusText()))
        case .temperature, .weather, .lights, .doors, .servers, .energy:
            await self.house(asked: intent, heard, context, give)
        case .howAreYou: give(.text("I am well, thank you. What can I do for you?"))
        case .repetition: give(.text(self.repetition(context)))
        case .goodbye: self.farewell("Goodbye", context, give)
        case .thanks: self.farewell("You are welcome. Goodbye", context, give)
        case .greeting: give(.text(self.greeting(context)))
        }
    }

    /// Speaks of nothing that was asked for, but may still have heard the name of something in the house.
    private func answerUnknown(
        _ heard: HeardWords,
        _ context: ConversationContext,
        _ give: @Sendable (ReplyPart) -> Void
    ) async {
        guard !heard.words.isEmpty else {
            give(.text("Sorry, I did not hear that."))
            return
        }
        let saidBefore = context.history.last { $0.speaker == .bot }?.text.hasPrefix(Self.notUnderstood) ?? false
        if saidBefore {
            give(
                .text(
                    "I am sorry, I still did not understand that. Ask me, for example, what time it is, or say goodbye."
                )
            )
        } else {
            give(.text("\(Self.notUnderstood). \(self.abilities(context))"))
        }
    }

    private static let waitingParts = 64
    private static let notUnderstood = "I am sorry, I did not understand that"
}
