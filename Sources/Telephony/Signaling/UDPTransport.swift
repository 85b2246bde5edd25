import CLinux
import CoreTypes
import Glibc
import SIPCore

/// SIP over UDP: one unconnected socket.
///
/// The system keeps the errors that the network reports by ICMP for it (`IP_RECVERR`). Anybody can send an ICMP message, and the
/// kernel compares nothing but our port: one counts only when it quotes the beginning of a datagram that was sent to that
/// place just before, with the branch in it that nobody can guess.
final class UDPTransport: Transport {
    let descriptor: Int32
    let localAddress: TransportAddress
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var recent = RecentDatagrams()

    /// Binds to `address`.
    ///
    /// - Throws: ``SocketError`` when the port is taken or the address does not belong to this machine.
    init(_ address: TransportAddress) throws(SocketError) {
        let descriptor = socket(
            address.host.isIPv6 ? AF_INET6 : AF_INET,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw SocketError(operation: "socket", code: errno) }
        // A burst must find room. The system may allow less.
        var room: Int32 = 1 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, 4)
        let bound = RawSocketAddress(address).withPointer { bind(descriptor, $0, $1) }
        var own = RawSocketAddress()
        let named = bound == 0 ? own.withMutablePointer { getsockname(descriptor, $0, $1) } : -1
        guard named == 0, let local = own.transportAddress else {
            let code = errno
            Glibc.close(descriptor)
            throw SocketError(operation: "bind to \(address)", code: code)
        }
        // A socket of IPv6 may carry IPv4 too.
        svetlana_keep_errors(descriptor, 0)
        if address.host.isIPv6 { svetlana_keep_errors(descriptor, 1) }
        self.descriptor = descriptor
        self.localAddress = local
    }

    func close() {
        Glibc.close(self.descriptor)
    }

    func take(_ filter: HostFilter?) {
        HostFilter.apply(filter, to: self.descriptor)
    }

    func send(_ transmit: Transmit, now: Instant) -> TransportFailure? {
        let address = RawSocketAddress(transmit.to)
        self.recent.note(transmit.bytes, to: transmit.to, now: now)
        // An error that the network reported for an earlier datagram comes out here once, and this one is not sent then; what goes
        // on failing is what this machine says itself. That it has no room for a moment is a loss like another.
        var code: Int32 = 0
        for _ in 0..<Self.attempts {
            let sent = transmit.bytes.withUnsafeBytes { raw in
                address.withPointer { pointer, length in
                    sendto(self.descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL), pointer, length)
                }
            }
            if sent >= 0 { return nil }
            code = errno
            if code == EAGAIN || code == ENOBUFS { return nil }
        }
        return TransportFailure(transmit.to, code: code, reporter: nil)
    }

    func receive(now: Instant, _ body: (TransportInput) -> Void) {
        for _ in 0..<Self.burst {
            var source = RawSocketAddress()
            let count = self.buffer.withUnsafeMutableBytes { bytes in
                source.withMutablePointer { pointer, length in
                    recvfrom(self.descriptor, bytes.baseAddress, bytes.count, 0, pointer, length)
                }
            }
            guard count >= 0 else {
                // The socket stays ready until the errors are taken, also when no datagram waits.
                self.takeErrors(now: now, body)
                if errno == EAGAIN || errno == EWOULDBLOCK { return }
                continue
            }
            guard let address = source.transportAddress else { continue }
            body(.message(Array(self.buffer[..<count]), from: address))
        }
    }

    /// Takes the errors that the network reported; those that are about nothing that was sent are dropped.
    private func takeErrors(now: Instant, _ body: (TransportInput) -> Void) {
        let saved = errno
        defer { errno = saved }
        for _ in 0..<Self.burst {
            var destination = RawSocketAddress()
            var reporter = RawSocketAddress()
            var code: Int32 = 0
            let quoted = self.buffer.withUnsafeMutableBytes { bytes in
                destination.withMutablePointer { name, nameLength in
                    reporter.withMutablePointer { offender, offenderLength in
                        svetlana_take_error(
                            self.descriptor,
                            &code,
                            name,
                            nameLength,
                            offender,
                            offenderLength,
                            bytes.baseAddress,
                            bytes.count
                        )
                    }
                }
            }
            guard quoted >= 0 else { return }
            guard let address = destination.transportAddress,
                let failure = TransportFailure(address, code: code, reporter: reporter.transportAddress?.host),
                self.recent.contains(self.buffer[..<quoted], to: address, now: now)
            else { continue }
            body(.failure(failure))
        }
    }

    /// How many datagrams are read before others have their turn.
    private static let burst = 64
    private static let attempts = 3
}

/// The datagrams that were sent last, to recognize what an ICMP message quotes.
struct RecentDatagrams {
    private struct Sent {
        var bytes: [UInt8]
        var destination: TransportAddress
        var instant: Instant
    }
    private var sent: [Sent] = []
    private var next = 0

    /// Keeps a datagram, which shares its memory with the transaction that sent it, until others have come.
    mutating func note(_ bytes: [UInt8], to destination: TransportAddress, now: Instant) {
        let one = Sent(bytes: bytes, destination: destination, instant: now)
        if self.sent.count < Self.capacity {
            self.sent.append(one)
        } else {
            self.sent[self.next] = one
            self.next = (self.next + 1) % Self.capacity
        }
    }

    /// Whether `quote` is the beginning of a datagram that was sent to `destination` just before, and long enough to prove it.
    func contains(_ quote: ArraySlice<UInt8>, to destination: TransportAddress, now: Instant) -> Bool {
        self.sent.contains { one in
            one.destination == destination && now - one.instant <= Self.memory
                && quote.count >= min(one.bytes.count, Self.shortest) && one.bytes.starts(with: quote)
        }
    }

    private static let capacity = 64
    /// How long a report may take.
    private static let memory = Duration.seconds(5)
    /// Start line and top Via with its branch; what quotes less may be forged by somebody who knows our port.
    private static let shortest = 128
}
