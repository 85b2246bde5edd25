/// One thing that is measured: something of ours, or the same thing done by a peer.
public struct Workload {
    /// Its name in the tables; with the group's it names the workload in thresholds too.
    public let name: String
    /// What one iteration does, in words, so that nobody compares apples with pears unknowingly.
    public let scope: String
    /// Whether it is ours.
    public let isOurs: Bool
    /// How many iterations belong together: a batch is a multiple of it.
    public let cycle: Int
    /// Whether instructions and allocations are counted too; filling a large table under a counter takes minutes.
    public let isCounted: Bool
    /// Throws when what is measured does not give the right result.
    public let check: () throws -> Void
    /// Runs so many iterations.
    public let run: (Int) -> Void

    /// Makes a workload from its parts.
    public init(
        _ name: String,
        scope: String,
        isOurs: Bool,
        cycle: Int = 1,
        isCounted: Bool = true,
        check: @escaping () throws -> Void,
        run: @escaping (Int) -> Void
    ) {
        self.name = name
        self.scope = scope
        self.isOurs = isOurs
        self.cycle = cycle
        self.isCounted = isCounted
        self.check = check
        self.run = run
    }
}

/// Workloads that are compared with one another, measured in one round robin.
public struct WorkloadGroup {
    /// Its short name, for thresholds and JSON.
    public let name: String
    /// Its heading in the tables.
    public let title: String
    /// What one iteration is: "message", "transaction".
    public let unit: String
    /// Makes the workloads; what they hold is freed when the group is done.
    public let make: () throws -> [Workload]

    /// Makes a group from its parts.
    public init(_ name: String, title: String, unit: String, make: @escaping () throws -> [Workload]) {
        self.name = name
        self.title = title
        self.unit = unit
        self.make = make
    }
}

/// Something of which many live at once, and whose memory is counted.
public struct MemoryProbe {
    /// Its name in the tables.
    public let name: String
    /// How many are made.
    public let count: Int
    /// Makes so many, and gives back what holds them.
    public let fill: (Int) throws -> AnyObject

    /// Makes a probe from its parts.
    public init(_ name: String, count: Int, fill: @escaping (Int) throws -> AnyObject) {
        self.name = name
        self.count = count
        self.fill = fill
    }
}

/// A workload that gives a wrong result: its time would mean nothing.
public struct WrongResult: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// Makes an error with what is wrong.
    public init(_ description: String) {
        self.description = description
    }
}
