package import CallCore
package import CoreTypes
package import SIPCore

/// What the signaling of an answered call shows about who answered, sign by sign.
///
/// What the PBX says is evidence: whom it names (P-Asserted-Identity, Remote-Party-ID), and that the call went elsewhere
/// (181, ``CallDetour``). All else is a hint: the Contact says where the answerer is reached and not who it is (RFC 3261
/// section 8.1.1.8), a machine, a bot, an intercom and a person with a headset may all answer at once, and a 200 with
/// another tag than the 180 is another phone, perhaps of the same extension (section 13.2.2.4).
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

    /// Whom the PBX names.
    package let identity: Owner
    /// Whom the Contact's user names; a hint.
    package let contact: Owner
    /// Whether the PBX says that the call went elsewhere.
    package let isDiverted: Bool
    /// Whether the 200 has another tag than the ringing before; a hint.
    package let hasOtherTag: Bool
    /// Whether no phone rang, or the answer came faster than a person's; a hint.
    package let isQuick: Bool
    /// Whether the PBX says that a machine answered.
    package let saysMachine: Bool
    /// Whether the Contact is named as a machine is; a hint.
    package let contactSaysMachine: Bool
    /// What the PBX says, in words.
    package let words: [String]
    /// What may be, and may be not, in words.
    package let hints: [String]

    /// Reads the signs of an answer to a call from `caller` to `target` by way of `PBX`; `ringing` are the provisional
    /// statuses, `pickup` is the time from the first ringing to the answer.
    package init(
        _ answer: AnsweredBy,
        target: SIPURI,
        caller: SIPURI? = nil,
        pbx: TransportAddress? = nil,
        ringing: [Int],
        pickup: Duration?
    ) {
        let wanted = target.unescapedUser
        let user = answer.contact?.unescapedUser
        let detour = CallDetour(answer, target: target)
        // Some PBXs give the caller its own name back: that says nothing of who answered.
        let identities = answer.identities.filter { text in
            guard let caller = caller?.unescapedUser, caller != wanted else { return true }
            return NameAddress(text)?.uri.unescapedUser != caller
        }
        let owners = identities.map { Self.owner(of: NameAddress($0)?.uri.unescapedUser, wanted) }
        self.identity = owners.contains(.target) ? .target : owners.contains(.other) ? .other : .unknown
        self.contact = Self.owner(of: user, wanted)
        self.isDiverted = ringing.contains(181) || detour.isReported
        self.hasOtherTag = answer.wasForwarded && !ringing.contains(181)
        let rang = ringing.contains { $0 == 180 || $0 == 183 }
        let isFast = rang && pickup.map { $0 < Self.fastestPerson } ?? false
        self.isQuick = !rang || isFast
        // Who calls a mailbox or a service of the PBX gets a machine as wanted.
        let wantsMachine = wanted.map { MachineName.isService($0) } ?? false
        let places = identities + detour.places
        self.saysMachine =
            !wantsMachine
            && (places.contains { MachineName.isAddress($0) } || answer.product.map(MachineName.isText) ?? false)
        self.contactSaysMachine =
            !wantsMachine
            && (user.map { MachineName.isUser($0) } ?? false
                || answer.contact.map { MachineName.isHost($0.host) } ?? false)
        self.words =
            detour.reported + detour.unrelated + (ringing.contains(181) ? ["the call was forwarded (181)"] : [])
            + identities.map { "the PBX names \(Redaction.line($0))" }
        var hints: [String] = []
        if self.hasOtherTag {
            hints.append("another phone rang before (other tags in 180 and 200), perhaps of the same extension")
        }
        if self.contact != .target, let user, let wanted {
            hints.append(
                "the Contact's user is '\(Redaction.line(user))', not '\(Redaction.line(wanted))', but it says where and not who"
            )
        } else if user == nil, wanted != nil, let contact = answer.contact {
            hints.append(
                Self.isOf(contact, pbx) ? "the Contact is the PBX itself" : "the Contact names no extension"
            )
        }
        if !rang {
            hints.append("answered without ringing, as machines do, and phones that answer by themselves")
        } else if isFast {
            hints.append("answered faster than a person picks up: perhaps a machine")
        }
        self.hints = hints
    }

    /// Whether the one that was called answered, as far as is known.
    package var isTarget: Bool { self.identity == .target || (self.identity == .unknown && self.contact == .target) }

    /// The time from ringing to answering that no person beats.
    private static let fastestPerson = Duration.milliseconds(300)

    // MARK: Numbers

    /// Whose a user is. Of names only equality says something. Full numbers are the same when they end in the same nine
    /// digits: `+4930123456`, `030123456` and `0004930123456`. An extension is the end of its full number, but one that is
    /// not may have a full number of its own; only two extensions, or two full numbers, are certainly different.
    package static func owner(of user: String?, _ wanted: String?) -> Owner {
        guard let user = user?.lowercased(), let wanted = wanted?.lowercased(), !user.isEmpty, !wanted.isEmpty else {
            return .unknown
        }
        if user == wanted { return .target }
        // Some phones write more behind it, such as `200-0x5581`.
        if user.hasPrefix(wanted), let next = user.dropFirst(wanted.count).first, !next.isLetter, !next.isNumber {
            return .target
        }
        guard let one = Self.number(user), let two = Self.number(wanted) else { return .unknown }
        if one == two { return .target }
        let shortest = min(one.count, two.count)
        switch (one.count >= Self.fullLength, two.count >= Self.fullLength) {
        case (true, true): return one.suffix(min(9, shortest)) == two.suffix(min(9, shortest)) ? .target : .other
        case (false, false): return one.count == two.count ? .other : .unknown
        case (true, false), (false, true):
            return shortest > 1 && (one.hasSuffix(two) || two.hasSuffix(one)) ? .target : .unknown
        }
    }

    /// A number with as many digits is no extension.
    private static let fullLength = 7

    /// The digits of a telephone number without what stands before it for a trunk, a country or a service; `nil` for
    /// anything else.
    private static func number(_ text: String) -> String? {
        let plain = text.prefix { $0 != ";" }.filter { !"-.() ".contains($0) }
        let digits = plain.drop { $0 == "+" || $0 == "*" || $0 == "#" }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        let significant = digits.drop { $0 == "0" }
        return significant.isEmpty ? String(digits) : String(significant)
    }

    /// Whether a Contact is the PBX, which stands in every answer of a back-to-back PBX.
    private static func isOf(_ contact: SIPURI, _ pbx: TransportAddress?) -> Bool {
        guard let pbx, let address = contact.address else { return false }
        return address == pbx.host
    }
}
