import CoreTypes

/// Which destinations cannot be reached, once that is certain.
///
/// A single report proves little: a PBX that restarts refuses its port for a moment, and a link may be down as long. What
/// was reported counts after a grace in which nothing came from that host.
struct Reachability {
    private struct Doubt {
        var failure: TransportFailure
        var since: Instant
    }
    private var doubts: [TransportAddress: Doubt] = [:]
    /// How long a destination may be silent after the first report.
    let grace: Duration

    init(grace: Duration) {
        self.grace = grace
    }

    /// A message could not be sent, or did not arrive; what was reported before keeps its time.
    mutating func handleFailure(_ failure: TransportFailure, now: Instant) {
        if self.doubts[failure.destination] == nil, self.doubts.count >= Self.capacity { return }
        let since = self.doubts[failure.destination]?.since ?? now
        // A refusal of the port says more than that there was no way to the host.
        self.doubts[failure.destination] = Doubt(failure: failure, since: since)
    }

    /// Something came from this host: whatever was reported, it is there.
    mutating func handleMessage(from source: TransportAddress) {
        guard !self.doubts.isEmpty else { return }
        for destination in self.doubts.keys where destination.host == source.host { self.doubts[destination] = nil }
    }

    /// The next destination that was not heard of for the grace.
    mutating func popFailure(now: Instant) -> TransportFailure? {
        guard let found = self.doubts.first(where: { $0.value.since + self.grace <= now }) else { return nil }
        self.doubts[found.key] = nil
        return found.value.failure
    }

    /// When ``popFailure(now:)`` may give something; `nil` while nothing is in doubt.
    var deadline: Instant? {
        self.doubts.isEmpty ? nil : self.doubts.values.map { $0.since + self.grace }.min()
    }

    /// Requests to many places where nobody listens must not fill the memory.
    private static let capacity = 64
}
