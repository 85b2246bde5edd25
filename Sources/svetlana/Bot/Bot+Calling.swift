import CallCore
import CoreTypes
import Foundation
import Logging
import SIPCore
import SIPDiagnostics
import Synchronization
import Telephony
import VoicePipeline

/// Calls that the bot places.
extension Bot {
    /// Places a call and holds the conversation. Cancelling the task cancels the call, or ends it. `tell` gets what happens
    /// meanwhile, as the control socket carries it.
    func place(_ request: CallRequest, tell: @escaping @Sendable (ControlReply) async -> Void) async -> CallOutcome {
        if let problem = request.problem { return CallOutcome(result: .failed, detail: problem, transcript: []) }
        let number: String
        let uri: String
        switch self.gate.verdict(on: request.target) {
        case .allowed(let allowed, let target): (number, uri) = (allowed, target)
        case .refused(let why):
            self.logger.notice("a call was asked for and not placed: \(why)")
            return CallOutcome(result: .failed, detail: why, transcript: [])
        }
        let (replies, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingNewest(64))
        async let forwarding: Void = { for await reply in replies { await tell(reply) } }()
        continuation.yield(.progress("calling \(PlainText.line(request.target, limit: 100))"))
        let attempt = CallAttempt(
            target: SIPURI(uri),
            caller: self.agent.configuration.identities.first?.addressOfRecord,
            pbx: await self.pbxAddress()
        )
        let called = PartyIdentity(number: number, source: .called, isVouched: true)
        let tape = self.makeRecorder(self.logger)
        let work = Task {
            // Hung up from elsewhere it is this task that is cancelled, and not that of who asked.
            try await self.converse(with: called, at: uri, request, attempt, tape) { continuation.yield($0) }
        }
        attempt.stops(by: work.cancel)
        let outcome: CallOutcome
        do {
            let talk = try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                attempt.cancel()
                work.cancel()
            }
            let logger = attempt.id.map { self.logger(of: $0) } ?? self.logger
            if let id = attempt.id, attempt.isCancelled { self.calls.note(.interrupted, of: id.number) }
            let seconds = attempt.seconds
            var result = CallOutcome(answer: attempt.judgement, seconds: seconds, transcript: talk.transcript)
            if attempt.isCancelled { result.interrupt() }
            outcome = result
            await self.close(
                attempt.call,
                .outgoing,
                called,
                talk,
                lasted: seconds ?? .zero,
                logger,
                isMachine: outcome.result == .voicemail,
                ending: talk.isUnspoken ? "hung up at once" : nil
            )
            await tape?.finish()
            // Whom we called may be called back though it is not listed; who came in its place, only when it is.
            let isCalledParty = talk.party.source == .called
            if let delay = talk.ending.callBack, isCalledParty || self.household.trusts(talk.party) {
                self.callBack(isCalledParty ? number : talk.party.number ?? number, after: delay, logger)
            }
        } catch {
            if attempt.call == nil { await tape?.discard() } else { await tape?.finish() }
            let logger = attempt.id.map { self.logger(of: $0) } ?? self.logger
            outcome = CallOutcome(error, after: attempt.signs, timeout: request.timeout)
            // The log has the whole of what the network said.
            var reason = error
            if case TelephonyError.callFailed(.unreachable) = error { reason = CallNotPlaced(why: outcome.detail) }
            self.close(attempt.id?.number, .outgoing, called, reason, logger)
        }
        continuation.finish()
        await forwarding
        return outcome
    }

    /// Where the calls go, for what the network says of it; `nil` where the name has no address.
    private func pbxAddress() async -> TransportAddress? {
        guard let account = self.configuration.account else { return nil }
        return await Task.detached {
            (try? LocalRoute.resolve(account.host)).map { TransportAddress(host: $0, port: account.port ?? 5_060) }
        }.value
    }

    private func converse(
        with called: PartyIdentity,
        at uri: String,
        _ request: CallRequest,
        _ attempt: CallAttempt,
        _ tape: CallRecorder?,
        tell: @escaping @Sendable (ControlReply) -> Void
    ) async throws -> Talk {
        let party = self.describe(called)
        return try await self.agent.call(
            uri,
            timeout: .seconds(request.timeout),
            recorder: tape,
            onPlaced: { id in
                attempt.placed(id)
                self.calls.begin(id.number, .outgoing, party: party) { attempt.stop() }
                self.logger(of: id).info("calling", metadata: ["to": "\(party)"])
                tell(.placed(id.number))
            },
            onRinging: { status in
                attempt.rings(status)
                tell(.progress(status == 180 ? "it rings" : "progress: \(status)"))
            }
        ) { call in
            attempt.answered(call)
            self.calls.answered(call)
            let judgement = attempt.judgement
            tell(.progress("answered" + (call.answeredBy?.explanation.map { " by \($0)" } ?? "")))
            for line in CallOutcome.hints(judgement) { tell(.progress(line)) }
            if judgement?.kind == .voicemail, request.hangsUpOnVoicemail == true {
                tell(.progress("voicemail: hanging up"))
                let ending = ConversationEnding(reason: .said)
                return Talk(ending: ending, transcript: [], party: call.party, isUnspoken: true)
            }
            return await self.talk(
                on: call,
                opening: request.say.map { .say($0) } ?? .ask(prompt: self.configuration.report.prompt),
                oneWay: request.oneWay,
                journal: CallJournal { tell(.progress($0)) },
                logger: self.logger(of: call.id)
            )
        }
    }

    func callBack(_ number: String, after delay: Duration, _ logger: Logger) {
        let delay = min(max(delay, .zero), Self.longestCallBack)
        logger.info("will call back", metadata: ["in": "\(delay)"])
        Task {
            // Kept in memory only: a restart forgets it.
            try? await Task.sleep(for: delay)
            let name = number == self.configuration.owner.extension ? self.configuration.owner.name : nil
            let request = CallRequest(
                target: number,
                say: Persona.callBack(name),
                oneWay: false,
                timeout: 45
            )
            let outcome = await self.place(request) { _ in }
            logger.info("called back", metadata: ["result": "\(outcome.result.rawValue)"])
        }
    }

    private static let longestCallBack = Duration.seconds(7 * 86_400)
}

/// Why a call came to nothing, where the network says it better than the telephone.
private struct CallNotPlaced: Error, CustomStringConvertible {
    let why: String
    var description: String { self.why }
}
