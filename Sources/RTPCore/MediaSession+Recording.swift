public import CoreTypes

/// A second copy of what comes, read by the clock whatever else reads the first.
struct Recording: ~Copyable, Sendable {
    private var store = PacketStore(capacity: 64)
    private var playout: JitterBuffer

    init(codec: AudioCodec) {
        self.playout = JitterBuffer(codec: codec)
    }

    mutating func insert(_ entry: PacketStore.Entry, payload: Span<UInt8>) {
        guard case .full = self.store.insert(entry, payload: payload) else { return }
        // Nobody pops: the newest is worth more.
        self.store.removeFirst()
        _ = self.store.insert(entry, payload: payload)
    }

    mutating func pop(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        self.playout.pop(count, from: &self.store, into: &samples, now: now)
    }
}

extension MediaSession {
    /// Begins or ends keeping a copy of what comes for `popRecording`, beside what ears or a processor read.
    public mutating func setRecorded(_ isRecorded: Bool) {
        self.recording = isRecorded ? Owned(Recording(codec: self.parameters.codec)) : nil
    }

    /// Replaces `samples` by the next `count` of what the peer says, as a good phone would play it; see `popJitterBuffer`.
    ///
    /// All silence unless `setRecorded` asked for a copy.
    public mutating func popRecording(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        if let frame = self.recording?.value.pop(count, into: &samples, now: now) { return frame }
        samples.resize(to: max(count, 0))
        for index in samples.indices { samples[index] = 0 }
        return JitterBufferFrame()
    }
}
