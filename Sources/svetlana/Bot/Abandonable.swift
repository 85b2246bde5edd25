/// Work that cannot be cancelled, such as a question to DNS, and that nobody waits for longer than he wants.
enum Abandonable {
    /// The work's result; nil when it takes longer than `limit`, or the task is cancelled. The work is cancelled, and goes on unheard
    /// for as long as it cannot end.
    static func run<Result: Sendable>(
        within limit: Duration?,
        _ work: @escaping @Sendable () async -> Result
    ) async -> Result? {
        let (results, continuation) = AsyncStream<Result>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let task = Task {
            continuation.yield(await work())
            continuation.finish()
        }
        let timer = limit.map { limit in
            Task {
                try? await Task.sleep(for: limit)
                continuation.finish()
            }
        }
        defer {
            timer?.cancel()
            task.cancel()
        }
        for await result in results { return result }
        return nil
    }
}
