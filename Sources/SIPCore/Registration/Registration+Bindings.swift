import CoreTypes

// What the 2xx to a REGISTER says of our binding (RFC 3261 section 10.2.4).

extension Registration {
    /// Whether a contact that the registrar lists is ours and not another device's.
    ///
    /// Registrars rewrite what they list: to the address that they saw, beside a parameter with the one that was written.
    public func isOwn(_ contact: NameAddress) -> Bool {
        let own = self.configuration.contact
        if let instance = own.parameters["+sip.instance"], let theirs = contact.parameters["+sip.instance"] {
            return instance == theirs
        }
        if contact.uri.isEquivalent(to: own.uri) { return true }
        let places = Registration.places(of: contact)
        if places.contains(where: { $0.isSame(as: SourceHint(own.uri)) }) { return true }
        guard let seenAs = self.seenAs, seenAs.isWhole else { return false }
        return places.contains { $0.isSame(as: seenAs) }
    }

    /// How long our contact is bound, at most what we asked for; zero when it is not.
    ///
    /// A contact that can be recognized as ours says it. Where none can, ours is one of those that are listed, and the shortest of
    /// them is safe. A binding that lives elsewhere outweighs an old line of ours that the registrar lists as removed.
    func granted(_ response: SIPMessage) -> Duration {
        let common = response.expires ?? self.requestedExpires
        let listed = response.contacts.map { (isOwn: self.isOwn($0), seconds: Registration.expiry(of: $0) ?? common) }
        let own = listed.filter { $0.isOwn && $0.seconds > 0 }
        let live = own.isEmpty ? listed.filter { $0.seconds > 0 } : own
        let seconds = listed.isEmpty ? common : live.map(\.seconds).min() ?? 0
        return .seconds(Int64(min(seconds, self.requestedExpires)))
    }

    /// The contacts that a 2xx lists, without those that it lists as removed.
    func liveContacts(of response: SIPMessage) -> [NameAddress] {
        response.contacts.filter { Registration.expiry(of: $0) != 0 }
    }

    /// How long before its expiry a binding is refreshed: 5 s of 60, at most a minute, never more than half.
    static func lead(_ granted: Duration) -> Duration {
        min(max(granted / 12, .seconds(5)), .seconds(60), granted / 2)
    }

    /// A contact's expiry in seconds; some registrars put it in quotes, or inside of the angle brackets.
    static func expiry(of contact: NameAddress) -> UInt32? {
        if let seconds = contact.expires { return seconds }
        guard let text = contact.parameters["expires"] ?? contact.uri.parameters["expires"] else { return nil }
        let digits = text.filter { $0 != "\"" && $0 != " " }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return UInt32(digits) ?? .max
    }

    /// The places that a listed contact names: its own, and those that the parameters of known registrars keep.
    private static func places(of contact: NameAddress) -> [SourceHint] {
        var places = [SourceHint(contact.uri)]
        // Kamailio and OpenSIPS: the URI of where the REGISTER came from.
        if let received = contact.parameters["received"],
            let uri = SIPURI(received.filter { $0 != "\"" })
        {
            places.append(SourceHint(uri))
        }
        // Asterisk with rewrite_contact: host and port as they were written.
        if let original = contact.uri.parameters["x-ast-orig-host"], let uri = SIPURI("sip:\(original)") {
            places.append(SourceHint(uri))
        }
        // Kamailio's alias: address, port and transport, with tildes between.
        if let alias = contact.uri.parameters["alias"] {
            let parts = alias.split(separator: "~")
            if parts.count >= 2, let port = UInt16(parts[1]) {
                places.append(SourceHint(host: String(parts[0]), port: port))
            }
        }
        return places
    }
}

/// A host and a port that may be ours.
struct SourceHint: Sendable {
    let host: String
    /// `nil` when it is not known.
    let port: UInt16?

    init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// The place that a URI names.
    init(_ uri: SIPURI) {
        self.init(host: uri.host, port: uri.port ?? 5_060)
    }

    /// Where a response says that its request came from (RFC 3581); `nil` when it does not say it.
    init?(_ response: SIPMessage) {
        let via = response.topVia
        var port: UInt16?
        if case .value(let seen) = via.rport { port = seen }
        guard via.received != nil || port != nil else { return nil }
        self.init(host: via.received?.hostText ?? via.host, port: port)
    }

    /// Whether port and host are both known.
    var isWhole: Bool { self.port != nil }

    /// Whether both mean the same place.
    func isSame(as other: SourceHint) -> Bool {
        guard self.port == other.port else { return false }
        if equalIgnoringCase(self.host, other.host) { return true }
        guard let one = IPAddress(self.host), let two = IPAddress(other.host) else { return false }
        return one == two
    }
}
