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
