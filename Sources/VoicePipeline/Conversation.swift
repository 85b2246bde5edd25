public import AudioCore
public import CoreTypes

/// A spoken conversation over an ``AudioPort``.
///
/// ``TurnMachine`` decides; this actor carries out what it says with the stages, in one group of eight tasks that live
/// as long as the conversation: listening, following holds, transcribing, asking, synthesizing, writing, waiting for
/// playback, and the timer. Every queue between them is bounded, and all of it ends with the call.
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
    var voice: VoiceLine
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
    private var armed: Instant?
    private var transcription: Revocable?
    private var inquiry: Revocable?
    private var sleep: Revocable?
    private let transcriptionWanted = Signal()
    private let replyWanted = Signal()
    private let replyWelcome = Signal()
    private let isOver = Signal()
    let lineAdded = Signal()
    let audioAdded = Signal()
    let audioTaken = Signal()
    let playbackWatched = Signal()

    /// Makes a conversation, which begins with ``run(on:)``.
    ///
    /// - Parameters:
    ///   - backupVoice: Speaks when `voice` fails, so that even then an apology is heard.
    ///   - clock: Tells the time for deadlines and latencies.
    public init(
        settings: ConversationSettings = ConversationSettings(),
        opening: Opening,
        speechToText: any SpeechToText,
        model: any LanguageModel,
        voice: any TextToSpeech,
        backupVoice: (any TextToSpeech)? = nil,
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
        self.voice = VoiceLine(voices: [voice] + [backupVoice].compactMap(\.self))
    }

    deinit {
        // One that never ran has nothing to tell either.
        self.events.finish()
    }

    /// Holds the conversation; returns when it is over, or soon after the task was cancelled. Once for each object.
    ///
    /// Hanging up is left to the owner of the call.
    public func run(on port: some AudioPort) async -> ConversationEnding {
        guard !self.isStarted else { return ConversationEnding(reason: .failed) }
        self.isStarted = true
        let output = port.outbound
        self.voice.output = output
        output.waitWhileHeld()
        port.hearEverything()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen(to: port.inbound) }
            group.addTask { await self.follow(port.flow) }
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
        self.noteWaiting(input)
        for action in self.machine.handle(input, now: self.clock.now) { self.perform(action) }
        if self.isReplyWelcome { self.replyWelcome.notify() }
        self.arm()
    }

    /// Keeps since when somebody waits for a sound.
    private func noteWaiting(_ input: TurnMachine.Input) {
        switch input {
        case .started, .speechEnded: (self.voice.waitingSince, self.voice.waitingBefore) = (self.clock.now, nil)
        case .speechStarted: (self.voice.waitingSince, self.voice.waitingBefore) = (nil, self.voice.waitingSince)
        case .speechDiscarded: (self.voice.waitingSince, self.voice.waitingBefore) = (self.voice.waitingBefore, nil)
        case .audioStarted, .voiceFailed, .callEnded, .flowChanged: self.voice.waitingSince = nil
        case .transcribed, .transcriptionFailed, .replyPart, .replyEnded, .replyFailed, .sampleSent, .playbackFinished,
            .timeout:
            break
        }
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
        case .speak(let line): self.say(line)
        case .stopSpeaking: self.stopSpeaking()
        case .beep: self.beep()
        case .report(let event): self.events.append(event)
        case .end(let ending):
            self.ending = ending
            self.isOver.notify()
        }
    }

    /// Tells of a failure that was mended without the caller's noticing.
    func report(_ error: StageError) {
        self.events.append(.apology(error))
    }

    /// What has left of the present reply.
    var heard: String {
        self.voice.ledger.heard(at: self.voice.output?.played ?? .zero)
    }

    private var isReplyWelcome: Bool {
        self.machine.isReplyWelcome && self.voice.lines.count < VoiceLine.mostLines
    }

    /// A line was taken by the voice: there may be room for more of the reply.
    func makeRoom() {
        if self.isReplyWelcome { self.replyWelcome.notify() }
    }

    // MARK: - Understanding

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

    // MARK: - Answering

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

    // MARK: - Time

    private func keepTime() async {
        while !Task.isCancelled {
            let deadline = self.deadline
            self.armed = deadline
            let work = Revocable()
            self.sleep = work
            let clock = self.clock
            await work.run { try? await clock.sleep(until: deadline) }
            self.sleep = nil
            guard !Task.isCancelled else { return }
            self.handleTimeout()
        }
    }

    private func handleTimeout() {
        let now = self.clock.now
        self.checkSilence(now)
        self.checkVoice(now)
        if let due = self.machine.deadline, due <= now { self.feed(.timeout(heard: self.heard)) }
    }

    private var deadline: Instant {
        let due = [self.machine.deadline, self.silenceDue, self.voice.due].compactMap(\.self).min()
        return due ?? self.clock.now + .seconds(60)
    }

    /// Wakes the timer when something is due before it would wake by itself.
    func arm() {
        guard let armed, self.deadline < armed else { return }
        self.sleep?.revoke()
    }
}

extension StageError {
    /// Any error as an error of a stage.
    init(_ error: any Error, stage: String) {
        self = error as? StageError ?? StageError(.failed, stage: stage, message: "\(error)")
    }
}
