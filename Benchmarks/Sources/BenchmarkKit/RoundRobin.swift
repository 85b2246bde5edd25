import CMeasure

/// How long is measured.
public struct MeasuringPlan: Sendable {
    /// Rounds over all workloads of a group.
    public var rounds: Int
    /// Batches of a workload in a round.
    public var batches: Int
    /// How long a batch is to take, in nanoseconds.
    public var batchNanoseconds: Double

    /// The usual length, for figures that are published.
    public static let full = MeasuringPlan(rounds: 7, batches: 5, batchNanoseconds: 30_000_000)
    /// A first look.
    public static let quick = MeasuringPlan(rounds: 3, batches: 3, batchNanoseconds: 5_000_000)
}

/// Measures the CPU time of workloads in a round robin, so that a slow spell of the machine hits all of them.
public struct RoundRobin {
    /// How long is measured.
    public let plan: MeasuringPlan

    /// Makes a round robin of that length.
    public init(plan: MeasuringPlan) {
        self.plan = plan
    }

    /// Checks each workload, finds how many iterations fill a batch, and measures.
    public func measure(_ workloads: [Workload], group: String) throws -> [Figure] {
        var figures: [Figure] = []
        var iterations: [Int] = []
        for workload in workloads {
            try workload.check()
            figures.append(
                Figure(group: group, name: workload.name, scope: workload.scope, isOurs: workload.isOurs)
            )
            iterations.append(self.iterations(of: workload))
        }
        for _ in 0..<self.plan.rounds {
            for (index, workload) in workloads.enumerated() {
                // The caches and the predictors are those of another program now.
                self.warmUp(workload, iterations[index])
                var batches: [Double] = []
                for _ in 0..<self.plan.batches { batches.append(self.time(workload, iterations[index])) }
                figures[index].rounds.append(median(batches))
                let best = batches.min() ?? 0
                if figures[index].best == 0 || best < figures[index].best { figures[index].best = best }
            }
        }
        return figures
    }

    private func time(_ workload: Workload, _ iterations: Int) -> Double {
        let start = measure_cpu_nanoseconds()
        workload.run(iterations)
        return Double(measure_cpu_nanoseconds() - start) / Double(iterations)
    }

    private func warmUp(_ workload: Workload, _ iterations: Int) {
        workload.run(max(iterations / 10 / workload.cycle, 1) * workload.cycle)
    }

    private func iterations(of workload: Workload) -> Int {
        var count = workload.cycle
        workload.run(count)
        while true {
            let start = measure_cpu_nanoseconds()
            workload.run(count)
            let taken = Double(measure_cpu_nanoseconds() - start)
            if taken > self.plan.batchNanoseconds / 4 {
                let wanted = Double(count) * self.plan.batchNanoseconds / taken
                return max(Int(wanted) / workload.cycle, 1) * workload.cycle
            }
            count *= 2
        }
    }
}
