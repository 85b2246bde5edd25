package import CallCore
package import CoreTypes
package import SIPCore

/// What the signaling of an answered call shows about who answered, sign by sign.
package struct AnswerSigns: Sendable {
    /// Whose a number is.
    package enum Owner: Sendable {
        /// That which was called.
        case target
        /// Certainly another.
        case other
        /// That cannot be said.
        case unknown
    }

    /// Whom the PBX names (P-Asserted-Identity, Remote-Party-ID).
    package let identity: Owner
    /// Whom the Contact's user names; a hint.
    package let contact: Owner
    /// Whether the PBX says that the call went elsewhere: 181, Diversion, or a reason for it.
    package let isDiverted: Bool
    /// Whether the 200 has another tag than the ringing before: another phone of the extension, or another's.
    package let hasOtherTag: Bool
    /// Whether a machine answered: it says so, or it is no phone of the extension and was faster than a person.
    package let isMachine: Bool
    /// The signs in words.
    package let words: [String]

    /// Whether the one that was called answered, as far as is told.
    package var isTarget: Bool { self.identity == .target || (self.identity == .unknown && self.contact == .target) }

    package init(_ answer: AnsweredBy, target: SIPURI, exchange: TransportAddress?, ringing: [Int], pickup: Duration?) {
        let wanted = target.unescapedUser?.lowercased()
        let user = answer.contact?.unescapedUser?.lowercased()
        let named = answer.assertedIdentity.flatMap { NameAddress($0) }
        self.contact = Self.owner(of: user, wanted)
        self.identity = Self.owner(of: named?.uri.unescapedUser?.lowercased(), wanted)
        self.isDiverted = ringing.contains(181) || answer.diversion.map(Self.tellsOfDiversion) ?? false
        self.hasOtherTag = answer.wasForwarded && !ringing.contains(181)
        let rang = ringing.contains { $0 == 180 || $0 == 183 }
        let isFast = pickup.map { $0 < Self.fastestPerson } ?? false
        let isQuick = !rang || isFast
        let says = [answer.product, answer.assertedIdentity, answer.diversion].compactMap { $0?.lowercased() }
        let saysMachine = says.contains { text in Self.machineWords.contains { text.contains($0) } }
        let contactSays =
            Self.isMachine(user) || Self.machineWords.contains { answer.contact?.host.contains($0) == true }
        let isNoPhone = user == nil && wanted != nil && isFast && Self.isElsewhere(answer.contact, target, exchange)
        self.isMachine =
            saysMachine || isNoPhone || (contactSays && (isQuick || self.isDiverted || self.hasOtherTag))

        var words: [String] = []
        if let diversion = answer.diversion {
            words.append((self.isDiverted ? "diverted: " : "the PBX adds: ") + Redaction.line(diversion))
        }
        if ringing.contains(181) { words.append("the call was forwarded (181)") }
        if self.hasOtherTag { words.append("another phone rang before (other tags in 180 and 200)") }
        if let identity = answer.assertedIdentity { words.append("the PBX names \(Redaction.line(identity))") }
        if self.contact != .target, let user, let wanted {
            words.append("a hint only: the Contact's user is '\(Redaction.line(user))', not '\(wanted)'")
        }
        if user == nil, wanted != nil { words.append("the Contact names no extension") }
        if !rang {
            words.append("answered without ringing, as machines do")
        } else if isFast {
            words.append("picked up faster than a person can")
        }
        self.words = words
    }

    private static let machineWords = ["voicemail", "voice-mail", "voice mail", "mailbox", "anrufbeantworter"]

    /// The time from ringing to answering that no person beats.
    private static let fastestPerson = Duration.milliseconds(300)

    /// Whether a Contact's user is the name of a machine; "vm" stands alone, or before or behind the extension.
    private static func isMachine(_ user: String?) -> Bool {
        guard let user else { return false }
        return Self.machineWords.contains { user.contains($0) } || user.split { !$0.isLetter }.contains { $0 == "vm" }
    }

    /// Whose a user is. Numbers are the same when one ends in the other: `+4930123456` is `030123456`, and
    /// `+493012345300` the extension 300. Of names only equality says something.
    package static func owner(of user: String?, _ wanted: String?) -> Owner {
        guard let user, let wanted, !user.isEmpty, !wanted.isEmpty else { return .unknown }
        if user == wanted { return .target }
        // Some phones write more behind it, such as `200-0x5581`.
        if user.hasPrefix(wanted), let next = user.dropFirst(wanted.count).first, !next.isLetter, !next.isNumber {
            return .target
        }
        guard let one = Self.number(user), let two = Self.number(wanted) else { return .unknown }
        return one.hasSuffix(two) || two.hasSuffix(one) ? .target : .other
    }

    /// The digits of a telephone number without what stands before it for a trunk or a country; `nil` for anything else.
    private static func number(_ text: String) -> String? {
        var digits = text.filter { !"-.() ".contains($0) }
        let isInternational = digits.hasPrefix("+")
        if isInternational { digits.removeFirst() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        let significant = digits.drop { $0 == "0" }
        return significant.isEmpty ? digits : String(significant)
    }

    /// Whether a Contact is a place of its own and not the PBX's, which is in every answer of a back-to-back PBX.
    private static func isElsewhere(_ contact: SIPURI?, _ target: SIPURI, _ exchange: TransportAddress?) -> Bool {
        guard let contact, let address = contact.address, let exchange else { return false }
        if target.address == address, target.port ?? 5_060 == contact.port ?? 5_060 { return false }
        return TransportAddress(host: address, port: contact.port ?? 5_060) != exchange
    }

    /// Whether a Diversion, History-Info or Reason says that the call went elsewhere: a Diversion by being there (RFC 5806),
    /// the others by a reason for it. A History-Info lists the way of every call (RFC 7044), a Reason may say "answered".
    package static func tellsOfDiversion(_ value: String) -> Bool {
        let text = value.lowercased()
        let isHistory = text.contains(";index=")
        let isReason = text.hasPrefix("sip") && !text.hasPrefix("sip:") || text.hasPrefix("q.850")
        guard isHistory || isReason else { return true }
        let plain = text.replacing("%3b", with: ";").replacing("%3d", with: "=")
        return plain.split(separator: ";").contains { part in
            let word = part.drop { $0 == " " }
            guard word.hasPrefix("cause=") else { return false }
            let cause = Int(word.dropFirst(6).prefix { $0.isNumber }) ?? 0
            return text.hasPrefix("q.850") ? (17...21).contains(cause) : cause >= 300
        }
    }
}
