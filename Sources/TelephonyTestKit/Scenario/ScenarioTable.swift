/// What all seeds of one scenario at one loss gave: a line of the table.
public struct ScenarioLine: Sendable {
    /// A run that broke an invariant.
    public struct Failure: Sendable {
        /// The seed that shows it again.
        public var seed: UInt64
        /// What was broken.
        public var violations: [Violation]
    }

    /// The scenario's name.
    public var name: String
    /// The loss in percent.
    public var loss: Int
    /// How many seeds were played.
    public var seeds = 0
    /// The requests of all.
    public var requests = 0
    /// The messages of all, lost ones included.
    public var messages = 0
    /// The longest of all, in virtual time.
    public var longest = Duration.zero
    /// What happened.
    public var tally = ScenarioTally()
    /// The seeds that broke an invariant, in order.
    public var failures: [Failure] = []

    /// Makes a line without a seed.
    public init(name: String, loss: Int) {
        self.name = name
        self.loss = loss
    }

    /// Plays some seeds.
    public mutating func play(_ scenario: Scenario, seeds: Range<UInt64>, fault: Fault? = nil) {
        for seed in seeds {
            let run = ScenarioRun(scenario, seed: seed, loss: self.loss, fault: fault)
            run.play()
            self.seeds += 1
            self.requests += run.requests
            self.messages += run.messages
            self.longest = max(self.longest, run.duration)
            self.tally.add(run.tally)
            if !run.violations.isEmpty { self.failures.append(Failure(seed: seed, violations: run.violations)) }
        }
    }

    /// Adds the seeds of another line of the same scenario and loss.
    public mutating func add(_ other: ScenarioLine) {
        self.seeds += other.seeds
        self.requests += other.requests
        self.messages += other.messages
        self.longest = max(self.longest, other.longest)
        self.tally.add(other.tally)
        self.failures = (self.failures + other.failures).sorted { $0.seed < $1.seed }
    }
}

/// All scenarios at all losses, played in parallel.
public struct ScenarioTable: Sendable {
    /// The lines, in the order of the scenarios and losses.
    public private(set) var lines: [ScenarioLine] = []

    /// Plays every seed of every scenario at every loss, as many at once as there are cores.
    public init(_ scenarios: [Scenario], losses: [Int], seeds: Range<UInt64>, fault: Fault? = nil) async {
        for scenario in scenarios {
            for loss in losses { self.lines.append(ScenarioLine(name: scenario.name, loss: loss)) }
        }
        let lines = self.lines
        let results = await withTaskGroup(of: (Int, ScenarioLine).self) { group in
            for (index, line) in lines.enumerated() {
                for start in stride(from: seeds.lowerBound, to: seeds.upperBound, by: 50) {
                    let chunk = start..<min(start + 50, seeds.upperBound)
                    group.addTask {
                        var line = line
                        line.play(scenarios[index / losses.count], seeds: chunk, fault: fault)
                        return (index, line)
                    }
                }
            }
            var results: [(Int, ScenarioLine)] = []
            for await result in group { results.append(result) }
            return results
        }
        for (index, line) in results { self.lines[index].add(line) }
    }

    /// The table as text.
    public var text: String {
        let heads = ["scenario", "loss", "seeds", "requests", "messages", "longest", "failures"]
        var rows = [heads]
        for line in self.lines {
            rows.append([
                line.name, "\(line.loss) %", "\(line.seeds)", "\(line.requests)", "\(line.messages)",
                "\(line.longest.components.seconds) s", "\(line.failures.count)",
            ])
        }
        let widths = heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let pad = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + pad : pad + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
