import CoreTypes
import RTPCore
import Testing

struct RTCPSchedulerTests {
    private func intervals(_ population: RTCPScheduler.Population, bandwidth: Double, count: Int) -> [Duration] {
        var random = SeededRandom(seed: 7)
        var scheduler = RTCPScheduler(.init(bandwidth: bandwidth))
        var now = Instant.zero
        var last = now
        var intervals: [Duration] = []
        scheduler.start(now: now, population, random: &random)
        while intervals.count < count, let deadline = scheduler.deadline {
            now = deadline
            guard scheduler.isDue(now: now, population, random: &random) else { continue }
            intervals.append(now - last)
            last = now
            scheduler.count(bytes: 100)
        }
        return intervals
    }

    @Test func aCallReportsEveryFiveSecondsGiveOrTakeHalf() {
        let intervals = self.intervals(.init(members: 2, senders: 2, weSend: true), bandwidth: 500, count: 2_000)
        let first = intervals[0].inSeconds
        #expect(first >= 2.5 * 0.5 / 1.21828 && first <= 2.5 * 1.5 / 1.21828)
        for interval in intervals.dropFirst() {
            #expect(interval.inSeconds >= 5 * 0.5 / 1.21828 - 0.001)
            #expect(interval.inSeconds <= 5 * 1.5 / 1.21828 + 0.001)
        }
        // The constant makes up for the reconsideration: the mean is the five seconds of the RFC.
        let mean = intervals.dropFirst().reduce(0) { $0 + $1.inSeconds } / Double(intervals.count - 1)
        #expect(abs(mean - 5) < 0.25, "mean \(mean)")
    }

    @Test func aThousandMembersReportMoreRarely() {
        let few = self.intervals(.init(members: 2, senders: 1, weSend: false), bandwidth: 500, count: 100)
        let many = self.intervals(.init(members: 1_000, senders: 1, weSend: false), bandwidth: 500, count: 100)
        let alone = self.intervals(.init(members: 1_000, senders: 1, weSend: true), bandwidth: 500, count: 100)
        let sum = { (list: [Duration]) in list.reduce(0) { $0 + $1.inSeconds } }
        #expect(sum(many) > 20 * sum(few))
        // The only sender has a quarter of the bandwidth to itself.
        #expect(sum(alone) < 2 * sum(few))
    }

    @Test func nothingIsDueBeforeTheStart() {
        var random = SeededRandom(seed: 1)
        var scheduler = RTCPScheduler()
        #expect(scheduler.deadline == nil)
        let due = scheduler.isDue(
            now: .zero + .seconds(100),
            .init(members: 1, senders: 0, weSend: false),
            random: &random
        )
        #expect(!due)
    }
}
