public import CoreTypes

/// A network address translator in virtual time: private addresses behind one public address (RFC 4787).
///
/// It holds no datagrams: ``send(from:to:now:)`` says how one that leaves looks outside, ``receive(from:to:now:)``
/// where one that comes goes.
public struct SimulatedNAT: Sendable {
    /// Which public port a private one gets, and who may send to it, in the words of RFC 3489.
    public enum Kind: String, Sendable, CaseIterable {
        /// One port for all destinations, open for everyone.
        case fullCone
        /// One port for all destinations, open for the addresses that were sent to.
        case addressRestricted
        /// One port for all destinations, open for the addresses and ports that were sent to.
        case portRestricted
        /// A port for each destination, open for that one alone.
        case symmetric
    }

    private struct Mapping: Sendable {
        var inside: TransportAddress
        /// The destination that a symmetric mapping is for.
        var remote: TransportAddress?
        var usedAt: Instant
        var sentTo: Set<TransportAddress>
    }
    private struct Key: Hashable, Sendable {
        var inside: TransportAddress
        var remote: TransportAddress?
    }

    /// Its address outside.
    public let address: IPAddress
    /// Which ports it gives, and to whom they are open.
    public let kind: Kind
    /// How long a mapping lives after the last datagram that left through it.
    public let timeout: Duration
    /// Whether hosts behind it reach each other by its public address.
    public let hairpins: Bool
    private var ports: [Key: UInt16] = [:]
    private var mappings: [UInt16: Mapping] = [:]
    private var nextPort: UInt16

    /// Makes a translator without any mapping.
    public init(
        at address: IPAddress,
        kind: Kind,
        timeout: Duration = .seconds(60),
        hairpins: Bool = false,
        firstPort: UInt16 = 40_000
    ) {
        self.address = address
        self.kind = kind
        self.timeout = timeout
        self.hairpins = hairpins
        self.nextPort = firstPort
    }

    /// The mappings that have not run out.
    public func mappings(now: Instant) -> Int {
        self.mappings.values.count { self.isAlive($0, now) }
    }

    /// Translates a datagram that leaves; gives the source that is seen outside.
    ///
    /// `nil` when it goes to the translator's own address, which does not hairpin.
    public mutating func send(
        from inside: TransportAddress,
        to remote: TransportAddress,
        now: Instant
    ) -> TransportAddress? {
        guard remote.host != self.address || self.hairpins else { return nil }
        let key = Key(inside: inside, remote: self.kind == .symmetric ? remote : nil)
        if let port = self.ports[key], let mapping = self.mappings[port], self.isAlive(mapping, now) {
            self.mappings[port]?.usedAt = now
            self.mappings[port]?.sentTo.insert(remote)
            return TransportAddress(host: self.address, port: port)
        }
        if let old = self.ports[key] { self.mappings[old] = nil }
        let port = self.takePort()
        self.ports[key] = port
        self.mappings[port] = Mapping(inside: inside, remote: key.remote, usedAt: now, sentTo: [remote])
        return TransportAddress(host: self.address, port: port)
    }

    /// Translates a datagram that comes to the port; gives the host behind, or `nil` when it is not let through.
    public func receive(from remote: TransportAddress, to port: UInt16, now: Instant) -> TransportAddress? {
        guard let mapping = self.mappings[port], self.isAlive(mapping, now) else { return nil }
        let isOpen =
            switch self.kind {
            case .fullCone: true
            case .addressRestricted: mapping.sentTo.contains { $0.host == remote.host }
            case .portRestricted, .symmetric: mapping.sentTo.contains(remote)
            }
        return isOpen ? mapping.inside : nil
    }

    /// Forgets all mappings, as a router does that starts anew: what leaves next gets another port.
    public mutating func rebind() {
        self.ports = [:]
        self.mappings = [:]
    }

    private func isAlive(_ mapping: Mapping, _ now: Instant) -> Bool {
        now <= mapping.usedAt + self.timeout
    }

    private mutating func takePort() -> UInt16 {
        // Ports are used again only after all others, so that nobody gets what was meant for another.
        repeat {
            self.nextPort = self.nextPort == .max ? 1_024 : self.nextPort + 1
        } while self.mappings[self.nextPort] != nil
        return self.nextPort
    }
}
