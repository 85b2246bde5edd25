public import CoreTypes

extension MediaSession {
    /// Replaces `samples` by the next `count` that the peer says, by our clock: for mixing, bridging and recording.
    ///
    /// The other way to read what `receive` stored, beside `popAudio`: one leg is read in one way at a time, and may change
    /// it between two packets. There are always exactly `count` samples, of `MediaParameters.codec.audioRate`; what is
    /// missing is concealed. Call it every 10 or 20 ms, never driven by what comes in.
    public mutating func popJitterBuffer(_ count: Int, into samples: inout [Int16], now: Instant) -> JitterBufferFrame {
        let playout = self.playoutForCodec()
        self.plan = nil
        self.buffer.forgetOrder()
        let frame = playout.value.pop(count, from: &self.buffer.store, into: &samples, now: now)
        let rate = self.parameters.codec.audioRate
        self.counters.audioConcealed += MediaSession.duration(frame.concealed, rate: rate)
        self.counters.audioReceived += MediaSession.duration(
            samples.count - frame.concealed - frame.comfortNoise,
            rate: rate
        )
        return frame
    }

    /// What playout did to the audio so far; `nil` while the leg is read by ears only.
    public var playoutStatistics: JitterBufferStatistics? { self.playout?.value.statistics }

    /// How long the memory is that `playoutAddress` is the address of.
    package static let playoutBytes = Int32(truncatingIfNeeded: MemoryLayout<JitterBuffer>.size + 16)

    private mutating func playoutForCodec() -> Owned<JitterBuffer> {
        if let playout, playout.value.codec == self.parameters.codec { return playout }
        let playout = Owned(JitterBuffer(codec: self.parameters.codec))
        self.playout = playout
        self.playoutAddress = UInt(bitPattern: ObjectIdentifier(playout))
        return playout
    }
}
