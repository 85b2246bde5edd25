import BenchmarkKit
import Foundation

/// What the media thread did while it sent some packets, walked through instruction by instruction.
struct StepFigure: Codable {
    struct Locked: Codable {
        /// In the program: a lock of Swift's, or another atomic.
        var program: Int
        /// In the Swift runtime: reference counts.
        var runtime: Int
        /// In the C library and the dynamic linker.
        var elsewhere: Int
    }

    var name = ""
    var sent: Int
    var received: Int
    var instructions: Int
    var calls: Int
    var allocations: Int
    var mutexes: Int
    var futexes: Int
    var locked: Locked

    private enum CodingKeys: String, CodingKey {
        case sent, received, instructions, calls, allocations, mutexes, futexes, locked
    }

    /// Calls of mutexes, waits for them, and atomics of our own.
    var locks: Int { self.mutexes + self.futexes + self.locked.program }

    /// What may not be.
    var targets: [Target] {
        [
            Target("\(self.name), allocations in \(self.sent) packets", value: Double(self.allocations), limit: 0),
            Target("\(self.name), locks in \(self.sent) packets", value: Double(self.locks), limit: 0),
        ]
    }

    static func table(_ figures: [StepFigure]) -> Table {
        var table = Table([
            "", "packets out", "packets in", "instructions", "system calls", "allocations", "mutexes", "futexes",
            "atomics of ours", "reference counts", "atomics of libc",
        ])
        for figure in figures {
            table.add([
                figure.name, "\(figure.sent)", "\(figure.received)", decimal(Double(figure.instructions)),
                "\(figure.calls)", "\(figure.allocations)", "\(figure.mutexes)", "\(figure.futexes)",
                "\(figure.locked.program)", "\(figure.locked.runtime)", "\(figure.locked.elsewhere)",
            ])
        }
        return table
    }
}

extension MediaRun {
    /// Walks through all that may neither allocate nor lock; first through faults, which must be found.
    func walks() throws -> [StepFigure] {
        guard try self.walk(.planted("lock"), packets: 4).locks > 0 else {
            throw WrongResult("a planted lock was not found")
        }
        guard try self.walk(.planted("allocation"), packets: 4).allocations > 0 else {
            throw WrongResult("a planted allocation was not found")
        }
        return [try self.walk(.whole(.pcmu), packets: 12), try self.walk(.relay, packets: 20)]
    }

    /// Walks through the media thread of two legs until it has sent `packets`.
    func walk(_ carrier: Carrier, packets: Int) throws -> StepFigure {
        let child = try carrier.start(legs: 2, processor: self.processor, programs: self.programs)
        defer { child.stop() }
        _ = try Snapshot.read(from: child)
        var figure: StepFigure?
        // The telephones go on all the while; what they think of the echo is of no interest.
        var telephones = try self.telephones(carrier, legs: 2, warmUp: 3, seconds: 0.1)
        telephones.isStrict = false
        let load = try telephones.start(seconds: 600)
        defer { load.stop(kills: true) }
        guard try load.line(within: 20) == "begin", let thread = child.thread(carrier.thread ?? "") else {
            throw WrongResult("the media thread is not there")
        }
        let steps = try ChildProcess("\(self.programs)/MediaSteps", ["\(child.identifier)", "\(thread)", "\(packets)"])
        defer { steps.stop(kills: true) }
        let line = try steps.line(within: 300)
        figure = try JSONDecoder().decode(StepFigure.self, from: Data(line.utf8))
        figure?.name = carrier.title
        guard let figure, figure.received > 0 else { throw WrongResult("nothing was received: \(line)") }
        return figure
    }
}
