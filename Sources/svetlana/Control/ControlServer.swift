import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Listens on a Unix socket for `svetlana call` and `svetlana check`. Only the bot's own user and root are served, whatever
/// the mode of the socket and of its folder.
struct ControlServer: Sendable {
    let path: String
    let logger: Logger
    /// Serves one request; the closure it is given sends a reply.
    let handle: @Sendable (ControlRequest, @escaping @Sendable (ControlReply) async -> Void) async -> Void

    /// Listens until the task is cancelled.
    func run() async throws {
        try Self.clear(self.path)
        let connections = Connections()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .bind(unixDomainSocketPath: self.path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.admit(channel) else { throw Refused() }
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        // The kernel names who connects, so nothing is lost until this is done.
        chmod(self.path, 0o600)
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        try await server.executeThenClose { incoming in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in incoming {
                        group.addTask { await self.serve(connection) }
                    }
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.error("the control socket failed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private struct Refused: Error {}

    /// Serves one request; what it asked for is cancelled when who asked hangs up.
    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let channel = connection.channel
        try? await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup { group in
                // Who connects and says nothing does not stay.
                let timeout = ConnectionTimeout(channel, limit: Self.requestLimit)
                defer {
                    timeout.end()
                    group.cancelAll()
                }
                var isAsked = false
                for try await line in inbound where !isAsked {
                    // One request a connection: there is nothing to queue.
                    isAsked = true
                    timeout.end()
                    group.addTask {
                        let reply: @Sendable (ControlReply) async -> Void = { reply in
                            guard let bytes = try? ControlCodec.line(reply) else { return }
                            try? await outbound.write(ByteBuffer(bytes: bytes))
                        }
                        do {
                            let request = try ControlCodec.decode(ControlRequest.self, Array(buffer: line))
                            await self.handle(request, reply)
                        } catch {
                            await reply(.failure("not a request of this version"))
                        }
                        // The client hangs up when it has read the last line.
                        _ = ConnectionTimeout(channel, limit: Self.goodbyeLimit)
                    }
                }
            }
        }
    }

    private static let requestLimit = TimeAmount.seconds(10)
    private static let goodbyeLimit = TimeAmount.seconds(5)

    /// Removes a socket that a killed bot left behind; refuses to when a bot still listens, and touches nothing else.
    private static func clear(_ path: String) throws {
        try ControlFolder.prepare(for: path)
        guard let status = PrivateFiles.status(of: path) else { return }
        guard status.isSocket else {
            throw Failure(.configuration, "control.socket: \(path) is there and is no socket: choose another path")
        }
        if try ControlClient.isListening(path) {
            throw Failure(.portInUse, "another svetlana is running: it listens on \(path)")
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Failure(.failure, "the old socket \(path) cannot be removed: \(String(cString: strerror(errno)))")
        }
    }
}

/// Closes a connection after a while, unless that is cancelled.
private struct ConnectionTimeout: Sendable {
    private let timer: Scheduled<Void>

    init(_ channel: any Channel, limit: TimeAmount) {
        self.timer = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }

    func end() {
        self.timer.cancel()
    }
}

/// Who is connected: few at a time, and only this user and root.
private final class Connections: Sendable {
    private let count = Atomic(0)
    private static let limit = 16

    /// Lets a connection in and counts it until it is closed.
    func admit(_ channel: any Channel) -> Bool {
        let user = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { PeerCredentials.user(of: $0) }
        guard let user = user ?? nil, user == geteuid() || user == 0 else { return false }
        guard self.count.wrappingAdd(1, ordering: .relaxed).newValue <= Self.limit else {
            self.count.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { _ in self.count.wrappingSubtract(1, ordering: .relaxed) }
        return true
    }
}

/// Cuts a stream into lines of bounded length.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    struct TooLong: Error {}

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let view = buffer.readableBytesView.prefix(ControlCodec.longestLine + 1)
        guard let length = view.firstIndex(of: 0x0A).map({ $0 - buffer.readerIndex }) else {
            if buffer.readableBytes > ControlCodec.longestLine { throw TooLong() }
            return .needMoreData
        }
        guard let line = buffer.readSlice(length: length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(self.wrapInboundOut(line))
        return .continue
    }
}
