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
/// registers when somebody serves its calls, for a PBX may deliver one with the very response to REGISTER. An agent
/// that nobody serves registers a second after its start, and from then on refuses calls with 480; those that come
/// sooner wait for the server.
///
/// It lives once: when it has stopped it cannot be started again, and what is asked of it throws
/// ``TelephonyError/notRunning``. One that is let go of without ``stop()`` hangs up, unregisters and closes by itself.
/// Everything that waits goes on when its task is cancelled.
///
/// In a `ServiceGroup` the order decides what becomes of the calls: services are shut down from the last to the first. With
/// the agent before the service that serves its calls those in progress are finished first, as long as that takes (or
/// `maximumGracefulShutdownDuration`); with the agent behind it they are ended.
public final class UserAgent: Service {
    struct Running: Sendable {
        let socket: SignalingSocket<AgentEngine>
        let identities: [IdentityID]
        var destinations: [Destination]
        let localAddress: TransportAddress
    }
    enum Phase: Sendable {
        case idle
        case starting
        case running(Running)
        case stopped
    }
    struct State: Sendable {
        var phase = Phase.idle
        /// What becomes of the present start, or of the next one; `nil` when it was successful.
        var opening = Milestone<(any Error)?>()
        var calls: [CallID: CallControl] = [:]
        var queue: AsyncStream<WaitingCall>.Continuation?
        var accepts = true
        /// Whether it is stopping: a call that began now would be one that nobody ends.
        var isStopping = false
        /// Comes when there are no more calls; for all who drain.
        var emptiness: Milestone<Void>?
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

    /// What it was configured with.
    public let configuration: UserAgentConfiguration
    /// What becomes of the registrations, and which requests were refused; the newest 100 are kept for a slow reader.
    ///
    /// For one reader at a time; a reader that is cancelled takes nothing. Ends when the agent has stopped.
    public let events = EventQueue<AgentEvent>(capacity: 100, losing: .oldest)
    /// The RTP ports.
    public let ports: PortPool
    let logger: Logger
    let mediaLoops: MediaLoops
    /// Where the engine runs, and the handlers of its calls.
    let loop: SignalingLoop
    let state = Mutex(State())
    private let hasStopped = Milestone<Void>()

    /// Makes a user agent; nothing is opened before ``run()``.
    ///
    /// - Throws: ``SocketError`` when the system has no descriptors or threads left for signaling and media.
    public init(_ configuration: UserAgentConfiguration, logger: Logger? = nil) throws {
        self.configuration = configuration
        self.logger = logger ?? Logger(label: "telephony", factory: { _ in SwiftLogNoOpLogHandler() })
        self.ports = PortPool(range: configuration.rtpPorts, random: .system())
        self.loop = try SignalingLoop()
        self.mediaLoops = try MediaLoops(
            count: configuration.mediaThreads,
            inactivityLimit: configuration.mediaInactivityLimit
        )
    }

    deinit {
        // Nobody is left who could stop it: an account must not stay registered for calls that nobody will see.
        let (loops, running, calls) = (self.mediaLoops, self.running, self.state.withLock { Array($0.calls.keys) })
        self.finish()
        guard let running else { return loops.stop() }
        Task {
            await running.leave(calls)
            loops.stop()
        }
    }

    // MARK: Running

    /// Opens the socket, registers, and stays until the task is cancelled, the service is shut down or somebody calls
    /// ``stop()``; then ends the calls, unregisters and closes.
    ///
    /// An agent that was started before is taken over as it is. Who runs a second time waits for the same end.
    ///
    /// - Throws: ``TelephonyError`` when the socket cannot be opened or a PBX's name has no address; the agent has
    ///   stopped then.
    public func run() async throws {
        do {
            try await self.start()
        } catch {
            self.finish()
            if error is CancellationError { return }
            throw error
        }
        await self.untilToldToStop()
        await self.stop()
    }

    /// Opens the socket. Registering begins as soon as ``serve(_:)`` is there, or a second later without it.
    ///
    /// Starting an agent that runs does nothing; starting it while it starts waits for the same outcome. After a failure it
    /// may be tried again.
    ///
    /// - Throws: ``TelephonyError``, ``TelephonyError/notRunning`` after ``stop()``, and `CancellationError`.
    public func start() async throws {
        try Task.checkCancellation()
        let (isOurs, opening) = try self.state.withLock { state throws(TelephonyError) in
            switch state.phase {
            case .stopped: throw .notRunning
            case .starting, .running: return (false, state.opening)
            case .idle:
                state.phase = .starting
                return (true, state.opening)
            }
        }
        guard isOurs else {
            guard let failure = await opening.wait() else { throw CancellationError() }
            if let failure { throw failure }
            return
        }
        let running: Running
        do {
            running = try await self.open()
        } catch {
            self.handleFailedStart(error)
            throw error
        }
        let isServed = self.state.withLock { state -> Bool? in
            guard case .starting = state.phase else { return nil }
            state.phase = .running(running)
            // Behind the lock, so that none of them is overtaken by a later one.
            for command in state.pending { running.socket.post(command) }
            state.pending = []
            return state.queue != nil
        }
        guard let isServed else {
            await running.socket.close()
            throw TelephonyError.notRunning
        }
        opening.reach(nil)
        if isServed { self.beginToRegister() } else { self.awaitServer() }
    }

    /// The agent did not start: who waits for that goes on, and it may be tried again.
    private func handleFailedStart(_ error: any Error) {
        let (opening, queue) = self.state.withLock { state in
            let found = (state.opening, state.queue)
            guard case .starting = state.phase else { return found }
            state.phase = .idle
            state.opening = Milestone()
            state.queue = nil
            return found
        }
        queue?.finish()
        opening.reach(error)
    }

    /// Returns when the task is cancelled, the service group asks for a graceful shutdown, or the agent has stopped.
    private func untilToldToStop() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await gracefulShutdown() }
            group.addTask { await self.hasStopped.wait() }
            await group.next()
            group.cancelAll()
        }
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

    /// Accepts no more calls, and returns when those in progress are over, or when the task is cancelled.
    ///
    /// From now on INVITE and OPTIONS get 503 with Retry-After, so that the PBX goes elsewhere, also when the task is cancelled or
    /// the agent starts only later; so do the calls that wait for a server. The accounts stay registered until ``stop()``.
    public func drain() async {
        let (parked, emptiness) = self.state.withLock { state -> ([WaitingCall], Milestone<Void>?) in
            state.accepts = false
            let parked = state.parked
            state.parked = []
            guard !state.calls.isEmpty else { return (parked, nil) }
            let emptiness = state.emptiness ?? Milestone()
            state.emptiness = emptiness
            return (parked, emptiness)
        }
        self.post { engine, _ in engine.beginDraining() }
        for call in parked { self.reject(call.control.id, status: 503) }
        await emptiness?.wait()
    }

    /// Ends all calls, unregisters and closes the socket. Gives the PBX two seconds to respond.
    ///
    /// May be called from any task, a call's own and a cancelled one included, and more than once. An agent that has not
    /// started will not do so any more.
    public func stop() async {
        guard let running = self.running else {
            self.finish()
            return
        }
        let calls = self.state.withLock { state in
            state.accepts = false
            state.isStopping = true
            return Array(state.calls.keys)
        }
        running.socket.post { engine, _ in engine.beginDraining() }
        await running.leave(calls)
        self.finish()
    }

    private func finish() {
        let (opening, emptiness, queue, calls) = self.state.withLock { state in
            let found = (state.opening, state.emptiness, state.queue, Array(state.calls.values))
            state.phase = .stopped
            state.emptiness = nil
            state.calls.removeAll()
            state.queue = nil
            state.pending = []
            state.parked = []
            return found
        }
        opening.reach(TelephonyError.notRunning)
        for call in calls { call.handleEnded(.localHangup) }
        queue?.finish()
        self.events.finish()
        emptiness?.reach()
        self.hasStopped.reach()
    }

    /// The calls, dialogs, transactions and ports in use; all 0 after a drain.
    public func gauges() async -> AgentGauges {
        guard let running = self.running else { return AgentGauges() }
        var gauges = (try? await running.socket.perform { engine, _, _ in engine.gauges }) ?? AgentGauges()
        gauges.ports = self.ports.inUse
        gauges.mediaLegs = self.mediaLoops.legs
        return gauges
    }

    /// Whether a host is an account's PBX or a configured peer.
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

    /// Waits until ``run()`` or ``start()`` has opened the socket, or the task is cancelled.
    ///
    /// - Throws: ``TelephonyError/notRunning`` when that failed or is over, or did not come.
    func started() async throws -> Running {
        await self.state.withLock { $0.opening }.wait()
        guard let running = self.running else { throw TelephonyError.notRunning }
        return running
    }

    // MARK: Commands

    /// A command that nobody waits for. One that comes before the agent runs is carried out when it does.
    func post(_ body: @escaping Command) {
        let socket = self.state.withLock { state -> SignalingSocket<AgentEngine>? in
            switch state.phase {
            case .running(let running): return running.socket
            case .idle, .starting:
                if state.pending.count < self.configuration.maximumCalls * 4 { state.pending.append(body) }
                return nil
            case .stopped: return nil
            }
        }
        socket?.post(body)
    }
}
