import BenchmarkKit
import Foundation
import SIPWorkloads

/// Measures SIP: reading, answering, transactions and digests, ours beside sofia-sip, osip2 and libre.
@main
enum SIPBenchmark {
    static func main() {
        do {
            try self.run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        let corpus = try Corpus()
        let isQuick = arguments.contains("--quick")
        let most = isQuick ? 10_000 : 100_000
        let groups = try self.groups(corpus, upTo: most)
        let memory = TransactionWorkloads.memory(upTo: most)
        let child = isQuick ? ["--quick"] : []
        guard try !Counting.countIfAsked(groups, memory: memory) else { return }

        let options = try Options(arguments)
        var machine = Machine(packages: ["libc6", "libsofia-sip-ua0", "libosip2-15", "libre0"])
        self.say("counting allocations")
        let allocations = try Counting.allocations(counter: options.counter, arguments: child)
        var instructions: [String: Double] = [:]
        if options.countsInstructions {
            self.say("counting instructions")
            instructions = try Counting.instructions(folder: ".build/callgrind", arguments: child)
        }
        Machine.pin()
        var figures: [Figure] = []
        let robin = RoundRobin(plan: options.plan)
        for group in groups {
            self.say("measuring \(group.name)")
            let measured = try robin.measure(try group.make(), group: group.name)
            figures += measured.map { figure in
                var figure = figure
                figure.allocations = allocations["\(figure.group)/\(figure.name)"]
                figure.instructions = instructions["\(figure.group)/\(figure.name)"]
                return figure
            }
        }
        machine.finish()
        let bytes = memory.compactMap { probe in allocations["memory/\(probe.name)"].map { (probe.name, $0) } }
        let report = SIPReport(corpus: corpus, groups: groups, figures: figures, memory: bytes, machine: machine)
        print(report.markdown)
        if let file = options.json { try report.json().write(to: URL(fileURLWithPath: file)) }
        if let folder = options.publish { try report.publish(to: folder) }
    }

    private static func groups(_ corpus: Corpus, upTo most: Int) throws -> [WorkloadGroup] {
        var groups = [
            WorkloadGroup("parse", title: "Reading: the twelve messages in turn", unit: "message") {
                ParseWorkloads.make(corpus.messages) + PeerParsers.make(corpus.messages)
            }
        ]
        for name in Corpus.single {
            let message = try corpus.message(name)
            let title = "Reading \(name).sip, \(message.bytes.count) bytes"
            groups.append(
                WorkloadGroup("parse \(name)", title: title, unit: "message") {
                    ParseWorkloads.make([message]) + PeerParsers.make([message])
                }
            )
        }
        groups.append(
            WorkloadGroup("reply", title: "Building a 200 to 03-invite.sip, already read", unit: "message") {
                try ReplyWorkloads.make(corpus) + PeerReplies.make(corpus)
            }
        )
        for group in TransactionWorkloads.groups(upTo: most) {
            guard group.name == "OPTIONS server" else {
                groups.append(group)
                continue
            }
            groups.append(
                WorkloadGroup(group.name, title: group.title, unit: group.unit) {
                    try group.make() + PeerTransactions.make()
                }
            )
        }
        groups.append(TransactionWorkloads.retransmissions())
        groups.append(
            WorkloadGroup("digest", title: "Computing a digest response", unit: "response") {
                DigestWorkloads.make() + PeerDigest.make()
            }
        )
        return groups
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}

/// What the command line asks.
struct Options {
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
