import CallCore
import CoreTypes
import Foundation
import Logging
import Synchronization
import Telephony
import VoicePipeline

/// Calls that the bot places.
extension Bot {
    /// Places a call and holds the conversation. Cancelling the task cancels the call, or ends it.
    func place(_ request: CallRequest, progress: @escaping @Sendable (String) async -> Void) async -> CallOutcome {
        if let problem = request.problem { return CallOutcome(result: .failed, detail: problem, transcript: []) }
        let number: String
        let uri: String
        switch self.gate.verdict(on: request.target) {
        case .allowed(let allowed, let target): (number, uri) = (allowed, target)
        case .refused(let why): return CallOutcome(result: .failed, detail: why, transcript: [])
        }
        let opening: Opening = request.say.map { .say($0) } ?? .ask(prompt: self.configuration.report.prompt)
        let (lines, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(64))
        async let forwarding: Void = { for await line in lines { await progress(line) } }()
        continuation.yield("calling \(PlainText.line(request.target, limit: 100))")
        let outcome: CallOutcome
        let signs = Mutex(CallOutcome.Signs())
        do {
            let begin = Mutex<ContinuousClock.Instant?>(nil)
            let tape = self.makeRecorder()
            let (talk, answeredBy) = try await self.agent.call(
                uri,
                timeout: .seconds(request.timeout),
                recorder: tape,
                onRinging: { status in
                    signs.withLock { $0.hasRung = $0.hasRung || status == 180 || status == 183 }
                    continuation.yield(status == 180 ? "it rings" : "progress: \(status)")
                }
            ) { call in
                begin.withLock { $0 = .now }
                let answeredBy = call.answeredBy?.explanation
                continuation.yield("answered" + (answeredBy.map { " by \($0)" } ?? ""))
                let talk = await self.talk(
                    on: call,
                    opening: opening,
                    oneWay: request.oneWay,
                    journal: CallJournal { continuation.yield($0) }
                )
                return (talk, answeredBy)
            }
            await WorkThreads.run { self.keep(tape) }
            // Whom we called may be called back though it is not listed; who came in its place, only when it is.
            let isCalledParty = talk.party.source == .called
            if let delay = talk.ending.callBack, isCalledParty || self.household.trusts(talk.party) {
                self.callBack(isCalledParty ? number : talk.party.number ?? number, after: delay)
            }
            let seconds = begin.withLock { $0 }.map { (ContinuousClock.now - $0).inSeconds }
            outcome = CallOutcome(
                result: .answered,
                detail: "the call was answered",
                answeredBy: answeredBy,
                seconds: seconds,
                transcript: talk.transcript
            )
        } catch {
            outcome = CallOutcome(error, after: signs.withLock { $0 }, timeout: request.timeout)
        }
        continuation.finish()
        await forwarding
        return outcome
    }

    func callBack(_ number: String, after delay: Duration) {
        let delay = min(max(delay, .zero), Self.longestCallBack)
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

    private static let longestCallBack = Duration.seconds(7 * 86_400)
}

extension CallOutcome {
    /// What was seen of a call before it came to nothing.
    struct Signs: Sendable {
        var hasRung = false
    }

    /// What became of a call that was not answered.
    init(_ error: any Error, after signs: Signs, timeout: Int) {
        guard case TelephonyError.callFailed(let reason) = error else {
            self.init(result: .failed, detail: "\(error)", transcript: [])
            return
        }
        let result: Result
        var detail = PlainText.line(reason.explanation, limit: 300)
        switch reason {
        case .rejected(status: 486, reason: _), .rejected(status: 600, reason: _): result = .busy
        case .rejected(status: 603, reason: _): result = .declined
        case .rejected(status: 480, reason: _), .rejected(status: 408, reason: _), .rejected(status: 487, reason: _):
            result = .noAnswer
        case .released(let cause, status: _): result = Self.result(of: cause)
        case .noAnswer:
            result = .noAnswer
            detail =
                signs.hasRung
                ? "it rang, but nobody answered within \(timeout) s"
                : "the PBX took the call, but no phone rang within \(timeout) s"
        case .unauthorized: result = .unauthorized
        case .timeout:
            result = .noResponse
            detail = "the PBX gave no response within \(min(timeout, 32)) s: check sip.pbx, its port and the firewall"
        case .localHangup:
            result = .cancelled
            detail = "the call was cancelled before it was answered"
        case .rejected, .transport, .incompatibleMedia, .notAcknowledged, .mediaTimeout, .remoteHangup, .cancelled,
            .declined:
            result = .failed
        }
        self.init(result: result, detail: detail, transcript: [])
    }

    private static func result(of cause: ReleaseCause) -> Result {
        switch cause.kind {
        case .busy: .busy
        case .declined: .declined
        case .noAnswer: .noAnswer
        case .unknownNumber, .outOfOrder, .congestion, .barred, .answeredElsewhere, .normal, .other: .failed
        }
    }
}
