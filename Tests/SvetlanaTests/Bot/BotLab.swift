import AudioCore
import CallCore
import ConversationTestKit
import CoreTypes
import EmbeddedPBX
import Foundation
import Logging
import RTPCore
import SIPCore
import ServiceLifecycle
import Telephony
import VoicePipeline

@testable import svetlana

/// What is left when a bot has stopped.
struct Aftermath: Sendable {
    let log: LogBook
    /// What happened at the PBX.
    let events: [PBXEvent]
}

/// A bot as `svetlana run` makes it, with stages by script, registered as extension 200 with the embedded PBX on the loopback.
struct BotLab: Sendable {
    let pbx: PBX
    let bot: Bot
    let service: BotService
    let services: ServiceGroup
    let log: LogBook
    let configuration: BotConfiguration

    /// The bot's control socket.
    var socket: String { self.configuration.control.socket }

    /// Runs `body` with a registered bot, and drains it afterwards; gives the log and the PBX's events of all of it.
    @discardableResult
    static func run(
        _ stages: FakeStages = FakeStages(),
        drain: Duration = .seconds(20),
        configure: (inout BotConfiguration) -> Void = { _ in },
        _ body: (BotLab) async throws -> Void
    ) async throws -> Aftermath {
        let folder = NSTemporaryDirectory() + "svetlana-lab-\(UUID().uuidString.prefix(8))"
        try PrivateFiles.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pbx = try await Self.startPBX()
        var configuration = Self.configuration(for: pbx, folder: folder)
        configure(&configuration)
        let log = LogBook()
        let agent = try UserAgent(try configuration.userAgentConfiguration(), logger: log.logger)
        let used = Stages(
            configuration,
            speechToText: stages.speechToText,
            model: stages.model,
            strangersModel: stages.strangersModel,
            textToSpeech: stages.textToSpeech,
            backupTextToSpeech: stages.backupTextToSpeech
        )
        let bot = Bot(configuration: configuration, stages: used, agent: agent, logger: log.logger)
        let service = BotService(bot: bot, stages: used, drain: drain)
        let services = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        let lab = BotLab(
            pbx: pbx,
            bot: bot,
            service: service,
            services: services,
            log: log,
            configuration: configuration
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let result: Result<Void, any Error>
            do {
                _ = try await log.line("registered as 200")
                result = .success(try await body(lab))
            } catch {
                result = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            await pbx.stop()
            try result.get()
        }
        return Aftermath(log: log, events: await pbx.events.reduce(into: []) { $0.append($1) })
    }

    /// A PBX with the extensions 100 (the owner), 101 (nobody that the bot knows) and 200 (the bot).
    static func startPBX() async throws -> PBX {
        try await PBX.start(
            PBXConfiguration(
                accounts: [
                    "100": .init(authenticationID: "auth-100", password: "secret-100"),
                    "101": .init(authenticationID: "auth-101", password: "secret-101"),
                    "200": .init(authenticationID: "auth-200", password: "secret-200"),
                ],
                host: Self.loopback,
                port: 0,
                hasVoicemail: false,
                rtpPorts: 43_000...43_199
            )
        )
    }

    /// The configuration of extension 200.
    static func configuration(for pbx: PBX, folder: String) -> BotConfiguration {
        var configuration = BotConfiguration()
        configuration.owner = .init(name: "Maria", extension: "100")
        configuration.sip.pbx = .init(host: "127.0.0.1", port: pbx.address.port)
        configuration.sip.extension = "200"
        configuration.sip.authenticationID = "auth-200"
        configuration.sip.password = Secret("secret-200")
        configuration.sip.register = true
        configuration.sip.port = 0
        configuration.sip.localAddress = "127.0.0.1"
        configuration.sip.codecs = [.pcmu]
        configuration.sip.rtpPorts = 43_200...43_599
        configuration.conversation.endOfTurnSilence = .milliseconds(400)
        configuration.control.socket = folder + "/control.sock"
        return configuration
    }

    static let loopback = IPAddress.v4(0x7F00_0001)

    // MARK: Phones

    /// A telephone with an account at the PBX, started.
    func phone(_ user: String, registers: Bool = false) async throws -> UserAgent {
        let agent = try UserAgent(
            UserAgentConfiguration(
                transport: .udp(host: Self.loopback, port: 0),
                identities: [
                    Identity(
                        addressOfRecord: SIPURI(user: user, host: "127.0.0.1", port: self.pbx.address.port),
                        credentials: DigestCredentials(username: "auth-\(user)", password: "secret-\(user)"),
                        registration: registers ? .enabled(expires: .seconds(60)) : .disabled
                    )
                ],
                codecs: [.pcmu],
                rtpPorts: 43_600...43_999
            )
        )
        try await agent.start()
        return agent
    }

    /// Runs `body` while a registered telephone handles what comes in.
    func withPhone<Result: Sendable>(
        _ user: String,
        _ handler: @escaping @Sendable (IncomingCall) async throws -> Void,
        _ body: (UserAgent) async throws -> Result
    ) async throws -> Result {
        let phone = try await self.phone(user, registers: true)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await phone.serve(handler) }
            for await event in phone.events {
                if case .registered = event { break }
            }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(phone)) } catch { result = .failure(error) }
            await phone.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Speaks each time the bot has finished speaking, `utterances` times, and listens until the call is over; how often the bot
    /// was heard.
    @discardableResult
    static func converse(on call: Call, utterances: Int) async throws -> Int {
        var left = utterances
        var stretches = 0
        var isHeard = false
        var quiet: Duration = .zero
        call.audio.hearEverything()
        for await frame in call.audio.inbound {
            let isLoud = Level.rms(frame) > -45
            quiet = isLoud ? .zero : quiet + frame.duration
            if isLoud { isHeard = true }
            guard isHeard, quiet > .milliseconds(500), call.audio.outbound.isIdle else { continue }
            isHeard = false
            stretches += 1
            guard left > 0 else { continue }
            left -= 1
            let speech = VoiceSignals.speech(.milliseconds(800), level: -18)
            try await call.audio.outbound.write(AudioFrame(samples: speech, sampleRate: 8_000))
        }
        return stretches + (isHeard ? 1 : 0)
    }

    // MARK: The control socket

    /// Asks the bot for a call, and gives all replies.
    func place(_ request: CallRequest) async throws -> [ControlReply] {
        let (replies, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingOldest(256))
        try await ControlClient.ask(.call(request), at: self.socket) { continuation.yield($0) }
        continuation.finish()
        return await replies.reduce(into: []) { $0.append($1) }
    }
}

extension [ControlReply] {
    /// How the call went.
    var outcome: CallOutcome? {
        if case .call(let outcome)? = self.last { outcome } else { nil }
    }
}
