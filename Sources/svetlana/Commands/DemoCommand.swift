import ArgumentParser
import AudioCore
import CallCore
import CoreTypes
import EmbeddedPBX
import Foundation
import Logging
import RTPCore
import SIPCore
import Synchronization
import Telephony
import VoicePipeline
import VoiceProviders

/// `svetlana demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "The whole story on one machine: a PBX that behaves as a 3CX, the bot, and a phone that asks two questions.",
        discussion: """
            Nothing else needs to be installed or configured. It prints the signaling, what both sides say and the
            latency of each turn, and writes a stereo WAV of the call: the caller left, Svetlana right.
            With --listen the PBX stays open, so that a softphone can register and call.
            """
    )

    @Option(help: "The WAV to write.")
    var wav = "svetlana-demo.wav"

    @Option(help: "What the phone asks, in order.")
    var ask: [String] = ["what time is it", "who is calling"]

    @Flag(help: "Keep the PBX and the bot open for softphones afterwards; ^C ends it.")
    var listen = false

    @Option(help: "The address that the PBX listens on; for --listen one that softphones can reach.")
    var host = "127.0.0.1"

    @Option(help: "The port that the PBX listens on; 0 for any free one.")
    var port: UInt16 = 0

    @Flag(help: "Print one JSON object at the end instead of the story.")
    var json = false

    func validate() throws {
        guard IPAddress(self.host) != nil else { throw ValidationError("--host is an IP address.") }
        guard !self.ask.isEmpty || self.listen else { throw ValidationError("Give at least one --ask.") }
    }

    func run() async throws {
        try await reportingFailures(Self.configuration.commandName, json: self.json) {
            #if LocalSpeech
            try await self.play()
            #else
            throw Failure(.missingModel, "the demo needs the built-in speech: build with the trait LocalSpeech")
            #endif
        }
    }
}

#if LocalSpeech
extension DemoCommand {
    private func play() async throws {
        let story = Story(isQuiet: self.json)
        let host = IPAddress(self.host) ?? .v4(0x7F00_0001)
        var configuration = BotConfiguration()
        configuration.owner = .init(name: "Maria", extension: "100")
        let logger = Logger(label: "demo", factory: { _ in SwiftLogNoOpLogHandler() })
        try await withStages(configuration, logger: logger) { stages in
            story.tell("loading text to speech and speech to text")
            for probe in [await stages.probeTextToSpeech(), await stages.probeSpeechToText()] where !probe.result.ok {
                throw Failure(probe.status, probe.result.found)
            }
            let pbx = try await Self.startPBX(host: host, port: self.port, textToSpeech: stages.textToSpeech)
            defer { Task { await pbx.stop() } }
            story.tell("the PBX listens on \(pbx.address), realm 3CXPhoneSystem")
            let bot = try await Self.startBot(configuration, stages, pbx, story)
            try await withThrowingTaskGroup { group in
                let recorder = CallRecorder(to: self.recording())
                // The first call is the one that the file is of.
                let first = Mutex<CallRecorder?>(recorder)
                let latencies = LatencyTable()
                group.addTask {
                    for await event in pbx.events { story.tell("PBX: \(event.line)") }
                }
                group.addTask {
                    try await bot.serve(journal: story.journal(latencies), recorder: { first.withLock { $0.take() } })
                }
                try await self.followRegistration(bot, story, in: &group)
                if !self.ask.isEmpty {
                    let heard = try await DemoPhone(pbx: pbx.address, stages: stages, story: story).ask(
                        self.ask
                    )
                    let outcome = await recorder.finish()
                    if let failure = outcome.failure { throw failure }
                    self.finish(outcome, heard: heard, latencies: latencies, story: story)
                }
                if self.listen { try await Self.keepOpen(pbx, story) }
                await bot.agent.stop()
                await pbx.stop()
                group.cancelAll()
            }
        }
    }

    /// Waits until the bot is registered, and goes on following it.
    private func followRegistration(
        _ bot: Bot,
        _ story: Story,
        in group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        let (registered, continuation) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingOldest(4))
        group.addTask {
            await bot.followRegistration { event in
                switch event {
                case .registered: continuation.yield(true)
                case .registrationFailed: continuation.yield(false)
                case .incoming, .callRefused, .ringing, .answered, .media, .mediaEnded, .identityChanged, .unanswered,
                    .ended,
                    .bindings,
                    .unregistered, .refused:
                    break
                }
            }
            continuation.finish()
        }
        for await isRegistered in registered {
            guard isRegistered else { throw Failure(.noResponse, "the demo's own PBX refused the bot") }
            story.tell("svetlana is registered as extension 200")
            return
        }
    }

    private static func startPBX(host: IPAddress, port: UInt16, textToSpeech: any TextToSpeech) async throws -> PBX {
        let accounts: [String: PBXConfiguration.Account] = [
            "100": .init(authenticationID: "phone100", password: "demo-100"),
            "101": .init(authenticationID: "phone101", password: "demo-101"),
            "200": .init(authenticationID: "bot200", password: "demo-200"),
        ]
        let text = "The person you are calling is not available. Please leave a message after the tone."
        return try await PBX.start(
            PBXConfiguration(accounts: accounts, host: host, port: port),
            greeting: await textToSpeech.whole(text)
        )
    }

    private static func startBot(
        _ configuration: BotConfiguration,
        _ stages: Stages,
        _ pbx: PBX,
        _ story: Story
    ) async throws -> Bot {
        let identity = Identity(
            addressOfRecord: SIPURI(user: "200", host: pbx.address.host.hostText, port: pbx.address.port),
            displayName: "Svetlana",
            credentials: DigestCredentials(username: "bot200", password: "demo-200"),
            registration: .enabled(expires: .seconds(60))
        )
        let agent = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: pbx.address.host, port: 0),
                identities: [identity],
                codecs: [.pcmu],
                productName: Product.name,
                trace: story.trace(of: "svetlana")
            )
        )
        let bot = Bot(
            configuration: configuration,
            stages: stages,
            agent: agent,
            logger: Logger(label: "demo", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        stages.attach { await bot.modelStatus() }
        try await agent.start()
        return bot
    }

    /// The file that was requested, in place of one that is there.
    private func recording() -> WAVRecording {
        WAVRecording(path: self.wav) { path in
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw RecordingError.system(operation: path, code: errno) }
            return descriptor
        }
    }

    /// Tells the figures.
    private func finish(_ recording: RecordingOutcome, heard: [String], latencies: LatencyTable, story: Story) {
        let seconds = recording.duration.inSeconds
        story.tell("wrote \(self.wav): \(String(format: "%.1f", seconds)) s, the caller left, Svetlana right")
        if self.json {
            print(
                json: ProgramOutput(
                    command: "demo",
                    status: .success,
                    summary: "the phone asked \(self.ask.count) questions, and the call was recorded in \(self.wav)",
                    body: DemoReport(
                        wav: self.wav,
                        durationMilliseconds: seconds * 1_000,
                        transcript: story.transcript,
                        heardByPhone: heard,
                        turns: latencies.rows.map { DemoReport.Turn($0) }
                    )
                )
            )
        } else {
            story.tell("what the phone heard, by its own recognizer:")
            for line in heard { story.tell("  \(line)") }
            story.tell("latency of each turn:")
            for row in latencies.rows { story.tell("  \(row)") }
        }
    }

    private static func keepOpen(_ pbx: PBX, _ story: Story) async throws {
        story.tell("the PBX stays open on \(pbx.address). Register a softphone as extension 101,")
        story.tell("authentication ID phone101, password demo-101, and call 200. ^C ends it.")
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3_600)) }
    }
}
#endif

/// The keys of `svetlana demo --json` beside the envelope.
struct DemoReport: Encodable, Sendable {
    /// How long the caller waited for one reply, from the last sample of speech on, in milliseconds.
    struct Turn: Encodable, Sendable {
        let turn: Int
        let endOfSpeechMilliseconds: Int64
        let transcriptMilliseconds: Int64?
        let firstTokenMilliseconds: Int64?
        let firstSentenceMilliseconds: Int64?
        let firstAudioMilliseconds: Int64?
        let firstSampleSentMilliseconds: Int64?
        let fillers: Int

        init(_ latency: TurnLatency) {
            self.turn = latency.turn
            self.endOfSpeechMilliseconds = Int64(latency.endpoint.milliseconds)
            self.transcriptMilliseconds = latency.transcript.map { Int64($0.milliseconds) }
            self.firstTokenMilliseconds = latency.firstToken.map { Int64($0.milliseconds) }
            self.firstSentenceMilliseconds = latency.firstSentence.map { Int64($0.milliseconds) }
            self.firstAudioMilliseconds = latency.firstAudio.map { Int64($0.milliseconds) }
            self.firstSampleSentMilliseconds = latency.firstSampleSent.map { Int64($0.milliseconds) }
            self.fillers = latency.fillers
        }
    }

    let wav: String
    let durationMilliseconds: Double
    let transcript: [String]
    let heardByPhone: [String]
    let turns: [Turn]
}
