public import CallCore
import CoreTypes
import Logging
import SIPCore
import ServiceLifecycle
import Synchronization

extension UserAgent {
    /// Hands every call that comes in to `handler`, each in a child task, until the user agent stops.
    ///
    /// Calls that came within the last second are handed out too, and the accounts register now. Without a server calls are
    /// refused with 480. Handlers run where ``UserAgentConfiguration/handlers`` says. What a handler throws is logged and ends
    /// its own call only. When a caller gives up before the handler
    /// answered or rejected the call, the handler's task is cancelled. Who serves a second time takes the place of the first,
    /// which returns when its calls are over.
    ///
    /// When the task is cancelled, the handlers are, which ends their calls. In a service that is shut down gracefully no more
    /// calls are taken (503), and it returns when those in progress are over. On an agent that has stopped it returns at once.
    public func serve(_ handler: @escaping @Sendable (IncomingCall) async throws -> Void) async throws {
        let (calls, continuation) = AsyncStream<WaitingCall>.makeStream(
            bufferingPolicy: .bufferingOldest(self.configuration.maximumCalls)
        )
        let (replaced, hasStopped, accepts) = self.state.withLock { state in
            let replaced = state.queue
            if case .stopped = state.phase { return (replaced, true, false) }
            state.queue = continuation
            for call in state.parked { continuation.yield(call) }
            state.parked = []
            return (replaced, false, state.accepts)
        }
        replaced?.finish()
        if hasStopped { continuation.finish() }
        if accepts { self.post { engine, _ in engine.endDraining() } }
        self.beginToRegister()
        await withGracefulShutdownHandler {
            await withTaskExecutorPreference(self.handlerExecutor) {
                await withDiscardingTaskGroup { group in
                    for await waiting in calls {
                        group.addTask { await self.handle(waiting, handler) }
                    }
                }
            }
        } onGracefulShutdown: {
            continuation.finish()
            self.post { engine, _ in engine.beginDraining() }
        }
    }

    /// Where handlers run; `nil` leaves it to the task that serves.
    private var handlerExecutor: (any TaskExecutor)? {
        switch self.configuration.handlers {
        case .onSignalingLoop: self.loop
        case .onCallerExecutor: nil
        }
    }

    /// Has a call handled; cancels that when the caller gives up before it was decided.
    private func handle(
        _ waiting: WaitingCall,
        _ handler: @escaping @Sendable (IncomingCall) async throws -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.carryOut(waiting, handler) }
            group.addTask { await waiting.control.loss.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func carryOut(
        _ waiting: WaitingCall,
        _ handler: @escaping @Sendable (IncomingCall) async throws -> Void
    ) async {
        do {
            try await handler(IncomingCall(info: waiting.info, control: waiting.control, agent: self))
        } catch {
            // That a caller gives up, or that the task is cancelled, is no failure.
            let isCalledOff = waiting.control.loss.value != nil || error is CancellationError
            self.logger.log(
                level: isCalledOff ? .info : .warning,
                isCalledOff ? "a call was called off" : "a call failed",
                metadata: ["call": "\(waiting.control.id.number)", "error": "\(error)"]
            )
        }
    }

    /// Places a call and runs `body` when it is answered; leaving `body` hangs up.
    ///
    /// `target` is a `sip` or `tel` URI, or an extension at the account's PBX; see ``DialTarget``. `timeout` is for
    /// the answer: after it the call is cancelled, and nobody is waited for any longer. Where the PBX gave no sign of
    /// life at all the call ends with ``CallEndReason/timeout``, otherwise with ``CallEndReason/noAnswer``. An agent that has
    /// not started is waited for as long, and called it is ``TelephonyError/notRunning`` then. Cancelling the task cancels
    /// the call, or ends it; nothing is sent for a task that is cancelled before.
    /// `onPlaced` gets the call's identifier before anything can come of it, for logs.
    /// - Throws: ``TelephonyError``, ``TelephonyError/callFailed(_:)`` with `localHangup` when the task was cancelled before the
    ///   answer, and whatever `body` throws.
    public func call<Result: Sendable>(
        _ target: String,
        from identity: Int = 0,
        timeout: Duration = .seconds(60),
        recorder: CallRecorder? = nil,
        onPlaced: (@Sendable (CallID) -> Void)? = nil,
        onRinging: (@Sendable (Int) -> Void)? = nil,
        _ body: (Call) async throws -> Result
    ) async throws -> Result {
        let running = try await self.started(within: timeout)
        guard self.takesCalls else { throw TelephonyError.notRunning }
        guard running.identities.indices.contains(identity) else { throw TelephonyError.invalidTarget }
        let uri = try DialTarget(target, at: self.configuration.identities[identity].addressOfRecord).uri
        let account = running.identities[identity]
        let binding = running.destinations[identity].binding
        let socket = try self.openSocket(binding.address.host)
        let media = LocalMedia(address: binding.address.host, port: socket.port)
        let commands = self.callCommands
        let isCalledOff = Milestone<Void>()
        let limit = min(max(timeout, .zero), Self.longestWait)
        let command: @Sendable (inout AgentEngine, Instant) -> CallControl? = { [self] engine, now in
            guard isCalledOff.value == nil else { return nil }
            guard let id = engine.call(uri, from: account, media: media, noAnswerLimit: limit, now: now) else {
                return nil
            }
            onPlaced?(id)
            let control = CallControl(
                id: id,
                incoming: nil,
                party: PartyIdentity(number: uri.unescapedUser, source: .called, isVouched: true),
                socket: socket,
                recorder: recorder,
                commands: commands,
                ringing: onRinging
            )
            // Before the events of this very command are drained.
            guard self.keep(control) else {
                engine.hangUp(id, now: now)
                return nil
            }
            return control
        }
        let placed = await withTaskCancellationHandler {
            try? await running.socket.perform { engine, _, now in command(&engine, now) }
        } onCancel: {
            isCalledOff.reach()
        }
        guard let control = placed else {
            self.ports.close(socket.port)
            guard isCalledOff.value == nil else { throw TelephonyError.callFailed(.localHangup) }
            guard self.takesCalls else { throw TelephonyError.notRunning }
            throw TelephonyError.callFailed(.transport("too many calls"))
        }
        // The engine gives the call up when the time is over, and tells so.
        await withTaskCancellationHandler {
            await control.answeredOrGivenUp()
        } onCancel: {
            control.giveUp()
        }
        guard control.isAnswered else {
            // A call that was given up may still wait for what the PBX says to its CANCEL; nobody else does.
            let reason = control.endReason ?? .noAnswer
            if control.endReason != nil { await control.released() }
            let isRequested = reason == .localHangup || reason == .noAnswer || reason == .timeout
            if Task.isCancelled, isRequested { throw TelephonyError.callFailed(.localHangup) }
            throw TelephonyError.callFailed(reason)
        }
        return try await self.run(Call(control: control), body)
    }

    /// Waits until the agent has started, as long as for an answer.
    private func started(within timeout: Duration) async throws -> Running {
        if Task.isCancelled { throw TelephonyError.callFailed(.localHangup) }
        if let running = self.running { return running }
        return try await withThrowingTaskGroup(of: Running.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.started() }
            group.addTask {
                try? await Task.sleep(for: min(max(timeout, .zero), Self.longestWait))
                throw TelephonyError.notRunning
            }
            do {
                guard let running = try await group.next() else { throw TelephonyError.notRunning }
                return running
            } catch {
                throw Task.isCancelled ? TelephonyError.callFailed(.localHangup) : error
            }
        }
    }

    /// An answer is waited for no longer than a day: what is longer is no time that a clock has.
    private static let longestWait = Duration.seconds(86_400)

    /// Whether calls may be placed.
    private var takesCalls: Bool { self.state.withLock { !$0.isStopping } && self.running != nil }

    /// Keeps a call, unless the user agent has stopped: nobody would ever end it.
    private func keep(_ control: CallControl) -> Bool {
        self.state.withLock { state in
            guard case .running = state.phase, !state.isStopping else { return false }
            state.calls[control.id] = control
            return true
        }
    }

    func openSocket(_ advertised: IPAddress) throws -> RTPSocket {
        do {
            let host = self.configuration.transport.host ?? (advertised.isIPv6 ? .v6(0, 0) : .v4(0))
            return try self.ports.open(host: host)
        } catch {
            throw TelephonyError.portsExhausted(error.description)
        }
    }

    // MARK: Calls that came in

    func answer(_ control: CallControl, from info: IncomingCallInfo, recorder: CallRecorder?) async throws -> Call {
        let id = control.id
        if let reason = control.endReason { throw TelephonyError.callFailed(reason) }
        guard let running = self.running else { throw TelephonyError.notRunning }
        let address = try await running.socket.perform { _, runner, _ in runner.binding(for: info.source).address.host }
        if Task.isCancelled {
            // Read before: refusing it is no reason of the caller's.
            let reason = control.endReason ?? .localHangup
            self.reject(id, status: 480)
            throw TelephonyError.callFailed(reason)
        }
        let socket: RTPSocket
        do {
            socket = try self.openSocket(address)
        } catch {
            self.reject(id, status: 503)
            throw error
        }
        control.attach(socket, recorder: recorder)
        running.socket.post { engine, now in
            engine.answer(id, media: LocalMedia(address: address, port: socket.port), now: now)
        }
        await control.answeredOrEnded()
        guard control.isAnswered else {
            // Cancelled before the ACK came: what was accepted is given up.
            if control.endReason == nil { control.hangUp() }
            await control.released()
            throw TelephonyError.callFailed(control.endReason ?? .localHangup)
        }
        return Call(control: control)
    }

    func ring(_ id: CallID) {
        self.post { engine, now in engine.ring(id, now: now) }
    }

    func reject(_ id: CallID, status: Int) {
        self.post { engine, now in engine.reject(id, status: status, now: now) }
    }

    /// Runs a call's body; however it is left, the call is hung up and its media has stopped afterwards. The call is over, too,
    /// unless the task was cancelled.
    func run<Result: Sendable>(_ call: Call, _ body: (Call) async throws -> Result) async throws -> Result {
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    try await body(call)
                } onCancel: {
                    call.hangUp()
                }
            )
        } catch {
            result = .failure(error)
        }
        call.hangUp()
        await call.control.released()
        return try result.get()
    }
}
