import CoreTypes
import RTPCore
import Testing

struct ReorderBufferTests {
    /// A buffer with a clock, whose packets are named by their numbers.
    struct Rig {
        var buffer = OrderedPackets()
        var now = Instant.zero
        var heard: [Int64] = []
        var missing = 0

        @discardableResult
        mutating func insert(_ number: Int64, epoch: UInt32 = 1, length: Int = 4) -> ReorderBuffer.Insertion {
            let entry = PacketStore.Entry(
                position: StreamPosition(epoch: epoch, sequence: number),
                timestamp: Wrapping(UInt32(truncatingIfNeeded: number * 160)),
                kind: .audio,
                arrival: self.now
            )
            let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
            return self.buffer.insert(entry, payload: payload.span)
        }

        mutating func drain() {
            while let release = self.buffer.next(now: self.now) {
                let number = release.entry.position.sequence
                let isIntact = self.buffer.withPayload { payload in
                    (0..<payload.count).allSatisfy { payload[$0] == UInt8(truncatingIfNeeded: number) }
                }
                #expect(isIntact == true)
                self.heard.append(number)
                self.missing += release.missingPackets
                self.buffer.removeFirst()
            }
        }

        mutating func wait(_ milliseconds: Int) {
            self.now += .milliseconds(milliseconds)
        }
    }

    @Test func packetsInOrderNeverWait() {
        var rig = Rig()
        for number in Int64(0)..<1_000 {
            rig.insert(number)
            rig.drain()
            #expect(rig.heard.last == number)
            #expect(rig.buffer.deadline == nil)
            rig.wait(20)
        }
        #expect(rig.missing == 0)
    }

    /// All orders of six packets behind a first one: everything comes out in order and nothing is lost.
    @Test func everyPermutationIsPutInOrder() {
        var orders = 0
        func permute(_ rest: [Int64], _ order: [Int64]) {
            guard !rest.isEmpty else {
                var rig = Rig()
                rig.insert(100)
                rig.drain()
                for number in order {
                    rig.wait(1)
                    rig.insert(number)
                    rig.drain()
                }
                #expect(rig.heard == Array(100...106), "order \(order)")
                #expect(rig.missing == 0)
                orders += 1
                return
            }
            for (index, number) in rest.enumerated() {
                var left = rest
                left.remove(at: index)
                permute(left, order + [number])
            }
        }
        permute(Array(101...106), [])
        #expect(orders == 720)
    }

    @Test func aGapIsGivenUpAtItsDeadlineAndNotBefore() throws {
        var rig = Rig()
        rig.insert(1)
        rig.drain()
        rig.wait(20)
        rig.insert(4)
        rig.drain()
        #expect(rig.heard == [1])
        let deadline = try #require(rig.buffer.deadline)
        #expect(deadline == rig.now + .milliseconds(40))
        rig.wait(39)
        rig.drain()
        #expect(rig.heard == [1])
        rig.now = deadline
        rig.drain()
        #expect(rig.heard == [1, 4])
        #expect(rig.missing == 2)
        #expect(rig.buffer.deadline == nil)
        rig.insert(2)
        rig.drain()
        #expect(rig.heard == [1, 4])
    }

    @Test func severalGapsEndOneAfterTheOther() {
        var rig = Rig()
        rig.insert(1)
        rig.drain()
        rig.insert(3)
        rig.wait(20)
        rig.insert(5)
        rig.wait(20)
        rig.drain()
        #expect(rig.heard == [1, 3])
        rig.insert(4)
        rig.drain()
        #expect(rig.heard == [1, 3, 4, 5])
        #expect(rig.missing == 1)
    }

    @Test func lateAndDoublePacketsAreDropped() {
        var rig = Rig()
        rig.insert(1)
        rig.drain()
        rig.insert(3)
        #expect(rig.insert(3) == .ignored)
        #expect(rig.insert(1) == .late)
        rig.wait(40)
        rig.drain()
        #expect(rig.insert(2) == .late)
        rig.drain()
        #expect(rig.heard == [1, 3])
        #expect(rig.buffer.count == 0)
    }

    @Test func aPacketThatJustMissedItsTurnMakesTheWaitLonger() {
        var rig = Rig()
        rig.insert(1)
        rig.drain()
        rig.insert(3)
        rig.wait(40)
        rig.drain()
        rig.wait(15)
        #expect(rig.insert(2) == .late)
        #expect(rig.buffer.hold == .milliseconds(65))
        // Now the same reordering is no loss any more.
        rig.insert(5)
        rig.wait(55)
        rig.drain()
        rig.insert(4)
        rig.drain()
        #expect(rig.heard == [1, 3, 4, 5])
        // One for which no wait would have been long enough says nothing about the wait.
        rig.insert(7)
        rig.wait(70)
        rig.drain()
        rig.wait(5_000)
        rig.insert(6)
        #expect(rig.buffer.hold == .milliseconds(65))
        // Its bound is its bound.
        rig.insert(9)
        rig.wait(70)
        rig.drain()
        rig.wait(30)
        rig.insert(8)
        #expect(rig.buffer.hold == .milliseconds(100))
        // Order makes it shorter again, down to where it began.
        for number in Int64(10)..<4_000 {
            rig.insert(number)
            rig.drain()
        }
        #expect(rig.buffer.hold == .milliseconds(40))
    }

    /// What is lost for good is no reason to let everything behind it wait for longer.
    @Test func lossAloneDoesNotKeepTheWaitLong() {
        var rig = Rig()
        rig.insert(0)
        rig.drain()
        rig.insert(2)
        rig.wait(40)
        rig.drain()
        rig.wait(15)
        rig.insert(1)
        #expect(rig.buffer.hold == .milliseconds(65))
        for number in Int64(3)..<2_500 {
            if number % 50 != 0 { rig.insert(number) }
            rig.wait(20)
            rig.drain()
        }
        #expect(rig.buffer.hold == .milliseconds(40))
    }

    /// A wait that is needed now and then stays, also when it is long enough every time.
    @Test func reorderingInTimeKeepsTheWait() {
        var rig = Rig()
        rig.insert(0)
        rig.drain()
        rig.insert(2)
        rig.wait(40)
        rig.drain()
        rig.wait(15)
        rig.insert(1)
        for round in Int64(0)..<30 {
            for number in (3 + round * 100)..<(101 + round * 100) {
                rig.insert(number)
                rig.wait(20)
                rig.drain()
            }
            rig.insert(102 + round * 100)
            rig.wait(55)
            rig.drain()
            rig.insert(101 + round * 100)
            rig.drain()
        }
        #expect(rig.buffer.hold == .milliseconds(65))
        #expect(rig.missing == 1)
    }

    @Test func anotherStreamEndsTheWaitAndLosesNothing() {
        var rig = Rig()
        rig.insert(100)
        rig.drain()
        rig.insert(102)
        rig.insert(7, epoch: 2)
        rig.drain()
        #expect(rig.heard == [100, 102, 7])
        #expect(rig.insert(103) == .late)
        let first = Rig().buffer.count
        #expect(first == 0)
    }

    @Test func theBeginningOfAStreamIsTold() {
        var rig = Rig()
        for (number, epoch, begins) in [(5, 1, true), (6, 1, false), (2, 2, true), (3, 2, false)] {
            rig.insert(Int64(number), epoch: UInt32(epoch))
            #expect(rig.buffer.next(now: rig.now)?.beginsStream == begins)
            // The same packet until its turn is ended.
            #expect(rig.buffer.next(now: rig.now)?.entry.position.sequence == Int64(number))
            rig.buffer.removeFirst()
        }
    }

    @Test func aReaderThatSleepsLosesTheOldestOnly() {
        var rig = Rig()
        for number in Int64(0)..<200 {
            let isFull = number >= 64
            #expect(rig.insert(number) == (isFull ? .storedDroppingOldest : .stored))
        }
        #expect(rig.buffer.count == 64)
        rig.wait(40)
        rig.drain()
        #expect(rig.heard == Array(136..<200))
    }

    @Test func payloadsOfEverySizeStayIntact() {
        var rig = Rig()
        rig.insert(0)
        rig.drain()
        for number in Int64(2)..<50 { rig.insert(number, length: Int(number) * 30) }
        rig.insert(1, length: 0)
        #expect(rig.insert(60, length: 1_501) == .ignored)
        rig.drain()
        #expect(rig.heard == Array(0..<50))
    }

    /// Random loss, delay and repetition: what comes out is in order, never twice, and with the gaps it is everything.
    @Test(arguments: 0..<30)
    func whateverTheNetworkDoesOrderHolds(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var arrivals: [(time: Int, number: Int64)] = []
        for number in Int64(0)..<400 where number == 0 || Int.random(in: 0..<10, using: &random) > 0 {
            arrivals.append((Int(number) * 20 + Int.random(in: 0...90, using: &random), number))
            if Int.random(in: 0..<20, using: &random) == 0 {
                arrivals.append((Int(number) * 20 + Int.random(in: 0...300, using: &random), number))
            }
        }
        arrivals[0].time = 0
        arrivals.sort { $0.time < $1.time }
        var rig = Rig()
        for arrival in arrivals {
            let then = Instant.zero + .milliseconds(arrival.time)
            while let deadline = rig.buffer.deadline, deadline < then {
                rig.now = deadline
                rig.drain()
            }
            rig.now = then
            rig.insert(arrival.number)
            rig.drain()
        }
        rig.wait(200)
        rig.drain()
        #expect(zip(rig.heard, rig.heard.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Int64(rig.heard.count + rig.missing) == (rig.heard.last ?? 0) - (rig.heard.first ?? 0) + 1)
        #expect(rig.buffer.count == 0)
    }
}
