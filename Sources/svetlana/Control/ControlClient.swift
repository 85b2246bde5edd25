import Foundation
import NIOCore
import NIOPosix

/// Asks a running bot.
enum ControlClient {
    /// Whether a bot listens on `path`.
    ///
    /// - Throws: ``Failure`` when there is one that this user may not talk to.
    static func isListening(_ path: String) throws -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        if !connected, errno == EACCES || errno == EPERM {
            throw Failure(.failure, "a bot of another user listens on \(path): run this command as that user")
        }
        return connected
    }

    /// Sends a request and hands every reply to `body`, the final one included.
    static func ask(
        _ request: ControlRequest,
        at path: String,
        _ body: @escaping @Sendable (ControlReply) -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: ControlCodec.line(request)))
            for try await line in inbound {
                let reply = try ControlCodec.decode(ControlReply.self, Array(buffer: line))
                body(reply)
                if reply.isFinal { return }
            }
            throw Failure(.failure, "the running bot hung up in the middle of its answer: see its log")
        }
    }
}
