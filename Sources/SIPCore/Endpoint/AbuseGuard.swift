public import CoreTypes

/// Limits how many responses without a transaction a source gets, so that nobody is flooded by way of us.
///
/// A token bucket per source address (of IPv6 per network of 64 bits, for whoever has one address has them all) and one
/// for all together. Memory is bounded: when more sources come than it holds, those whose buckets are full again are
/// forgotten, and the rest share the common bucket. Who must not share a limit with others gets a guard of his own.
public struct AbuseGuard: Sendable {
    /// How many responses are given.
    public struct Rate: Sendable, Equatable {
        /// How many at once.
        public var burst: Int
        /// The time after which one more is given.
        public var interval: Duration

        /// Makes a rate from its parts.
        public init(burst: Int, interval: Duration) {
            self.burst = burst
            self.interval = interval
        }
    }

    private struct Bucket: Sendable {
        var tokens: Int
        var filledAt: Instant

        mutating func take(_ rate: Rate, now: Instant) -> Bool {
            self.fill(rate, now: now)
            guard self.tokens > 0 else { return false }
            self.tokens -= 1
            return true
        }

        mutating func fill(_ rate: Rate, now: Instant) {
            let interval = max(rate.interval.nanoseconds, 1)
            let elapsed = max((now - self.filledAt).nanoseconds, 0)
            let gained = elapsed / interval
            guard gained > 0 else { return }
            if gained >= Int64(rate.burst - self.tokens) {
                self.tokens = rate.burst
                self.filledAt = now
            } else {
                self.tokens += Int(gained)
                self.filledAt += .nanoseconds(gained &* interval)
            }
        }
    }

    private let rate: Rate
    private let total: Rate
    private let maximumSources: Int
    private var buckets: [IPAddress: Bucket] = [:]
    private var common: Bucket
    private var nextSweep = Instant.zero

    /// Makes a guard that gives each source `rate`, all together `total`, and remembers at most `maximumSources`.
    public init(
        rate: Rate,
        total: Rate = Rate(burst: 200, interval: .milliseconds(5)),
        maximumSources: Int = 4096
    ) {
        self.rate = Rate(burst: max(rate.burst, 0), interval: rate.interval)
        self.total = Rate(burst: max(total.burst, 0), interval: total.interval)
        self.maximumSources = max(maximumSources, 0)
        self.common = Bucket(tokens: max(total.burst, 0), filledAt: .zero)
    }

    /// How many sources are remembered.
    public var sources: Int {
        self.buckets.count
    }

    /// Whether `source` gets a response now; counts it when it does.
    public mutating func allows(_ source: IPAddress, now: Instant) -> Bool {
        let source = source.accountable
        if self.buckets[source] == nil {
            if self.buckets.count >= self.maximumSources { self.sweep(now: now) }
            guard self.buckets.count < self.maximumSources else { return self.common.take(self.total, now: now) }
            self.buckets[source] = Bucket(tokens: self.rate.burst, filledAt: now)
        }
        guard self.buckets[source]?.take(self.rate, now: now) == true else { return false }
        return self.common.take(self.total, now: now)
    }

    /// Forgets the sources whose bucket is full; at most once in an interval, since it looks at all of them.
    private mutating func sweep(now: Instant) {
        guard now >= self.nextSweep else { return }
        self.nextSweep = now + self.rate.interval
        let rate = self.rate
        self.buckets = self.buckets.filter { entry in
            var bucket = entry.value
            bucket.fill(rate, now: now)
            return bucket.tokens < rate.burst
        }
    }
}

extension IPAddress {
    /// What stands for all addresses that one sender has at will.
    var accountable: IPAddress {
        switch self {
        case .v4: self
        case .v6(let upper, _): .v6(upper, 0)
        }
    }
}
