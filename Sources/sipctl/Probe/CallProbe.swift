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
        /// No response at all within the time that was given.
        case silent
        /// Something else.
        case broken(String)
    }

    let target: SIPURI
    let caller: SIPURI
    let credentials: DigestCredentials?
    let realms: [String]
    let peer: TransportAddress
    let requestTimeout: Duration
    let retransmits: Bool
    let ring: Duration
    let speech: AudioFrame
    let recording: String?
    let ladder: Ladder
    let explanation: Explanation

    /// Calls, and completes `report`.
    func run(_ report: Report) async -> Report {
        var report = report
        let (outcomes, continuation) = AsyncStream<Outcome>.makeStream()
        // Whoever knows first decides: the call itself, or the clock.
        let started = MonotonicClock.now
        let call = Task { continuation.yield(await self.call(started: started)) }
        let responseTimeout = Task { if await self.waitInVain() { continuation.yield(.silent) } }
        defer { responseTimeout.cancel() }
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
        switch outcome {
        case .failed(.callFailed(.unreachable(let fault))):
            self.ladder.note("the network refuses: \(fault)", at: MonotonicClock.now)
        case .silent: break
        case .answered, .failed, .broken: await self.settle()
        }
        call.cancel()
        self.learn(&report)
        switch outcome {
        case .answered(let observation): self.describe(observation, &report)
        case .failed(let error): report.conclude(self.diagnose(error))
        case .silent: report.conclude(self.silence)
        case .broken(let reason): report.conclude(Diagnosis(verdict: .failed, summary: reason))
        }
        return report
    }

    // MARK: The call

    private func call(started: Instant) async -> Outcome {
        var timers = TimerSettings(requestTimeout: self.requestTimeout, retransmits: self.retransmits)
        timers.c = self.ring + .seconds(10)
        let ladder = self.ladder
        var configuration = UserAgentConfiguration(
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
            }
        )
        // Who looks for mistakes wants to know at once.
        configuration.failureGrace = .milliseconds(300)
        let heard = ProbeRecording.Heard()
        let recorder = CallRecorder(to: ProbeRecording(heard, file: self.recording), limit: .seconds(700))
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
                    observation.lasted = MonotonicClock.now - started - observation.answeredAfter
                    return observation
                }
            )
            observation.ringing = ringing.withLock { $0 }
            observation.recording = await recorder.finish()
            observation.heard = heard.level
            return .answered(observation)
        } catch let error as TelephonyError {
            await recorder.discard()
            return .failed(error)
        } catch is CancellationError {
            await recorder.discard()
            return .broken("interrupted; the call was hung up")
        } catch {
            await recorder.discard()
            return .broken("the call broke off: \(error)")
        }
    }

    /// Waits until the latest request got no response for as long as was given; false when the call goes on without that.
    private func waitInVain() async -> Bool {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
            guard let request = self.ladder.requests.last(where: { $0.method == .invite }),
                let sent = self.ladder.firstTransmission(of: request)
            else { continue }
            if self.ladder.responses.contains(where: { $0.cSeq == request.cSeq }) { continue }
            if self.ladder.elapsed(at: MonotonicClock.now) - sent >= self.requestTimeout { return true }
        }
        return false
    }

    /// What silence means.
    var silence: Diagnosis {
        let answers = self.ladder.responses
        if answers.isEmpty, let what = self.ladder.unreadable { return self.explanation.unreadable(what) }
        return self.explanation.noReply(
            after: self.requestTimeout.inSeconds,
            gotProvisional: answers.last.map { $0.statusCode < 200 } ?? false,
            transmissions: self.ladder.transmissions(of: .invite)
        )
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

    /// Waits until the last ACK has left and the BYE is answered: a PBX retransmits what is not acknowledged.
    private func settle() async {
        let deadline = MonotonicClock.now + .seconds(1)
        while !self.ladder.isSettled, MonotonicClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
