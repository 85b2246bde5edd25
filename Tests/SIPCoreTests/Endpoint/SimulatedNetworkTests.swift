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
}
