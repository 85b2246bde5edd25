internal import AudioCore
public import CoreTypes

/// Gives as many samples as are requested, whenever they are requested, from packets that come as they like.
///
/// The other reader of a packet store beside `ReorderBuffer`: for mixing, bridging and recording, which need a clock.
/// `DelayEstimator` says how late audio has to be played; audio is shortened or lengthened by whole pitch periods until
/// it is. What is missing when its turn comes is concealed, pauses of the peer are filled with the sound of its room.
///
/// Call `pop` by a clock of your own, 10 or 20 ms at a time, with the store into which packets are put as they come.
/// Every packet is played, or counted as late, or was refused by the store. Nothing traps on hostile numbers, and nothing
/// is allocated once the buffer is made.
public struct JitterBuffer: ~Copyable, Sendable {
    /// How the buffer behaves.
    public struct Settings: Sendable, Hashable {
        /// What the delay is bought with.
        public var delay: DelayEstimator.Settings
        /// How long speech is left alone after it was shortened or lengthened.
        public var rest: Duration
        /// How far above the target the delay has to be for lost audio to be left out and not made up.
        public var skipsBeyond: Duration

        /// Makes settings.
        public init(
            delay: DelayEstimator.Settings = .init(),
            rest: Duration = .milliseconds(40),
            skipsBeyond: Duration = .milliseconds(40)
        ) {
            self.delay = delay
            self.rest = rest
            self.skipsBeyond = skipsBeyond
        }
    }

    /// What is being played.
    enum Phase: Sendable, Equatable {
        /// Nothing yet: to `playing`.
        case waiting
        /// Audio of packets: to `concealing`, `quiet`.
        case playing
        /// Something in place of audio that is missing: to `playing`, `quiet`.
        case concealing
        /// The peer sends nothing on purpose: to `playing`, `concealing`.
        case quiet
    }

    let codec: AudioCodec
    let settings: Settings
    var decoder: PayloadDecoders
    /// From the rate of another codec that came to ours; made when one comes.
    var conversion: Owned<Resampler>?
    var estimator: DelayEstimator
    var concealment: Concealment
    var room: RoomNoise
    /// The noise that the peer described, once it has.
    var described = ComfortNoise()
    var isDescribed = false
    let stretch: TimeStretch
    var counters = JitterBufferStatistics()
    var phase = Phase.waiting

    /// Audio: what was given last, for pitch, then what is to be given.
    var line: [Int16]
    /// Where the next sample to be given stands.
    var played: Int
    /// Where the next sample that is decoded goes.
    var end: Int
    var packet: [Int16] = []
    /// A packet of another rate on its way to ours.
    var converted: [Int16] = []

    /// The packet whose turn it is, once a stream has begun.
    var expected: StreamPosition?
    /// The timestamp of the sample at `end`, before what was made up since.
    var timestamp = Wrapping<UInt32>(0)
    /// Samples made up since the last packet.
    var madeUp = 0
    /// Samples of the last packet.
    var packetSamples: Int
    /// Samples of the next packet that were made up already.
    var skipped = 0
    var observed: UInt64 = 0
    var lastArrival = Instant.zero
    /// Samples of which no more is given before another change of the delay.
    var rest = 0
    var frame = JitterBufferFrame()
    private var delaySum: Double = 0
    private var delayCount: Double = 0

    /// Makes a buffer for a stream of `codec`.
    public init(codec: AudioCodec, _ settings: Settings = Settings()) {
        let rate = max(codec.audioRate, 1_000)
        self.codec = codec
        self.settings = settings
        self.decoder = PayloadDecoders(codec, conceals: false)
        self.estimator = DelayEstimator(clockRate: codec.clockRate, settings.delay)
        self.concealment = Concealment(sampleRate: rate)
        self.room = RoomNoise(sampleRate: rate)
        self.stretch = TimeStretch(sampleRate: rate)
        let past = rate * JitterBuffer.pastMilliseconds / 1_000
        self.line = [Int16](repeating: 0, count: past + rate * JitterBuffer.futureMilliseconds / 1_000)
        self.played = past
        self.end = past
        self.packetSamples = rate / 50
        // The usual packets; it grows once for longer ones.
        self.packet.reserveCapacity(rate / 50)
    }

    /// Samples per second of what is given.
    @inline(__always)
    public var sampleRate: Int { self.codec.audioRate }

    /// What was done so far.
    public var statistics: JitterBufferStatistics {
        var statistics = self.counters
        statistics.target = .microseconds(self.estimator.target)
        statistics.meanDelay = .microseconds(Int64(self.delaySum / max(self.delayCount, 1)))
        statistics.drift = self.estimator.drift
        return statistics
    }

    /// Replaces `samples` by the next `count`, exactly, and says what they are.
    ///
    /// - Parameter now: When the first of them is given; the instants of two calls differ by what the first one gave.
    public mutating func pop(
        _ count: Int,
        from store: inout PacketStore,
        into samples: inout [Int16],
        now: Instant
    ) -> JitterBufferFrame {
        let count = max(count, 0)
        samples.resize(to: count)
        self.frame = JitterBufferFrame()
        self.learn(from: store)
        let most = max(self.sampleRate / 50, 1)
        var given = 0
        while given < count {
            let part = min(most, count - given)
            self.give(part, from: &store, into: &samples, at: given, now: now + self.duration(given))
            given += part
        }
        return self.frame
    }

    /// Forgets the stream but not the network: another codec, a hold, a transfer.
    public mutating func reset() {
        self.decoder.reset()
        self.concealment.reset()
        self.room.reset()
        self.isDescribed = false
        self.phase = .waiting
        self.expected = nil
        self.madeUp = 0
        self.played = self.end
    }

    private mutating func give(
        _ count: Int,
        from store: inout PacketStore,
        into samples: inout [Int16],
        at start: Int,
        now: Instant
    ) {
        self.makeRoom()
        self.fill(count, from: &store, now: now)
        self.adjust(count, from: &store, now: now)
        if self.frame.timestamp == nil, self.expected != nil { self.frame.timestamp = self.timestampPlayed }
        self.measure(count, now: now)
        TimeStretch.copy(self.line, from: self.played, into: &samples, at: start, count: count)
        self.played += count
        self.rest = max(self.rest - count, 0)
        self.counters.samplesGiven += UInt64(count)
    }

    private mutating func measure(_ count: Int, now: Instant) {
        guard self.phase == .playing else { return }
        let delay = self.estimator.delay(of: self.timestampPlayed, at: now)
        self.counters.delay = .microseconds(delay)
        self.delaySum += Double(delay) * Double(count)
        self.delayCount += Double(count)
    }

    /// Looks at what came since the last time.
    private mutating func learn(from store: borrowing PacketStore) {
        guard store.inserted != self.observed else { return }
        // A store that counts less is another one.
        let since = store.inserted < self.observed ? 0 : self.observed
        store.forEach(insertedAfter: since) { entry in
            // Comfort noise and DTMF digits come when they like.
            if entry.kind == .audio { self.estimator.observe(entry) }
        }
        self.observed = store.inserted
    }

    /// Moves the line down when its end is near.
    private mutating func makeRoom() {
        let past = self.sampleRate * JitterBuffer.pastMilliseconds / 1_000
        guard self.played > past, self.line.count - self.end < self.sampleRate * JitterBuffer.roomMilliseconds / 1_000
        else { return }
        let moved = self.played - past
        TimeStretch.move(&self.line, from: moved, to: 0, count: self.end - moved)
        self.played -= moved
        self.end -= moved
    }

    /// Samples that are ready to be given.
    @inline(__always)
    var ready: Int { self.end - self.played }

    /// The timestamp of the sample at `end`, with what was made up.
    @inline(__always)
    var timestampAtEnd: Wrapping<UInt32> {
        self.timestamp.advanced(by: self.ticks(self.madeUp))
    }

    /// The timestamp of the sample that is given next.
    @inline(__always)
    var timestampPlayed: Wrapping<UInt32> {
        self.timestampAtEnd.advanced(by: -self.ticks(self.ready))
    }

    @inline(__always)
    func ticks(_ samples: Int) -> Int {
        let (product, overflow) = samples.multipliedReportingOverflow(by: self.codec.clockRate)
        return overflow ? 0 : product / max(self.codec.audioRate, 1)
    }

    @inline(__always)
    func samples(ticks: Int) -> Int {
        let (product, overflow) = ticks.multipliedReportingOverflow(by: self.codec.audioRate)
        return overflow ? 0 : product / max(self.codec.clockRate, 1)
    }

    @inline(__always)
    func microseconds(_ samples: Int) -> Int64 {
        Int64(samples) * 1_000_000 / Int64(max(self.sampleRate, 1))
    }

    @inline(__always)
    func samples(microseconds: Int64) -> Int {
        Int(min(max(microseconds, -10_000_000), 10_000_000)) * self.sampleRate / 1_000_000
    }

    @inline(__always)
    private func duration(_ samples: Int) -> Duration {
        .microseconds(self.microseconds(samples))
    }

    /// Audio that was given and is kept for its pitch.
    static let pastMilliseconds = 48
    /// Room behind it: the longest packet on top of what is about to be given and looked at.
    static let futureMilliseconds = 320
    /// Room that there has to be before packets are decoded.
    static let roomMilliseconds = 240
}
