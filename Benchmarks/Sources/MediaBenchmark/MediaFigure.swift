import BenchmarkKit

/// What was measured of one carrier with one number of legs.
struct MediaFigure: Codable {
    /// What the table calls it.
    var name: String
    var isOurs: Bool
    var legs: Int
    var seconds: Double
    /// The part of one core that the counted threads took.
    var share: Double
    /// How many threads counted.
    var threads: Int
    /// Time that the host gave to others meanwhile, in percent.
    var steal: Double
    /// What the telephones saw.
    var load: LoadResult
    /// Of 1000 ticks of ours those that were 5 ms late or more, or left out.
    var lateTicks: Double?
    /// The latest tick since the start, in milliseconds.
    var latestTick: Double?
    /// Bytes of memory that came with a leg.
    var residentBytesPerLeg: Double

    /// Legs whose packets came back, 50 a second; fewer than all when somebody did not keep up.
    var carried: Double { min(Double(self.load.received) / (50 * self.seconds), Double(self.legs)) }

    /// Legs that fill one core.
    var capacity: Double { self.carried / max(self.share, 1e-9) }

    /// CPU time of a leg in microseconds a second.
    var cost: Double { self.share * 1e6 / max(self.carried, 1) }
}

/// Memory and allocations of one carrier, by the counting allocator.
struct MemoryFigure: Codable {
    var name: String
    var legs: Int
    var seconds: Double
    /// Calls of the allocator by the whole process in those seconds.
    var allocations: UInt64
    /// Packets that came in and went out in those seconds.
    var packets: Int
    /// Bytes of a leg, as the allocator rounds them, without its encoder and decoder.
    var bytesPerLeg: Double
    /// Bytes of libopus's encoder and decoder.
    var codecBytes: Double
}
