import CLinux
package import CoreTypes
import Glibc

/// A connected UDP socket: it knows which of our addresses the route uses, and hears of a closed port at once.
package struct ProbeSocket: ~Copyable {
    /// What came of waiting.
    package enum Arrival {
        /// A datagram.
        case datagram([UInt8])
        /// Nothing yet.
        case nothing
        /// The network refused an earlier datagram: the `errno`, ECONNREFUSED for a port where nobody listens.
        case refused(Int32)
    }

    /// Why there is no socket, or a datagram was not taken: the `errno`.
    package struct Failure: Error {
        package let operation: String
        package let code: Int32

        /// What the system calls it.
        package var reason: String { String(cString: strerror(self.code)) }
    }

    private let descriptor: Int32
    /// Our own address, as the peer sees it when there is no NAT.
    package let local: TransportAddress

    /// Opens a socket to `peer`, from `port` when it is not 0.
    package init(to peer: TransportAddress, from port: UInt16 = 0) throws(Failure) {
        let family = peer.host.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "open a socket", code: errno) }
        do throws(Failure) {
            if port != 0 {
                let any: IPAddress = peer.host.isIPv6 ? .v6(0, 0) : .v4(0)
                let bound = Self.withAddress(TransportAddress(host: any, port: port)) { bind(descriptor, $0, $1) }
                guard bound == 0 else { throw Failure(operation: "bind to UDP port \(port)", code: errno) }
            }
            guard Self.withAddress(peer, { connect(descriptor, $0, $1) }) == 0 else {
                throw Failure(operation: "find a route to \(peer.host)", code: errno)
            }
            self.local = try Self.localAddress(of: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        // Only so it is known who refuses: the host itself, or a firewall on the way.
        svetlana_keep_errors(descriptor, peer.host.isIPv6 ? 1 : 0)
    }

    deinit {
        close(self.descriptor)
    }

    /// Sends a datagram; an error that waits on the socket comes out here as well.
    package func send(_ bytes: [UInt8]) throws(Failure) {
        let sent = bytes.withUnsafeBytes { Glibc.send(self.descriptor, $0.baseAddress, $0.count, 0) }
        guard sent == bytes.count else { throw Failure(operation: "send", code: errno) }
    }

    /// Waits until something comes, at most until `deadline`.
    package func wait(until deadline: Instant) -> Arrival {
        let left = (deadline - MonotonicClock.now).nanoseconds
        let milliseconds = Int32(clamping: (max(0, left) + 999_999) / 1_000_000)
        var poll = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) > 0 else { return .nothing }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes {
            recv(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        guard count >= 0 else {
            return errno == EAGAIN || errno == EINTR ? .nothing : .refused(errno)
        }
        return .datagram(Array(buffer.prefix(count)))
    }

    /// The host that reported the error which came last; `nil` when this machine found it itself, or it is not known.
    package func takeReporter() -> IPAddress? {
        var found: IPAddress?
        var bytes = [UInt8](repeating: 0, count: 16)
        // At most what the kernel keeps; the latest counts.
        for _ in 0..<64 {
            let length = Int(svetlana_error_reporter(self.descriptor, &bytes))
            guard length > 0 else { break }
            func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
            found = length == 4 ? .v4(UInt32(truncatingIfNeeded: number(0..<4))) : .v6(number(0..<8), number(8..<16))
        }
        return found
    }

    private static func localAddress(of descriptor: Int32) throws(Failure) -> TransportAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
                guard getsockname(descriptor, address, &length) == 0 else { return -1 }
                return getnameinfo(
                    address,
                    length,
                    &host,
                    socklen_t(host.count),
                    &port,
                    socklen_t(port.count),
                    NI_NUMERICHOST | NI_NUMERICSERV
                )
            }
        }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        // A link-local address comes with its zone, which no message carries.
        guard status == 0, let zoneless = text(host).split(separator: "%").first, let address = IPAddress(zoneless),
            let number = UInt16(text(port))
        else { throw Failure(operation: "learn our own address", code: errno) }
        return TransportAddress(host: address, port: number)
    }

    private static func withAddress(
        _ address: TransportAddress,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host.description, "\(address.port)", &hints, &found) == 0 else { return -1 }
        defer { freeaddrinfo(found) }
        guard let entry = found?.pointee, let raw = entry.ai_addr else { return -1 }
        return body(UnsafePointer(raw), entry.ai_addrlen)
    }
}

/// The monotonic clock as the cores count it.
package enum MonotonicClock {
    /// Now.
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
