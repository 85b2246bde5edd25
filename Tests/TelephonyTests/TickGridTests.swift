import CoreTypes
import Testing

@testable import Telephony

/// The grid of 5 ms steps, in virtual time.
@Suite struct TickGridTests {
    private final class Leg: TickingLeg {
        var place = TickPlace()
        var isSilent = true
        var ticks: [Instant] = []
        var skipped = 0
        static func fetch(_ leg: UnsafeRawPointer) {}
        func prepare() {}
        func tick(now: Instant, _ scratch: inout Int) {
            scratch += 1
            self.ticks.append(now)
        }
        func skip(frames: Int) { self.skipped += frames }
    }

    /// A grid with a clock that is never late.
    private struct Bench {
        var grid = TickGrid<Leg>()
        var now = Instant(nanoseconds: 1_000_000_007)
        /// What the legs share: they count their turns in it.
        var turns = 0

        mutating func add(_ count: Int) -> [Leg] {
            (0..<count).map { _ in
                let leg = Leg()
                self.grid.add(leg, now: self.now)
                return leg
            }
        }

        mutating func run(until end: Instant) {
            while let deadline = self.grid.deadline, deadline <= end {
                self.now = deadline
                self.grid.advance(to: deadline, &self.turns) { deadline }
            }
            self.now = end
        }
    }

    @Test func `Legs are spread over four phases and tick each 20 ms to the point`() {
        var bench = Bench()
        let legs = bench.add(8)
        bench.run(until: bench.now + .seconds(2))
        #expect(Set(legs.map { $0.place.phase }).count == 4)
        for leg in legs {
            #expect(leg.ticks.count == 100)
            #expect(leg.skipped == 0)
            for (one, next) in zip(leg.ticks, leg.ticks.dropFirst()) { #expect(next - one == .milliseconds(20)) }
            #expect(leg.ticks.allSatisfy { $0.nanoseconds % 5_000_000 == 0 })
        }
        #expect(bench.grid.lateness.ticks == 800)
        #expect(bench.turns == 800)
        #expect(bench.grid.lateness.share(below: .microseconds(250)) == 1)
        #expect(bench.grid.lateness.longest == .zero)
    }

    @Test func `Without legs nothing is due`() {
        var bench = Bench()
        #expect(bench.grid.deadline == nil)
        let legs = bench.add(1)
        #expect(bench.grid.deadline != nil)
        bench.grid.remove(legs[0])
        #expect(bench.grid.deadline == nil)
        #expect(bench.grid.count == 0)
    }

    @Test(arguments: [20, 60, 79, 100, 500, 10_000])
    func `After a stall three frames are caught up, the rest is skipped`(
        milliseconds: Int
    ) {
        var bench = Bench()
        let legs = bench.add(4)
        bench.run(until: bench.now + .seconds(1))
        let before = legs.map { $0.ticks.count }
        let late = bench.now + .milliseconds(milliseconds)
        bench.grid.advance(to: late, &bench.turns) { late }
        for (leg, count) in zip(legs, before) {
            let caughtUp = leg.ticks.count - count
            #expect(caughtUp <= 4)
            // Media time is the clock's: no frame is lost to it, and none is made up.
            #expect(abs(caughtUp + leg.skipped - milliseconds / 20) <= 1)
        }
        #expect(bench.grid.lateness.skipped == UInt64(legs.reduce(0) { $0 + $1.skipped }))
        #expect(bench.grid.lateness.longest >= .milliseconds(min(milliseconds, 60) - 20))
    }

    @Test(arguments: 1...19) func `The first frame of speech leaves at once, and the next ones 20 ms apart`(
        milliseconds: Int
    ) {
        var bench = Bench()
        let leg = bench.add(1)[0]
        bench.run(until: bench.now + .seconds(1))
        let turn = leg.ticks[leg.ticks.count - 1]
        bench.run(until: turn + .milliseconds(milliseconds))
        let count = leg.ticks.count
        leg.isSilent = false
        let now = bench.now
        bench.grid.begin(leg, now: now, &bench.turns) { now }
        if milliseconds >= 5 {
            #expect(leg.ticks.count == count + 1)
            #expect(leg.ticks.last == now)
        } else {
            // The frame before has hardly left: there is no step between.
            #expect(leg.ticks.count == count + (leg.place.lead > 0 ? 1 : 0))
        }
        let first = leg.ticks.count
        bench.run(until: now + .milliseconds(200))
        let later = leg.ticks[first...].map { $0 }
        #expect(later.count == 10 || later.count == 9)
        for (one, next) in zip(later, later.dropFirst()) { #expect(next - one == .milliseconds(20)) }
    }

    @Test func `A leg that speaks now and then sends no more than its time allows`() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<50 {
            var bench = Bench()
            let leg = bench.add(1)[0]
            let start = bench.now
            for _ in 0..<100 {
                bench.run(until: bench.now + .milliseconds(Int64(random.next() % 300)))
                leg.isSilent = false
                let now = bench.now
                bench.grid.begin(leg, now: now, &bench.turns) { now }
                bench.run(until: bench.now + .milliseconds(Int64(random.next() % 300)))
                leg.isSilent = true
            }
            bench.run(until: bench.now + .milliseconds(100))
            let elapsed = Int((bench.now - start) / .milliseconds(20))
            #expect(abs(leg.ticks.count - elapsed) <= 1)
            #expect(leg.place.lead == 0)
            for (one, next) in zip(leg.ticks, leg.ticks.dropFirst()) {
                #expect(next - one >= .milliseconds(1) && next - one <= .milliseconds(40))
            }
        }
    }

    @Test func `What was dropped before its turn does not move a leg`() {
        var bench = Bench()
        let leg = bench.add(1)[0]
        bench.run(until: bench.now + .milliseconds(112))
        let place = leg.place
        let count = leg.ticks.count
        let now = bench.now
        bench.grid.begin(leg, now: now, &bench.turns) { now }
        #expect(leg.place == place)
        #expect(leg.ticks.count == count)
    }

    @Test func `Lateness counts what came late and what was left out`() {
        var lateness = TickLateness()
        #expect(lateness.share(below: .milliseconds(5)) == 1)
        for _ in 0..<998 { lateness.count(.microseconds(100)) }
        lateness.count(.microseconds(4_999))
        lateness.count(.milliseconds(5))
        #expect(lateness.share(below: .milliseconds(5)) == 0.999)
        #expect(lateness.share(below: .microseconds(250)) == 0.998)
        lateness.skipped = 1_000
        #expect(lateness.share(below: .milliseconds(5)) == 0.4995)
        lateness.count(.seconds(100))
        #expect(lateness.longest == .seconds(100))
        #expect(lateness.ticks == 1_001)
    }
}
