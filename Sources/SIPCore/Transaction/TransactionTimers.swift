import CoreTypes

/// The name of a transaction timer: the letters of RFC 3261 (table 4) and RFC 6026, and those that have no letter.
public enum TimerName: String, Sendable, Hashable, CaseIterable {
    /// Repeats an INVITE.
    case a
    /// Ends an INVITE that nobody answers.
    case b
    /// Cancels an INVITE that rings for too long.
    case c
    /// Waits for repetitions of an INVITE's non-2xx answer.
    case d
    /// Repeats a request other than INVITE.
    case e
    /// Ends a request other than INVITE that nobody answers.
    case f
    /// Repeats the non-2xx answer to an INVITE.
    case g
    /// Waits for the ACK.
    case h
    /// Waits for repetitions of the ACK.
    case i
    /// Waits for repetitions of a request other than INVITE.
    case j
    /// Waits for repetitions of the answer to a request other than INVITE.
    case k
    /// Waits for repetitions of an INVITE that got a 2xx.
    case l
    /// Waits for repetitions and forks of a 2xx.
    case m
    /// Sends 100 when the owner takes its time (RFC 3261 section 17.2.1, RFC 4320 section 4.1).
    case trying
    /// Ends a request that the owner of the endpoint never answers.
    case unanswered
    /// Ends an INVITE whose CANCEL brought no answer (RFC 3261 section 9.1).
    case canceled
}

/// The running timers of one transaction: at most one that repeats a message and one that ends a wait.
struct TransactionTimers: Sendable, Equatable {
    private struct Running: Sendable, Equatable {
        var name: TimerName
        var instant: Instant
    }
    private var repeating: Running?
    private var limit: Running?

    /// When the next of the timers fires.
    var earliest: Instant? {
        guard let repeating else { return self.limit?.instant }
        guard let limit else { return repeating.instant }
        return min(repeating.instant, limit.instant)
    }

    /// How many timers run.
    var count: Int {
        (self.repeating == nil ? 0 : 1) + (self.limit == nil ? 0 : 1)
    }

    /// Whether the timer runs.
    func isRunning(_ name: TimerName) -> Bool {
        self.repeating?.name == name || self.limit?.name == name
    }

    /// Starts a timer that repeats something, in place of the one that did.
    mutating func startRepeating(_ name: TimerName, at instant: Instant) {
        self.repeating = Running(name: name, instant: instant)
    }

    /// Starts a timer that ends a wait, in place of the one that did.
    mutating func startLimit(_ name: TimerName, at instant: Instant) {
        self.limit = Running(name: name, instant: instant)
    }

    /// Stops the timer that repeats something.
    mutating func stopRepeating() {
        self.repeating = nil
    }

    /// Stops all.
    mutating func stopAll() {
        self.repeating = nil
        self.limit = nil
    }

    /// Takes out the earliest timer that is due; of two at the same instant the limit, so that nothing is repeated in vain.
    mutating func popDue(_ now: Instant) -> TimerName? {
        guard let earliest, earliest <= now else { return nil }
        if let limit, limit.instant <= earliest {
            self.limit = nil
            return limit.name
        }
        let name = self.repeating?.name
        self.repeating = nil
        return name
    }
}
