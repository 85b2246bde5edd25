import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Asks a running bot.
enum ControlClient {
    /// Whether a bot listens on `path`.
    ///
    /// - Throws: ``Failure`` when there is one that this user may not talk to, or that may not be trusted.
    static func isListening(_ path: String) throws -> Bool {
        guard let descriptor = try Self.connect(to: path) else { return false }
        close(descriptor)
        return true
    }

    /// Connects to a bot that may be trusted; nil when none listens.
    private static func connect(to path: String) throws -> Int32? {
        try ControlFolder.check(path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard connected else {
            let code = errno
            close(descriptor)
            if code == EACCES || code == EPERM {
                throw Failure(.failure, "a bot of another user listens on \(path): run this command as that user")
            }
            return nil
        }
        // Asked of the connection itself, before a word is said: what the folder shows may have changed meanwhile.
        guard let user = PeerCredentials.user(of: descriptor), ControlFolder.isTrusted(user, at: path) else {
            close(descriptor)
            throw Failure(
                .failure,
                "whoever listens on \(path) is another user, and gets no request: remove that socket, or set control.socket"
            )
        }
        return descriptor
    }

    /// Sends a request and hands every reply to `body`, the final one included. Cancelling the task hangs up, which cancels
    /// what was asked for.
    static func ask(
        _ request: ControlRequest,
        at path: String,
        _ body: @escaping @Sendable (ControlReply) -> Void
    ) async throws {
        guard let descriptor = try Self.connect(to: path) else {
            throw Failure(.failure, "the running bot is gone: see its log")
        }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .withConnectedSocket(descriptor) { channel in
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
            try Task.checkCancellation()
            throw Failure(.failure, "the running bot hung up in the middle of its reply: see its log")
        }
    }
}

/// What `status` and `hangup` ask.
extension ControlClient {
    /// What the running bot is doing.
    static func activity(at path: String) async throws -> BotActivity {
        guard case .activity(let activity) = try await Self.reply(to: .activity, at: path) else { throw Self.stranger }
        return activity
    }

    /// Ends calls of the running bot; those that there were.
    static func hangUp(_ calls: [UInt64], at path: String) async throws -> [UInt64] {
        guard case .hungUp(let ended) = try await Self.reply(to: .hangUp(calls), at: path) else { throw Self.stranger }
        return ended
    }

    private static func reply(to request: ControlRequest, at path: String) async throws -> ControlReply {
        guard try Self.isListening(path) else {
            throw Failure(.notRunning, "no bot is running: nothing listens on \(path) (svetlana run starts one)")
        }
        let last = Mutex<ControlReply?>(nil)
        try await Self.ask(request, at: path) { reply in
            if reply.isFinal { last.withLock { $0 = reply } }
        }
        guard let reply = last.withLock({ $0 }) else { throw Self.stranger }
        if case .failure(let why) = reply {
            throw Failure(.failure, "the running bot refused: \(why); restart it if it is of another version")
        }
        return reply
    }

    private static let stranger = Failure(
        .failure,
        "the running bot gave another reply than was asked for: it may be of another version, restart it"
    )
}

extension BotStatus {
    /// Asks a running bot how it is.
    ///
    /// - Throws: ``Failure``, also when it does not answer within `limit`.
    static func ask(at path: String, within limit: Duration = .seconds(5)) async throws -> BotStatus {
        let answer = await Abandonable.run(within: limit) { () -> Result<BotStatus?, Failure> in
            let (replies, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingOldest(8))
            do {
                try await ControlClient.ask(.status, at: path) { continuation.yield($0) }
            } catch {
                return .failure(Failure(error))
            }
            continuation.finish()
            for await reply in replies {
                if case .status(let status) = reply { return .success(status) }
            }
            return .success(nil)
        }
        guard let answer else { throw Failure(.failure, "the running bot does not answer on \(path): see its log") }
        guard let status = try answer.get() else {
            throw Failure(.failure, "the running bot gave no status: see its log")
        }
        return status
    }
}
