package import CoreTypes
import Glibc
import SIPCore
import Synchronization

/// A bound UDP socket with an engine on it, for those who are on other threads: commands hop to its loop.
package struct SignalingSocket<Engine: SignalingEngine & SendableMetatype & ~Copyable>: Sendable {
    private let runner: LoopBound<EngineRunner<Engine>>
    private let loop: SignalingLoop
    private let closing: Closing
    /// The address that the socket is bound to.
    package let localAddress: TransportAddress

    /// Binds a socket and runs `engine` on it.
    ///
    /// `handleEvents` drains the engine's events on the loop, which is one of the socket's own where none is given. A destination that
    /// was reported as unreachable counts as that when nothing came from there for `grace`.
    /// - Throws: ``TelephonyError`` when the port is taken or the address is not ours.
    package static func bind(
        _ engine: consuming sending Engine,
        to address: TransportAddress,
        advertising fixed: IPAddress?,
        trace: SIPTrace?,
        on given: SignalingLoop? = nil,
        grace: Duration = .seconds(1),
        handleEvents: @escaping @Sendable (inout Engine, Instant) -> Void
    ) async throws -> SignalingSocket {
        let loop: SignalingLoop
        let transport: UDPTransport
        do throws(SocketError) {
            loop = if let given { given } else { try SignalingLoop() }
            transport = try UDPTransport(address)
        } catch {
            if error.isAddressInUse { throw TelephonyError.addressInUse(port: address.port) }
            throw TelephonyError.cannotBind("\(address): \(error)")
        }
        let localAddress = transport.localAddress
        let parts = Handover(engine, transport)
        let runner = await loop.run {
            let runner = EngineRunner(
                engine: parts.takeEngine(),
                over: parts.transport,
                on: loop,
                fixedAddress: fixed,
                grace: grace,
                trace: trace,
                handleEvents: handleEvents
            )
            return LoopBound(runner, on: loop)
        }
        return SignalingSocket(runner: runner, loop: loop, closing: Closing(), localAddress: localAddress)
    }

    /// Runs a command on the engine and gives its result; everything it caused is on the wire then. At once for who is on the
    /// loop already.
    ///
    /// - Throws: ``TelephonyError/notRunning`` when the socket is closed.
    package func perform<Result: Sendable>(
        _ body: @escaping @Sendable (inout Engine, EngineRunner<Engine>, Instant) -> Result
    ) async throws -> Result {
        let (runner, closing) = (self.runner, self.closing)
        let command: @Sendable () -> Result? = {
            guard !closing.hasBegun else { return nil }
            let value = runner.value
            return value.perform { engine, now in body(&engine, value, now) }
        }
        let result = self.loop.isCurrent && !runner.value.isBusy ? command() : await self.loop.run(command)
        guard let result else { throw TelephonyError.notRunning }
        return result
    }

    /// Runs a command that nobody waits for.
    package func post(_ body: @escaping @Sendable (inout Engine, Instant) -> Void) {
        let (runner, closing) = (self.runner, self.closing)
        self.loop.execute {
            if !closing.hasBegun { runner.value.perform(body) }
        }
    }

    /// Closes the socket; once, and what is asked of it later is not done.
    package func close() async {
        let (runner, closing) = (self.runner, self.closing)
        await self.loop.run {
            if closing.begin() { runner.value.close() }
        }
    }
}

extension SignalingLoop {
    /// Runs `body` on the thread and waits for its result.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            self.execute { continuation.resume(returning: body()) }
        }
    }
}

/// Whether a socket was closed.
private final class Closing: Sendable {
    private let flag = Atomic<Bool>(false)

    var hasBegun: Bool { self.flag.load(ordering: .relaxed) }

    /// Closes; `false` when it was closed before.
    func begin() -> Bool { !self.flag.exchange(true, ordering: .relaxed) }
}

/// Carries an engine, which cannot be copied, and its transport into the closure that puts them on their loop.
private final class Handover<Engine: ~Copyable>: @unchecked Sendable {
    // Unchecked: filled before the loop runs the closure and taken once by it.

    private var engine: Engine?
    let transport: any Transport

    init(_ engine: consuming sending Engine, _ transport: any Transport) {
        self.engine = consume engine
        self.transport = transport
    }

    func takeEngine() -> Engine {
        guard let engine = self.engine.take() else { preconditionFailure("an engine is put on one socket only") }
        return engine
    }
}
