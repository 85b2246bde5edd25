import BenchmarkKit
import Foundation

/// Measures what answering a call costs: calls for a second of processor time, beside sipp's answerer and baresip.
@main
enum CallBenchmark {
    static func main() {
        do {
            try self.run(try Options(Array(CommandLine.arguments.dropFirst())))
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        self.raiseLimits()
        let folder = ".build/calls"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let run = CallRun(plan: options.isQuick ? .quick : .full, folder: folder)
        var report = CallReport(machine: Machine(packages: ["libc6", "sip-tester", "baresip-core", "libre0"]))
        for dialogs in options.dialogs ?? run.plan.dialogs {
            for answerer in options.answerers { report.figures += try run.measure(answerer, dialogs: dialogs) }
        }
        report.machine.finish()
        guard report.figures.contains(where: { $0.answerer == .ours }) || !options.answerers.contains(.ours) else {
            throw WrongResult("no call of ours was answered; see \(folder)")
        }
        print(report.markdown)
        if let file = options.json { try report.json().write(to: URL(fileURLWithPath: file)) }
        if let folder = options.publish { try report.publish(to: folder) }
    }

    /// Thousands of sockets.
    private static func raiseLimits() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// What the command line asks.
struct Options {
    var isQuick = false
    /// Standing dialogs of the one row that is measured, in place of the plan's.
    var dialogs: [Int]?
    var answerers = Answerer.allCases
    var json: String?
    var publish: String?

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": self.isQuick = true
            case "--dialogs":
                guard let dialogs = rest.popFirst().flatMap({ Int($0) }), (0...8_000).contains(dialogs) else {
                    throw WrongResult("--dialogs wants a number from 0 to 8000")
                }
                self.dialogs = [dialogs]
            case "--only":
                guard let answerer = rest.popFirst().flatMap({ Answerer(rawValue: $0) }) else {
                    throw WrongResult("--only wants ours, sipp or baresip")
                }
                self.answerers = [answerer]
            case "--json": self.json = rest.popFirst()
            case "--publish": self.publish = rest.popFirst()
            default:
                throw WrongResult(
                    "\(argument) is no option: --quick, --dialogs N, --only NAME, --json FILE, --publish DOCS"
                )
            }
        }
    }
}
