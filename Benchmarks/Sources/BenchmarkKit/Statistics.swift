/// The middle value; of an even number of values the mean of the two in the middle. 0 when there is none.
public func median(_ values: some Collection<Double>) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// What was measured of one workload.
public struct Figure: Codable, Sendable {
    /// The group's short name.
    public var group: String
    /// The workload's name.
    public var name: String
    /// What one iteration does.
    public var scope: String
    /// Whether it is ours.
    public var isOurs: Bool
    /// Nanoseconds of CPU time an iteration, one value for each round: the median of its batches.
    public var rounds: [Double] = []
    /// The best batch of all, in nanoseconds an iteration.
    public var best: Double = 0
    /// Instructions an iteration, when they were counted.
    public var instructions: Double?
    /// Calls of the allocator an iteration, when they were counted.
    public var allocations: Double?

    /// The median of the rounds, in nanoseconds.
    public var nanoseconds: Double {
        median(self.rounds)
    }

    /// Iterations a second.
    public var rate: Double {
        self.nanoseconds > 0 ? 1_000_000_000 / self.nanoseconds : 0
    }

    /// How many times as long `other` takes: the median over the rounds, each of which both ran in.
    public func ratio(of other: Figure) -> Double {
        median(zip(self.rounds, other.rounds).map { $0 > 0 ? $1 / $0 : 0 })
    }
}
