public import CoreTypes

/// What holds in every scenario, whatever the network does.
public enum Invariant: String, Sendable, CaseIterable {
    /// Every request gets a final response or fails at its client, once.
    case endsOnceAtClient
    /// Every request that a server was given ends there, once.
    case endsOnceAtServer
    /// A request that is being served is not given to the transaction user again.
    case servedOnce
    /// Nothing is reported of a request after its end: no response after a failure, no second final response.
    case nothingAfterTheEnd
    /// No endpoint refuses what the scenario does not ask it to.
    case refusedForAReason
    /// Afterwards every gauge reads 0 and nothing is on its way.
    case gaugesAreZero
    /// Everything is over in the scenario's time.
    case comesToAnEnd
    /// A request that gets no response is sent as often as its timers say.
    case retransmittedUntilResponse
    /// A request with a final response is not sent again.
    case notRetransmittedAfterResponse
    /// No message is sent more often than timers and retransmissions from the peer allow.
    case boundedRetransmissions
    /// Every request that reaches a server gets a final response.
    case deliveredRequestsGetResponse
    /// The final response to a request stays the same each time it is sent.
    case sameResponseAgain
    /// Every refusal of an INVITE that reaches a waiting client gets its ACK, with the branch of the INVITE.
    case refusalsAcknowledged
    /// A refusal is not retransmitted after its ACK came.
    case notRepeatedAfterTheACK
    /// A refusal of an INVITE is retransmitted until the ACK comes.
    case refusalRepeatedUntilACK
    /// Every 2xx to an INVITE that reaches a client gets an ACK.
    case successesAcknowledged
    /// A 2xx to an INVITE is retransmitted until the ACK comes.
    case successRepeatedUntilACK
    /// A CANCEL leaves only after a provisional response came, and before the final one.
    case canceledInTime
    /// On a network that loses nothing all goes as planned.
    case asPlanned
}

/// An invariant that did not hold.
public struct Violation: Sendable, CustomStringConvertible {
    /// Which one.
    public var invariant: Invariant
    /// Where and when.
    public var detail: String
    /// When it was seen.
    public var instant: Instant

    /// "endsOnceAtClient at 32.000 s: …".
    public var description: String {
        "\(self.invariant.rawValue) at \(Ladder.text(self.instant)) s: \(self.detail)"
    }
}

/// Collects what went wrong in a run; the first few of each kind are enough.
final class Verdicts {
    private(set) var violations: [Violation] = []
    private var counts: [Invariant: Int] = [:]

    /// Notes a violation unless the condition holds; the text is made only then.
    func require(
        _ condition: Bool,
        _ invariant: Invariant,
        _ now: Instant,
        _ detail: @autoclosure () -> String
    ) {
        guard !condition else { return }
        self.counts[invariant, default: 0] += 1
        guard self.counts[invariant, default: 0] <= 3 else { return }
        self.violations.append(Violation(invariant: invariant, detail: detail(), instant: now))
    }
}
