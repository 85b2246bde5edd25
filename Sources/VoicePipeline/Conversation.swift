public import AudioCore
public import CoreTypes

/// A spoken conversation over an ``AudioPort``.
///
/// ``TurnMachine`` decides who has the turn, and ``SpeechOutput`` what becomes of what is said; this actor carries out with
/// the stages what they say, in one group of nine tasks that live as long as the conversation: listening, following holds,
/// DTMF digits, transcribing, asking, synthesizing, writing, waiting for playback, and the timer. Every queue between them
/// is bounded, and all of it ends with the call.
public actor Conversation {
    /// What happens, as it happens; the newest 256 are kept for a slow reader. For one reader at a time.
    ///
    /// A reader that is cancelled takes nothing. Ends with the conversation.
    public nonisolated let events = EventQueue<ConversationEvent>(capacity: 256, losing: .oldest)

    let settings: ConversationSettings
    let speechToText: any SpeechToText
    let model: any LanguageModel
    let clock: ConversationClock
    private let context: ConversationContext

    var machine: TurnMachine
    var endpointing: Endpointing
    var speech: SpeechOutput
    /// The first is used until it fails, then the next.
    let textToSpeech: [any TextToSpeech]
    /// The port's writing side, while the conversation runs.
    private(set) var output: (any AudioOutput)?
    private var isStarted = false
    var ending: ConversationEnding?

    // Listening.
    var utterances: [Int: Utterance] = [:]
    var utteranceCount = 0
    var lastInbound: Instant?
    var flow = AudioFlow.open

    // What the tasks are to do next, and how to wake and stop them.
    private var transcriptionQueue: [Int] = []
    private var request: (number: Int, turn: Turn, history: [ConversationContext.Line])?
    /// When the timer wakes by itself.
    var armed: Instant?
    private var transcription: Revocable?
    private var inquiry: Revocable?
    var sleep: Revocable?
    var synthesisRequest: SynthesisRequest?
    var synthesis: Revocable?
    var writeRequest: WriteRequest?
    var writing: Revocable?
    var drainRequest: Int?
    private let transcriptionWanted = Signal()
    private let replyWanted = Signal()
    private let replyWelcome = Signal()
    private let isOver = Signal()
    let synthesisWanted = Signal()
    let synthesisResumed = Signal()
    let writeWanted = Signal()
    let drainWanted = Signal()

    /// Makes a conversation, which begins with ``run(on:)``.
    ///
    /// - Parameters:
    ///   - textToSpeech: Text to speech.
    ///   - backupTextToSpeech: Text to speech for when `textToSpeech` fails, so that even then an apology is heard.
    ///   - clock: Tells the time for deadlines and latencies.
    public init(
        settings: ConversationSettings = ConversationSettings(),
        opening: Opening,
        speechToText: any SpeechToText,
        model: any LanguageModel,
        textToSpeech: any TextToSpeech,
        backupTextToSpeech: (any TextToSpeech)? = nil,
        context: ConversationContext,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.settings = settings
        self.speechToText = speechToText
        self.model = model
        self.context = context
        self.clock = ConversationClock(clock)
        self.machine = TurnMachine(settings: settings, opening: opening, history: context.history)
        self.endpointing = Endpointing(settings: settings.endpointing, bargeIn: settings.bargeIn)
        self.textToSpeech = [textToSpeech] + [backupTextToSpeech].compactMap(\.self)
        self.speech = SpeechOutput(
            deadlines: settings.deadlines,
            textToSpeechCount: self.textToSpeech.count,
            pause: .silence(settings.pauseBetweenSentences, sampleRate: 8000)
        )
    }

    deinit {
        // One that never ran has nothing to tell either.
        self.events.finish()
    }

    /// Holds the conversation; returns when it is over, or soon after the task was cancelled. Once for each object.
    ///
    /// Hanging up is left to the application.
    public func run(on port: some AudioPort) async -> ConversationEnding {
        guard !self.isStarted else { return ConversationEnding(reason: .failed) }
        self.isStarted = true
        let output = port.outbound
        self.output = output
        self.speech.position = output.played
        output.waitWhileHeld()
        port.hearEverything()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen(to: port.inbound) }
            group.addTask { await self.follow(port.flow) }
            group.addTask { await self.takeDigits(from: port.digits) }
            group.addTask { await self.transcribeUtterances() }
            group.addTask { await self.requestReplies() }
            group.addTask { await self.synthesizeLines() }
            group.addTask { await self.writeAudio() }
            group.addTask { await self.watchPlayback() }
            group.addTask { await self.keepTime() }
            self.feed(.started)
            while self.ending == nil, !Task.isCancelled { await self.isOver.wait() }
            if self.ending == nil { self.feed(.callEnded(heard: self.heard)) }
            // Whoever waits for playback must not wait for what nobody will hear.
            output.flush()
            group.cancelAll()
        }
        self.events.finish()
        return self.ending ?? ConversationEnding(reason: .callerHungUp)
    }

    // MARK: - The machine

    /// Gives the machine an input and does what it says.
    func feed(_ input: TurnMachine.Input) {
        guard self.ending == nil else { return }
        self.speech.listener.note(input, now: self.clock.now)
        for action in self.machine.handle(input, now: self.clock.now) { self.perform(action) }
        self.makeRoom()
        self.arm()
    }

    private func perform(_ action: TurnMachine.Action) {
        switch action {
        case .transcribe(let number):
            self.transcriptionQueue.append(number)
            self.transcriptionWanted.notify()
        case .dropUtterance(let number):
            self.utterances[number] = nil
        case .cancelTranscriptions:
            self.transcriptionQueue.removeAll()
            self.utterances.removeAll()
            self.transcription?.revoke()
        case .requestReply(let number, let turn, let history):
            self.request = (number, turn, history)
            self.replyWanted.notify()
        case .cancelReply(let number):
            if self.request?.number == number { self.request = nil }
            self.inquiry?.revoke()
        case .speak(let line): self.speak(.say(line))
        case .stopSpeaking: self.speak(.stop)
        case .beep: self.speak(.signal(Self.signal(sampleRate: self.output?.sampleRate ?? 8000)))
        case .report(let event): self.events.append(event)
        case .end(let ending):
            self.ending = ending
            self.isOver.notify()
        }
    }

    /// What has left of the present reply.
    var heard: String {
        self.speech.heard(at: self.output?.played ?? .zero)
    }

    private var isReplyWelcome: Bool {
        self.machine.isReplyWelcome && !self.speech.isFull
    }

    /// A line is being made: there may be room for more of the reply.
    func makeRoom() {
        if self.isReplyWelcome { self.replyWelcome.notify() }
    }

    // MARK: - Speech to text

    private func transcribeUtterances() async {
        while !Task.isCancelled {
            guard let number = self.transcriptionQueue.first else {
                await self.transcriptionWanted.wait()
                continue
            }
            self.transcriptionQueue.removeFirst()
            guard let utterance = self.utterances.removeValue(forKey: number) else { continue }
            let work = Revocable()
            self.transcription = work
            await work.run { await self.transcribe(number, utterance) }
            self.transcription = nil
        }
    }

    private func transcribe(_ number: Int, _ utterance: Utterance) async {
        do {
            let transcript = try await self.speechToText.transcribe(utterance)
            guard !Task.isCancelled else { return }
            self.feed(.transcribed(number, transcript))
        } catch {
            guard !Task.isCancelled else { return }
            self.feed(.transcriptionFailed(number, StageError(error, stage: "speech to text")))
        }
    }

    // MARK: - The language model

    private func requestReplies() async {
        while !Task.isCancelled {
            guard let request = self.request else {
                await self.replyWanted.wait()
                continue
            }
            self.request = nil
            let work = Revocable()
            self.inquiry = work
            await work.run { await self.read(request.number, request.turn, request.history) }
            self.inquiry = nil
        }
    }

    private func read(_ number: Int, _ turn: Turn, _ history: [ConversationContext.Line]) async {
        var context = self.context
        context.history = history
        do {
            for try await part in self.model.reply(to: turn, in: context) {
                guard !Task.isCancelled, self.machine.wantsReply(number) else { return }
                self.feed(.replyPart(number, part))
                while !self.isReplyWelcome, !Task.isCancelled { await self.replyWelcome.wait() }
            }
            guard !Task.isCancelled else { return }
            self.feed(.replyEnded(number))
        } catch {
            guard !Task.isCancelled else { return }
            self.feed(.replyFailed(number, StageError(error, stage: "language model")))
        }
    }
}

extension StageError {
    /// Any error as an error of a stage.
    init(_ error: any Error, stage: String) {
        self = error as? StageError ?? StageError(.failed, stage: stage, message: "\(error)")
    }
}
