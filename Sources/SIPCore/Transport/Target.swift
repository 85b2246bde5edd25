public import CoreTypes

/// One place that a request can be sent to: a transport and an address (RFC 3263 section 4).
public struct Target: Hashable, Sendable {
    /// The transport protocol.
    public var transport: TransportProtocol
    /// The address.
    public var address: TransportAddress

    /// Makes a target from its parts.
    public init(_ address: TransportAddress, transport: TransportProtocol = .udp) {
        self.transport = transport
        self.address = address
    }
}

/// The places that a request can be sent to, in the order in which they are tried (RFC 3263 section 4.3).
public struct TargetList: Hashable, Sendable {
    private var targets: [Target]
    private var position = 0

    /// How many targets of a name are tried at most: who answers a look-up chooses how many there are.
    public static let limit = 8

    /// Makes a list; what comes twice and what is beyond the limit is left out.
    public init(_ targets: [Target]) {
        var kept: [Target] = []
        for target in targets where kept.count < Self.limit && !kept.contains(target) { kept.append(target) }
        self.targets = kept
    }

    /// The target whose turn it is; `nil` when there is none, or none any more.
    public var current: Target? { self.position < self.targets.count ? self.targets[self.position] : nil }

    /// Whether there is another one behind the present one.
    public var hasNext: Bool { self.position + 1 < self.targets.count }

    /// Goes on to the next target.
    public mutating func advance() -> Target? {
        if self.position < self.targets.count { self.position += 1 }
        return self.current
    }
}

/// What an engine wants to know of a name: its addresses. The shell asks the name service, a simulation looks into a table.
public struct TargetQuestion: Hashable, Sendable {
    /// The name, in lower case and without the dot at its end.
    public let name: String

    /// Makes a question; `nil` for what is no name to ask for: an address, a name that only this host knows or that nobody
    /// has (RFC 6761), or one that is too long (RFC 1035 section 2.3.4).
    public init?(_ host: String) {
        var name = lowercased(host)
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty, name.utf8.count <= 253, IPAddress(name) == nil else { return nil }
        let isHostName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isHostName else { return nil }
        for reserved in ["localhost", "invalid"] where name == reserved || name.hasSuffix("." + reserved) {
            return nil
        }
        self.name = name
    }
}

/// Where the next hop of a request is (RFC 3261 sections 8.1.2 and 12.2.1.1).
public enum NextHop: Hashable, Sendable {
    /// At an address that the URI names.
    case target(Target)
    /// At the addresses of a name, which must be asked for.
    case name(TargetQuestion, port: UInt16)
    /// Behind our outbound proxy: the URI names that proxy, or a host that no one but the proxy can reach.
    case proxy(port: UInt16?)

    /// Reads where a request to `uri` goes, for somebody whose outbound proxy is at `proxy` and has the names `proxyNames`.
    ///
    /// What is no address of one machine cannot be sent to, whatever a Contact says. A phone behind a session border
    /// controller shows its loopback address; only the controller can reach that.
    public init(_ uri: SIPURI, proxy: TransportAddress, proxyNames: [String] = []) {
        if let host = uri.address {
            let isReachable = Self.isReachable(host, from: proxy.host) && uri.port != 0
            self =
                isReachable
                ? .target(Target(TransportAddress(host: host, port: uri.port ?? 5_060))) : .proxy(port: nil)
        } else if proxyNames.contains(where: { equalIgnoringCase($0, uri.host) }) {
            self = .proxy(port: uri.port == 0 ? nil : uri.port)
        } else if uri.port != 0, let question = TargetQuestion(uri.host) {
            self = .name(question, port: uri.port ?? 5_060)
        } else {
            self = .proxy(port: nil)
        }
    }

    /// Whether requests may be sent to a host that a message names: one machine, and the loopback only for a proxy on it.
    public static func isReachable(_ host: IPAddress, from proxy: IPAddress) -> Bool {
        !host.isUnspecified && !host.isGroup && (!host.isLoopback || proxy.isLoopback)
    }
}
