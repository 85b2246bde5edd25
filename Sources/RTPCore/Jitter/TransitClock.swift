internal import CoreTypes

/// How long packets of one stream were under way, compared with each other: arrival less timestamp, both unwrapped.
///
/// Microseconds that count from the first packet. Nothing is known of the true transit; only differences mean something.
struct TransitClock: Sendable {
    private var timestamp = Wrapping<UInt32>(0)
    /// Ticks from the first packet to `timestamp`.
    private var ticks: Int64 = 0
    private var origin = Instant.zero
    private(set) var isRunning = false
    private let rate: Int64

    init(clockRate: Int) {
        self.rate = Int64(max(clockRate, 1))
    }

    /// Begins with a packet, whose transit is nothing by definition.
    mutating func begin(_ timestamp: Wrapping<UInt32>, at arrival: Instant) {
        self.timestamp = timestamp
        self.ticks = 0
        self.origin = arrival
        self.isRunning = true
    }

    mutating func stop() {
        self.isRunning = false
    }

    /// The transit that a packet with this timestamp has when it comes (or is played) `now`.
    func transit(_ timestamp: Wrapping<UInt32>, at now: Instant) -> Int64 {
        let ticks = self.ticks &+ Int64(self.timestamp.distance(to: timestamp))
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: self.rate)
        return (now.nanoseconds &- self.origin.nanoseconds) / 1_000
            &- (seconds &* 1_000_000 &+ rest &* 1_000_000 / self.rate)
    }

    /// Follows the stream, so that the wrapped timestamps stay within half a circle.
    mutating func follow(_ timestamp: Wrapping<UInt32>) {
        self.ticks &+= Int64(self.timestamp.distance(to: timestamp))
        self.timestamp = timestamp
    }
}
