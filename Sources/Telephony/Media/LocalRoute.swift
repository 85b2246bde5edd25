public import CoreTypes
import Glibc

/// Which of our addresses the system would use to reach a peer.
public enum LocalRoute {
    /// The source address of the route to `destination`; no packet is sent.
    ///
    /// This is what belongs in Via, Contact and SDP: never the wildcard, and the loopback only for a peer on this host.
    /// - Throws: ``SocketError`` when there is no route.
    public static func sourceAddress(to destination: TransportAddress) throws(SocketError) -> IPAddress {
        let family = destination.host.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(operation: "socket", code: errno) }
        defer { close(descriptor) }
        let target = RawSocketAddress(TransportAddress(host: destination.host, port: max(destination.port, 1)))
        // Connecting a datagram socket only asks the routing table.
        guard target.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
            throw SocketError(operation: "find a route to \(destination.host)", code: errno)
        }
        var source = RawSocketAddress()
        let named = source.withMutablePointer { getsockname(descriptor, $0, $1) }
        guard named == 0, let address = source.transportAddress else {
            throw SocketError(operation: "find a route to \(destination.host)", code: errno)
        }
        return address.host
    }

    /// Resolves a host name or literal to an address, IPv4 first; blocks, so call it off the event loops.
    ///
    /// - Throws: ``NameNotFound``.
    public static func resolve(_ host: String) throws(NameNotFound) -> IPAddress {
        guard let best = try self.addresses(of: host).first else {
            throw NameNotFound(host: host, reason: "no address")
        }
        return best
    }

    /// All addresses of a host name or literal, IPv4 first, otherwise in the order of the resolver (RFC 6724); blocks, so call it
    /// off the event loops.
    ///
    /// - Throws: ``NameNotFound``.
    public static func addresses(of host: String) throws(NameNotFound) -> [IPAddress] {
        if let literal = IPAddress(host) { return [literal] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var results: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &results)
        guard status == 0 else { throw NameNotFound(host: host, reason: String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(results) }
        var found: [IPAddress] = []
        var next = results
        while let entry = next {
            if let raw = entry.pointee.ai_addr {
                let address = RawSocketAddress(
                    copying: UnsafeRawBufferPointer(start: raw, count: Int(entry.pointee.ai_addrlen))
                )
                if let address = address.transportAddress { found.append(address.host) }
            }
            next = entry.pointee.ai_next
        }
        return found.filter { !$0.isIPv6 } + found.filter(\.isIPv6)
    }
}

/// A host name that has no address.
public struct NameNotFound: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let host: String
    /// What the resolver said.
    public let reason: String

    /// One line for a person.
    public var description: String {
        "the name \(self.host) has no address (\(self.reason)): check the spelling and this machine's DNS"
    }
}
