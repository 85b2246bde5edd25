import Synchronization

/// What `status` and `hangup` ask.
extension ControlClient {
    /// What the running bot is doing.
    static func activity(at path: String) async throws -> BotActivity {
        guard case .activity(let activity) = try await Self.answer(to: .activity, at: path) else { throw Self.stranger }
        return activity
    }

    /// Ends calls of the running bot; those that there were.
    static func hangUp(_ calls: [UInt64], at path: String) async throws -> [UInt64] {
        guard case .hungUp(let ended) = try await Self.answer(to: .hangUp(calls), at: path) else { throw Self.stranger }
        return ended
    }

    private static func answer(to request: ControlRequest, at path: String) async throws -> ControlReply {
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
        "the running bot gave another answer than was asked for: it may be of another version, restart it"
    )
}
