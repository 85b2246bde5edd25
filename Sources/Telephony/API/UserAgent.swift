public import CallCore
public import CoreTypes
public import Logging
import SIPCore
public import ServiceLifecycle
import Synchronization

/// A telephone: registers its accounts, answers and places calls.
///
/// ``run()`` owns the socket and the registrations; ``serve(_:)`` hands out the calls that come in and
/// ``call(_:from:timeout:recorder:onRinging:_:)`` places one. All may be used from any task.
public final class UserAgent: Service {
    struct Running: Sendable {
        let socket: SignalingSocket<AgentEngine>
        let identities: [IdentityID]
        let destinations: [Destination]
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
    }
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

    /// Opens the socket and begins to register.
    ///
    /// - Throws: ``TelephonyError``.
    public func start() async throws {
        do {
            let running = try await self.open()
            let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
                defer { state.phase = .running(running) }
                if case .idle(let waiters) = state.phase { return waiters }
                return []
            }
            for waiter in waiters { waiter.resume() }
        } catch {
            self.finish()
            throw error
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
            try? await Task.sleep(for: .milliseconds(20))
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

    /// A command that nobody waits for.
    func post(_ body: @escaping @Sendable (inout AgentEngine, Instant) -> Void) {
        self.running?.socket.post(body)
    }

    // MARK: Events of the engine, on its event loop

    func handle(_ event: AgentEvent) {
        switch event {
        case .incoming(let id, let info): self.handleIncoming(id, info)
        case .ringing(let id, let status): self.control(id)?.handleRinging(status: status)
        case .answered(let id, let answeredBy): self.control(id)?.handleAnswered(answeredBy)
        case .media(let id, let parameters): self.control(id)?.handleMedia(parameters)
        case .mediaEnded(let id): self.control(id)?.handleMediaEnded()
        case .ended(let id, let reason): self.handleEnded(id, reason)
        case .registered, .registrationFailed, .bindings, .unregistered, .refused: self.eventContinuation.yield(event)
        }
    }

    private func control(_ id: CallID) -> CallControl? {
        self.state.withLock { $0.calls[id] }
    }

    private func handleIncoming(_ id: CallID, _ info: IncomingCallInfo) {
        let control = CallControl(id: id, incoming: info, socket: nil, recorder: nil, commands: self.callCommands)
        let taken = self.state.withLock { state in
            guard state.accepts, let queue = state.queue else { return false }
            state.calls[id] = control
            guard case .enqueued = queue.yield(WaitingCall(info: info, control: control)) else {
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
