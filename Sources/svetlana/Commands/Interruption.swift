import Foundation
import Synchronization
import UnixSignals

/// Runs `body` while the signals that ask a program to end, SIGINT and SIGTERM, are handed to `handle` with their number
/// from 1.
func watchingSignals<Result: Sendable>(
    _ handle: @escaping @Sendable (UnixSignal, Int) async -> Void,
    while body: () async throws -> Result
) async throws -> Result {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let watch = Task {
        var count = 0
        for await signal in signals {
            count += 1
            await handle(signal, count)
        }
    }
    defer { watch.cancel() }
    return try await body()
}

/// Runs `body`, which the first SIGINT or SIGTERM cancels; the second ends the program at once.
func interruptible<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let work = Task { try await body() }
    return try await watchingSignals(
        { _, count in
            if count == 1 { work.cancel() } else { _exit(ExitStatus.interrupted.rawValue) }
        },
        while: { try await work.value }
    )
}
