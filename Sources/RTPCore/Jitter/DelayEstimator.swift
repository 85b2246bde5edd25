public import CoreTypes

/// How much later than the fastest packets audio has to be played, so that few packets come too late.
///
/// Delay and lateness are traded at a fixed price: so many milliseconds for a percent of packets. A histogram of what
/// packets took beyond the fastest one forgets over half a minute, and the target is where delay and the price of what is
/// later than it cost least together. So steady jitter is waited for to its end, for there a little delay saves much; a
/// tail of rare stalls is followed as far as it pays; one stall alone moves nothing. A packet counts at once
/// against the fastest of the last two seconds; two seconds later it is counted again, against the fastest of the seconds
/// on either side of it, whichever were slower. So a route that got longer or shorter is no jitter, a stall is, and a
/// burst that comes every ten seconds is remembered as long as it matters. The target rises at once and glides down.
///
/// Times are microseconds. Total over hostile timestamps: a packet that is seconds off is not believed until three agree.
public struct DelayEstimator: Sendable {
    /// What the delay is bought with.
    public struct Settings: Sendable, Hashable {
        /// The delay before anything is known.
        public var start: Duration
        /// The least that the target may be.
        public var minimum: Duration
        /// The most that the target may be.
        public var maximum: Duration
        /// The delay that it is worth to have one packet of a hundred less come too late.
        ///
        /// 150 ms is the E-model's price: a percent of G.711 that is concealed costs 95 / (1 + 25.1) = 3.6 of R, and so do
        /// 150 ms of delay at 0.024 each (ITU-T G.107, G.113).
        public var priceOfPercent: Duration
        /// Packets after which an observation has lost two thirds of its weight: half a minute of them.
        public var memory: Int
        /// The share of late packets that nobody hears and that costs nothing, 0 to 1.
        ///
        /// Three of a thousand are one concealed packet in seven seconds. The last of a tail is the dearest to wait for.
        public var unheardShare: Double
        /// How much a packet counts that others overtook.
        ///
        /// When it is late it costs itself alone, for what follows is there. A late one in order holds up all behind it: it
        /// is heard as a gap, and again when the delay that it made is taken out.
        public var overtakenWeight: Double
        /// How fast the target comes down, in milliseconds per second.
        public var glide: Int

        /// Makes settings.
        public init(
            start: Duration = .milliseconds(40),
            minimum: Duration = .milliseconds(5),
            maximum: Duration = .milliseconds(1_000),
            priceOfPercent: Duration = .milliseconds(150),
            unheardShare: Double = 0.003,
            memory: Int = 1_500,
            overtakenWeight: Double = 0.5,
            glide: Int = 20
        ) {
            self.start = start
            self.minimum = minimum
            self.maximum = maximum
            self.priceOfPercent = priceOfPercent
            self.unheardShare = unheardShare
            self.memory = memory
            self.overtakenWeight = overtakenWeight
            self.glide = glide
        }
    }

    private struct Pending {
        var transit: Int64 = 0
        var window: Int64 = 0
        var weight: Float = 0
        var bucket: Int32 = 0
    }

    /// The delay to play at, in microseconds beyond the fastest packets.
    public private(set) var target: Int64
    /// The estimated difference of the two clocks in parts per million: positive when the peer's is the slower one.
    public var drift: Double { self.driftMeter.partsPerMillion }

    private let settings: Settings
    private var clock: TransitClock
    private var fastest = FastestTransit()
    private var driftMeter = DriftMeter()
    private var histogram = DelayHistogram()
    private var pending = [Pending](repeating: Pending(), count: DelayEstimator.pendingCapacity)
    private var pendingStart = 0
    private var pendingCount = 0
    private var increment: Float = 1
    private let growth: Float
    private let price: Float
    private var seen = 0
    private var epoch: UInt32?
    private var highest = StreamPosition(epoch: 0, sequence: 0)
    private var lastArrival = Instant.zero
    private var doubt: (transit: Int64, count: Int) = (0, 0)

    /// Packets that are counted for the second time when they are two seconds old.
    private static let pendingCapacity = 128
    /// What a change of the delay has to gain, in microseconds.
    private static let worthwhile: Float = 2_000
    /// A packet that differs by more is not believed at once.
    private static let believable: Int64 = 2_000_000

    /// Makes an estimator for timestamps of `clockRate` ticks per second.
    public init(clockRate: Int, _ settings: Settings = Settings()) {
        self.settings = settings
        self.clock = TransitClock(clockRate: clockRate)
        self.target = settings.start.nanoseconds / 1_000
        self.price = Float(settings.priceOfPercent.nanoseconds / 1_000) * 100
        self.growth = 1 / (1 - 1 / Float(max(settings.memory, 2)))
    }

    /// Whether a packet of the current stream was seen.
    public var isReady: Bool { self.clock.isRunning }

    /// How much later than the fastest packet audio of this timestamp is when it is played `now`; bounded.
    public func delay(of timestamp: Wrapping<UInt32>, at now: Instant) -> Int64 {
        let delay = self.clock.transit(timestamp, at: now) &- self.fastest.current
        return min(max(delay, -60_000_000), 60_000_000)
    }

    /// The delay to play at when only `delay` and whole `steps` more or less can be had: the cheaper one of those just
    /// above and just below the target.
    ///
    /// Whether a packet is late is known only when the next frame is asked for, so a delay between frames buys nothing.
    // Not called but put in place, for a call would get a copy of everything.
    @inline(__always)
    func target(reachableFrom delay: Int64, steps: Int64) -> Int64 {
        let step = max(steps, 1)
        var away = (delay &- self.target) % step
        if away < 0 { away += step }
        let above = self.target + away
        let below = above - step
        let free = Float(self.settings.unheardShare)
        let costAbove = self.histogram.cost(of: above, price: self.price, free: free)
        let costBelow = self.histogram.cost(of: below, price: self.price, free: free)
        // Where it is now it stays, unless there is something to be gained.
        if delay <= below { return costAbove + DelayEstimator.worthwhile < costBelow ? above : below }
        return costBelow + DelayEstimator.worthwhile < costAbove ? below : above
    }

    /// Learns from a packet of audio, in the order in which packets came.
    public mutating func observe(_ entry: PacketStore.Entry) {
        guard entry.position.epoch == self.epoch else {
            // Nothing of an ended stream is worth learning.
            if let epoch, entry.position.epoch < epoch { return }
            self.epoch = entry.position.epoch
            self.highest = entry.position
            self.rebase(entry)
            return
        }
        guard self.clock.isRunning else { return self.rebase(entry) }
        let transit = self.clock.transit(entry.timestamp, at: entry.arrival)
        let difference = transit &- self.fastest.current
        guard abs(difference) <= DelayEstimator.believable else { return self.doubt(entry, transit) }
        self.doubt.count = 0
        let isOvertaken = entry.position < self.highest
        if !isOvertaken {
            self.highest = entry.position
            self.clock.follow(entry.timestamp)
        }
        if self.fastest.take(transit, at: entry.arrival) {
            self.driftMeter.take(self.fastest.lastFull, window: self.fastest.window)
            self.recount()
        }
        self.count(transit, isOvertaken: isOvertaken)
        self.aim(now: entry.arrival)
    }

    /// Begins anew with another stream; what is known of the network stays.
    private mutating func rebase(_ entry: PacketStore.Entry) {
        // What waits to be counted again has been counted against the old stream: so it stays.
        self.pendingCount = 0
        self.clock.begin(entry.timestamp, at: entry.arrival)
        self.fastest.begin(at: entry.arrival)
        self.driftMeter = DriftMeter()
        self.doubt.count = 0
        self.lastArrival = entry.arrival
        self.highest = max(self.highest, entry.position)
    }

    /// The sender's clock jumped, or a packet lies: three that agree are believed.
    private mutating func doubt(_ entry: PacketStore.Entry, _ transit: Int64) {
        let agrees = self.doubt.count > 0 && abs(transit &- self.doubt.transit) <= 500_000
        self.doubt = (transit, agrees ? self.doubt.count + 1 : 1)
        if self.doubt.count >= 3 { self.rebase(entry) }
    }

    private mutating func count(_ transit: Int64, isOvertaken: Bool) {
        if self.pendingCount == self.pending.count { self.retire() }
        let weight = self.increment * (isOvertaken ? Float(self.settings.overtakenWeight) : 1)
        let bucket = DelayHistogram.bucket(of: transit &- self.fastest.current)
        self.histogram.add(weight, to: bucket)
        let place = (self.pendingStart + self.pendingCount) % self.pending.count
        self.pending[place] = Pending(
            transit: transit,
            window: self.fastest.window,
            weight: weight,
            bucket: Int32(truncatingIfNeeded: bucket)
        )
        self.pendingCount += 1
        self.seen = min(self.seen + 1, Int.max - 1)
        // Growing weights of the new are the same as shrinking weights of the old, and touch one bucket only.
        self.increment *= self.growth
        if self.increment > 1e6 { self.rescale() }
    }

    private mutating func rescale() {
        self.histogram.scale(1 / self.increment)
        for index in 0..<self.pending.count { self.pending[index].weight /= self.increment }
        self.increment = 1
    }

    /// Counts again what is old enough to be seen from both sides.
    private mutating func recount() {
        while self.pendingCount > 0,
            self.pending[self.pendingStart].window <= self.fastest.window - Int64(FastestTransit.reach)
        {
            self.retire()
        }
    }

    private mutating func retire() {
        guard self.pendingCount > 0 else { return }
        let old = self.pending[self.pendingStart]
        self.pendingStart = (self.pendingStart + 1) % self.pending.count
        self.pendingCount -= 1
        guard let base = self.fastest.around(old.window) else { return }
        let bucket = DelayHistogram.bucket(of: old.transit &- base)
        guard bucket != Int(old.bucket) else { return }
        self.histogram.add(-old.weight, to: Int(old.bucket))
        self.histogram.add(old.weight, to: bucket)
    }

    private mutating func aim(now: Instant) {
        let elapsed = max((now - self.lastArrival).nanoseconds / 1_000, 0)
        self.lastArrival = now
        let minimum = self.settings.minimum.nanoseconds / 1_000
        let maximum = max(self.settings.maximum.nanoseconds / 1_000, minimum)
        var wanted = self.histogram.cheapest(price: self.price, free: Float(self.settings.unheardShare))
        // In the first second too little is known to go far below the start.
        if self.seen < 50 {
            wanted = max(wanted, self.settings.start.nanoseconds / 1_000 * Int64(50 - self.seen) / 50)
        }
        wanted = min(max(wanted, minimum), maximum)
        if wanted >= self.target {
            self.target = wanted
        } else {
            let step = min(elapsed, 1_000_000) * Int64(self.settings.glide) / 1_000
            self.target = max(wanted, self.target - step)
        }
    }
}
