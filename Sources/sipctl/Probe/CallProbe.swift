import AudioCore
import CallCore
import CoreTypes
import Dispatch
import Foundation
import Glibc
import RTPCore
import SIPCore
import SIPDiagnostics
import Synchronization
import Telephony

/// Places one call through a ``UserAgent`` and tells what it was like.
struct CallProbe: Sendable {
    /// What the call came to.
    enum Outcome: Sendable {
        /// It was answered, and is over.
        case answered(CallObservation)
        /// It was not.
        case failed(TelephonyError)
        /// The network refused the port: an `errno`.
        case refusedPort(Int32)
        /// Something else.
        case broken(String)
    }

    let target: SIPURI
    let caller: SIPURI
    let credentials: DigestCredentials?
    let realms: [String]
    let peer: TransportAddress
    let requestTimeout: Duration
    let ring: Duration
    let speech: AudioFrame
    let recording: String?
    let ladder: Ladder
    let explanation: Explanation

    /// Calls, and completes `report`.
    func run(_ report: Report) async -> Report {
        var report = report
        let (outcomes, continuation) = AsyncStream<Outcome>.makeStream()
        // Whoever knows first decides: the call itself, or the network that refuses the port.
        let started = MonotonicClock.now
        let call = Task { continuation.yield(await self.call(started: started, continuation)) }
        // Whoever interrupts this program still hangs up in good order.
        let interrupts = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { call.cancel() }
            source.resume()
            return source
        }
        defer { for source in interrupts { source.cancel() } }
        var iterator = outcomes.makeAsyncIterator()
        let outcome = await iterator.next() ?? .broken("the call came to nothing")
        if case .refusedPort(let code) = outcome {
            self.ladder.note("the network refuses: \(String(cString: strerror(code)))", at: MonotonicClock.now)
        } else {
            await self.settle()
        }
        call.cancel()
        self.learn(&report)
        switch outcome {
        case .answered(let observation): self.describe(observation, &report)
        case .failed(let error): report.conclude(self.diagnose(error))
        case .refusedPort(let code):
            report.conclude(
                self.explanation.unreachable(String(cString: strerror(code)), isRefusedPort: code == ECONNREFUSED)
            )
        case .broken(let reason): report.conclude(Diagnosis(verdict: .failed, summary: reason))
        }
        return report
    }

    // MARK: The call

    private func call(started: Instant, _ refusals: AsyncStream<Outcome>.Continuation) async -> Outcome {
        // Without retransmissions T1 decides only how long an answer is waited for.
        var timers = TimerSettings(t1: self.requestTimeout / 64, t4: .milliseconds(100))
        timers.retransmits = false
        timers.c = self.ring + .seconds(10)
        let ladder = self.ladder
        let watch = PortWatch(peer: self.peer) { refusals.yield(.refusedPort($0)) }
        let configuration = UserAgentConfiguration(
            transport: .udp(port: 0),
            identities: [
                Identity(
                    addressOfRecord: self.caller,
                    credentials: self.credentials,
                    realms: self.realms,
                    answersFirstChallenge: true,
                    registration: .disabled
                )
            ],
            productName: "sipctl (Svetlana)",
            timers: timers,
            trace: SIPTrace { entry in
                let direction: Ladder.Direction = entry.direction == .sent ? .sent : .received
                ladder.record(entry.bytes, direction, local: entry.local, remote: entry.remote, at: entry.instant)
                watch.start()
            }
        )
        let recorder = CallRecorder(limit: .seconds(700))
        let ringing = Mutex<[Int]>([])
        do {
            let agent = try UserAgent(configuration)
            try await agent.start()
            var observation = try await agent.call(
                self.target.description,
                timeout: self.ring,
                recorder: recorder,
                onRinging: { status in ringing.withLock { $0.append(status) } },
                { call in
                    var observation = CallObservation(answeredAfter: MonotonicClock.now - started)
                    try await self.speak(call)
                    observation.media = call.media
                    observation.answeredBy = call.answeredBy
                    observation.statistics = await call.statistics() ?? MediaStatistics()
                    observation.endedEarly = call.endReason
                    return observation
                }
            )
            observation.ringing = ringing.withLock { $0 }
            observation.heard = recorder.inbound
            observation.said = recorder.outbound
            return .answered(observation)
        } catch let error as TelephonyError {
            return .failed(error)
        } catch is CancellationError {
            return .broken("interrupted; the call was hung up")
        } catch {
            return .broken("the call broke off: \(error)")
        }
    }

    /// Sends the speech at the pace of the media clock; returns early when the other side hangs up.
    private func speak(_ call: Call) async throws {
        let step = self.speech.sampleRate / 10
        var position = 0
        do {
            while position < self.speech.samples.count, call.endReason == nil {
                let end = min(position + step, self.speech.samples.count)
                let samples = Array(self.speech.samples[position..<end])
                try await call.audio.outbound.write(AudioFrame(samples: samples, sampleRate: self.speech.sampleRate))
                position = end
            }
            await call.audio.outbound.drain()
        } catch is AudioPortClosed {
            return
        }
    }

    /// Waits until the last ACK has left and the BYE is answered: a PBX repeats what is not acknowledged.
    private func settle() async {
        let deadline = MonotonicClock.now + .seconds(1)
        while !self.ladder.isSettled, MonotonicClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    // MARK: What it means

    private func learn(_ report: inout Report) {
        let answers = self.ladder.responses
        let text = self.ladder.rungs.last { $0.direction == .received }?.local
        if let last = answers.last, let local = text.flatMap({ TransportAddress($0) }) {
            report.learn(from: last, local: local)
        }
    }

    private func diagnose(_ error: TelephonyError) -> Diagnosis {
        guard case .callFailed(let reason) = error else {
            return Diagnosis(verdict: .failed, summary: error.description)
        }
        let answers = self.ladder.responses.filter { $0.cSeq.method == .invite }
        let final = answers.last { $0.statusCode >= 200 }
        switch reason {
        case .rejected(status: 401, reason: _), .rejected(status: 407, reason: _):
            guard let final else { return self.explanation.wrongCredentials(407, nil) }
            return self.explanation.challengeRefused(final, self.refusal(of: final, answers))
        case .rejected(let status, let phrase):
            if let final, final.statusCode == status { return self.explanation.refusal(final) }
            return self.explanation.refusal(status: status, reason: Redaction.line(phrase))
        case .released(let cause, let status):
            if let final, final.statusCode == status {
                var diagnosis = self.explanation.refusal(final)
                diagnosis.summary += "; \(cause.explanation) (\(cause.reference))"
                return diagnosis
            }
            return Diagnosis(verdict: .failed, summary: reason.explanation)
        case .unauthorized:
            guard let final else { return self.explanation.wrongCredentials(407, nil) }
            guard self.credentials != nil else { return self.explanation.credentialsMissing(final) }
            return self.explanation.challengeRefused(final, self.refusal(of: final, answers))
        case .noAnswer, .cancelled:
            let rang = answers.contains { $0.statusCode == 180 || $0.statusCode == 183 }
            return Diagnosis(
                verdict: .notAnswered,
                summary: (rang ? "it rang for " : "the PBX tried for ")
                    + "\(Explanation.number(self.ring.inSeconds)) s "
                    + "and nobody answered; the call was canceled",
                advice: rang
                    ? ["let it ring longer with --ring"]
                    : ["no phone rang: the extension may hold a phantom contact (sipctl register shows them)"]
            )
        case .timeout:
            if answers.isEmpty, let what = self.ladder.unreadable { return self.explanation.unreadable(what) }
            return self.explanation.noReply(after: self.requestTimeout.inSeconds, gotProvisional: !answers.isEmpty)
        case .transport(let words): return self.explanation.unreachable(words, isRefusedPort: false)
        case .incompatibleMedia(let words):
            return Diagnosis(
                verdict: .notAcceptable,
                summary: "answered, but with no usable media: \(Redaction.line(words))",
                advice: ["enable PCMU, PCMA or Opus without SRTP for the extension"]
            )
        case .localHangup, .remoteHangup, .declined, .notAcknowledged, .mediaTimeout:
            return Diagnosis(verdict: .failed, summary: reason.explanation)
        }
    }

    /// Why the last challenge was not answered: its realm was answered before and refused, or never answered.
    private func refusal(of final: SIPMessage, _ answers: [SIPMessage]) -> ChallengeRefusal {
        let challenges = DigestChallenge.all(in: final).map(\.challenge)
        let earlier = answers.filter { $0.cSeq.number < final.cSeq.number }
            .flatMap { DigestChallenge.all(in: $0).map(\.challenge.realm) }
        let answered = challenges.filter { earlier.contains($0.realm) }
        if answered.contains(where: \.stale) { return .staleAgain }
        guard answered.isEmpty else { return .wrongCredentials }
        guard let first = challenges.first, !earlier.isEmpty || !self.realms.isEmpty else { return .unsupported }
        return .foreignRealm(first.realm)
    }

    private func describe(_ observation: CallObservation, _ report: inout Report) {
        var call = observation.figures
        let judgement = observation.answeredBy.map {
            AnswerJudgement(
                $0,
                target: self.target,
                exchange: self.peer,
                ringing: observation.ringing,
                pickup: self.ladder.pickup
            )
        }
        call.answeredBy = judgement
        if let file = self.recording {
            let bytes = WAVWriter.stereo(left: observation.heard, right: observation.said)
            if FileManager.default.createFile(atPath: file, contents: Data(bytes)) {
                call.recording = file
            } else {
                report.remarks.append("cannot write the recording \(file)")
            }
        }
        report.call = call
        if observation.endedEarly == .remoteHangup { report.remarks.append("the other side hung up first") }
        let audio = AudioJudgement(observation)
        report.remarks += audio.remarks
        let codec = call.codec ?? "no codec"
        switch judgement?.kind {
        case .voicemail, .somebodyElse:
            let machine = judgement?.kind == .voicemail
            let user = self.target.unescapedUser ?? "the target"
            report.conclude(
                Diagnosis(
                    verdict: .somebodyElse,
                    summary: (machine ? "voicemail (or another machine) answered" : "somebody else answered")
                        + " instead of \(user) (\(codec))",
                    advice: [
                        "the extension is probably offline, busy or forwarded: 'sipctl register' with its credentials "
                            + "shows which devices it has",
                        "check the forwarding rules of the extension at the PBX",
                    ]
                )
            )
            report.advice += audio.diagnosis?.advice ?? []
            if let trouble = audio.diagnosis { report.remarks.append(trouble.summary) }
        case .target, .unknown, nil:
            report.conclude(
                audio.diagnosis
                    ?? Diagnosis(
                        verdict: .succeeded,
                        summary: "the call was answered, with audio both ways as far as seen (\(codec))"
                    )
            )
        }
    }
}
