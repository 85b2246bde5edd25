import CoreTypes
import TelephonyTestKit
import Testing

@Suite("Simulated network")
struct SimulatedNetworkTests {
    let one = address("10.0.0.1:5060")
    let other = address("10.0.0.2:5060")

    /// Sends datagrams 1 ms apart and gives what arrives, in order.
    func carry(_ count: Int, _ conditions: SimulatedNetwork.Conditions, seed: UInt64) -> [SimulatedNetwork.Delivery] {
        var network = SimulatedNetwork(conditions: conditions, seed: seed)
        for number in 0..<count {
            let bytes = [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
            network.send(bytes, from: self.one, to: self.other, now: .milliseconds(Int64(number)))
        }
        var result: [SimulatedNetwork.Delivery] = []
        while let deadline = network.deadline {
            #expect(network.popDelivery(now: deadline - .nanoseconds(1)) == nil)
            guard let delivery = network.popDelivery(now: deadline) else { break }
            result.append(delivery)
        }
        #expect(network.inFlight == 0)
        #expect(network.statistics.delivered == result.count)
        #expect(network.statistics.sent == count)
        return result
    }

    func numbers(_ deliveries: [SimulatedNetwork.Delivery]) -> [Int] {
        deliveries.map { Int($0.bytes[0]) | Int($0.bytes[1]) << 8 }
    }

    @Test func latencyAndJitterKeepTheOrder() {
        let conditions = SimulatedNetwork.Conditions(latency: .milliseconds(20), jitter: .milliseconds(30))
        let arrived = self.carry(1000, conditions, seed: 1)
        #expect(self.numbers(arrived) == Array(0..<1000))
        let delays = arrived.enumerated().map { $1.instant - .milliseconds(Int64($0)) }.map {
            $0.nanoseconds / 1_000_000
        }
        #expect(delays.min() ?? 0 >= 20 && delays.max() ?? 0 <= 50)
        #expect(delays.max() ?? 0 > 40)
    }

    @Test func sameSeedSameFate() {
        let conditions = SimulatedNetwork.Conditions(
            latency: .milliseconds(10),
            jitter: .milliseconds(5),
            loss: 0.2,
            duplication: 0.1,
            reordering: 0.1
        )
        #expect(self.carry(500, conditions, seed: 3) == self.carry(500, conditions, seed: 3))
        #expect(self.carry(500, conditions, seed: 3) != self.carry(500, conditions, seed: 4))
    }

    @Test func lossDuplicationAndReorderingHappenAsOftenAsSaid() {
        let lossy = self.numbers(self.carry(10_000, .init(loss: 0.2), seed: 5))
        #expect((7800...8200).contains(lossy.count))
        let twice = self.numbers(self.carry(10_000, .init(duplication: 0.1), seed: 5))
        #expect((10_850...11_150).contains(twice.count))
        #expect(Set(twice).count == 10_000)
        let shuffled = self.numbers(self.carry(10_000, .init(reordering: 0.05), seed: 5))
        let overtaken = zip(shuffled, shuffled.dropFirst()).filter { $0 > $1 }.count
        #expect(shuffled.sorted() == Array(0..<10_000))
        #expect((300...520).contains(overtaken))
    }

    @Test func bandwidthSpreadsABurst() {
        var network = SimulatedNetwork(conditions: .init(latency: .zero, bandwidth: 1000), seed: 1)
        for _ in 0..<3 { network.send([UInt8](repeating: 0, count: 100), from: self.one, to: self.other, now: .zero) }
        var arrivals: [Int64] = []
        while let deadline = network.deadline, let delivery = network.popDelivery(now: deadline) {
            arrivals.append(delivery.instant.nanoseconds / 1_000_000)
        }
        #expect(arrivals == [100, 200, 300])
    }

    @Test func partitionAndPathConditions() {
        var network = SimulatedNetwork(seed: 1)
        network.setPartition(true, between: self.one.host, and: self.other.host)
        network.send([1], from: self.one, to: self.other, now: .zero)
        network.send([1], from: self.other, to: self.one, now: .zero)
        #expect(network.inFlight == 0 && network.statistics.lost == 2)
        network.setPartition(false, between: self.one.host, and: self.other.host)
        network.setConditions(.init(latency: .seconds(1)), from: self.one.host, to: self.other.host)
        network.send([1], from: self.one, to: self.other, now: .zero)
        network.send([2], from: self.other, to: self.one, now: .zero)
        #expect(network.popDelivery(now: .milliseconds(1))?.bytes == [2])
        #expect(network.deadline == .milliseconds(1000))
    }

    @Test func burstsLoseNeighborsTogether() {
        let bursts = SimulatedNetwork.Bursts(begin: 0.05, end: 0.25)
        let arrived = self.numbers(self.carry(20_000, .init(bursts: bursts), seed: 7))
        // A path is bad for 0.05 / (0.05 + 0.25) of the time, four datagrams at a time.
        let lost = Set(0..<20_000).subtracting(arrived)
        #expect((2900...3800).contains(lost.count))
        let follow = lost.filter { lost.contains($0 + 1) }.count
        #expect((0.7...0.8).contains(Double(follow) / Double(lost.count)))
    }

    @Test func aFullQueueDrops() {
        let conditions = SimulatedNetwork.Conditions(latency: .zero, bandwidth: 1000, queueLimit: 250)
        var network = SimulatedNetwork(conditions: conditions, seed: 1)
        let bytes = [UInt8](repeating: 0, count: 100)
        var fates: [Bool] = []
        for _ in 0..<4 {
            fates.append(network.send(bytes, from: self.one, to: self.other, now: .zero) != .dropped)
        }
        #expect(fates == [true, true, false, false])
        #expect(network.statistics.dropped == 2 && network.inFlight == 2)
        // After a while there is room again.
        let fate = network.send(bytes, from: self.one, to: self.other, now: .milliseconds(100))
        #expect(fate == .arrives(at: .milliseconds(300), again: nil))
    }

    @Test func aTimedCutIsOneWay() {
        var network = SimulatedNetwork(seed: 1)
        network.cut(from: self.one.host, to: self.other.host, during: .milliseconds(10)..<Instant.milliseconds(20))
        func reaches(_ from: TransportAddress, _ to: TransportAddress, _ at: Int64) -> Bool {
            network.send([1], from: from, to: to, now: .milliseconds(at)) != .cut
        }
        #expect([5, 10, 19, 20].map { reaches(self.one, self.other, $0) } == [true, false, false, true])
        #expect(reaches(self.other, self.one, 15))
    }

    @Test func aStreamLosesTimeOnly() {
        var network = SimulatedNetwork(conditions: .init(loss: 0.3, duplication: 0.5, reordering: 0.5), seed: 4)
        for number in 0..<500 {
            network.sendReliably([], from: self.one, to: self.other, number: number, now: .milliseconds(Int64(number)))
        }
        var numbers: [Int] = []
        while let deadline = network.deadline, let delivery = network.popDelivery(now: deadline) {
            numbers.append(delivery.number)
        }
        #expect(numbers == Array(0..<500))
    }
}
