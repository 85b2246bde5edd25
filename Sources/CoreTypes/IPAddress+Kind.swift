extension IPAddress {
    /// What an address is for: the one classification of all layers (RFC 6890, RFC 4291).
    ///
    /// An IPv6 address that maps an IPv4 one (`::ffff:192.0.2.1`) is of the kind of that one.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// The wildcard: 0.0.0.0 or ::.
        case unspecified
        /// This machine: 127.0.0.0/8 or ::1.
        case loopback
        /// One link only: 169.254.0.0/16 (RFC 3927) or fe80::/10.
        case linkLocal
        /// A private network: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or fc00::/7 (RFC 4193).
        case privateNetwork
        /// Behind a provider's NAT: 100.64.0.0/10 (RFC 6598).
        case sharedNetwork
        /// A group: 224.0.0.0/4 or ff00::/8.
        case multicast
        /// All machines of a link: 255.255.255.255.
        case broadcast
        /// No machine's: the rest of 0.0.0.0/8 (RFC 1122) and 240.0.0.0/4 (RFC 1112).
        case reserved
        /// Anything else.
        case global
    }

    /// What the address is for.
    public var kind: Kind {
        switch self {
        case .v4(let value): Self.kind(value)
        case .v6(0, 0): .unspecified
        case .v6(0, 1): .loopback
        case .v6(0, let lower) where lower >> 32 == 0xFFFF: Self.kind(UInt32(truncatingIfNeeded: lower))
        case .v6(let upper, _) where upper >> 56 == 0xFF: .multicast
        case .v6(let upper, _) where upper >> 54 == 0xFE80 >> 6: .linkLocal
        case .v6(let upper, _) where upper >> 57 == 0xFC >> 1: .privateNetwork
        case .v6: .global
        }
    }

    private static func kind(_ value: UInt32) -> Kind {
        switch value {
        case 0: .unspecified
        case .max: .broadcast
        case _ where value >> 24 == 0: .reserved
        case _ where value >> 24 == 127: .loopback
        case _ where value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8: .privateNetwork
        case _ where value >> 22 == 0x6440 >> 6: .sharedNetwork
        case _ where value >> 16 == 0xA9FE: .linkLocal
        case _ where value >> 28 == 0xE: .multicast
        case _ where value >> 28 == 0xF: .reserved
        case _: .global
        }
    }

    /// Whether this is the loopback network (127.0.0.0/8 or ::1).
    public var isLoopback: Bool { self.kind == .loopback }

    /// Whether this is the wildcard address (0.0.0.0 or ::), which never belongs in a message.
    public var isUnspecified: Bool { self.kind == .unspecified }

    /// Whether the address has a meaning in some private network only, so that a NAT stands between there and elsewhere.
    public var isPrivate: Bool {
        switch self.kind {
        case .linkLocal, .privateNetwork, .sharedNetwork: true
        case .unspecified, .loopback, .multicast, .broadcast, .reserved, .global: false
        }
    }

    /// Whether the address stands for many machines: a multicast group, or the broadcast.
    public var isGroup: Bool {
        switch self.kind {
        case .multicast, .broadcast: true
        case .unspecified, .loopback, .linkLocal, .privateNetwork, .sharedNetwork, .reserved, .global: false
        }
    }
}
