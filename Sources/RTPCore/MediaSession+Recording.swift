public import CoreTypes

/// A second copy of what comes, read by the clock whatever else reads the first.
struct Recording: ~Copyable, Sendable {
    private var store = PacketStore(capacity: 64)
    private var buffer: JitterBuffer

    init(codec: AudioCodec) {
        self.buffer = JitterBuffer(codec: codec)
    }

    mutating func insert(_ entry: PacketStore.Entry, payload: Span<UInt8>) {
        _ = self.store.insertDroppingOldest(entry, payload: payload)
    }

    mutating func pop(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        self.buffer.pop(count, from: &self.store, into: &samples, now: now)
    }
}

extension MediaSession {
    /// Begins or ends keeping a copy of what comes for `popRecording`, beside what the reader takes.
    public mutating func setRecorded(_ isRecorded: Bool) {
        self.recording = isRecorded ? Owned(Recording(codec: self.parameters.codec)) : nil
    }

    /// Replaces `samples` by the next `count` of what the peer says, as a good phone would play it; see `popJitterBuffer`.
    ///
    /// All silence unless `setRecorded` asked for a copy.
    public mutating func popRecording(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        if let frame = self.recording?.value.pop(count, into: &samples, now: now) { return frame }
        return .silence(count, into: &samples)
    }
}
