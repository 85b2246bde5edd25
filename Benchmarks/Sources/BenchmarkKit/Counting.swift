import CMeasure
import Foundation

/// Counts allocations and instructions in processes of their own, for counting slows what it counts.
///
/// A program calls `countIfAsked` first: with the arguments that `allocations` and `instructions` give to a child of
/// the same program it counts, and ends.
public enum Counting {
    private static let allocationsOption = "--count-allocations"
    private static let instructionsOption = "--count-instructions"

    /// Iterations that are counted.
    private static func iterations(_ workload: Workload) -> Int {
        max(120 / workload.cycle, 1) * workload.cycle
    }

    // MARK: In the child

    /// Does a child's work when the arguments ask for it; whether they did.
    public static func countIfAsked(_ groups: [WorkloadGroup], memory: [MemoryProbe] = []) throws -> Bool {
        let arguments = CommandLine.arguments
        if arguments.contains(Self.allocationsOption) {
            try Self.printAllocations(groups, memory)
            return true
        }
        if arguments.contains(Self.instructionsOption) {
            try Self.dumpInstructions(groups)
            return true
        }
        return false
    }

    private static func printAllocations(_ groups: [WorkloadGroup], _ memory: [MemoryProbe]) throws {
        guard measure_allocations() != .max else { throw WrongResult("the counting allocator is not loaded") }
        var counts: [String: Double] = [:]
        for group in groups {
            for workload in try group.make() where workload.isCounted {
                try workload.check()
                let iterations = Self.iterations(workload)
                // The first iterations fill what is used again.
                workload.run(iterations)
                let before = measure_allocations()
                workload.run(iterations)
                // The name is made after the count is read, for making it allocates.
                let calls = measure_allocations() - before
                counts["\(group.name)/\(workload.name)"] = Double(calls) / Double(iterations)
            }
        }
        for probe in memory { counts["memory/\(probe.name)"] = try Self.bytes(of: probe) }
        print(String(decoding: try JSONEncoder().encode(counts), as: UTF8.self))
    }

    private static func bytes(of probe: MemoryProbe) throws -> Double {
        let before = measure_live_bytes()
        let held = try probe.fill(probe.count)
        let after = measure_live_bytes()
        return withExtendedLifetime(held) { Double(after - before) / Double(probe.count) }
    }

    private static func dumpInstructions(_ groups: [WorkloadGroup]) throws {
        guard measure_counts_instructions() != 0 else { throw WrongResult("this is not run by valgrind") }
        for group in groups {
            for workload in try group.make() where workload.isCounted {
                try workload.check()
                let iterations = Self.iterations(workload)
                workload.run(iterations)
                measure_start_instructions()
                workload.run(workload.cycle)
                measure_zero_instructions()
                workload.run(iterations)
                measure_dump_instructions("\(group.name)/\(workload.name)=\(iterations)")
                measure_stop_instructions()
            }
        }
    }

    // MARK: In the parent

    /// Runs this program once more with the counting allocator; calls an iteration by "group/name".
    public static func allocations(counter: String, arguments: [String]) throws -> [String: Double] {
        var environment = Self.repeatableEnvironment
        environment["LD_PRELOAD"] = counter
        let output = try Self.run(Self.program, arguments + [Self.allocationsOption], environment)
        return try JSONDecoder().decode([String: Double].self, from: output)
    }

    /// Runs this program once more in valgrind's callgrind; instructions an iteration by "group/name".
    ///
    /// The files that callgrind wrote stay in `folder`, for `callgrind_annotate`.
    public static func instructions(folder: String, arguments: [String]) throws -> [String: Double] {
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let options = ["--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=\(folder)/count", "--quiet"]
        let command = ["valgrind"] + options + [Self.program] + arguments + [Self.instructionsOption]
        _ = try Self.run("/usr/bin/env", command, Self.repeatableEnvironment)
        var counts: [String: Double] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let (name, count) = Self.read("\(folder)/\(file)") else { continue }
            counts[name] = count
        }
        return counts
    }

    /// The name and the count in a file of callgrind's; `nil` in the one that it writes at the end.
    private static func read(_ file: String) -> (String, Double)? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let trigger = "desc: Trigger: Client Request: "
        var label: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix(trigger) { label = line.dropFirst(trigger.count) }
            guard line.hasPrefix("summary: ") || line.hasPrefix("totals: ") else { continue }
            guard let label, let equals = label.lastIndex(of: "="),
                let iterations = Double(label[label.index(after: equals)...]),
                let total = Double(line.drop { $0 != " " }.dropFirst())
            else { return nil }
            return (String(label[..<equals]), total / iterations)
        }
        return nil
    }

    /// The file of this program: valgrind has to be told its name, for under it `/proc/self/exe` is valgrind.
    private static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// The same hash values in each run, so that counts repeat.
    private static var repeatableEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
    }

    private static func run(_ program: String, _ arguments: [String], _ environment: [String: String]) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw WrongResult("\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return data
    }
}
