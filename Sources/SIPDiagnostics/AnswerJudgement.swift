package import CallCore
package import CoreTypes
package import SIPCore

/// Who answered a call, as far as the signaling tells.
package struct AnswerJudgement: Encodable, Sendable, Equatable {
    /// The kinds of answerers.
    package enum Kind: String, Encodable, Sendable {
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
    package var kind: Kind
    /// The URI in the Contact of the 200.
    package var contact: String?
    /// Server or User-Agent of the 200.
    package var product: String?
    /// What speaks for it.
    package var evidence: [String]

    /// Judges the answer of a call to `target` whose provisional statuses were `ringing`; `pickup` is the time from the
    /// first ringing, or from the PBX's first word, to the answer.
    ///
    /// What the PBX says of the way that the call took (181, Diversion, History-Info, Reason) and of who it is connected to
    /// (P-Asserted-Identity) is evidence. The Contact says where the answerer is reached and not who it is (RFC 3261 section
    /// 8.1.1.8): PBXs write their own name, a number in another form, or a random word there. It is a hint.
    package init(
        _ answer: AnsweredBy,
        target: SIPURI,
        exchange: TransportAddress? = nil,
        ringing: [Int],
        pickup: Duration?
    ) {
        self.contact = answer.contact.map { Redaction.line(Redaction.uri($0.description)) }
        self.product = answer.product.map(Redaction.line)
        let signs = AnswerSigns(answer, target: target, exchange: exchange, ringing: ringing, pickup: pickup)
        self.evidence = signs.words
        if signs.isMachine {
            self.kind = .voicemail
        } else if signs.isDiverted || signs.identity == .other || (signs.hasOtherTag && !signs.isTarget) {
            self.kind = .somebodyElse
        } else {
            self.kind = signs.isTarget ? .target : .unknown
        }
    }

    /// One line for a person.
    package var text: String {
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
}
