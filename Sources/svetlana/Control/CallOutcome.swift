import CallCore
import CoreTypes
import Foundation
import SIPCore
import SIPDiagnostics
import Telephony

/// How a call went that the bot placed.
struct CallOutcome: Codable, Equatable, Sendable {
    /// The exit code's name.
    enum Result: String, Codable, Sendable, CaseIterable {
        case answered
        case voicemail
        case busy
        case declined
        case noAnswer
        case unauthorized
        case noResponse
        case cancelled
        case failed
    }
    var result: Result
    /// What happened, for a person.
    var detail: String
    /// What else is worth knowing, such as that somebody else answered.
    var remarks: [String]?
    /// Who answered, as far as the signaling tells.
    var answeredBy: String?
    /// Seconds from answer to end.
    var seconds: Double?
    /// What was said, line by line.
    var transcript: [String]

    var exitStatus: ExitStatus {
        switch self.result {
        case .answered: .success
        case .voicemail: .voicemail
        case .busy, .declined: .busy
        case .noAnswer: .noAnswer
        case .unauthorized: .wrongCredentials
        case .noResponse: .noResponse
        case .cancelled: .interrupted
        case .failed: .callFailed
        }
    }

    /// What was seen of a call before it came to nothing.
    struct Signs: Sendable {
        /// The provisional statuses above 100, in order.
        var ringing: [Int] = []
        /// Where the call went.
        var pbx: TransportAddress?

        var hasRung: Bool { self.ringing.contains { $0 == 180 || $0 == 183 } }
    }
}

// MARK: Calls that were answered

extension CallOutcome {
    /// A call that somebody answered, or a machine.
    init(answer: AnswerJudgement?, seconds: Duration?, transcript: [String]) {
        let isMachine = answer?.kind == .voicemail
        var detail = "the call was answered"
        if isMachine {
            detail = "voicemail answered, or another machine"
            if let evidence = answer?.evidence, !evidence.isEmpty { detail += " (\(evidence.joined(separator: "; ")))" }
        }
        self.init(
            result: isMachine ? .voicemail : .answered,
            detail: PlainText.line(detail, limit: 400),
            remarks: isMachine ? nil : Self.hints(answer),
            answeredBy: answer.map { PlainText.line($0.text, limit: 400) },
            seconds: seconds.map(\.inSeconds),
            transcript: transcript
        )
    }

    /// Whoever asked for the call had it ended.
    mutating func interrupt() {
        self.detail = "interrupted: \(self.detail), and it was hung up"
        self.result = .cancelled
    }

    /// What is to be said of who answered while the call goes on, and afterwards.
    static func hints(_ answer: AnswerJudgement?) -> [String] {
        guard let answer else { return [] }
        let evidence = answer.evidence.isEmpty ? "" : " (\(answer.evidence.joined(separator: "; ")))"
        let line: String? =
            switch answer.kind {
            case .voicemail: "voicemail answered, or another machine\(evidence)"
            case .somebodyElse: "somebody else answered than was called\(evidence)"
            case .target, .unknown: nil
            }
        return line.map { [PlainText.line($0, limit: 400)] } ?? []
    }
}

// MARK: Calls that were not

extension CallOutcome {
    /// What became of a call that was not answered.
    init(_ error: any Error, after signs: Signs, timeout: Int) {
        if case TelephonyError.callFailed(.unreachable(let fault)) = error, signs.ringing.isEmpty, let pbx = signs.pbx {
            let words = Explanation(purpose: .invite, peer: "\(pbx)", settings: .svetlana)
                .unreachable(
                    fault.reason,
                    isRefusedPort: fault.kind == .portClosed,
                    reporter: fault.reporter?.description
                )
            self.init(
                result: .noResponse,
                detail: "the call could not be placed: \(words.summary)",
                remarks: ["check sip.pbx and its port"] + words.advice.suffix(1),
                transcript: []
            )
            return
        }
        guard case TelephonyError.callFailed(let reason) = error else {
            let isUnreachable =
                switch error {
                case TelephonyError.nameNotFound, TelephonyError.noRoute: true
                case _: false
                }
            self.init(result: isUnreachable ? .noResponse : .failed, detail: "\(error)", transcript: [])
            return
        }
        let result: Result
        var detail = PlainText.line(reason.explanation, limit: 500)
        var remarks: [String]?
        switch reason {
        case .rejected(status: 486, reason: _), .rejected(status: 600, reason: _): result = .busy
        case .rejected(status: 603, reason: _): result = .declined
        case .rejected(status: 480, reason: _):
            result = .noAnswer
            remarks = ["the PBX may hold no registration for that extension, or it takes no calls now"]
        case .rejected(status: 408, reason: _), .rejected(status: 487, reason: _): result = .noAnswer
        case .rejected(status: 488, reason: _), .rejected(status: 606, reason: _):
            result = .failed
            remarks = ["enable one of sip.codecs for the extension at the PBX, without SRTP"]
        case .released(let cause, status: _): result = Self.result(of: cause)
        case .noAnswer:
            result = .noAnswer
            detail = Self.unanswered(signs, timeout: timeout)
        case .unauthorized: result = .unauthorized
        case .timeout where !signs.ringing.isEmpty:
            result = .noAnswer
            detail = "the PBX took the call (\(signs.ringing.last ?? 100)) and then said nothing more"
        case .timeout:
            result = .noResponse
            detail = "the PBX gave no response within \(min(timeout, 32)) s: check sip.pbx, its port and the firewall"
        case .localHangup:
            result = .cancelled
            detail = "the call was cancelled before it was answered"
        case .rejected, .unreachable, .transport, .incompatibleMedia, .notAcknowledged, .mediaTimeout, .remoteHangup,
            .cancelled, .declined:
            result = .failed
        }
        self.init(result: result, detail: detail, remarks: remarks, transcript: [])
    }

    /// Nobody answered in time: how far the call came.
    private static func unanswered(_ signs: Signs, timeout: Int) -> String {
        if signs.hasRung { return "it rang, but nobody answered within \(timeout) s" }
        switch signs.ringing.last {
        case 181: return "the call was forwarded, but no phone rang within \(timeout) s"
        case 182: return "the call was queued, and nobody answered within \(timeout) s"
        case .some, nil: return "the PBX took the call, but no phone rang within \(timeout) s"
        }
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
