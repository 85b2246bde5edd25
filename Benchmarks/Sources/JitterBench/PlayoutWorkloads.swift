internal import BenchmarkKit
internal import CoreTypes
internal import JitterTraces
internal import RTPCore

/// What our buffer costs a frame of 20 ms: one packet stored, and 160 samples of PCMU decoded, stretched and given.
enum PlayoutWorkloads {
    static let group = "playout"

    static func groups() -> [WorkloadGroup] {
        [
            WorkloadGroup(self.group, title: "Playout of PCMU", unit: "frame of 20 ms") {
                [
                    self.workload("no jitter", self.steady),
                    self.workload("G.1050 E: jitter and reordering", G1050.trace(.e, count: self.cycle, seed: 1)),
                    self.workload(
                        "9 % of loss in bursts",
                        JitterTrace.gilbertElliott(count: self.cycle, seed: 1)
                    ),
                ]
            }
        ]
    }

    /// Half a minute of packets, again and again.
    private static let cycle = 1_500

    private static var steady: JitterTrace {
        JitterTrace(name: "no jitter", arrivals: (0..<self.cycle).map { Int64($0) * JitterTrace.packetTime + 30_000 })
    }

    private static func workload(_ name: String, _ trace: JitterTrace) -> Workload {
        let leg = Leg(trace)
        return Workload(
            name,
            scope: "PacketStore.insert of what came, JitterBuffer.pop of 160 samples",
            isOurs: true,
            cycle: self.cycle,
            check: {
                let before = leg.statistics
                leg.run(frames: self.cycle)
                let after = leg.statistics
                let played = Int(after.packetsPlayed - before.packetsPlayed)
                let came = Int(Double(self.cycle) * (1 - trace.loss))
                guard played > came * 9 / 10, after.samplesGiven - before.samplesGiven == UInt64(self.cycle * 160)
                else { throw WrongResult("\(name): \(played) packets of \(came) were played") }
            },
            run: { leg.run(frames: $0) }
        )
    }

    /// A stream without end over one buffer.
    private final class Leg {
        private var store = PacketStore(capacity: 128)
        private var buffer = JitterBuffer(codec: .pcmu)
        private let packets: [(arrival: Int64, index: Int)]
        private let payloads: [[UInt8]]
        private var next = 0
        private var round: Int64 = 0
        private var now: Int64 = 0
        private var samples: [Int16] = []

        init(_ trace: JitterTrace) {
            self.packets = trace.inOrderOfArrival
            let speech = SyntheticSpeech.make(seconds: Double(trace.arrivals.count) / 50)
            self.payloads = trace.arrivals.indices.map { packet in
                (0..<160).map { G711.encode(speech[packet * 160 + $0], law: .mu) }
            }
        }

        var statistics: JitterBufferStatistics { self.buffer.statistics }

        func run(frames: Int) {
            let length = Int64(self.payloads.count)
            for _ in 0..<frames {
                while self.packets[self.next].arrival + self.round * length * JitterTrace.packetTime <= self.now {
                    self.insert(self.packets[self.next], self.round * length)
                    self.next += 1
                    if self.next == self.packets.count {
                        self.next = 0
                        self.round += 1
                    }
                }
                let now = Instant(nanoseconds: self.now * 1_000)
                _ = self.buffer.pop(160, from: &self.store, into: &self.samples, now: now)
                self.now += JitterTrace.packetTime
            }
        }

        private func insert(_ packet: (arrival: Int64, index: Int), _ before: Int64) {
            let number = before + Int64(packet.index)
            let entry = PacketStore.Entry(
                position: StreamPosition(epoch: 1, sequence: number),
                timestamp: Wrapping(UInt32(truncatingIfNeeded: number * 160)),
                kind: .audio,
                arrival: Instant(nanoseconds: (packet.arrival + before * JitterTrace.packetTime) * 1_000)
            )
            let payload = self.payloads[packet.index]
            _ = self.store.insert(entry, payload: payload.span)
        }
    }
}
