internal import CoreTypes
internal import JitterTraces
internal import RTPCore

/// Our buffer on a trace, with audio and all that is done to it.
struct OurPlayout {
    let speech: [Int16]
    var settings = JitterBuffer.Settings()
    var tick: Int64 = 10_000

    func play(_ trace: JitterTrace) -> JitterScore {
        var score = JitterScore(trace)
        var store = PacketStore(capacity: 128)
        var buffer = JitterBuffer(codec: .pcmu, self.settings)
        let arrivals = trace.inOrderOfArrival
        guard let first = arrivals.first else { return score }
        var next = 0
        var samples: [Int16] = []
        var payload = [UInt8](repeating: 0, count: 160)
        var now = (first.arrival / self.tick + 1) * self.tick
        let last = trace.said(Int64(trace.arrivals.count) * JitterTrace.packetTime) + trace.fastest
        while now < last {
            while next < arrivals.count, arrivals[next].arrival <= now {
                let packet = arrivals[next]
                next += 1
                for index in 0..<160 {
                    payload[index] = G711.encode(
                        self.speech[(packet.index * 160 + index) % self.speech.count],
                        law: .mu
                    )
                }
                let entry = PacketStore.Entry(
                    position: StreamPosition(epoch: 1, sequence: 70_000 + Int64(packet.index)),
                    timestamp: Wrapping(UInt32(truncatingIfNeeded: packet.index * 160)),
                    kind: .audio,
                    arrival: Instant(nanoseconds: packet.arrival * 1_000)
                )
                _ = store.insert(entry, payload: payload.span)
            }
            let count = Int(self.tick * 8 / 1_000)
            let frame = buffer.pop(count, from: &store, into: &samples, now: Instant(nanoseconds: now * 1_000))
            if let timestamp = frame.timestamp {
                // The stream begins at 0; a trace is shorter than the circle. No trace has a pause of the sender, so noise
                // in place of audio is as bad as what was made up.
                let position = Int64(Wrapping<UInt32>(0).distance(to: timestamp)) * 125
                score.take(
                    now: now,
                    length: self.tick,
                    position: position,
                    concealed: Int64(frame.concealed + frame.comfortNoise) * 125,
                    stretched: Int64(frame.stretched) * 125
                )
            }
            now += self.tick
        }
        return score
    }
}
