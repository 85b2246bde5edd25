internal import CoreTypes

/// The one timer of a conversation.
extension Conversation {
    func keepTime() async {
        while !Task.isCancelled {
            let deadline = self.deadline
            self.armed = deadline
            let work = Revocable()
            self.sleep = work
            let clock = self.clock
            await work.run { try? await clock.sleep(until: deadline) }
            self.sleep = nil
            guard !Task.isCancelled else { return }
            self.handleTimeout()
        }
    }

    private func handleTimeout() {
        let now = self.clock.now
        self.checkSilence(now)
        if let due = self.speech.due, due <= now { self.speak(.timeout) }
        if let due = self.machine.deadline, due <= now { self.feed(.timeout(heard: self.heard)) }
    }

    private var deadline: Instant {
        let due = [self.machine.deadline, self.silenceDue, self.speech.due].compactMap(\.self).min()
        return due ?? self.clock.now + .seconds(60)
    }

    /// Wakes the timer when something is due before it would wake by itself.
    func arm() {
        guard let armed, self.deadline < armed else { return }
        self.sleep?.revoke()
    }
}

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
