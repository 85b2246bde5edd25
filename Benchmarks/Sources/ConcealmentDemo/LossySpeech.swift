import AudioCore
import CoreTypes
import RTPCore

/// Speech as PCMU in packets of 20 ms through a line that loses bursts of them.
struct LossySpeech {
    var concealed: AudioFrame
    var silenced: AudioFrame
    var packets = 0
    var lost = 0
    var bursts = 0

    /// Loses about the share `loss`, two packets at a time on average.
    static func through(_ speech: AudioFrame, loss: Double, seed: UInt64) -> LossySpeech {
        var outcome = LossySpeech(
            concealed: AudioFrame(samples: [], sampleRate: 8_000),
            silenced: AudioFrame(samples: [], sampleRate: 8_000)
        )
        var random = SeededRandom(seed: seed)
        var store = PacketStore(capacity: 64)
        var buffer = PlayoutBuffer(codec: .pcmu)
        var samples: [Int16] = []
        let share = min(max(loss, 0), 0.9)
        // As many bursts end as begin: half of all lost packets end one.
        let begins = 0.5 * share / (1 - share)
        var isLosing = false
        let count = speech.samples.count / 160
        for index in 0..<count {
            let draw = Double(random.next() >> 11) / Double(1 << 53)
            let wasLosing = isLosing
            isLosing = isLosing ? draw >= 0.5 : draw < begins
            if isLosing, !wasLosing { outcome.bursts += 1 }
            let now = Instant.zero + .milliseconds(index * 20)
            let codes = (0..<160).map { G711.encode(speech.samples[index * 160 + $0], law: .mu) }
            outcome.packets += 1
            if isLosing {
                outcome.lost += 1
                outcome.silenced.samples += [Int16](repeating: 0, count: 160)
            } else {
                let entry = PacketStore.Entry(
                    position: StreamPosition(epoch: 1, sequence: Int64(index)),
                    timestamp: Wrapping(UInt32(truncatingIfNeeded: index * 160)),
                    kind: .audio,
                    arrival: now
                )
                _ = store.insert(entry, payload: codes.span)
                outcome.silenced.samples += codes.map { G711.decode($0, law: .mu) }
            }
            _ = buffer.pop(160, from: &store, into: &samples, now: now)
            outcome.concealed.samples += samples
        }
        return outcome
    }
}
