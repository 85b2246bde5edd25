package import CallCore
package import CoreTypes
package import SIPCore

/// Who answered a call, as far as the signaling tells, and how sure that is.
package struct AnswerJudgement: Encodable, Sendable, Equatable {
    /// The kinds of answerers.
    package enum Kind: String, Encodable, Sendable, CaseIterable {
        /// Whoever was called, as far as is known.
        case target
        /// A voicemail.
        case voicemail
        /// Another extension or device.
        case somebodyElse
        /// The signaling does not tell: the PBX puts itself in between.
        case unknown
    }

    /// How sure a statement is.
    package enum Certainty: String, Encodable, Sendable, CaseIterable {
        /// The PBX says so.
        case certain
        /// Two signs agree, or one that is seldom wrong.
        case likely
        /// A hint.
        case possible
    }

    /// Who it is.
    package var kind: Kind
    /// How sure that is.
    package var certainty: Certainty
    /// The URI in the Contact of the 200.
    package var contact: String?
    /// Server or User-Agent of the 200.
    package var product: String?
    /// What speaks for it: what the PBX says.
    package var evidence: [String]
    /// What may mean something, and may not.
    package var hints: [String]

    /// Judges the answer of a call from `caller` to `target` whose provisional statuses were `ringing`; `pickup` is the time
    /// from the first ringing, or from the PBX's first word, to the answer.
    ///
    /// Only what the PBX says, or two hints that agree, makes it somebody else or a machine; see ``AnswerSigns``.
    package init(
        _ answer: AnsweredBy,
        target: SIPURI,
        caller: SIPURI? = nil,
        pbx: TransportAddress? = nil,
        ringing: [Int],
        pickup: Duration?
    ) {
        self.contact = answer.contact.map { Redaction.line(Redaction.uri($0.description)) }
        self.product = answer.product.map(Redaction.line)
        let signs = AnswerSigns(
            answer,
            target: target,
            caller: caller,
            pbx: pbx,
            ringing: ringing,
            pickup: pickup
        )
        self.evidence = signs.words
        self.hints = signs.hints
        if signs.saysMachine {
            (self.kind, self.certainty) = (.voicemail, .certain)
        } else if signs.contactSaysMachine, signs.isQuick || signs.isDiverted || signs.hasOtherTag {
            (self.kind, self.certainty) = (.voicemail, .likely)
        } else if signs.isDiverted {
            (self.kind, self.certainty) = (.somebodyElse, .certain)
        } else if signs.identity == .other {
            (self.kind, self.certainty) = (.somebodyElse, .likely)
        } else if signs.hasOtherTag, signs.identity == .unknown, signs.contact == .other {
            (self.kind, self.certainty) = (.somebodyElse, .likely)
        } else if signs.isTarget {
            (self.kind, self.certainty) = (.target, signs.identity == .target ? .certain : .likely)
        } else {
            (self.kind, self.certainty) = (.unknown, .possible)
        }
    }

    /// Whether somebody else than was called answered, or a machine.
    package var isOther: Bool { self.kind == .voicemail || self.kind == .somebodyElse }

    /// One line for a person.
    package var text: String {
        let who =
            switch (self.kind, self.certainty) {
            case (.target, _): "the extension that was called"
            case (.voicemail, .certain): "voicemail or another machine, says the PBX"
            case (.voicemail, _): "probably voicemail or another machine"
            case (.somebodyElse, .certain): "somebody else than was called: the call went elsewhere, says the PBX"
            case (.somebodyElse, _): "probably somebody else than was called"
            case (.unknown, _): "not told by the signaling"
            }
        var text = who
        if let contact = self.contact { text += ", contact \(contact)" }
        if let product = self.product { text += ", \(product)" }
        let signs = self.evidence + self.hints.map { "a hint only: \($0)" }
        if !signs.isEmpty { text += " (\(signs.joined(separator: "; ")))" }
        return text
    }

    /// What is worth a note where the answer counts as that of whom was called: a machine may have answered.
    package var remark: String? {
        guard !self.isOther, let hint = self.hints.last, hint.hasPrefix("answered") else { return nil }
        return "whether a person answered is not told: \(hint)"
    }
}
