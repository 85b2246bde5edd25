public import CoreTypes
import SIPCore

/// Who is at the other end of a call, as far as the PBX vouches for it.
///
/// The asserted identity of a trusted peer counts before From (RFC 3325 section 9.1), then a screened Remote-Party-ID,
/// then From. A number is vouched for only where the host beside it is one of the PBX's: whoever writes
/// `sip:100@elsewhere.example` is not extension 100. What contradicts itself names nobody.
public struct PartyIdentity: Sendable, Hashable {
    /// What named the party.
    public enum Source: Sendable, Hashable {
        /// P-Asserted-Identity of a trusted peer (RFC 3325).
        case asserted
        /// Remote-Party-ID of a trusted peer.
        case remoteParty
        /// From: of a request that names nobody better.
        case from
        /// The target that we called, or To.
        case called
    }

    /// The extension or number without escapes, a telephone number without visual separators; `nil` for nobody.
    public var number: String?
    /// The name that came beside it, as it came: to be cleaned before it is shown.
    public var displayName: String?
    /// What named the party.
    public var source: Source
    /// Whether the PBX vouches for ``number``. Only then may it open anything.
    public var isVouched: Bool
    /// Whether the party wants to stay unnamed (RFC 3323): neither name nor number may be shown.
    public var isPrivate: Bool

    /// Makes an identity from its parts.
    public init(
        number: String?,
        displayName: String? = nil,
        source: Source,
        isVouched: Bool,
        isPrivate: Bool = false
    ) {
        self.number = number
        self.displayName = displayName
        self.source = source
        self.isVouched = isVouched && number != nil
        self.isPrivate = isPrivate
    }

    /// Whether both are the same party, whatever named it and however it writes its name.
    public func isSameParty(as other: PartyIdentity) -> Bool {
        self.isVouched == other.isVouched && self.number.map { Array($0.utf8) } == other.number.map { Array($0.utf8) }
    }
}

/// The hosts whose users a PBX knows: its name and addresses, ours, and those that are configured.
public struct HomeDomains: Sendable, Hashable {
    private var names: Set<String> = []
    private var addresses: Set<IPAddress> = []

    /// Makes a set of no hosts.
    public init() {}

    /// Adds a name or an address.
    public mutating func insert(_ host: String) {
        if let address = IPAddress(host) {
            self.insert(address)
        } else if let name = Self.plain(host) {
            self.names.insert(name)
        }
    }

    /// Adds an address.
    public mutating func insert(_ address: IPAddress) {
        if !address.isUnspecified { self.addresses.insert(address) }
    }

    /// Whether a host of a URI is one of them; names without regard to case and a last dot.
    public func contains(_ host: String) -> Bool {
        if let address = IPAddress(host) { return self.addresses.contains(address) }
        return Self.plain(host).map(self.names.contains) ?? false
    }

    private static func plain(_ host: String) -> String? {
        var name = lowercased(host)
        if name.hasSuffix(".") { name.removeLast() }
        return name.isEmpty ? nil : name
    }
}
