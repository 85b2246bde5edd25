import CoreTypes
import RTPCore
import Testing

struct DelayEstimatorTests {
    struct Rig {
        var estimator = DelayEstimator(clockRate: 8_000)
        var random = SeededRandom(seed: 8)
        var index = 0

        /// Packets of 20 ms whose transit a function of their number gives, in milliseconds.
        mutating func take(_ count: Int, transit: (Int, inout SeededRandom) -> Double) {
            var packets: [(arrival: Double, index: Int)] = []
            for _ in 0..<count {
                packets.append((Double(self.index) * 20 + transit(self.index, &self.random), self.index))
                self.index += 1
            }
            packets.sort { ($0.arrival, $0.index) < ($1.arrival, $1.index) }
            for packet in packets {
                self.estimator.observe(
                    .init(
                        position: StreamPosition(epoch: 1, sequence: Int64(packet.index)),
                        timestamp: Wrapping(UInt32(truncatingIfNeeded: 4_294_900_000 + packet.index * 160)),
                        kind: .audio,
                        arrival: Instant(nanoseconds: Int64(packet.arrival * 1e6))
                    )
                )
            }
        }

        var target: Double { Double(self.estimator.target) / 1_000 }
    }

    @Test func steadyJitterIsWaitedForToItsEnd() {
        for jitter in [20.0, 60, 120] {
            var rig = Rig()
            rig.take(3_000) { _, random in 30 + Double.random(in: 0..<jitter, using: &random) }
            #expect(rig.target > jitter * 0.9 && rig.target < jitter + 10, "jitter \(jitter): \(rig.target)")
        }
    }

    @Test func oneStallMovesLittleAndManyMoveMuch() {
        var rig = Rig()
        let stall = { (index: Int, every: Int) in
            index % every < 10 ? Double(10 - index % every) * 20 : 0.0
        }
        rig.take(3_000) { index, _ in index == 2_000 ? 200 : 0 }
        #expect(rig.target < 20)
        rig.take(3_000) { index, _ in stall(index, 100) }
        #expect(rig.target > 150)
        rig.take(6_000) { _, _ in 0 }
        #expect(rig.target < 40)
    }

    /// A route that gets longer is no jitter, and neither is one that gets shorter.
    @Test func aStepIsForgottenAsSoonAsItIsUnderstood() {
        var rig = Rig()
        rig.take(1_000) { _, random in 30 + Double.random(in: 0..<10, using: &random) }
        rig.take(400) { _, random in 150 + Double.random(in: 0..<10, using: &random) }
        rig.take(300) { _, random in 150 + Double.random(in: 0..<10, using: &random) }
        #expect(rig.target < 40, "\(rig.target)")
        rig.take(700) { _, random in 30 + Double.random(in: 0..<10, using: &random) }
        #expect(rig.target < 25, "\(rig.target)")
    }

    @Test func driftIsMeasuredAndNoJitter() {
        for drift in [200.0, -200, 50] {
            var rig = Rig()
            rig.take(6_000) { index, random in
                30 + Double(index) * 20 * drift / 1e6 + Double.random(in: 0..<10, using: &random)
            }
            #expect(abs(rig.estimator.drift - drift) < 25, "\(rig.estimator.drift)")
            #expect(rig.target < 25)
        }
    }

    @Test func aLyingPacketMovesNothingAndThreeThatAgreeDo() {
        var rig = Rig()
        rig.take(500) { _, _ in 30 }
        let before = rig.estimator.target
        let lie = { (offset: Int) in
            PacketStore.Entry(
                position: StreamPosition(epoch: 1, sequence: Int64(500 + offset)),
                timestamp: Wrapping(1_000_000_000 + UInt32(offset * 160)),
                kind: .audio,
                arrival: .zero + .milliseconds(10_030 + offset * 20)
            )
        }
        rig.estimator.observe(lie(0))
        rig.estimator.observe(lie(1))
        #expect(abs(rig.estimator.target - before) < 1_000)
        let far = rig.estimator.delay(of: lie(1).timestamp, at: lie(1).arrival)
        #expect(abs(far) > 2_000_000)
        rig.estimator.observe(lie(2))
        #expect(abs(rig.estimator.delay(of: lie(2).timestamp, at: lie(2).arrival)) < 1_000)
    }
}
