import BenchmarkKit
import Foundation

/// Starts carriers and telephones, and measures.
struct MediaRun {
    /// How long is measured.
    struct Plan {
        var probe: Double
        var warmUp: Double
        var seconds: Double
        var counted: Double

        static let full = Plan(probe: 2, warmUp: 3, seconds: 10, counted: 4)
        static let quick = Plan(probe: 1, warmUp: 1.5, seconds: 3, counted: 1)
    }

    let plan: Plan
    /// Where the programs are, and the library that counts allocations.
    let programs: String
    /// Files of packets.
    let packets: [Speech: String]
    /// The processor of what is measured; the telephones are on the first.
    let processor: Int

    /// Measures with the number of legs that takes 50 to 70 % of the core, or with the given number.
    func measure(_ carrier: Carrier, legs: Int?) throws -> MediaFigure {
        if let legs {
            return try self.measure(carrier, legs: legs, warmUp: self.plan.warmUp, seconds: self.plan.seconds)
        }
        var wanted = carrier.firstGuess
        // Twice, because an idle loop wakes for each packet, so that few legs cost more each than many.
        for _ in 0..<2 {
            let probe = try self.measure(carrier, legs: wanted, warmUp: 1.5, seconds: self.plan.probe, isStrict: false)
            if (0.5...0.7).contains(probe.share) { break }
            wanted = Self.even(0.6 * probe.capacity)
        }
        var figure = try self.measure(carrier, legs: wanted, warmUp: self.plan.warmUp, seconds: self.plan.seconds)
        if !(0.5...0.7).contains(figure.share) {
            wanted = Self.even(0.6 * figure.capacity)
            figure = try self.measure(carrier, legs: wanted, warmUp: self.plan.warmUp, seconds: self.plan.seconds)
        }
        return figure
    }

    /// Ports are enough for 9 000; a relay wants pairs.
    private static func even(_ legs: Double) -> Int {
        min(max(Int(legs / 2) * 2, 10), 9_000)
    }

    private func measure(
        _ carrier: Carrier,
        legs: Int,
        warmUp: Double,
        seconds: Double,
        isStrict: Bool = true
    ) throws -> MediaFigure {
        let child = try carrier.start(legs: legs, processor: self.processor, programs: self.programs)
        defer { child.stop(kills: !carrier.isOurs) }
        let empty = carrier.tells ? try Snapshot.read(from: child) : nil
        let emptyBytes = empty.map { Double($0.residentBytes) } ?? child.residentBytes
        var machine = Machine(packages: [])
        var (cpu, time) = (0.0, 0.0)
        var (threads, resident) = (0, 0.0)
        var (before, after): (Snapshot?, Snapshot?) = (nil, nil)
        func ask() throws -> Snapshot? {
            guard carrier.tells else { return nil }
            child.say("tell")
            return try Snapshot.read(from: child)
        }
        var telephones = try self.telephones(carrier, legs: legs, warmUp: warmUp, seconds: seconds)
        telephones.isStrict = isStrict
        let load = try telephones.run(
            begin: {
                before = try ask()
                machine = Machine(packages: [])
                time = Self.now
                cpu = child.cpuNanoseconds(thread: carrier.thread)
            },
            end: {
                cpu = child.cpuNanoseconds(thread: carrier.thread) - cpu
                time = Self.now - time
                machine.finish()
                (threads, resident) = (carrier.thread == nil ? child.threads : 1, child.residentBytes)
                after = try ask()
            }
        )
        var figure = MediaFigure(
            name: carrier.title,
            isOurs: carrier.isOurs,
            legs: legs,
            seconds: seconds,
            share: cpu / time,
            threads: threads,
            steal: machine.steal,
            load: load,
            residentBytesPerLeg: (resident - emptyBytes) / Double(legs)
        )
        if let before, let after {
            figure.lateTicks = Self.late(before, after)
            figure.latestTick = after.longestMilliseconds
        }
        Self.say(figure)
        return figure
    }

    /// Counts allocations and bytes in a process with the counting allocator.
    func count(_ carrier: Carrier, legs: Int) throws -> MemoryFigure {
        let counter = "\(self.programs)/libMallocCounter.so"
        let child = try carrier.start(
            legs: legs,
            processor: self.processor,
            programs: self.programs,
            counter: counter
        )
        defer { child.stop() }
        let empty = try Snapshot.read(from: child)
        var last = empty
        // Buffers get their size with the first packets, and a report each five seconds.
        let warmUp = max(self.plan.warmUp, 3)
        let load = try self.telephones(carrier, legs: legs, warmUp: warmUp, seconds: self.plan.counted).run(
            begin: {
                child.say("tell")
                _ = try Snapshot.read(from: child)
            },
            end: {
                child.say("tell")
                last = try Snapshot.read(from: child)
            }
        )
        guard let allocations = last.allocations, let live = last.liveBytes, let base = empty.liveBytes,
            let codec = last.codecBytes
        else { throw WrongResult("the counting allocator is not loaded") }
        return MemoryFigure(
            name: carrier.title,
            legs: legs,
            seconds: self.plan.counted,
            allocations: allocations,
            packets: load.sent + load.received,
            bytesPerLeg: Double(live - base) / Double(legs) - codec,
            codecBytes: codec
        )
    }

    func telephones(_ carrier: Carrier, legs: Int, warmUp: Double, seconds: Double) throws -> Telephones {
        guard let packets = self.packets[carrier.speech] else { throw WrongResult("no packets were made") }
        return Telephones(
            speech: carrier.speech,
            legs: legs,
            warmUp: warmUp,
            seconds: seconds,
            sip: carrier.sip,
            programs: self.programs,
            packets: packets
        )
    }

    /// Of 1000 ticks between two snapshots those that were 5 ms late or more, or left out.
    private static func late(_ before: Snapshot, _ after: Snapshot) -> Double {
        let counts = zip(after.ticks, before.ticks).map { Double($0 - $1) }
        let skipped = Double(after.skipped - before.skipped)
        let all = counts.reduce(0, +) + skipped
        return all > 0 ? 1_000 * (counts.dropFirst(20).reduce(0, +) + skipped) / all : 0
    }

    /// The monotonic clock in nanoseconds.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private static func say(_ figure: MediaFigure) {
        let text =
            "bench: \(figure.name): \(figure.legs) legs, \(decimal(100 * figure.share, 1)) % of a core,"
            + " telephones at most \(decimal(figure.load.ownLateness.p999, 2)) ms late in 99.9 %,"
            + " steal \(decimal(figure.steal, 1)) %\n"
        FileHandle.standardError.write(Data(text.utf8))
    }
}
