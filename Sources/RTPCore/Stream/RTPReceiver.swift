public import CoreTypes

/// A place in everything that one peer sends: numbers of a later stream come after all those of an earlier one.
public struct StreamPosition: Comparable, Hashable, Sendable {
    /// Counts the streams: a new SSRC or a restart of the numbers begins the next one.
    public var epoch: UInt32
    /// The sequence number, unwrapped: it never wraps and never goes back within an epoch.
    public var sequence: Int64

    /// Makes a position.
    public init(epoch: UInt32, sequence: Int64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Orders by stream, then by number.
    public static func < (left: StreamPosition, right: StreamPosition) -> Bool {
        (left.epoch, left.sequence) < (right.epoch, right.sequence)
    }

    /// The position of the next packet of the same stream.
    public var next: StreamPosition {
        StreamPosition(epoch: self.epoch, sequence: self.sequence &+ 1)
    }
}

/// Validates and counts what one peer sends (RFC 3550 section 6.4.1, appendices A.1, A.3 and A.8).
///
/// It departs from A.1 where A.1 would lose speech: the first packet of the first stream counts at once, and a packet
/// that may begin another stream is `suspect` for the session to keep, until a second one confirms it. It departs from
/// A.3 in that a duplicate is no reception, so that duplicates hide no loss.
public struct RTPReceiver: Sendable {
    /// What a packet is to the stream.
    public enum Verdict: Sendable, Hashable {
        /// Part of the stream; `isReordered` when a later one came before it.
        case accepted(StreamPosition, isReordered: Bool)
        /// Seen before.
        case duplicate
        /// A straggler of the stream before this one.
        case stale
        /// It fits nowhere yet: keep it and give it again when the next verdict is `restarted`.
        case suspect
        /// Another stream has begun and nothing of it is counted: give what was kept for it, then this packet again.
        case restarted
    }

    /// The largest jump forward that loss explains (A.1).
    static let maximumDropout = 3_000
    /// The furthest that a packet may come behind (A.1).
    static let maximumMisorder = 100
    /// How long the stream must be silent for one packet to begin another.
    static let silence: Duration = .milliseconds(200)

    private struct Suspect {
        var source: UInt32
        var sequence: Wrapping<UInt16>
    }

    /// The SSRC of the current stream, or `nil` before the first packet.
    public private(set) var source: UInt32?
    /// How many streams have begun.
    public private(set) var epoch: UInt32 = 0
    /// Packets received, duplicates not counted, of all streams.
    public private(set) var received: UInt64 = 0
    /// Packets received again.
    public private(set) var duplicates: UInt64 = 0
    /// Packets that came behind a later one.
    public private(set) var reordered: UInt64 = 0

    private var base: Int64 = 0
    private var highest: Int64 = 0
    private var receivedInStream: Int64 = 0
    private var seen: (UInt64, UInt64) = (0, 0)
    private var lostInEarlierStreams: Int64 = 0
    private var previous: (source: UInt32, highest: Wrapping<UInt16>)?
    private var suspect: Suspect?
    private var lastArrival = Instant.zero
    private var expectedPrior: Int64 = 0
    private var receivedPrior: Int64 = 0

    private var clockRate: Int
    private var transit: UInt32?
    private var jitterScaled: Int64 = 0

    /// Makes a receiver for a codec whose timestamps count `clockRate` ticks per second.
    public init(clockRate: Int) {
        self.clockRate = max(clockRate, 1)
    }

    /// Changes the clock rate, as a re-INVITE may; the jitter begins anew.
    public mutating func setClockRate(_ rate: Int) {
        guard max(rate, 1) != self.clockRate else { return }
        self.clockRate = max(rate, 1)
        self.transit = nil
        self.jitterScaled = 0
    }

    /// Takes the numbers of a packet that came from an accepted source.
    public mutating func receive(source: UInt32, sequence: Wrapping<UInt16>, now: Instant) -> Verdict {
        guard let current = self.source else {
            self.begin(source: source, first: sequence)
            return self.count(sequence, steps: 1, now: now)
        }
        let steps = self.highestOnWire.distance(to: sequence)
        if source == current, steps < RTPReceiver.maximumDropout, steps > -RTPReceiver.maximumMisorder {
            self.suspect = nil
            return self.count(sequence, steps: steps, now: now)
        }
        if let previous, previous.source == source, source != current {
            let behind = previous.highest.distance(to: sequence)
            if behind <= 0, behind > -RTPReceiver.maximumMisorder { return .stale }
        }
        if let suspect, suspect.source == source {
            let further = suspect.sequence.distance(to: sequence)
            if further == 0 { return .duplicate }
            if abs(further) <= 10 {
                self.begin(source: source, first: further < 0 ? sequence : suspect.sequence)
                return .restarted
            }
        }
        if now - self.lastArrival >= RTPReceiver.silence {
            self.begin(source: source, first: sequence)
            return .restarted
        }
        self.suspect = Suspect(source: source, sequence: sequence)
        return .suspect
    }

    /// Takes the timestamp of an audio packet for the jitter (A.8); comfort noise and DTMF digits would spoil it.
    public mutating func measureJitter(timestamp: Wrapping<UInt32>, now: Instant) {
        let transit = RTPReceiver.ticks(now, rate: self.clockRate) &- timestamp.value
        defer { self.transit = transit }
        guard let last = self.transit else { return }
        let difference = abs(Int64(Wrapping(last).distance(to: Wrapping(transit))))
        // A jump of the sender's clock is no jitter of the network.
        guard difference <= Int64(self.clockRate) * 2 else { return }
        self.jitterScaled += difference - (self.jitterScaled + 8) >> 4
    }

    /// The interarrival jitter in ticks of the clock.
    public var jitterTicks: UInt32 {
        UInt32(clamping: self.jitterScaled >> 4)
    }

    /// The interarrival jitter as a time.
    public var jitter: Duration {
        .nanoseconds((self.jitterScaled >> 4) * 1_000_000_000 / Int64(self.clockRate))
    }

    /// Packets that were expected in the current stream (A.3).
    public var expectedInStream: Int64 {
        self.source == nil ? 0 : self.highest - self.base + 1
    }

    /// Packets that never came, of all streams.
    public var lost: UInt64 {
        UInt64(clamping: self.lostInEarlierStreams + self.expectedInStream - self.receivedInStream)
    }

    /// The part of a report block that this receiver knows (A.3); begins the next interval.
    ///
    /// `nil` when nothing was received in the interval: RFC 3550 section 6.4 reports active sources only.
    public mutating func makeReport() -> ReportBlock? {
        guard let source, self.receivedInStream > self.receivedPrior else { return nil }
        let expected = self.expectedInStream
        let expectedInInterval = expected - self.expectedPrior
        let lostInInterval = expectedInInterval - (self.receivedInStream - self.receivedPrior)
        self.expectedPrior = expected
        self.receivedPrior = self.receivedInStream
        var fraction: UInt8 = 0
        if expectedInInterval > 0, lostInInterval > 0 {
            fraction = UInt8(clamping: lostInInterval * 256 / expectedInInterval)
        }
        return ReportBlock(
            source: source,
            fractionLost: fraction,
            cumulativeLost: Int32(clamping: expected - self.receivedInStream),
            highestSequence: UInt32(truncatingIfNeeded: self.highest),
            jitter: self.jitterTicks
        )
    }

    /// Begins a stream of which nothing is counted yet.
    private mutating func begin(source: UInt32, first: Wrapping<UInt16>) {
        if let old = self.source {
            self.lostInEarlierStreams += self.expectedInStream - self.receivedInStream
            if old != source { self.previous = (old, self.highestOnWire) }
        }
        self.source = source
        self.epoch &+= 1
        // One cycle up, so that a packet before the first one has a positive number too.
        self.base = Int64(first.value) + 0x1_0000
        self.highest = self.base - 1
        self.receivedInStream = 0
        self.expectedPrior = 0
        self.receivedPrior = 0
        self.seen = (0, 0)
        self.suspect = nil
        self.transit = nil
        self.jitterScaled = 0
    }

    private mutating func count(_ sequence: Wrapping<UInt16>, steps: Int, now: Instant) -> Verdict {
        let number = self.highest + Int64(steps)
        if steps > 0 {
            self.shiftSeen(by: steps)
            self.highest = number
        } else {
            guard !self.isSeen(-steps) else {
                self.duplicates += 1
                return .duplicate
            }
            self.reordered += 1
            // A packet from before the first one widens what was expected, so that it hides no later loss.
            self.base = min(self.base, number)
        }
        self.markSeen(max(-steps, 0))
        self.lastArrival = now
        self.received += 1
        self.receivedInStream += 1
        return .accepted(StreamPosition(epoch: self.epoch, sequence: number), isReordered: steps <= 0)
    }

    private var highestOnWire: Wrapping<UInt16> {
        Wrapping(UInt16(truncatingIfNeeded: self.highest))
    }

    // The 128 numbers up to the highest, one bit each; bit 0 of the first word is the highest.

    private mutating func shiftSeen(by steps: Int) {
        // Swift's shifts give zero when they shift by the width or more.
        self.seen.1 = self.seen.1 << UInt64(steps) | (steps < 64 ? self.seen.0 >> UInt64(64 - steps) : 0)
        if steps >= 64, steps < 128 { self.seen.1 = self.seen.0 << UInt64(steps - 64) }
        self.seen.0 = self.seen.0 << UInt64(steps)
    }

    private func isSeen(_ behind: Int) -> Bool {
        behind < 64 ? self.seen.0 >> UInt64(behind) & 1 == 1 : self.seen.1 >> UInt64(behind - 64) & 1 == 1
    }

    private mutating func markSeen(_ behind: Int) {
        if behind < 64 {
            self.seen.0 |= 1 << UInt64(behind)
        } else {
            self.seen.1 |= 1 << UInt64(behind - 64)
        }
    }

    /// An instant on a clock of `rate` ticks per second, wrapped to 32 bits without an overflow on the way.
    static func ticks(_ instant: Instant, rate: Int) -> UInt32 {
        let (seconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return UInt32(truncatingIfNeeded: seconds &* Int64(rate) &+ rest * Int64(rate) / 1_000_000_000)
    }
}
