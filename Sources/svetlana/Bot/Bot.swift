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
    struct State {
        var registration = "not registered yet"
        var isRegistered = false
        /// The exit code for the failure of the last registration; `nil` after one that worked.
        var refusal: ExitStatus?
        var callsServed = 0
        var problems: [String] = []
    }
    let configuration: BotConfiguration
    let stages: Stages
    let agent: UserAgent
    let logger: Logger
    let started = ContinuousClock.now
    let state = Mutex(State())

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
            await WorkThreads.run { self.keep(tape) }
            if trusted, let delay = ending.callBack, let number = info.callerNumber {
                self.callBack(number, after: delay)
            }
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
        let ending = await WorkThreads.run { await conversation.run(on: call.audio) }
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
            let folder = file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
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
            await WorkThreads.run { self.keep(tape) }
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
        case .unauthorized: result = .unauthorized
        case .timeout: result = .noResponse
        case .rejected, .transport, .incompatibleMedia, .notAcknowledged, .mediaTimeout,
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

    /// A number as it may stand in a log.
    private func redact(_ number: String?) -> String {
        guard let number else { return "unknown" }
        return self.configuration.log.redact ? "…" + number.suffix(1) : number
    }
}
