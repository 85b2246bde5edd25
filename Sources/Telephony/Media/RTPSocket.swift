import CLinux
import CoreTypes
import Glibc

/// A UDP socket for one leg's RTP, or for its RTCP when the peer wants a port of its own; non-blocking and unconnected.
///
/// It stays unconnected because a connected socket would hide packets of every other source from the source latch.
/// It closes when it is dropped. ``PortPool/open(host:)`` makes one.
public final class RTPSocket: Sendable {
    /// The file descriptor, for the poller.
    let descriptor: Int32
    /// The port that it is bound to.
    public let port: UInt16
    /// The socket of the port above, where a peer that does not multiplex sends its RTCP (RFC 3550 section 11).
    let control: RTPSocket?
    private let isIPv6: Bool

    /// Binds to an even `port` of `host` and to the port above it.
    ///
    /// - Throws: ``SocketError`` when one of them is taken or the address does not belong to this machine.
    static func pair(host: IPAddress, port: UInt16) throws(SocketError) -> RTPSocket {
        guard port < .max else { return try RTPSocket(host: host, port: port) }
        return try RTPSocket(host: host, port: port, control: RTPSocket(host: host, port: port + 1))
    }

    /// Binds to `port` of `host`.
    ///
    /// - Throws: ``SocketError`` when the port is taken or the address does not belong to this machine.
    init(host: IPAddress, port: UInt16, control: RTPSocket? = nil) throws(SocketError) {
        let descriptor = socket(
            host.isIPv6 ? AF_INET6 : AF_INET,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw SocketError(operation: "socket", code: errno) }
        let address = RawSocketAddress(TransportAddress(host: host, port: port))
        let bound = address.withPointer { pointer, length in bind(descriptor, pointer, length) }
        guard bound == 0 else {
            let code = errno
            close(descriptor)
            throw SocketError(operation: "bind to \(TransportAddress(host: host, port: port))", code: code)
        }
        // Audio is marked "expedited forwarding" (RFC 4594); networks that do not care ignore it.
        var trafficClass: Int32 = 0xB8
        if host.isIPv6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_TCLASS, &trafficClass, 4)
        } else {
            setsockopt(descriptor, Int32(IPPROTO_IP), IP_TOS, &trafficClass, 4)
        }
        // A burst, or a flood until it is filtered, must not push the peer's packets out. The system may allow less.
        var room: Int32 = 524_288
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, 4)
        self.descriptor = descriptor
        self.port = port
        self.control = control
        self.isIPv6 = host.isIPv6
    }

    deinit {
        close(self.descriptor)
    }

    /// Lets the system drop what does not come from these hosts, before it takes room or time; `nil` for no filter.
    ///
    /// Only a relief: who reads has to check all the same, for what came before is still there, and a system without
    /// filters, or with too many hosts for one, gives everything.
    func take(hosts: [IPAddress]?) {
        self.control?.take(hosts: hosts)
        let reachable = Set((hosts ?? []).filter { $0.isIPv6 == self.isIPv6 })
        HostFilter.apply(reachable.isEmpty ? nil : HostFilter(hosts: reachable, share: 0), to: self.descriptor)
    }

    /// Datagrams that the system dropped: filtered ones, and those that found no room.
    var dropped: UInt64 {
        UInt64(svetlana_dropped(self.descriptor)) + (self.control?.dropped ?? 0)
    }

    /// Receives one datagram into `buffer`; `nil` when none is waiting.
    func receive(into buffer: inout [UInt8]) -> (count: Int, source: TransportAddress)? {
        var source = RawSocketAddress()
        let count = buffer.withUnsafeMutableBytes { bytes in
            source.withMutablePointer { pointer, length in
                recvfrom(self.descriptor, bytes.baseAddress, bytes.count, 0, pointer, length)
            }
        }
        guard count >= 0, let address = source.transportAddress else { return nil }
        return (count, address)
    }

    /// Sends one datagram; a full send buffer drops it, as a network would.
    @discardableResult
    func send(_ bytes: [UInt8], to destination: TransportAddress) -> Bool {
        self.send(bytes, to: RawSocketAddress(destination))
    }

    /// Sends one datagram to an address that was made before.
    @discardableResult
    func send(_ bytes: [UInt8], to address: RawSocketAddress) -> Bool {
        guard address.isIPv6 == self.isIPv6 else { return false }
        let sent = bytes.withUnsafeBytes { raw in
            address.withPointer { pointer, length in
                sendto(self.descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
        return sent == bytes.count
    }
}

/// A system call on a socket failed.
public struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried.
    public let operation: String
    /// The value of `errno`.
    public let code: Int32

    /// Whether the address is taken by another socket.
    public var isAddressInUse: Bool { self.code == EADDRINUSE }

    /// What was tried and what the system said.
    public var description: String {
        "\(self.operation): \(String(cString: strerror(self.code)))"
    }
}
