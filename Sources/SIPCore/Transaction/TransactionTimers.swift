import CoreTypes

/// The name of a transaction timer: the letters of RFC 3261 (table 4) and RFC 6026, and those that have no letter.
public enum TimerName: UInt8, Sendable, Hashable, CaseIterable {
    /// Retransmits an INVITE.
    case a
    /// Ends an INVITE that gets no response.
    case b
    /// Cancels an INVITE that rings for too long.
    case c
    /// Waits for retransmissions of an INVITE's non-2xx response.
    case d
    /// Retransmits a request other than INVITE.
    case e
    /// Ends a request other than INVITE that gets no response.
    case f
    /// Retransmits the non-2xx response to an INVITE.
    case g
    /// Waits for the ACK.
    case h
    /// Waits for retransmissions of the ACK.
    case i
    /// Waits for retransmissions of a request other than INVITE.
    case j
    /// Waits for retransmissions of the response to a request other than INVITE.
    case k
    /// Waits for retransmissions of an INVITE that got a 2xx.
    case l
    /// Waits for retransmissions and forks of a 2xx.
    case m
    /// Sends 100 when the transaction user takes its time (RFC 3261 section 17.2.1, RFC 4320 section 4.1).
    case trying
    /// Ends a request that the transaction user never responds to.
    case unanswered
    /// Ends an INVITE whose CANCEL brought no response, of the peer (RFC 3261 section 9.1) or of the transaction user.
    case canceled
    /// Cancels or ends a request that has no final response in the time that the transaction user gave it.
    case noAnswer
}

/// Some of the timers.
package struct TimerSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    static let a = TimerSet(.a)
    static let b = TimerSet(.b)
    static let c = TimerSet(.c)
    static let d = TimerSet(.d)
    static let e = TimerSet(.e)
    static let f = TimerSet(.f)
    static let g = TimerSet(.g)
    static let h = TimerSet(.h)
    static let i = TimerSet(.i)
    static let j = TimerSet(.j)
    static let k = TimerSet(.k)
    static let l = TimerSet(.l)
    static let m = TimerSet(.m)
    static let trying = TimerSet(.trying)
    static let unanswered = TimerSet(.unanswered)
    static let canceled = TimerSet(.canceled)
    static let noAnswer = TimerSet(.noAnswer)

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package init(_ name: TimerName) {
        self.rawValue = 1 << UInt32(name.rawValue)
    }

    /// The timers in the order of their names.
    var names: [TimerName] {
        TimerName.allCases.filter { self.contains(TimerSet($0)) }
    }
}

/// The running timers of one transaction: at most one that does something again or once, and one that ends a wait.
///
/// Eighteen bytes, for a hundred thousand of them may live.
struct TransactionTimers: Sendable, Equatable {
    private static let never = Instant(nanoseconds: .max)
    private var actingAt = Self.never
    private var endingAt = Self.never
    private var acting = TimerName.a
    private var ending = TimerName.b

    /// When the next of the timers fires.
    var earliest: Instant? {
        let earliest = min(self.actingAt, self.endingAt)
        return earliest == Self.never ? nil : earliest
    }

    /// Whether the timer runs.
    func isRunning(_ name: TimerName) -> Bool {
        (self.acting == name && self.actingAt != Self.never) || (self.ending == name && self.endingAt != Self.never)
    }

    /// Starts a timer that acts, in place of the one that did.
    mutating func startActing(_ name: TimerName, at instant: Instant) {
        self.acting = name
        self.actingAt = instant
    }

    /// Starts a timer that ends a wait, in place of the one that did.
    mutating func startEnding(_ name: TimerName, at instant: Instant) {
        self.ending = name
        self.endingAt = instant
    }

    /// Stops a timer if it runs.
    mutating func stop(_ set: TimerSet) {
        if set.contains(TimerSet(self.acting)) { self.actingAt = Self.never }
        if set.contains(TimerSet(self.ending)) { self.endingAt = Self.never }
    }

    /// Stops all.
    mutating func stopAll() {
        self.actingAt = Self.never
        self.endingAt = Self.never
    }

    /// Takes out the earliest timer that is due; of two at the same instant the one that ends, so that nothing is
    /// repeated in vain.
    mutating func popDue(_ now: Instant) -> TimerName? {
        guard min(self.actingAt, self.endingAt) <= now, self.earliest != nil else { return nil }
        if self.endingAt <= self.actingAt {
            self.endingAt = Self.never
            return self.ending
        }
        self.actingAt = Self.never
        return self.acting
    }
}
