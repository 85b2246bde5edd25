import CLinux
import CoreTypes
import Glibc
package import NIOCore
import NIOPosix
import SIPCore

/// Runs a sans-IO signaling engine on one event loop over one UDP socket.
///
/// A burst of datagrams is read and answered at once; one timer stands for all the engine's deadlines.
package final class SignalingDriver<Engine: SignalingEngine & SendableMetatype & ~Copyable>: ChannelInboundHandler {
    package typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private var engine: Engine
    private let trace: SIPTrace?
    private let fixedAddress: IPAddress?
    private let handleEvents: (inout Engine, Instant) -> Void
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var armed: Instant?
    private var routes: [IPAddress: IPAddress] = [:]
    /// The lookups that are left of this second, and when it began.
    private var lookups = (left: 0, since: Instant.zero)
    private var floodGate = FloodGate()
    private var gateTimer: Scheduled<Void>?

    /// Makes a driver; `handleEvents` drains the engine's events after each input.
    ///
    /// `fixedAddress` is advertised to everybody when given; otherwise the routing table says what each peer is told.
    init(
        engine: consuming Engine,
        fixedAddress: IPAddress?,
        trace: SIPTrace?,
        handleEvents: @escaping (inout Engine, Instant) -> Void
    ) {
        self.engine = engine
        self.fixedAddress = fixedAddress
        self.trace = trace
        self.handleEvents = handleEvents
    }

    /// Runs a command on the engine and puts its outputs on the wire. On the event loop only.
    func perform<Result>(_ body: (inout Engine, Instant) throws -> Result) rethrows -> Result {
        let result = try body(&self.engine, DatagramPoller.now)
        self.drain()
        return result
    }

    /// The binding that a peer is to see: its Via and Contact address.
    func binding(for remote: TransportAddress) -> LocalBinding {
        self.binding(at: self.fixedAddress ?? self.routes[remote.host] ?? self.lookUp(remote))
    }

    /// The binding that a datagram is told to have come to.
    ///
    /// No address of ours is told to a stranger, so none is looked up: a flood would make a hundred thousand questions to
    /// the routing table of it and push the PBX's address out of the cache. Where everybody is known the cache is
    /// limited in the same way: beyond some lookups a second the socket's own address has to do.
    private func binding(from source: TransportAddress, now: Instant) -> LocalBinding {
        if let known = self.fixedAddress ?? self.routes[source.host] { return self.binding(at: known) }
        let own = self.context?.channel.localAddress.flatMap { TransportAddress($0) }?.host ?? source.host
        guard self.engine.isKnown(source.host) else { return self.binding(at: own) }
        if now - self.lookups.since >= .seconds(1) { self.lookups = (Self.lookupLimit, now) }
        guard self.lookups.left > 0 else { return self.binding(at: self.routes.values.first ?? own) }
        self.lookups.left -= 1
        return self.binding(at: self.lookUp(source))
    }

    private func binding(at host: IPAddress) -> LocalBinding {
        let port = UInt16(clamping: self.context?.channel.localAddress?.port ?? 5_060)
        return LocalBinding(transport: .udp, address: TransportAddress(host: host, port: port), index: 0)
    }

    private func lookUp(_ remote: TransportAddress) -> IPAddress {
        guard let address = try? LocalRoute.sourceAddress(to: remote) else { return remote.host }
        // A route may change, and many sources must not fill the memory: the cache starts anew when it is large.
        if self.routes.count >= 256 { self.routes.removeAll() }
        self.routes[remote.host] = address
        return address
    }

    /// How many routes are looked up in a second for what comes in.
    private static var lookupLimit: Int { 100 }

    /// Forgets the routes that were looked up, for a machine whose addresses changed.
    func forgetRoutes() {
        self.routes.removeAll()
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.gateTimer?.cancel()
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard let source = TransportAddress(envelope.remoteAddress) else { return }
        let bytes = Array(buffer: envelope.data)
        let now = DatagramPoller.now
        if !self.engine.isKnown(source.host), let change = self.floodGate.countStranger(now: now) { self.apply(change) }
        let binding = self.binding(from: source, now: now)
        self.trace?.record(
            SIPTraceEntry(instant: now, direction: .received, remote: source, local: binding.address, bytes: bytes)
        )
        self.engine.receive(bytes, from: source, on: binding, now: now)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        // New calls have new hosts, and a flood that is over is followed by what everybody sends.
        self.checkGate()
        self.drain()
    }

    /// Has the kernel drop some of what strangers send, or none any more. Where that is not possible everything is read as
    /// before.
    private func apply(_ change: FloodGate.Change) {
        guard let context = self.context else { return }
        var filter: HostFilter?
        if case .thin(let share) = change {
            guard let hosts = self.engine.hostsThatMatter else { return }
            filter = HostFilter(hosts: hosts, share: share)
        }
        try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            descriptor in
            HostFilter.apply(filter, to: descriptor)
        }
        guard case .thin = change else { return }
        // A flood that ends leaves silence, in which nothing else would open the gate.
        self.gateTimer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.gateTimer = context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.checkGate() }
    }

    private func checkGate() {
        if let change = self.floodGate.check(now: DatagramPoller.now) { self.apply(change) }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An ICMP error of an earlier datagram surfaces on the socket. The transaction that sent it times out, or a
        // retransmission gets through; the socket itself is as good as before.
    }

    private func drain() {
        let now = DatagramPoller.now
        self.handleEvents(&self.engine, now)
        while let transmit = self.engine.pollTransmit() { self.write(transmit, now: now) }
        self.arm()
    }

    private func write(_ transmit: Transmit, now: Instant) {
        guard let context = self.context else { return }
        self.trace?.record(
            SIPTraceEntry(
                instant: now,
                direction: .sent,
                remote: transmit.to,
                local: transmit.binding.address,
                bytes: transmit.bytes
            )
        )
        // Straight to the socket: the channel would close itself for good when the network is down for a moment, or when
        // a stranger wants an answer sent to port 0. Here a datagram that cannot leave is lost, and sent again by its timer.
        let address = RawSocketAddress(transmit.to)
        try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            descriptor in
            transmit.bytes.withUnsafeBytes { raw in
                address.withPointer { pointer, length in
                    _ = sendto(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL), pointer, length)
                }
            }
        }
    }

    private func arm() {
        guard self.engine.deadline != self.armed, let context = self.context else { return }
        self.timer?.cancel()
        self.timer = nil
        self.armed = self.engine.deadline
        guard let deadline = self.armed else { return }
        let wait = deadline - DatagramPoller.now
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleTask(in: .nanoseconds(max(0, wait.nanoseconds))) {
            let driver = bound.value
            driver.armed = nil
            driver.engine.handleTimeout(now: DatagramPoller.now)
            driver.drain()
        }
    }
}

extension TransportAddress {
    /// The address of a NIO socket address; IPv4 mapped into IPv6 comes out as IPv4.
    init?(_ address: NIOCore.SocketAddress) {
        guard let port = address.port, let host = address.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        if case .v6(0, let lower) = host, lower >> 32 == 0xFFFF {
            self.init(host: .v4(UInt32(truncatingIfNeeded: lower)), port: UInt16(clamping: port))
        } else {
            self.init(host: host, port: UInt16(clamping: port))
        }
    }
}
