internal import CoreTypes

/// How one direction of a call sounds where it is heard.
public struct StreamQuality: Sendable, Hashable {
    /// Interarrival jitter.
    public var jitter: Duration
    /// The part of the audio that was not heard as it was said, 0 to 1: lost and late together.
    public var lossRate: Double
    /// The part that came, but after its turn, 0 to 1; it is within `lossRate`. `nil` where only the peer knows it.
    public var lateRate: Double?
    /// The part of the time that was filled by concealment, 0 to 1; `nil` where only the peer knows it.
    public var concealedRate: Double?
    /// The latest round trip; `nil` when nobody measured it.
    public var roundTrip: Duration?
    /// The rating R of the E-model, 0 to 93.2.
    public var rating: Double
    /// The mean opinion score, 1 to 4.5.
    public var meanOpinionScore: Double
}

extension MediaStatistics {
    /// What we hear of the peer since `MediaSession.restartQuality`; `nil` before its first packet.
    public func inboundQuality(codec: AudioCodec, packetTime: Duration = .milliseconds(20)) -> StreamQuality? {
        let packets = Double(self.bursts.heard + self.bursts.lost)
        guard packets > 0 else { return nil }
        let loss = Double(self.bursts.lost) / packets
        let heard = (self.audioReceived + self.audioConcealed + self.audioMissing).inSeconds
        let quality = CallQuality(
            codec: codec,
            lossPercent: loss * 100,
            delay: self.oneWay + packetTime + self.reorderHold,
            burstRatio: self.bursts.burstRatio,
            isConcealed: true
        )
        return StreamQuality(
            jitter: self.jitter,
            lossRate: loss,
            lateRate: min(Double(self.late) / packets, loss),
            concealedRate: heard > 0 ? self.audioConcealed.inSeconds / heard : 0,
            roundTrip: self.roundTrip,
            rating: quality.rating,
            meanOpinionScore: quality.meanOpinionScore
        )
    }

    /// What the peer hears of us, by its latest report; `nil` before the first one.
    public func outboundQuality(codec: AudioCodec, packetTime: Duration = .milliseconds(20)) -> StreamQuality? {
        guard let fraction = self.remoteFractionLost, let jitter = self.remoteJitter else { return nil }
        var loss = fraction
        var burstRatio = 1.0
        var delay = self.oneWay + packetTime + jitter + jitter
        if let metrics = self.remoteMetrics {
            loss = min(Double(metrics.lossRate) / 256 + Double(metrics.discardRate) / 256, 1)
            delay = self.oneWay + .milliseconds(Int64(metrics.endSystemDelay))
            if metrics.burstDensity > metrics.gapDensity { burstRatio = 2 }
        }
        let quality = CallQuality(codec: codec, lossPercent: loss * 100, delay: delay, burstRatio: burstRatio)
        return StreamQuality(
            jitter: jitter,
            lossRate: loss,
            lateRate: self.remoteMetrics.map { Double($0.discardRate) / 256 },
            concealedRate: nil,
            roundTrip: self.roundTrip,
            rating: quality.rating,
            meanOpinionScore: quality.meanOpinionScore
        )
    }

    private var oneWay: Duration {
        .nanoseconds((self.roundTrip ?? .zero).nanoseconds / 2)
    }
}
