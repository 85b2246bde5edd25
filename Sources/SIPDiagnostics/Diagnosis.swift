/// What a probe found, in one word; each has its exit code.
package enum Verdict: Int32, CaseIterable, Sendable {
    case succeeded = 0
    case failed = 1
    case noReply = 3
    case unreachable = 4
    case nameNotFound = 5
    case wrongCredentials = 6
    case credentialsMissing = 7
    case forbidden = 8
    case notFound = 9
    case offline = 10
    case busy = 11
    case notAnswered = 12
    case declined = 13
    case notAcceptable = 14
    case serverTrouble = 15
    case somebodyElse = 16
    case oneWayAudio = 17
    case intervalTooBrief = 18
    case refused = 19
    case malformed = 20
    case displaced = 21

    /// The word in the JSON.
    package var word: String { "\(self)" }

    /// What it means, for `--help`.
    package var meaning: String {
        switch self {
        case .succeeded: "all as it should be"
        case .failed: "this program could not do its part (a file, a socket, a local port)"
        case .noReply: "no reply at all: wrong address, firewall, or nobody home"
        case .unreachable: "the network refused: wrong port (ICMP), no route"
        case .nameNotFound: "the host name has no address"
        case .wrongCredentials: "authentication ID or password refused"
        case .credentialsMissing: "the PBX asks for credentials and none were given"
        case .forbidden: "403: not allowed"
        case .notFound: "404 and the like: no such extension"
        case .offline: "480: the extension is not registered, or does not take calls"
        case .busy: "486, 600: busy"
        case .notAnswered: "it rang (or was tried) and nobody answered in time"
        case .declined: "603: declined"
        case .notAcceptable: "488 and the like: no codec or media in common"
        case .serverTrouble: "5xx, or challenges without end: the PBX is in trouble"
        case .somebodyElse: "answered by voicemail or by somebody else"
        case .oneWayAudio: "answered, but audio is missing in one direction or in both"
        case .intervalTooBrief: "423: the registration is shorter than the PBX allows"
        case .refused: "refused with another status"
        case .malformed: "the message (parse), or the only reply, is not valid SIP"
        case .displaced: "registering pushed another device out, which has to register again"
        }
    }

    /// The table for `--help`.
    package static var table: String {
        let lines = Self.allCases.map { verdict in
            let number = "\(verdict.rawValue)"
            return "  " + String(repeating: " ", count: max(0, 3 - number.count)) + number + "  " + verdict.meaning
        }
        return "EXIT CODES:\n" + lines.joined(separator: "\n") + "\n   64  the command line makes no sense"
    }
}

/// A verdict in words: what happened, and what to try.
package struct Diagnosis: Sendable, Equatable {
    /// The verdict.
    package var verdict: Verdict
    /// What happened, one sentence.
    package var summary: String
    /// What to try, the likeliest first.
    package var advice: [String]

    package init(verdict: Verdict, summary: String, advice: [String] = []) {
        self.verdict = verdict
        self.summary = summary
        self.advice = advice
    }
}
