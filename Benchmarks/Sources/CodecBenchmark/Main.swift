import BenchmarkKit
import Foundation

/// Measures codecs and resampling: ours beside loops in C, spandsp, libsamplerate and speexdsp.
@main
enum CodecBenchmark {
    static func main() {
        do {
            try self.run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        let groups =
            G711Workloads.groups() + G722Workloads.groups() + OpusWorkloads.groups() + ResamplingWorkloads.groups()
        guard try !Counting.countIfAsked(groups) else { return }
        let options = try Options(arguments)
        var machine = Machine(packages: ["libc6", "libopus0", "libsamplerate0", "libspeexdsp1", "libspandsp2"])
        self.say("counting allocations")
        let allocations = try Counting.allocations(counter: options.counter, arguments: [])
        var instructions: [String: Double] = [:]
        if options.countsInstructions {
            self.say("counting instructions")
            instructions = try Counting.instructions(folder: ".build/callgrind-codecs", arguments: [])
        }
        Machine.pin()
        self.say("measuring frequencies")
        let responses = try ResamplingWorkloads.pairs.flatMap { try Response.measure($0) }
        var figures: [Figure] = []
        let robin = RoundRobin(plan: options.plan)
        for group in groups {
            self.say("measuring \(group.name)")
            figures += try robin.measure(try group.make(), group: group.name).map { figure in
                var figure = figure
                figure.allocations = allocations["\(figure.group)/\(figure.name)"]
                figure.instructions = instructions["\(figure.group)/\(figure.name)"]
                return figure
            }
        }
        machine.finish()
        let report = CodecReport(groups: groups, figures: figures, responses: responses, machine: machine)
        print(report.markdown)
        if let file = options.json { try report.json().write(to: URL(fileURLWithPath: file)) }
        if let folder = options.publish { try report.publish(to: folder) }
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}

/// What the command line asks.
private struct Options {
    var plan = MeasuringPlan.full
    var countsInstructions = true
    var json: String?
    var publish: String?
    /// The library that counts allocations.
    var counter = ".build/release/libMallocCounter.so"

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick":
                self.plan = .quick
                self.countsInstructions = false
            case "--json": self.json = rest.popFirst()
            case "--publish": self.publish = rest.popFirst()
            default: throw WrongResult("\(argument) is no option: --quick, --json FILE, --publish DOCS")
            }
        }
    }
}
