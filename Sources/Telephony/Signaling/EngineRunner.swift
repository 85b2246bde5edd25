import CoreTypes
import NIOPosix
import SIPCore

/// Runs a sans-IO signaling engine over a ``Transport``; touched by the thread of its ``SignalingLoop`` only.
///
/// A burst of datagrams is read and answered at once; one timer stands for all the engine's deadlines.
package final class EngineRunner<Engine: SignalingEngine & SendableMetatype & ~Copyable>: SignalingLoopClient {
    private var engine: Engine
    private let transport: any Transport
    private let loop: SignalingLoop
    private let trace: SIPTrace?
    private let fixedAddress: IPAddress?
    private let handleEvents: (inout Engine, Instant) -> Void
    private var reachability: Reachability
    /// When the loop's timer goes off; it may be earlier than the engine wants, and then nothing is done but to arm it anew.
    private var armed: Instant?
    private var routes: [IPAddress: IPAddress] = [:]
    /// The lookups that are left of this second, and when it began.
    private var lookups = (left: 0, since: Instant.zero)
    private var floodGate = FloodGate()
    /// When the gate has to be looked at though nothing comes: a flood that ends leaves silence.
    private var gateDeadline: Instant?
    /// Whether the transport is closed: a look-up may end later.
    private var isClosed = false
    /// Whether the engine has an input at this moment; a command that comes out of one has to wait.
    private(set) var isBusy = false

    /// Makes a runner; `handleEvents` drains the engine's events after each input, and `grace` is how long a destination may be
    /// silent that was reported as unreachable.
    ///
    /// `fixedAddress` is advertised to everybody when given; otherwise it is the address of the route to each peer.
    init(
        engine: consuming Engine,
        over transport: any Transport,
        on loop: SignalingLoop,
        fixedAddress: IPAddress?,
        grace: Duration,
        trace: SIPTrace?,
        handleEvents: @escaping (inout Engine, Instant) -> Void
    ) {
        self.engine = engine
        self.transport = transport
        self.loop = loop
        self.fixedAddress = fixedAddress
        self.reachability = Reachability(grace: grace)
        self.trace = trace
        self.handleEvents = handleEvents
        loop.attach(self, descriptor: transport.descriptor)
    }

    /// Takes the engine off the loop and closes the transport.
    func close() {
        self.isClosed = true
        self.loop.detach(descriptor: self.transport.descriptor)
        self.transport.close()
    }

    /// Runs a command on the engine and puts its outputs on the wire.
    func perform<Result>(_ body: (inout Engine, Instant) throws -> Result) rethrows -> Result {
        self.isBusy = true
        defer { self.isBusy = false }
        let now = DatagramPoller.now
        let result = try body(&self.engine, now)
        self.drain(now: now)
        return result
    }

    /// Forgets the routes that were looked up, for a machine whose addresses changed.
    func forgetRoutes() {
        self.routes.removeAll()
    }

    // MARK: The loop

    func handleReadiness() {
        self.isBusy = true
        defer { self.isBusy = false }
        let now = DatagramPoller.now
        self.transport.receive(now: now) { input in
            switch input {
            case .message(let bytes, from: let source): self.receive(bytes, from: source, now: now)
            case .failure(let failure): self.reachability.handleFailure(failure, now: now)
            }
        }
        // New calls have new hosts, and a flood that is over is followed by what everybody sends.
        self.checkGate(now: now)
        self.drain(now: now)
    }

    func handleTimer() {
        self.isBusy = true
        defer { self.isBusy = false }
        self.armed = nil
        let now = DatagramPoller.now
        if let deadline = self.engine.deadline, deadline <= now { self.engine.handleTimeout(now: now) }
        while let failure = self.reachability.popFailure(now: now) {
            self.engine.handleTransportFailure(to: failure.destination, on: nil, fault: failure.fault, now: now)
        }
        if let deadline = self.gateDeadline, deadline <= now {
            self.gateDeadline = nil
            self.checkGate(now: now)
        }
        self.drain(now: now)
    }

    func settle() {
        let deadlines = [self.engine.deadline, self.reachability.deadline, self.gateDeadline]
        guard let deadline = deadlines.compactMap(\.self).min() else { return }
        // A timer that is early costs less than one that is set again for each message.
        if let armed = self.armed, armed <= deadline { return }
        self.armed = deadline
        self.loop.arm(deadline)
    }

    private func receive(_ bytes: [UInt8], from source: TransportAddress, now: Instant) {
        self.reachability.handleMessage(from: source)
        if !self.engine.isKnown(source.host), let change = self.floodGate.countStranger(now: now) {
            self.apply(change, now: now)
        }
        let binding = self.binding(from: source, now: now)
        self.trace?.record(
            SIPTraceEntry(instant: now, direction: .received, remote: source, local: binding.address, bytes: bytes)
        )
        self.engine.receive(bytes, from: source, on: binding, now: now)
    }

    private func drain(now: Instant) {
        self.handleEvents(&self.engine, now)
        while let question = self.engine.pollQuestion() { self.find(question) }
        while let transmit = self.engine.pollTransmit() {
            self.trace?.record(
                SIPTraceEntry(
                    instant: now,
                    direction: .sent,
                    remote: transmit.to,
                    local: transmit.binding.address,
                    bytes: transmit.bytes
                )
            )
            if let failure = self.transport.send(transmit, now: now) {
                self.reachability.handleFailure(failure, now: now)
            }
        }
    }

    // MARK: Names

    /// Finds the addresses of a name, on a thread that may block; those of the other family this socket cannot reach.
    private func find(_ question: TargetQuestion) {
        let isIPv6 = self.transport.localAddress.host.isIPv6
        let runner = LoopBound(self, on: self.loop)
        let loop = self.loop
        NIOThreadPool.singleton.submit { _ in
            let found = (try? LocalRoute.addresses(of: question.name)) ?? []
            let addresses = found.filter { $0.isIPv6 == isIPv6 }
            loop.execute { runner.value.handleResolved(question, addresses) }
        }
    }

    private func handleResolved(_ question: TargetQuestion, _ addresses: [IPAddress]) {
        guard !self.isClosed else { return }
        self.perform { engine, now in engine.handleResolved(question, addresses, now: now) }
    }

    // MARK: Addresses

    /// The binding that a peer is to see: its Via and Contact address.
    func binding(for remote: TransportAddress) -> LocalBinding {
        self.binding(at: self.fixedAddress ?? self.routes[remote.host] ?? self.lookUp(remote))
    }

    /// The binding that a datagram is reported with.
    ///
    /// No stranger gets an address of ours, so none is looked up: a flood would cause a hundred thousand look-ups in
    /// the routing table and push the PBX's address out of the cache. Where everybody is known the cache is
    /// limited in the same way: beyond some lookups a second the socket's own address has to do.
    private func binding(from source: TransportAddress, now: Instant) -> LocalBinding {
        if let known = self.fixedAddress ?? self.routes[source.host] { return self.binding(at: known) }
        let own = self.transport.localAddress.host
        guard self.engine.isKnown(source.host) else { return self.binding(at: own) }
        if now - self.lookups.since >= .seconds(1) { self.lookups = (Self.lookupLimit, now) }
        guard self.lookups.left > 0 else { return self.binding(at: self.routes.values.first ?? own) }
        self.lookups.left -= 1
        return self.binding(at: self.lookUp(source))
    }

    private func binding(at host: IPAddress) -> LocalBinding {
        let address = TransportAddress(host: host, port: self.transport.localAddress.port)
        return LocalBinding(transport: .udp, address: address, index: 0)
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

    // MARK: Floods

    private func checkGate(now: Instant) {
        if let change = self.floodGate.check(now: now) { self.apply(change, now: now) }
    }

    /// Has the kernel drop some of what strangers send, or none any more. Where that is not possible everything is read as
    /// before.
    private func apply(_ change: FloodGate.Change, now: Instant) {
        switch change {
        case .open: self.transport.take(nil)
        case .thin(let share):
            guard let hosts = self.engine.hostsThatMatter else { return }
            self.transport.take(HostFilter(hosts: hosts, share: share))
            self.gateDeadline = now + .seconds(1)
        }
    }
}
