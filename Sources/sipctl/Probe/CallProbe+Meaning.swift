import AudioCore
import CallCore
import CoreTypes
import Foundation
import RTPCore
import SIPCore
import SIPDiagnostics
import Telephony

/// What a call means.
extension CallProbe {
    func learn(_ report: inout Report) {
        report.noteChallenges(in: self.ladder, authenticationID: self.credentials?.username)
        report.measure(self.ladder.rungs.filter { $0.method == "INVITE" })
        let answers = self.ladder.responses
        let text = self.ladder.rungs.last { $0.direction == .received }?.local
        if let last = answers.last, let local = text.flatMap({ TransportAddress($0) }) {
            report.learn(from: last, local: local)
        }
    }

    func diagnose(_ error: TelephonyError) -> Diagnosis {
        guard case .callFailed(let reason) = error else {
            return Diagnosis(verdict: .failed, summary: error.description)
        }
        let answers = self.ladder.responses.filter { $0.cSeq.method == .invite }
        let final = answers.last { $0.statusCode >= 200 }
        switch reason {
        case .rejected(status: 401, reason: _), .rejected(status: 407, reason: _):
            guard let final else { return self.explanation.wrongCredentials(407, nil) }
            return self.explanation.challengeRefused(final, self.refusal(of: final))
        case .rejected(let status, let phrase):
            if let final, final.statusCode == status {
                return self.explanation.refusal(final, self.ladder.circumstances(of: final))
            }
            return self.explanation.refusal(status: status, reason: Redaction.line(phrase))
        case .released(let cause, let status):
            if let final, final.statusCode == status {
                var diagnosis = self.explanation.refusal(final, self.ladder.circumstances(of: final))
                diagnosis.summary += "; \(cause.explanation) (\(cause.reference))"
                return diagnosis
            }
            return Diagnosis(verdict: .failed, summary: reason.explanation)
        case .unauthorized:
            guard let final else { return self.explanation.wrongCredentials(407, nil) }
            guard self.credentials != nil else { return self.explanation.credentialsMissing(final) }
            return self.explanation.challengeRefused(final, self.refusal(of: final))
        case .noAnswer, .cancelled:
            let rang = answers.contains { $0.statusCode == 180 || $0.statusCode == 183 }
            return Diagnosis(
                verdict: .notAnswered,
                summary: (rang ? "it rang for " : "the PBX tried for ")
                    + "\(Explanation.number(self.ring.inSeconds)) s "
                    + "and nobody answered; the call was canceled",
                advice: rang
                    ? ["let it ring longer with --ring"]
                    : ["no ringing was told: the extension may hold a phantom contact (sipctl register shows them)"]
            )
        case .timeout:
            return self.silence
        case .unreachable(let fault):
            return self.explanation.unreachable(
                fault.reason,
                isRefusedPort: fault.kind == .portClosed,
                reporter: fault.reporter?.description
            )
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

    /// Why the last challenge was not answered: its realm was answered and refused, or never answered.
    ///
    /// What was answered says the request that was refused: a realm of a registrar and one of a proxy may have the same name,
    /// and a chain of two is no wrong password (RFC 3261 section 22.3).
    private func refusal(of final: SIPMessage) -> ChallengeRefusal {
        ChallengeRefusal(final, of: self.ladder.request(of: final))
    }

    func describe(_ observation: CallObservation, _ report: inout Report) {
        var call = observation.figures
        let judgement = observation.answeredBy.map {
            AnswerJudgement(
                $0,
                target: self.target,
                caller: self.caller,
                pbx: self.peer,
                ringing: observation.ringing,
                pickup: self.ladder.pickup
            )
        }
        call.answeredBy = judgement
        if let file = self.recording {
            if observation.recording.duration > .zero { call.recording = file }
            if let failure = observation.recording.failure {
                report.remarks.append("cannot write the recording \(file): \(failure)")
            }
        }
        report.call = call
        if observation.endedEarly == .remoteHangup { report.remarks.append("the other side hung up first") }
        let audio = AudioJudgement(observation)
        report.remarks += audio.remarks
        let codec = call.codec ?? "no codec"
        guard let judgement, judgement.isOther else {
            if let remark = judgement?.remark { report.remark(remark) }
            report.conclude(
                audio.diagnosis
                    ?? Diagnosis(verdict: .succeeded, summary: "the call was answered, \(audio.summary) (\(codec))")
            )
            return
        }
        let user = self.target.unescapedUser ?? "the target"
        let isCertain = judgement.certainty == .certain
        let who = judgement.kind == .voicemail ? "voicemail (or another machine)" : "somebody else"
        report.conclude(
            Diagnosis(
                verdict: .somebodyElse,
                summary: "\(isCertain ? "" : "probably ")\(who) answered instead of \(user) (\(codec))",
                advice: [
                    "the extension may be offline, busy or forwarded: 'sipctl register' with its credentials "
                        + "shows which devices it has",
                    "check the forwarding rules of the extension at the PBX; a pickup or a group answers in this way too",
                ]
            )
        )
        report.advice += audio.diagnosis?.advice ?? []
        if let trouble = audio.diagnosis { report.remarks.append(trouble.summary) }
    }
}
