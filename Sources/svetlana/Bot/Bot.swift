import AudioCore
import CallCore
import CoreTypes
import Foundation
import Logging
import SIPCore
import Synchronization
import Telephony
import VoicePipeline

/// The bot: serves the calls that come in, places those that it is asked for.
final class Bot: Sendable {
    private struct State {
        var registration = "not registered yet"
        var isRegistered = false
        var callsServed = 0
        var problems: [String] = []
    }
    let configuration: BotConfiguration
    let stages: Stages
    let agent: UserAgent
    let logger: Logger
    private let started = ContinuousClock.now
    private let state = Mutex(State())

    init(configuration: BotConfiguration, stages: Stages, agent: UserAgent, logger: Logger) {
        self.configuration = configuration
        self.stages = stages
        self.agent = agent
        self.logger = logger
    }

    // MARK: Serving

    /// Serves calls until the user agent stops.
    func serve(journal: CallJournal? = nil, recorder: (@Sendable () -> CallRecorder?)? = nil) async throws {
        try await self.agent.serve { incoming in
            let info = incoming.info
            let trusted = self.isTrusted(info)
            self.state.withLock { $0.callsServed += 1 }
            self.logger.info(
                "a call came in",
                metadata: [
                    "call": "\(incoming.id)", "listed": "\(trusted)", "from": "\(self.redact(info.callerNumber))",
                ]
            )
            let tape = recorder?() ?? self.makeRecorder()
            let ending = try await incoming.answer(recorder: tape) { call in
                await self.converse(
                    on: call,
                    opening: .greeting(self.configuration.conversation.greeting),
                    isTrusted: trusted,
                    oneWay: false,
                    journal: journal
                ).ending
            }
            self.logger.info("the call is over", metadata: ["reason": "\(ending.reason.rawValue)"])
            self.keep(tape)
            if trusted, let delay = ending.callBack, let number = info.callerNumber { self.callBack(number, after: delay) }
        }
    }

    /// Whether a caller is served by the configured model and may hear of the house.
    private func isTrusted(_ info: IncomingCallInfo) -> Bool {
        guard let number = info.callerNumber else { return false }
        return self.isListed(number)
    }

    private func isListed(_ number: String) -> Bool {
        number == self.configuration.owner.extension || self.configuration.callers.contains(number)
    }

    private func converse(
        on call: Call,
        opening: Opening,
        isTrusted: Bool,
        oneWay: Bool,
        journal: CallJournal?,
        number: String? = nil
    ) async -> (ending: ConversationEnding, transcript: [String]) {
        let number = number ?? call.incoming?.callerNumber
        let isOwner = number != nil && number == self.configuration.owner.extension
        var settings = self.stages.settings
        settings.oneWay = oneWay
        let conversation = Conversation(
            settings: settings,
            opening: opening,
            ears: self.stages.ears,
            model: isTrusted ? self.stages.model : self.stages.strangersModel,
            voice: self.stages.voice,
            backupVoice: self.stages.backupVoice,
            context: ConversationContext(
                callIdentifier: UUID().uuidString.lowercased(),
                callerName: isOwner ? self.configuration.owner.name : call.incoming?.from.displayName,
                callerNumber: number,
                callerIsTrusted: isTrusted,
                isOutbound: call.incoming == nil
            )
        )
        // What people say is theirs: it is logged only where the owner asked for it.
        let isRedacted = self.configuration.log.redact
        let journal = journal ?? CallJournal { line in if !isRedacted { self.logger.debug("\(line)") } }
        async let transcript = journal.follow(conversation.events)
        let ending = await conversation.run(on: call.audio)
        return (ending, await transcript)
    }

    /// A recorder when the configuration wants calls kept; both sides are told by nobody but the owner.
    private func makeRecorder() -> CallRecorder? {
        self.configuration.recording.directory.map { _ in CallRecorder() }
    }

    /// Writes a recording as a stereo WAV: the caller left, the bot right.
    private func keep(_ recorder: CallRecorder?) {
        guard let recorder, let directory = self.configuration.recording.directory else { return }
        let name = "call-\(Int(Date().timeIntervalSince1970))-\(UUID().uuidString.prefix(8).lowercased()).wav"
        let file = URL(fileURLWithPath: directory).appendingPathComponent(name)
        do {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(WAVWriter.stereo(left: recorder.inbound, right: recorder.outbound)).write(to: file)
        } catch {
            self.logger.error("the recording was not kept: \(error)", metadata: ["directory": "\(directory)"])
        }
    }

    // MARK: Calling

    /// Places a call and holds the conversation.
    func place(_ request: CallRequest, progress: @escaping @Sendable (String) async -> Void) async -> CallOutcome {
        guard self.mayDial(request.target) else {
            return CallOutcome(
                result: .failed,
                detail: "dialing this target is not allowed: add it to dial.allow in the configuration",
                transcript: []
            )
        }
        let number = Self.user(of: request.target)
        let isTrusted = self.isListed(number)
        let prompt = self.configuration.report.prompt
        let opening: Opening = request.say.map { .say($0) } ?? .ask(prompt: prompt)
        let (lines, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(64))
        async let forwarding: Void = { for await line in lines { await progress(line) } }()
        continuation.yield("calling \(request.target)")
        let outcome: CallOutcome
        do {
            let begin = Mutex<ContinuousClock.Instant?>(nil)
            let tape = self.makeRecorder()
            let (transcript, answeredBy) = try await self.agent.call(
                request.target,
                timeout: .seconds(request.timeout),
                recorder: tape,
                onRinging: { status in continuation.yield(status == 180 ? "it rings" : "progress: \(status)") }
            ) { call in
                begin.withLock { $0 = .now }
                let answeredBy = call.answeredBy?.explanation
                continuation.yield("answered" + (answeredBy.map { " by \($0)" } ?? ""))
                let journal = CallJournal { continuation.yield($0) }
                let (ending, transcript) = await self.converse(
                    on: call,
                    opening: opening,
                    isTrusted: isTrusted,
                    oneWay: request.oneWay,
                    journal: journal,
                    number: number
                )
                if let delay = ending.callBack { self.callBack(number, after: delay) }
                return (transcript, answeredBy)
            }
            self.keep(tape)
            let seconds = begin.withLock { $0 }.map { (ContinuousClock.now - $0).inSeconds }
            outcome = CallOutcome(
                result: .answered,
                detail: "the call was answered",
                answeredBy: answeredBy,
                seconds: seconds,
                transcript: transcript
            )
        } catch {
            outcome = Self.outcome(of: error)
        }
        continuation.finish()
        await forwarding
        return outcome
    }

    private static func outcome(of error: any Error) -> CallOutcome {
        guard case TelephonyError.callFailed(let reason) = error else {
            return CallOutcome(result: .failed, detail: "\(error)", transcript: [])
        }
        let result: CallOutcome.Result
        switch reason {
        case .rejected(status: 486, reason: _), .rejected(status: 600, reason: _), .rejected(status: 603, reason: _):
            result = .busy
        case .noAnswer, .rejected(status: 480, reason: _), .rejected(status: 408, reason: _),
            .rejected(status: 487, reason: _):
            result = .noAnswer
        case .rejected, .timeout, .transport, .unauthorized, .incompatibleMedia, .notAcknowledged, .mediaTimeout,
            .localHangup, .remoteHangup, .cancelled, .declined:
            result = .failed
        }
        return CallOutcome(result: result, detail: reason.explanation, transcript: [])
    }

    private func callBack(_ number: String, after delay: Duration) {
        self.logger.info("will call back", metadata: ["in": "\(delay)"])
        Task {
            // Kept in memory only: a restart forgets it.
            try? await Task.sleep(for: delay)
            let name = number == self.configuration.owner.extension ? self.configuration.owner.name : nil
            let request = CallRequest(
                target: number,
                say: "Hello\(name.map { " \($0)" } ?? ""), you asked me to call you back. What can I do for you?",
                oneWay: false,
                timeout: 45
            )
            let outcome = await self.place(request) { _ in }
            self.logger.info("called back", metadata: ["result": "\(outcome.result.rawValue)"])
        }
    }

    /// Whether a target may be dialed; by default extensions only.
    private func mayDial(_ target: String) -> Bool {
        self.configuration.dial.allows(Self.user(of: target))
    }

    private static func user(of target: String) -> String {
        var rest = Substring(target)
        for scheme in ["sip:", "sips:"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "@" })
    }

    // MARK: Registration and status

    /// Follows the registrations; logs what changes.
    func followRegistration(report: (@Sendable (AgentEvent) -> Void)? = nil) async {
        for await event in self.agent.events {
            report?(event)
            switch event {
            case .registered(_, granted: let granted, contacts: let contacts):
                let wasRegistered = self.state.withLock { state in
                    defer { state.isRegistered = true }
                    state.registration = "registered for \(granted.milliseconds / 1000) s"
                    return state.isRegistered
                }
                if !wasRegistered {
                    self.logger.info("registered", metadata: ["expires": "\(granted.milliseconds / 1000) s"])
                    if contacts.count > 1 {
                        self.logger.warning(
                            "another device is registered on this extension and will answer its calls: see sipctl register",
                            metadata: ["contacts": "\(contacts.count)"]
                        )
                    }
                }
            case .registrationFailed(_, let failure, retryAfter: let retry):
                let text = failure.explanation
                self.state.withLock { state in
                    state.isRegistered = false
                    state.registration = "not registered: \(text)"
                }
                self.logger.error(
                    "not registered: \(text)",
                    metadata: ["retry": "\(retry.map { "in \($0.milliseconds / 1000) s" } ?? "never")"]
                )
            case .unregistered:
                self.state.withLock { state in
                    state.isRegistered = false
                    state.registration = "unregistered"
                }
                self.logger.info("unregistered")
            case .refused(from: let source, method: let method, status: let status, reason: let reason):
                self.logger.notice(
                    "refused a request",
                    metadata: [
                        "from": "\(source)", "method": "\(method?.rawValue ?? "?")", "status": "\(status)",
                        "why": "\(reason)",
                    ]
                )
            case .incoming, .ringing, .answered, .media, .ended: break
            }
        }
    }

    /// How the bot is.
    func status() async -> BotStatus {
        let gauges = await self.agent.gauges()
        let (registration, isRegistered, served) = self.state.withLock {
            ($0.registration, $0.isRegistered, $0.callsServed)
        }
        return BotStatus(
            registration: registration,
            isRegistered: isRegistered,
            registersAtAll: self.configuration.sip.register,
            gauges: gauges,
            uptime: (ContinuousClock.now - self.started).inSeconds,
            callsServed: served
        )
    }

    /// A number as it may stand in a log.
    private func redact(_ number: String?) -> String {
        guard let number else { return "unknown" }
        return self.configuration.log.redact ? "…" + number.suffix(1) : number
    }
}

extension RegistrationFailure {
    /// What is wrong and what to do.
    var explanation: String {
        switch self {
        case .wrongCredentials:
            "the PBX refused the credentials: check sip.auth_id (on a 3CX not the extension) and the password"
        case .credentialsMissing: "the PBX asks for credentials: set sip.auth_id and sip.password_file"
        case .challengeRefused(let why): "the PBX's challenge was not answered: \(why); check sip.realm"
        case .rejected(let status, let reason): "the PBX refused with \(status) \(reason): check the extension"
        case .timeout: "the PBX does not answer: check sip.pbx, its port and the firewall"
        case .transport: "the PBX cannot be reached: check sip.pbx and the network"
        }
    }

    /// The exit code of a program that ends for this reason.
    var exitStatus: ExitStatus {
        switch self {
        case .wrongCredentials, .credentialsMissing, .challengeRefused: .wrongCredentials
        case .rejected(status: 403, reason: _), .rejected(status: 404, reason: _): .wrongCredentials
        case .rejected, .timeout, .transport: .noResponse
        }
    }
}
