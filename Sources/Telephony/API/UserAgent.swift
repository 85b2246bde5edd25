public import CallCore
public import CoreTypes
public import Logging
import SIPCore
public import ServiceLifecycle
import Synchronization

/// A telephone: registers its accounts, answers and places calls.
///
/// ``run()`` owns the socket and the registrations; ``serve(_:)`` hands out the calls that come in and
/// ``call(_:from:timeout:recorder:onPlaced:onRinging:_:)`` places one. All may be used from any task, and in any order: an account
/// registers when somebody serves its calls, for an exchange may deliver one with the very answer to REGISTER. An agent
/// that nobody serves registers a second after its start, and from then on refuses calls with 480; those that come
/// sooner wait for the server.
public final class UserAgent: Service {
    struct Running: Sendable {
        let socket: SignalingSocket<AgentEngine>
        let identities: [IdentityID]
        var destinations: [Destination]
        let localAddress: TransportAddress
    }
    enum Phase: Sendable {
        case idle([CheckedContinuation<Void, Never>])
        case running(Running)
        case stopped
    }
    struct State: Sendable {
        var phase = Phase.idle([])
        var calls: [CallID: CallControl] = [:]
        var queue: AsyncStream<WaitingCall>.Continuation?
        var accepts = true
        var drainWaiters: [CheckedContinuation<Void, Never>] = []
        /// Commands that were given before the socket was known here; bounded by the calls that can be waiting.
        var pending: [Command] = []
        /// Calls that came before anybody served them.
        var parked: [WaitingCall] = []
        /// Whether calls still wait for a server that is about to come.
        var parks = true
        var hasBegunToRegister = false
    }
    typealias Command = @Sendable (inout AgentEngine, Instant) -> Void
    struct WaitingCall: Sendable {
        let info: IncomingCallInfo
        let control: CallControl
    }

    /// What it was told.
    public let configuration: UserAgentConfiguration
    /// What becomes of the registrations, and which requests were refused; the newest 100 are kept for a slow reader.
    public let events: AsyncStream<AgentEvent>
    /// The RTP ports.
    public let ports: PortPool
    let logger: Logger
    let mediaLoops: MediaLoops
    let state = Mutex(State())
    private let eventContinuation: AsyncStream<AgentEvent>.Continuation

    /// Makes a user agent; nothing is opened before ``run()``.
    ///
    /// - Throws: ``SocketError`` when the system has no descriptors left for the media threads.
    public init(_ configuration: UserAgentConfiguration, logger: Logger? = nil) throws {
        self.configuration = configuration
        self.logger = logger ?? Logger(label: "telephony", factory: { _ in SwiftLogNoOpLogHandler() })
        self.ports = PortPool(range: configuration.rtpPorts, random: .system())
        self.mediaLoops = try MediaLoops(
            count: configuration.mediaThreads,
            inactivityLimit: configuration.mediaInactivityLimit
        )
        (self.events, self.eventContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    deinit {
        self.mediaLoops.stop()
    }

    // MARK: Running

    /// Opens the socket, registers, and stays until the task is cancelled or the service is shut down; then ends the
    /// calls, unregisters and closes.
    ///
    /// - Throws: ``TelephonyError`` when the socket cannot be opened or an exchange's name has no address.
    public func run() async throws {
        try await self.start()
        await withGracefulShutdownOrCancellation()
        await self.stop()
    }

    /// Opens the socket. Registering begins as soon as ``serve(_:)`` is there, or a second later without it.
    ///
    /// - Throws: ``TelephonyError``.
    public func start() async throws {
        let running: Running
        do {
            running = try await self.open()
        } catch {
            self.finish()
            throw error
        }
        let begun = self.state.withLock { state -> (waiters: [CheckedContinuation<Void, Never>], isServed: Bool)? in
            guard case .idle(let waiters) = state.phase else { return nil }
            state.phase = .running(running)
            // Behind the lock, so that none of them is overtaken by a later one.
            for command in state.pending { running.socket.post(command) }
            state.pending = []
            return (waiters, state.queue != nil)
        }
        guard let begun else {
            await running.socket.close()
            throw TelephonyError.notRunning
        }
        for waiter in begun.waiters { waiter.resume() }
        if begun.isServed { self.beginToRegister() } else { self.awaitServer() }
    }

    /// Registers the accounts, once.
    func beginToRegister() {
        let running = self.state.withLock { state -> Running? in
            guard case .running(let running) = state.phase, state.accepts, !state.hasBegunToRegister else { return nil }
            state.hasBegunToRegister = true
            return running
        }
        running?.socket.post { engine, now in
            for identity in running?.identities ?? [] { engine.register(identity, now: now) }
        }
    }

    /// Waits a moment for a server; then calls are refused, and an agent that only places calls registers.
    private func awaitServer() {
        let grace = self.configuration.serverGrace
        Task { [weak self] in
            try? await Task.sleep(for: grace)
            guard let self else { return }
            let parked = self.state.withLock { state in
                defer { state.parked = [] }
                state.parks = false
                return state.parked
            }
            for call in parked { self.reject(call.control.id, status: 480) }
            self.beginToRegister()
        }
    }

    /// Accepts no more calls and returns when those in progress are over.
    public func drain() async {
        self.state.withLock { $0.accepts = false }
        await withCheckedContinuation { continuation in
            let wait = self.state.withLock { state in
                guard !state.calls.isEmpty else { return false }
                state.drainWaiters.append(continuation)
                return true
            }
            if !wait { continuation.resume() }
        }
    }

    /// Ends all calls, unregisters and closes the socket. Gives the exchange two seconds to answer.
    public func stop() async {
        guard let running = self.running else {
            self.finish()
            return
        }
        self.state.withLock { $0.accepts = false }
        let calls = self.state.withLock { Array($0.calls.keys) }
        running.socket.post { engine, now in
            for call in calls { engine.hangUp(call, now: now) }
            for identity in running.identities { engine.unregister(identity, now: now) }
        }
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline {
            let gauges = await self.gauges()
            // Transactions that only absorb repetitions need not be waited for.
            if gauges.calls == 0, gauges.dialogs == 0, gauges.registrations == 0 { break }
            // In a task of its own: who stops the agent may be cancelled, and must not spin then.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
        await running.socket.close()
        self.finish()
    }

    private func finish() {
        let (waiters, queue, calls) = self.state.withLock { state in
            var waiters = state.drainWaiters
            if case .idle(let waiting) = state.phase { waiters += waiting }
            let found = (waiters, state.queue, Array(state.calls.values))
            state.phase = .stopped
            state.drainWaiters.removeAll()
            state.calls.removeAll()
            state.queue = nil
            state.pending = []
            state.parked = []
            return found
        }
        for call in calls { call.handleEnded(.localHangup) }
        queue?.finish()
        self.eventContinuation.finish()
        for waiter in waiters { waiter.resume() }
    }

    /// The calls, dialogs, transactions and ports in use; all 0 after a drain.
    public func gauges() async -> AgentGauges {
        guard let running = self.running else { return AgentGauges() }
        var gauges = (try? await running.socket.perform { engine, _, _ in engine.gauges }) ?? AgentGauges()
        gauges.ports = self.ports.inUse
        gauges.mediaLegs = self.mediaLoops.legs
        return gauges
    }

    /// Whether a host is an account's exchange or a configured peer.
    public func isPeer(_ host: IPAddress) -> Bool {
        self.configuration.peers.contains(host)
            || self.running?.destinations.contains { $0.address.host == host } ?? false
    }

    /// The address that the socket is bound to.
    public var localAddress: TransportAddress? { self.running?.localAddress }

    var running: Running? {
        self.state.withLock { state in
            if case .running(let running) = state.phase { return running }
            return nil
        }
    }

    /// Waits until ``run()`` has opened the socket.
    ///
    /// - Throws: ``TelephonyError/notRunning`` when that failed or is over.
    func started() async throws -> Running {
        await withCheckedContinuation { continuation in
            let wait = self.state.withLock { state in
                guard case .idle(let waiters) = state.phase else { return false }
                state.phase = .idle(waiters + [continuation])
                return true
            }
            if !wait { continuation.resume() }
        }
        guard let running = self.running else { throw TelephonyError.notRunning }
        return running
    }

    // MARK: Commands

    /// A command that nobody waits for. One that comes before the agent runs is carried out when it does.
    func post(_ body: @escaping Command) {
        let socket = self.state.withLock { state -> SignalingSocket<AgentEngine>? in
            switch state.phase {
            case .running(let running): return running.socket
            case .idle:
                if state.pending.count < self.configuration.maximumCalls * 4 { state.pending.append(body) }
                return nil
            case .stopped: return nil
            }
        }
        socket?.post(body)
    }

    // MARK: Events of the engine, on its event loop

    func handle(_ event: AgentEvent) {
        switch event {
        case .incoming(let id, let info): self.handleIncoming(id, info)
        case .ringing(let id, let status): self.control(id)?.handleRinging(status: status)
        case .answered(let id, let answeredBy): self.control(id)?.handleAnswered(answeredBy)
        case .media(let id, let parameters): self.control(id)?.handleMedia(parameters)
        case .mediaEnded(let id): self.control(id)?.handleMediaEnded()
        case .identityChanged(let id, let party): self.control(id)?.handleParty(party)
        case .ended(let id, let reason): self.handleEnded(id, reason)
        case .registered, .registrationFailed, .bindings, .unregistered, .refused, .callRefused:
            self.eventContinuation.yield(event)
        }
    }

    private func control(_ id: CallID) -> CallControl? {
        self.state.withLock { $0.calls[id] }
    }

    private func handleIncoming(_ id: CallID, _ info: IncomingCallInfo) {
        let control = CallControl(
            id: id,
            incoming: info,
            party: info.caller,
            socket: nil,
            recorder: nil,
            commands: self.callCommands
        )
        let waiting = WaitingCall(info: info, control: control)
        let taken = self.state.withLock { state in
            guard state.accepts else { return false }
            guard let queue = state.queue else {
                guard state.parks, state.parked.count < self.configuration.maximumCalls else { return false }
                state.calls[id] = control
                state.parked.append(waiting)
                return true
            }
            state.calls[id] = control
            guard case .enqueued = queue.yield(waiting) else {
                state.calls[id] = nil
                return false
            }
            return true
        }
        if !taken { self.post { engine, now in engine.reject(id, status: 480, now: now) } }
    }

    private func handleEnded(_ id: CallID, _ reason: CallEndReason) {
        let (control, waiters) = self.state.withLock { state in
            let control = state.calls.removeValue(forKey: id)
            state.parked.removeAll { $0.control.id == id }
            guard state.calls.isEmpty else { return (control, [CheckedContinuation<Void, Never>]()) }
            defer { state.drainWaiters.removeAll() }
            return (control, state.drainWaiters)
        }
        control?.handleEnded(reason)
        for waiter in waiters { waiter.resume() }
    }

    var callCommands: CallControl.Commands {
        CallControl.Commands(
            hangUp: { [weak self] id, reason in
                self?.post { engine, now in
                    if let reason { engine.hangUp(id, reason: reason, now: now) } else { engine.hangUp(id, now: now) }
                }
            },
            giveUp: { [weak self] id in self?.post { engine, now in engine.giveUp(id, now: now) } },
            hold: { [weak self] id, isHolding in
                guard let socket = self?.running?.socket else { return false }
                let command: @Sendable (inout AgentEngine, Instant) -> Bool = { $0.hold(id, isHolding, now: $1) }
                return (try? await socket.perform { engine, _, now in command(&engine, now) }) ?? false
            },
            mediaLoops: self.mediaLoops,
            ports: self.ports
        )
    }
}

extension SeededRandom {
    /// A generator with entropy from the system.
    static func system() -> SeededRandom {
        var system = SystemRandomNumberGenerator()
        return SeededRandom(entropy: (system.next(), system.next(), system.next(), system.next()))
    }
}

/// Returns when the task is cancelled or the service group asks for a graceful shutdown.
private func withGracefulShutdownOrCancellation() async {
    try? await gracefulShutdown()
}
