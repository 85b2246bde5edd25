import CoreTypes
import RTPCore
import Testing

/// RFC 3550 appendices A.1, A.3 and A.8 as properties.
struct RTPReceiverTests {
    private var receiver = RTPReceiver(clockRate: 8_000)
    private var now = Instant.zero

    private mutating func take(
        _ sequence: UInt16,
        source: UInt32 = 1,
        after: Duration = .milliseconds(20)
    )
        -> RTPReceiver.Verdict
    {
        self.now += after
        return self.receiver.receive(source: source, sequence: Wrapping(sequence), now: self.now)
    }

    private mutating func number(_ sequence: UInt16, source: UInt32 = 1) -> Int64? {
        guard case .accepted(let position, isReordered: _) = self.take(sequence, source: source) else { return nil }
        return position.sequence
    }

    @Test func theFirstPacketCounts() {
        var test = self
        #expect(test.number(1_000) != nil)
        #expect(test.receiver.received == 1)
        #expect(test.receiver.lost == 0)
    }

    @Test(arguments: [UInt16(0), 1, 0x7FFF, 0xFFFE, 0xFFFF])
    func numbersGoOnAcrossTheWrap(start: UInt16) throws {
        var test = self
        let begun = test.number(start)
        let first = try #require(begun)
        for step in 1...70_000 {
            let number = test.number(start &+ UInt16(truncatingIfNeeded: step))
            guard number == first + Int64(step) else {
                Issue.record("step \(step) gave \(String(describing: number))")
                return
            }
        }
        #expect(test.receiver.lost == 0)
        #expect(test.receiver.duplicates == 0)
    }

    @Test func zeroIsAValidSource() {
        var test = self
        #expect(test.number(5, source: 0) != nil)
        #expect(test.receiver.source == 0)
        #expect(test.number(6, source: 0) != nil)
        #expect(test.receiver.epoch == 1)
    }

    @Test func aDuplicateIsNoReceptionAndHidesNoLoss() {
        var test = self
        _ = test.take(10)
        _ = test.take(12)
        #expect(test.take(12) == .duplicate)
        #expect(test.take(10) == .duplicate)
        #expect(test.receiver.duplicates == 2)
        #expect(test.receiver.lost == 1)
        #expect(test.receiver.makeReport()?.cumulativeLost == 1)
    }

    @Test(arguments: [1, 2, 63, 64, 65, 99])
    func aPacketBehindIsReorderedOnceAndThenADuplicate(behind: Int) throws {
        var test = self
        let last: UInt16 = 30
        let first = last &- 120
        var sequence = first
        while sequence != last &+ 1 {
            if sequence != last &- UInt16(behind) { _ = test.take(sequence) }
            sequence &+= 1
        }
        #expect(test.receiver.lost == 1)
        let verdict = test.take(last &- UInt16(behind))
        guard case .accepted(_, isReordered: true) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(test.receiver.lost == 0)
        #expect(test.take(last &- UInt16(behind)) == .duplicate)
        #expect(test.receiver.reordered == 1)
    }

    @Test func aPacketFromBeforeTheFirstCounts() {
        var test = self
        _ = test.take(0)
        #expect(test.number(65_535) != nil)
        #expect(test.receiver.expectedInStream == 2)
        #expect(test.receiver.lost == 0)
    }

    @Test func aDropoutBelow3000IsLoss() {
        var test = self
        _ = test.take(65_000)
        _ = test.take(65_000 &+ 2_999)
        #expect(test.receiver.lost == 2_998)
        #expect(test.receiver.epoch == 1)
    }

    @Test func aLargerJumpNeedsASecondPacketAndLosesNone() {
        var test = self
        _ = test.take(100)
        #expect(test.take(20_000) == .suspect)
        #expect(test.take(20_001) == .restarted)
        // Nothing of the new stream is counted until it is given again.
        #expect(test.receiver.received == 1)
        #expect(test.number(20_000) != nil)
        #expect(test.number(20_001) != nil)
        #expect(test.receiver.epoch == 2)
        #expect(test.receiver.lost == 0)
    }

    @Test func aStrayPacketDoesNotDisturb() {
        var test = self
        _ = test.take(100)
        #expect(test.take(7, source: 99) == .suspect)
        #expect(test.number(101) != nil)
        #expect(test.take(50_000) == .suspect)
        #expect(test.number(102) != nil)
        #expect(test.take(50_001) == .suspect)
        #expect(test.receiver.epoch == 1)
        #expect(test.receiver.lost == 0)
    }

    @Test func anotherSourceBeginsByTwoPacketsInAnyOrder() {
        var test = self
        _ = test.take(100)
        #expect(test.take(8, source: 2) == .suspect)
        #expect(test.take(7, source: 2) == .restarted)
        #expect(test.number(8, source: 2) != nil)
        #expect(test.number(7, source: 2) != nil)
        #expect(test.receiver.lost == 0)
        #expect(test.take(101, source: 1, after: .zero) == .suspect)
        #expect(test.take(100, source: 1, after: .zero) == .stale)
    }

    @Test func afterSilenceOnePacketIsEnough() {
        var test = self
        _ = test.take(100)
        #expect(test.take(9_000, source: 2, after: .milliseconds(200)) == .restarted)
        #expect(test.number(9_000, source: 2) != nil)
    }

    @Test func theReportHasTheFractionOfItsInterval() throws {
        var test = self
        for sequence in UInt16(0)..<100 where sequence % 4 != 1 { _ = test.take(sequence) }
        let early = test.receiver.makeReport()
        let first = try #require(early)
        #expect(first.fractionLost == 64)
        #expect(first.cumulativeLost == 25)
        let again = test.receiver.makeReport()
        #expect(again == nil)
        for sequence in UInt16(100)..<200 { _ = test.take(sequence) }
        let late = test.receiver.makeReport()
        let second = try #require(late)
        #expect(second.fractionLost == 0)
        #expect(second.cumulativeLost == 25)
        #expect(second.highestSequence & 0xFFFF == 199)
    }

    @Test func jitterOfASteadyStreamIsZeroEvenAcrossTheWrap() {
        var receiver = RTPReceiver(clockRate: 8_000)
        var timestamp = Wrapping<UInt32>(.max - 1_000)
        // A month after boot, where 64 bits of nanoseconds times the rate would not fit.
        var now = Instant(nanoseconds: 2_592_000_000_000_000)
        for _ in 0..<1_000 {
            receiver.measureJitter(timestamp: timestamp, now: now)
            timestamp = timestamp.advanced(by: 160)
            now += .milliseconds(20)
        }
        #expect(receiver.jitterTicks == 0)
    }

    @Test func jitterConvergesToTheMeanDeviation() {
        var receiver = RTPReceiver(clockRate: 8_000)
        var timestamp = Wrapping<UInt32>(0)
        var now = Instant.zero
        for index in 0..<2_000 {
            // Transit swings by 10 ms: each difference is 80 ticks.
            receiver.measureJitter(timestamp: timestamp, now: now + .milliseconds(index % 2 == 0 ? 0 : 10))
            timestamp = timestamp.advanced(by: 160)
            now += .milliseconds(20)
        }
        #expect(abs(receiver.jitter.milliseconds - 10) <= 1)
    }

    @Test func aJumpOfTheClockIsNoJitter() {
        var receiver = RTPReceiver(clockRate: 8_000)
        receiver.measureJitter(timestamp: Wrapping(0), now: .zero)
        receiver.measureJitter(timestamp: Wrapping(0x4000_0000), now: .zero + .milliseconds(20))
        receiver.measureJitter(timestamp: Wrapping(0x4000_0000 + 160), now: .zero + .milliseconds(40))
        #expect(receiver.jitterTicks == 0)
    }

    /// Whatever arrives, expected, received and lost fit together.
    @Test(arguments: 0..<20)
    func theCountsFitForAnyArrivals(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var receiver = RTPReceiver(clockRate: 8_000)
        var now = Instant.zero
        var distinct = Set<StreamPosition>()
        var sequence = UInt16.random(in: 0...UInt16.max, using: &random)
        for _ in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0...40, using: &random))
            sequence &+= UInt16.random(in: 0...3, using: &random)
            let shown = sequence &- UInt16.random(in: 0...20, using: &random)
            switch receiver.receive(source: 1, sequence: Wrapping(shown), now: now) {
            case .accepted(let position, isReordered: _):
                if !distinct.insert(position).inserted { Issue.record("\(position) twice") }
            case .duplicate: break
            case .stale, .suspect, .restarted: Issue.record("no jump was made")
            }
        }
        #expect(UInt64(distinct.count) == receiver.received)
        #expect(receiver.lost == UInt64(receiver.expectedInStream) - receiver.received)
    }
}
