package import CoreTypes
import NIOCore
import NIOPosix
import SIPCore

/// A bound UDP socket with the driver of an engine on it: commands hop to its event loop.
package struct SignalingSocket<Engine: SignalingEngine & SendableMetatype & ~Copyable>: Sendable {
    private let driver: NIOLoopBound<SignalingDriver<Engine>>
    private let channel: any Channel

    /// The address that the socket is bound to.
    package var localAddress: TransportAddress? { self.channel.localAddress.flatMap { TransportAddress($0) } }

    /// Binds a socket and runs `engine` on it; `handleEvents` drains the engine's events, on the event loop.
    ///
    /// - Throws: ``TelephonyError`` when the port is taken or the address is not ours.
    package static func bind(
        _ engine: consuming sending Engine,
        to address: TransportAddress,
        advertising fixed: IPAddress?,
        trace: SIPTrace?,
        handleEvents: @escaping @Sendable (inout Engine, Instant) -> Void
    ) async throws -> SignalingSocket {
        let box = EngineBox(engine)
        do {
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelOption(.datagramVectorReadMessageCount, value: 16)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 * 65_536))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let driver = SignalingDriver(
                            engine: box.take(),
                            fixedAddress: fixed,
                            trace: trace,
                            handleEvents: handleEvents
                        )
                        try channel.pipeline.syncOperations.addHandler(driver)
                    }
                }
                .bind(host: address.host.description, port: Int(address.port))
                .get()
            let driver = try await channel.eventLoop.submit {
                let driver = try channel.pipeline.syncOperations.handler(type: SignalingDriver<Engine>.self)
                return NIOLoopBound(driver, eventLoop: channel.eventLoop)
            }.get()
            return SignalingSocket(driver: driver, channel: channel)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw TelephonyError.addressInUse(port: address.port)
        } catch let error as IOError {
            throw TelephonyError.cannotBind("\(address): \(error)")
        }
    }

    /// Runs a command on the engine and waits for its result; everything it caused is on the wire then.
    package func perform<Result: Sendable>(
        _ body: @escaping @Sendable (inout Engine, SignalingDriver<Engine>, Instant) -> Result
    ) async throws -> Result {
        let driver = self.driver
        return try await self.channel.eventLoop.submit {
            let value = driver.value
            return value.perform { engine, now in body(&engine, value, now) }
        }.get()
    }

    /// Runs a command that nobody waits for.
    package func post(_ body: @escaping @Sendable (inout Engine, Instant) -> Void) {
        let driver = self.driver
        self.channel.eventLoop.execute { driver.value.perform(body) }
    }

    /// Closes the socket.
    package func close() async {
        try? await self.channel.close()
    }
}

/// Carries an engine, which cannot be copied, into the closure that puts it on its event loop.
private final class EngineBox<Engine: ~Copyable>: @unchecked Sendable {
    // Unchecked: filled before the event loop runs the closure and taken once by it.

    private var engine: Engine?

    init(_ engine: consuming sending Engine) {
        self.engine = consume engine
    }

    func take() -> Engine {
        guard let engine = self.engine.take() else { preconditionFailure("an engine is put on one socket only") }
        return engine
    }
}
