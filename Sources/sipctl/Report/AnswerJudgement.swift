import CallCore
import SIPCore

/// Who answered a call, as far as the signaling tells.
struct AnswerJudgement: Encodable, Sendable, Equatable {
    /// The kinds of answerers.
    enum Kind: String, Encodable, Sendable {
        /// Whoever was called, as far as can be told.
        case target
        /// A voicemail.
        case voicemail
        /// Another extension or device.
        case somebodyElse
        /// The signaling does not tell: the PBX puts itself in between.
        case unknown
    }

    /// Who it is.
    var kind: Kind
    /// The URI in the Contact of the 200.
    var contact: String?
    /// Server or User-Agent of the 200.
    var product: String?
    /// What speaks for it.
    var evidence: [String]

    /// Judges the answer of a call to `target` whose provisional statuses were `ringing`; `pickup` is the time from the
    /// first ringing, or from the PBX's first word, to the answer.
    init(_ answer: AnsweredBy, target: SIPURI, ringing: [Int], pickup: Duration?) {
        self.contact = answer.contact.map { Redaction.line(Redaction.uri($0.description)) }
        self.product = answer.product.map(Redaction.line)
        var evidence: [String] = []
        let wanted = target.unescapedUser?.lowercased()
        let user = answer.contact?.unescapedUser?.lowercased()
        let spoken = [user, answer.contact?.host, answer.product, answer.assertedIdentity, answer.diversion].compactMap
        { $0 }
        let isMachine = spoken.contains { text in Self.machineWords.contains { Self.holds(text.lowercased(), $0) } }
        if let diversion = answer.diversion { evidence.append("diverted: \(Redaction.line(diversion))") }
        if answer.wasForwarded { evidence.append("another leg rang before (181, or other tags in 180 and 200)") }
        if let identity = answer.assertedIdentity { evidence.append("the PBX names \(Redaction.line(identity))") }
        let isTarget = Self.isUser(user, of: wanted)
        let isOther = user != nil && wanted != nil && !isTarget
        if isOther, let user {
            evidence.append("the Contact's user is '\(Redaction.line(user))', not '\(wanted ?? "")'")
        }
        if user == nil, wanted != nil { evidence.append("the Contact names no extension") }
        let rang = ringing.contains { $0 == 180 || $0 == 183 }
        let isFast = pickup.map { $0 < Self.fastestPerson } ?? false
        if !rang {
            evidence.append("answered without ringing, as machines do")
        } else if isFast {
            evidence.append("picked up faster than a person can")
        }
        if isMachine || (user == nil && wanted != nil && isFast) {
            self.kind = .voicemail
        } else if answer.diversion != nil || answer.wasForwarded || isOther {
            self.kind = .somebodyElse
        } else if isTarget {
            self.kind = .target
        } else {
            self.kind = .unknown
        }
        self.evidence = evidence
    }

    /// One line for a person.
    var text: String {
        let who =
            switch self.kind {
            case .target: "the extension that was called"
            case .voicemail: "voicemail or another machine"
            case .somebodyElse: "somebody else than was called"
            case .unknown: "not told by the signaling"
            }
        var text = who
        if let contact = self.contact { text += ", contact \(contact)" }
        if let product = self.product { text += ", \(product)" }
        if !self.evidence.isEmpty { text += " (\(self.evidence.joined(separator: "; ")))" }
        return text
    }

    // Longer words may be anywhere; "vm" stands alone.
    private static let machineWords = ["voicemail", "voice-mail", "voice mail", "mailbox", "anrufbeantworter", "vm"]

    /// The time from ringing to answering that no person beats.
    private static let fastestPerson = Duration.milliseconds(300)

    /// Whether a Contact's user is the extension: some phones write more after it, such as `200-0x5581`.
    private static func isUser(_ user: String?, of wanted: String?) -> Bool {
        guard let user, let wanted, user.hasPrefix(wanted) else { return false }
        guard let next = user.dropFirst(wanted.count).first else { return true }
        return !next.isLetter && !next.isNumber
    }

    private static func holds(_ text: String, _ word: String) -> Bool {
        if word.count > 2 { return text.contains(word) }
        return text.split { !$0.isLetter }.contains { $0 == word }
    }
}
