import BenchmarkKit
import Foundation

/// Measures media: how many whole legs a core carries, beside the least that is possible and beside baresip.
@main
enum MediaBenchmark {
    static func main() {
        do {
            try self.run(try Options(Array(CommandLine.arguments.dropFirst())))
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        guard ProcessInfo.processInfo.processorCount > 1 else {
            throw WrongResult("telephones and legs want a core each, and this machine has one")
        }
        self.raiseLimits()
        var machine = Machine(packages: ["libc6", "libopus0", "baresip-core", "libre0"])
        let folder = ".build/media"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var packets: [Speech: String] = [:]
        for speech in Speech.allCases { packets[speech] = try speech.write(to: folder) }
        let run = MediaRun(
            plan: options.isQuick ? .quick : .full,
            programs: ".build/release",
            packets: packets,
            processor: ProcessInfo.processInfo.processorCount - 1
        )
        let walked = try run.walks()
        guard !options.walksOnly else { return try self.report(walked) }
        self.goAhead()
        var report = MediaReport(machine: machine, steps: walked)
        for carrier in [Carrier.whole(.pcmu), .whole(.g722), .whole(.opus), .relay, .bare] {
            report.capacities.append(try run.measure(carrier, legs: options.legs))
        }
        for (speech, legs) in options.isQuick ? [(Speech.pcmu, 100)] : [(.pcmu, 200), (.opus, 40)] {
            let legs = min(options.legs ?? legs, legs)
            let ours = try run.measure(.whole(speech), legs: legs)
            for setup in speech == .opus ? [Baresip.Setup.asShipped, .likeOurs] : [.likeOurs] {
                let peer = try run.measure(.baresip(speech, setup), legs: legs)
                report.pairs.append(.init(speech: speech, setup: setup, ours: ours, peer: peer))
            }
        }
        for carrier in [Carrier.whole(.pcmu), .whole(.g722), .whole(.opus), .relay] {
            report.memory.append(try run.count(carrier, legs: min(options.legs ?? 100, 100)))
        }
        machine.finish()
        report.machine = machine
        print(report.markdown)
        if let file = options.json { try report.json().write(to: URL(fileURLWithPath: file)) }
        if let folder = options.publish { try report.publish(to: folder) }
    }

    /// What repeats on any machine; fails when a packet allocates or locks.
    private static func report(_ walked: [StepFigure]) throws {
        let targets = walked.flatMap(\.targets)
        print(StepFigure.table(walked).markdown)
        for target in targets { print("- \(target.line)") }
        if let missed = targets.first(where: { !$0.passes }) { throw WrongResult(missed.line) }
    }

    /// Thousands of sockets.
    private static func raiseLimits() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Where the kernel shares time by session, more for ours than for a build next door.
    private static func goAhead() {
        if getsid(0) == getpid() {
            try? "-15".write(toFile: "/proc/self/autogroup", atomically: false, encoding: .utf8)
        }
    }
}

/// What the command line asks.
struct Options {
    var isQuick = false
    /// Only the walk through the media thread.
    var walksOnly = false
    /// Legs of every row, in place of a search.
    var legs: Int?
    var json: String?
    var publish: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": self.isQuick = true
            case "--steps": self.walksOnly = true
            case "--legs":
                guard let legs = rest.popFirst().flatMap({ Int($0) }), (2...9_000).contains(legs) else {
                    throw WrongResult("--legs wants a number from 2 to 9000")
                }
                self.legs = legs / 2 * 2
            case "--json": self.json = rest.popFirst()
            case "--publish": self.publish = rest.popFirst()
            default:
                throw WrongResult("\(argument) is no option: --quick, --steps, --legs N, --json FILE, --publish DOCS")
            }
        }
    }
}
