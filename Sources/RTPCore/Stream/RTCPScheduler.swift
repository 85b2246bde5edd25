public import CoreTypes

/// When RTCP reports are due (RFC 3550 section 6.3, appendix A.7), for sessions of any size.
public struct RTCPScheduler: Sendable {
    /// How the interval is reckoned.
    public struct Settings: Sendable, Hashable {
        /// The least mean interval: 5 s; the first one is half of it.
        public var minimumInterval: Duration
        /// The bandwidth that RTCP may use, in bytes per second.
        public var bandwidth: Double

        /// Makes settings; 5 % of a telephone call is about 500 bytes per second.
        public init(minimumInterval: Duration = .seconds(5), bandwidth: Double = 500) {
            self.minimumInterval = minimumInterval
            self.bandwidth = bandwidth
        }
    }

    /// What the interval depends on besides the settings.
    public struct Population: Sendable, Hashable {
        /// Everybody in the session, we included.
        public var members: Int
        /// Those who sent lately, we included.
        public var senders: Int
        /// Whether we are one of them.
        public var weSend: Bool

        /// Makes a population.
        public init(members: Int, senders: Int, weSend: Bool) {
            self.members = members
            self.senders = senders
            self.weSend = weSend
        }
    }

    /// When to ask again, or `nil` before `start`.
    public private(set) var deadline: Instant?
    private let settings: Settings
    private var lastReport = Instant.zero
    private var averageSize = 100.0
    private var isInitial = true

    /// Makes a scheduler that has not started.
    public init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    /// Begins, when it has not begun yet: the first report comes after 1.0 to 3.1 s.
    public mutating func start(now: Instant, _ population: Population, random: inout SeededRandom) {
        guard self.deadline == nil else { return }
        self.lastReport = now
        self.deadline = now + self.interval(population, random: &random)
    }

    /// Whether a report is due; if so, the next interval has begun and `sent` is to be called with its size.
    ///
    /// The interval is drawn again when the timer fires (timer reconsideration, section 6.3.6).
    public mutating func isDue(now: Instant, _ population: Population, random: inout SeededRandom) -> Bool {
        guard let deadline, deadline <= now else { return false }
        let reconsidered = self.lastReport + self.interval(population, random: &random)
        guard reconsidered <= now else {
            self.deadline = reconsidered
            return false
        }
        self.isInitial = false
        self.lastReport = now
        self.deadline = now + self.interval(population, random: &random)
        return true
    }

    /// Takes the size of a compound that was sent or received, with its UDP and IP headers, for the average.
    public mutating func count(bytes: Int) {
        self.averageSize += (Double(bytes) - self.averageSize) / 16
    }

    private func interval(_ population: Population, random: inout SeededRandom) -> Duration {
        var bandwidth = max(self.settings.bandwidth, 1)
        var count = max(population.members, 1)
        // Senders share a quarter of the bandwidth when they are less than a quarter of the members.
        if population.senders > 0, population.senders * 4 < population.members {
            if population.weSend {
                bandwidth *= 0.25
                count = population.senders
            } else {
                bandwidth *= 0.75
                count = population.members - population.senders
            }
        }
        let least = self.settings.minimumInterval.inSeconds / (self.isInitial ? 2 : 1)
        let mean = max(self.averageSize * Double(count) / bandwidth, least)
        // 1.21828 = e - 1.5 makes up for the reconsideration, which makes intervals longer.
        let seconds = mean * Double.random(in: 0.5...1.5, using: &random) / 1.21828
        return .nanoseconds(Int64(seconds * 1e9))
    }
}
