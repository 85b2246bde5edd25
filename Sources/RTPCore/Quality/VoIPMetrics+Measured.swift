internal import CoreTypes

extension VoIPMetrics {
    /// The metrics of what is heard of `source`.
    init(source: UInt32, _ quality: StreamQuality, _ statistics: MediaStatistics, packetTime: Duration) {
        self.init()
        let late = quality.lateRate ?? 0
        let bursts = statistics.bursts
        self.source = source
        self.lossRate = VoIPMetrics.share(quality.lossRate - late)
        self.discardRate = VoIPMetrics.share(late)
        self.burstDensity = VoIPMetrics.share(bursts.burstDensity)
        self.gapDensity = VoIPMetrics.share(bursts.gapDensity)
        let packet = packetTime.inSeconds * 1_000
        self.burstDuration = UInt16(clamping: Int64(bursts.burstLength * packet))
        self.gapDuration = UInt16(clamping: Int64(bursts.gapLength * packet))
        self.roundTripDelay = UInt16(clamping: (quality.roundTrip ?? .zero).milliseconds)
        self.endSystemDelay = UInt16(clamping: (packetTime + statistics.reorderHold).milliseconds)
        self.rating = UInt8(clamping: Int(quality.rating + 0.5))
        self.conversationalScore = UInt8(clamping: Int(quality.meanOpinionScore * 10 + 0.5))
        self.listeningScore = self.conversationalScore
        // Enhanced concealment, an adaptive buffer, its rate of adjustment not reported.
        self.receiverConfiguration = 0b10_11_0000
        self.jitterBufferNominal = UInt16(clamping: statistics.reorderHold.milliseconds)
        self.jitterBufferMaximum = self.jitterBufferNominal
        self.jitterBufferAbsoluteMaximum = 100
    }

    private static func share(_ value: Double) -> UInt8 {
        UInt8(clamping: Int(max(value, 0) * 256))
    }
}
