internal import CoreTypes

/// Any clock, with instants that can be kept and compared.
struct ConversationClock: Sendable {
    private let read: @Sendable () -> Instant
    private let wait: @Sendable (Duration) async throws -> Void

    /// Makes a clock that begins now.
    init<Source: Clock>(_ source: Source) where Source.Duration == Duration {
        let origin = source.now
        self.read = { Instant.zero + origin.duration(to: source.now) }
        self.wait = { try await source.sleep(for: $0) }
    }

    /// The time since the clock was made.
    var now: Instant { self.read() }

    /// Returns at `instant`.
    ///
    /// - Throws: `CancellationError` when the task was cancelled.
    func sleep(until instant: Instant) async throws {
        let duration = instant - self.now
        guard duration > .zero else { return }
        try await self.wait(duration)
    }
}
