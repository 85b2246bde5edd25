/// A realm that a server named, and the header in which its challenges are answered (RFC 3261 section 22.1).
public struct DigestRealm: Hashable, Sendable {
    /// Authorization for a server's own realm (401), Proxy-Authorization for that of a proxy (407).
    public var header: HeaderName
    /// The realm, as it stands between its quotes.
    public var name: String

    /// Makes a realm.
    public init(header: HeaderName, name: String) {
        self.header = header
        self.name = name
    }
}

/// Which realms get credentials (RFC 3261 sections 22.1 to 22.3: they are those of a realm, and meant for nobody else).
///
/// Whoever is answered can try passwords against the digest in peace. A challenge says a realm and proves nothing, so that
/// what is trusted has to come from elsewhere: a setting, or the registrar.
public struct RealmTrust: Hashable, Sendable {
    /// The realms that may ask.
    public var realms: Set<String>
    /// The headers in each of which one realm may ask that is not listed, where the challenge has none there that is.
    public var strangers: Set<HeaderName>

    /// Makes a trust.
    public init(realms: Set<String>, strangers: Set<HeaderName> = []) {
        self.realms = realms
        self.strangers = strangers
    }

    /// These realms and no other.
    public static func only(_ realms: [String]) -> RealmTrust {
        RealmTrust(realms: Set(realms))
    }

    /// Whoever asks, but one realm of a header at a time.
    public static let anyone = RealmTrust(realms: [], strangers: [.authorization, .proxyAuthorization])

    /// The challenges that may be answered, in their order.
    func selection(
        of all: [(header: HeaderName, challenge: DigestChallenge)]
    ) -> [(header: HeaderName, challenge: DigestChallenge)] {
        var stranger: [HeaderName: String] = [:]
        for header in self.strangers {
            let asking = all.filter { $0.header == header }
            guard !asking.contains(where: { self.realms.contains($0.challenge.realm) }) else { continue }
            stranger[header] = (asking.first { $0.challenge.isComputable } ?? asking.first)?.challenge.realm
        }
        return all.filter { entry in
            self.realms.contains(entry.challenge.realm) || stranger[entry.header] == entry.challenge.realm
        }
    }
}
