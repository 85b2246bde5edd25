import BenchmarkKit
import Foundation
import JitterTraces

/// The jitter table: every trace with our buffer, the model of NetEQ and the peers' buffers, in virtual time.
///
/// Ends with 1 when a trace on which we have a target misses it with any seed, when the model is not near the rows that
/// it was made to meet, or when the buffer allocates.
@main
enum JitterBenchmark {
    static func main() {
        do {
            guard try self.run(Array(CommandLine.arguments.dropFirst())) else { exit(1) }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws -> Bool {
        let workloads = PlayoutWorkloads.groups()
        guard try !Counting.countIfAsked(workloads) else { return true }
        let options = try JitterOptions(arguments)
        var machine = Machine(packages: ["libspeexdsp1", "gstreamer1.0-plugins-good"])
        var report = JitterReport()
        report.seeds = options.seeds
        report.lacksRecorded = options.recorded == nil
        let recorded = try options.recorded.map { try self.recorded($0) }
        let generated = (1...options.seeds).map { JitterTrace.generated(seed: $0) }
        self.say("checking the model against the reference")
        // Always of five seeds: the bounds of the rows are made for their means.
        let checked = (1...5).flatMap { JitterTrace.generated(seed: $0) } + (recorded.map { [$0] } ?? [])
        for row in ReferenceTable.netEQ + ReferenceTable.fixed {
            let traces = checked.filter { $0.name == row.trace }
            if !traces.isEmpty { report.reference.append(ReferenceTable.play(row, on: traces)) }
        }
        let players = Players(peers: options.peers)
        let names = (recorded.map { [$0.name] } ?? []) + (generated.first ?? []).map(\.name)
        for name in names {
            self.say(name)
            var row = JitterRow(name: name)
            if let recorded, recorded.name == name {
                // It is what it is: what differs is what is said over it.
                for seed in 1...options.seeds { try row.add(recorded, players.play(recorded, seed: seed)) }
            } else {
                for (seed, traces) in generated.enumerated() {
                    for trace in traces where trace.name == name {
                        try row.add(trace, players.play(trace, seed: UInt64(seed) + 1))
                    }
                }
            }
            report.rows.append(row)
        }
        if let counter = options.counter {
            self.say("counting allocations and instructions")
            report.allocations = try Counting.allocations(counter: counter, arguments: [])
            report.instructions = try Counting.instructions(folder: ".build/callgrind-jitter", arguments: [])
        }
        machine.finish()
        report.machine = machine
        print(report.markdown)
        if let folder = options.publish { try report.publish(to: folder) }
        return report.passes
    }

    private static func recorded(_ path: String) throws -> JitterTrace {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let trace = JitterTrace(name: "recorded PCMU", recorded: text, times: 8) else {
            throw WrongResult("no trace can be read from \(path)")
        }
        return trace
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}

/// What the command line asks.
struct JitterOptions {
    /// The traces of how many seeds are played.
    var seeds: UInt64 = 5
    /// The recorded trace.
    var recorded: String?
    /// The folder of the peers' programs.
    var peers: String?
    /// The library that counts allocations; without it nothing is counted.
    var counter: String?
    /// The folder that the tables and the picture go to.
    var publish: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--seeds": self.seeds = min(max(rest.popFirst().flatMap(UInt64.init) ?? 1, 1), 1_000)
            case "--recorded": self.recorded = rest.popFirst()
            case "--peers": self.peers = rest.popFirst()
            case "--counter": self.counter = rest.popFirst()
            case "--publish": self.publish = rest.popFirst()
            default: throw WrongResult("\(argument) is no option of this")
            }
        }
    }
}
