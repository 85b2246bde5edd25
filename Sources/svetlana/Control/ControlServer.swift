import Foundation
import Logging
import NIOCore
import NIOPosix

/// Listens on a Unix socket for `svetlana call` and `svetlana check`. Only the bot's own user may connect.
struct ControlServer: Sendable {
    let path: String
    let logger: Logger
    /// Serves one request; the closure it is given sends a reply.
    let handle: @Sendable (ControlRequest, @escaping @Sendable (ControlReply) async -> Void) async -> Void

    /// Listens until the task is cancelled.
    func run() async throws {
        try Self.clear(self.path)
        let mask = umask(0o177)
        defer { umask(mask) }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .bind(unixDomainSocketPath: self.path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        umask(mask)
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        try await server.executeThenClose { connections in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
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

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        try? await connection.executeThenClose { inbound, outbound in
            // One request a connection: there is nothing to queue.
            for try await line in inbound {
                let reply: @Sendable (ControlReply) async -> Void = { reply in
                    guard let bytes = try? ControlCodec.line(reply) else { return }
                    try? await outbound.write(ByteBuffer(bytes: bytes))
                }
                do {
                    let request = try ControlCodec.decode(ControlRequest.self, Array(buffer: line))
                    await self.handle(request, reply)
                } catch {
                    await reply(.failure("not a request of this version: \(error)"))
                }
                break
            }
        }
    }

    /// Removes a socket that a killed bot left behind; refuses to when a bot still listens.
    private static func clear(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            let folder = (path as NSString).deletingLastPathComponent
            if !folder.isEmpty {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            return
        }
        if try ControlClient.isListening(path) {
            throw Failure(.portInUse, "another svetlana is running: it listens on \(path)")
        }
        try FileManager.default.removeItem(atPath: path)
    }
}

/// Cuts a stream into lines of bounded length.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    struct TooLong: Error {}

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.readableBytesView.firstIndex(of: 0x0A).map({ $0 - buffer.readerIndex }) else {
            if buffer.readableBytes > ControlCodec.longestLine { throw TooLong() }
            return .needMoreData
        }
        guard let line = buffer.readSlice(length: length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(self.wrapInboundOut(line))
        return .continue
    }
}
