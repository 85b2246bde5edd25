import CoreTypes
import SIPCore

// How an identity is read from the headers of a message.
extension PartyIdentity {
    /// Who sent a request: for the first INVITE of a call.
    init(caller request: SIPMessage, isTrustedPeer: Bool, home: HomeDomains) {
        self =
            (isTrustedPeer ? Self.named(by: request, home: home) : nil)
            ?? Self.from(request, isTrustedPeer: isTrustedPeer, home: home)
    }

    /// Whom a request within the call names, where it says something new: an asserted identity, a Remote-Party-ID, or a
    /// From that is not the one of before (RFC 4916). `nil` where it says nothing of it.
    init?(changedBy request: SIPMessage, before: SIPURI, isTrustedPeer: Bool, home: HomeDomains) {
        if isTrustedPeer, let named = Self.named(by: request, home: home) {
            self = named
        } else if !Self.isSameUser(request.from.uri, before) {
            self = Self.from(request, isTrustedPeer: isTrustedPeer, home: home)
        } else {
            return nil
        }
    }

    /// Whom a response to our INVITE says that we reached, where a header says so; To is only what we wrote ourselves.
    init?(connected response: SIPMessage, home: HomeDomains) {
        guard let named = Self.named(by: response, home: home) else { return nil }
        self = named
    }

    /// P-Asserted-Identity, else Remote-Party-ID; `nil` when there is neither, or none that counts.
    private static func named(by message: SIPMessage, home: HomeDomains) -> PartyIdentity? {
        let hidden = message.privacy.map { $0.hidesIdentity || $0.contains("user") || $0.contains("full") } ?? false
        if message.contains(.pAssertedIdentity) {
            return Self.asserted(
                message.assertedIdentities,
                isWhole: message.assertedIdentities.count == message.values(.pAssertedIdentity).count,
                isPrivate: hidden,
                home: home
            )
        }
        let wanted = message.isRequest ? "calling" : "called"
        let parties = message.remotePartyIDs.filter { equalIgnoringCase($0.party ?? wanted, wanted) }
        guard let party = parties.first else { return nil }
        let number = Self.number(of: party.uri, home: home)
        let isPrivate = hidden || ["full", "uri"].contains(lowercased(party.privacy ?? ""))
        // Unscreened it is what a phone wrote of itself: it may confirm From, and take away what From would give.
        var isVouched = number != nil && parties.count == 1
        if !party.isScreened, message.isRequest {
            isVouched = isVouched && number == Self.number(of: message.from.uri, home: home)
        }
        return PartyIdentity(
            number: number ?? party.uri.unescapedUser,
            displayName: party.address.displayName,
            source: .remoteParty,
            isVouched: isVouched,
            isPrivate: isPrivate
        )
    }

    /// RFC 3325 section 9.1: one value, or one of `sip` or `sips` and one of `tel`; anything else names nobody.
    private static func asserted(
        _ values: [NameAddress],
        isWhole: Bool,
        isPrivate: Bool,
        home: HomeDomains
    ) -> PartyIdentity {
        let numbers = values.filter { $0.uri.scheme == .tel }
        let users = values.filter { $0.uri.scheme == .sip || $0.uri.scheme == .sips }
        // The user of the PBX before its number in the world: both are the same party.
        let best = users.first ?? numbers.first ?? values.first
        let isClear = isWhole && numbers.count <= 1 && users.count <= 1 && numbers.count + users.count == values.count
        let number = best.flatMap { Self.number(of: $0.uri, home: home) }
        let areAllKnown = values.allSatisfy { Self.number(of: $0.uri, home: home) != nil }
        return PartyIdentity(
            number: number ?? best?.uri.unescapedUser,
            displayName: best?.displayName,
            source: .asserted,
            isVouched: isClear && areAllKnown && number != nil,
            isPrivate: isPrivate
        )
    }

    private static func from(_ request: SIPMessage, isTrustedPeer: Bool, home: HomeDomains) -> PartyIdentity {
        let from = request.from
        // Anybody may write a telephone number into From: it has no host that could vouch for it.
        let number = from.uri.scheme == .tel ? nil : Self.number(of: from.uri, home: home)
        let isHidden = request.privacy.map { $0.hidesIdentity || $0.contains("user") } ?? false
        let isAnonymous = equalIgnoringCase(from.uri.unescapedUser ?? "anonymous", "anonymous")
        return PartyIdentity(
            number: number ?? (isAnonymous ? nil : from.uri.unescapedUser),
            displayName: from.displayName,
            source: .from,
            isVouched: isTrustedPeer && number != nil && !isAnonymous,
            isPrivate: isHidden || isAnonymous
        )
    }

    /// The party that we call: whom we asked for is at the other end until the PBX says otherwise.
    init(called target: SIPURI) {
        self.init(number: target.unescapedUser, source: .called, isVouched: true)
    }

    private static func isSameUser(_ one: SIPURI, _ other: SIPURI) -> Bool {
        one.scheme == other.scheme && one.unescapedUser == other.unescapedUser
            && equalIgnoringCase(one.host, other.host)
    }

    /// The extension or number that a URI names for certain; `nil` for a foreign host and for what could be read in two
    /// ways.
    static func number(of uri: SIPURI, home: HomeDomains) -> String? {
        guard uri.password == nil, uri.headers == nil, let user = uri.unescapedUser, !user.isEmpty else { return nil }
        switch uri.scheme {
        case .sip, .sips:
            guard home.contains(uri.host), !uri.parameters.contains("maddr") else { return nil }
            let isTelephone = uri.parameters["user"].map { equalIgnoringCase($0, "phone") } ?? false
            return Self.plain(user, isTelephone: isTelephone, context: nil, home: home)
        case .tel:
            let context = uri.parameters["phone-context"]
            // A local number says nothing without the network that it belongs to (RFC 3966 section 5.1.5).
            guard user.hasPrefix("+") || context != nil else { return nil }
            return Self.plain(user, isTelephone: true, context: context, home: home)
        case .other: return nil
        }
    }

    /// A user part as it is compared: the parameters that it may carry are judged, visual separators of a telephone
    /// number dropped.
    private static func plain(_ user: String, isTelephone: Bool, context: String?, home: HomeDomains) -> String? {
        let parts = user.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return nil }
        var context = context
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            let name = pair.first.map { lowercased($0) } ?? ""
            let value = pair.count > 1 ? lowercased(pair[1]) : ""
            switch name {
            // Calling party's category and the like: they tell of the line, and name the same one.
            case "cpc", "oli": continue
            case "verstat": if value.contains("failed") { return nil }
            case "phone-context": context = value
            default: return nil
            }
        }
        let isGlobal = first.hasPrefix("+")
        if let context, !isGlobal, !home.contains(context) { return nil }
        guard isGlobal || isTelephone else { return String(first) }
        let digits = first.filter { !"-.()".contains($0) }
        let isNumber = digits.dropFirst(isGlobal ? 1 : 0).utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "#")
        }
        // `user=phone` behind a name is a habit of some phones.
        guard isNumber, !digits.isEmpty, digits != "+" else { return isGlobal ? nil : String(first) }
        return digits
    }

    /// How a party that the PBX names stands to the one that was called.
    enum Relation {
        case same, other
        /// A name, nobody, or ourselves: PBXs put many things there.
        case unclear
    }

    /// Whether this is certainly another telephone or extension than the one that was called, or certainly the same.
    /// Numbers are written in many ways: with the code of the country, with that of the PBX, or without.
    func relation(to called: String, ourselves: String?) -> Relation {
        guard let number = self.number, let one = Self.significant(number), let two = Self.significant(called) else {
            return .unclear
        }
        if let ourselves = ourselves.flatMap(Self.significant), one == ourselves, one != two { return .unclear }
        return one.hasSuffix(two) || two.hasSuffix(one) ? .same : .other
    }

    /// The digits without prefixes for going out; `nil` for a name.
    private static func significant(_ number: String) -> Substring? {
        let digits = number.filter { !"-.()+".contains($0) }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let rest = digits.drop { $0 == "0" }
        return rest.isEmpty ? nil : Substring(String(rest))
    }
}
