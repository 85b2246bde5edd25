public import CoreTypes

/// One stretch of audio that was heard.
///
/// The samples of all stretches and the `missingBefore` between them are the peer's timeline without holes: what was
/// made up in place of lost audio comes as samples (`isConcealed`) and is not in `missingBefore`, so that somebody who
/// puts silence for `missingBefore` keeps the time. Up to 60 ms of a gap are made up, the rest is only told.
public struct InboundAudio: Sendable, Equatable {
    /// Samples per second.
    public var sampleRate: Int
    /// Media time just before the first sample for which there are no samples: lost, or not sent on purpose.
    public var missingBefore: Duration
    /// The part of `missingBefore` in which the peer sent nothing on purpose: silence suppression, keys, hold.
    public var suppressedBefore: Duration
    /// Whether the samples were made up in place of lost ones.
    public var isConcealed: Bool

    /// Makes a description.
    public init(
        sampleRate: Int,
        missingBefore: Duration = .zero,
        suppressedBefore: Duration = .zero,
        isConcealed: Bool = false
    ) {
        self.sampleRate = sampleRate
        self.missingBefore = missingBefore
        self.suppressedBefore = suppressedBefore
        self.isConcealed = isConcealed
    }
}

/// What is still to be given before the packet whose turn it is, in samples and ticks.
struct PlaybackPlan: Sendable, Equatable {
    /// Samples to make up right behind what was given last.
    var concealed: Int
    /// Samples of the packet just before, of which this one may know something.
    var recovered: Int
    /// The hole that stays, between what is made up and what is recovered.
    var missing: Duration
    var suppressed: Duration
}

extension MediaSession {
    /// Replaces `samples` by the next audio in order and describes it; `nil` and no change when nothing is ready.
    ///
    /// `samples` keeps its storage. A packet behind a gap is held back for the missing ones, for 40 to 100 ms as the
    /// network needs (see `deadline`); everything else is ready at once.
    public mutating func popAudio(into samples: inout [Int16], now: Instant) -> InboundAudio? {
        while let release = self.buffer.next(now: now) {
            if self.plan == nil {
                if release.beginsStream {
                    self.timeline.reset()
                    self.decoder.reset()
                }
                self.timeline.lose(release.missingPackets)
                self.counters.bursts.lose(release.missingPackets)
                self.counters.bursts.hear()
            }
            guard release.entry.kind == .audio else {
                self.buffer.removeFirst()
                continue
            }
            self.decoder.use(self.codec(of: release.entry))
            var plan = self.plan ?? self.makePlan(for: release.entry)
            defer { self.plan = self.buffer.isBetweenPackets ? nil : plan }
            if let filled = self.fillGap(&plan, into: &samples) { return filled }
            let codec = self.codec(of: release.entry)
            let isDecoded = self.decode(into: &samples)
            self.buffer.removeFirst()
            guard isDecoded else {
                self.counters.undecodable += 1
                self.timeline.lose(1)
                continue
            }
            self.timeline.heard(release.entry, ticks: self.ticks(samples.count, of: codec))
            self.keys.audioResumed()
            self.counters.audioReceived += MediaSession.duration(samples.count, rate: codec.audioRate)
            return InboundAudio(
                sampleRate: codec.audioRate,
                missingBefore: plan.missing,
                suppressedBefore: plan.suppressed
            )
        }
        return nil
    }

    private mutating func decode(into samples: inout [Int16]) -> Bool {
        // The payload is borrowed from the buffer while the decoder changes, so they are taken apart.
        self.buffer.decodeFirst(with: &self.decoder, into: &samples)
    }

    /// The codec of a packet of audio.
    @inline(__always)
    private func codec(of entry: PacketStore.Entry) -> AudioCodec {
        entry.codec ?? self.parameters.codec
    }

    /// Samples of a codec in ticks of the stream's one clock.
    private func ticks(_ samples: Int, of codec: AudioCodec) -> Int {
        samples &* self.clock.rate / codec.audioRate
    }

    /// Ticks of the stream's one clock in samples of a codec.
    private func samples(_ ticks: Int, of codec: AudioCodec) -> Int {
        ticks &* codec.audioRate / self.clock.rate
    }

    private mutating func makePlan(for entry: PacketStore.Entry) -> PlaybackPlan {
        let codec = self.codec(of: entry)
        let rate = self.clock.rate
        let hole = self.timeline.hole(before: entry, clockRate: rate)
        let step = self.decoder.concealmentStep
        let most = codec.samples(in: Concealment.limit)
        let filled = min(self.samples(hole.lost, of: codec), most) / step * step
        var recovered = 0
        if self.decoder.recovers, filled > 0 {
            let packet = self.samples(self.timeline.packetTicks, of: codec)
            recovered = packet <= filled ? packet / step * step : 0
        }
        let told = max(hole.lost - self.ticks(filled, of: codec), 0)
        let time = { (ticks: Int) in MediaSession.duration(ticks, rate: rate) }
        self.counters.audioMissing += time(told)
        self.counters.audioSuppressed += time(hole.suppressed)
        return PlaybackPlan(
            concealed: filled - recovered,
            recovered: recovered,
            missing: time(told + hole.suppressed),
            suppressed: time(hole.suppressed)
        )
    }

    /// Makes up the next part of a gap; `nil` when there is none left to make up.
    private mutating func fillGap(_ plan: inout PlaybackPlan, into samples: inout [Int16]) -> InboundAudio? {
        let codec = self.decoder.codec
        var audio = InboundAudio(sampleRate: codec.audioRate, isConcealed: true)
        if plan.concealed > 0 {
            let packet = self.samples(self.timeline.packetTicks, of: codec)
            let step = self.decoder.concealmentStep
            // A peer whose packets hold a sample each does not get its gaps filled sample by sample.
            let least = codec.audioRate / 100 / step * step
            let count = min(plan.concealed, max(packet / step * step, step, least))
            plan.concealed -= count
            guard self.decoder.conceal(count: count, into: &samples) else { return nil }
        } else if plan.recovered > 0 {
            let count = plan.recovered
            plan.recovered = 0
            audio.missingBefore = plan.missing
            audio.suppressedBefore = plan.suppressed
            guard self.buffer.recoverBeforeFirst(with: &self.decoder, count: count, into: &samples) else { return nil }
            plan.missing = .zero
            plan.suppressed = .zero
        } else {
            return nil
        }
        self.counters.audioConcealed += MediaSession.duration(samples.count, rate: codec.audioRate)
        return audio
    }

    static func duration(_ count: Int, rate: Int) -> Duration {
        .nanoseconds(Int64(count) * 1_000_000_000 / Int64(max(rate, 1)))
    }
}

extension ReorderBuffer {
    mutating func decodeFirst(with decoder: inout PayloadDecoders, into samples: inout [Int16]) -> Bool {
        self.withPayload { decoder.decode($0, into: &samples) } ?? false
    }

    mutating func recoverBeforeFirst(
        with decoder: inout PayloadDecoders,
        count: Int,
        into samples: inout [Int16]
    ) -> Bool {
        self.withPayload { decoder.recover($0, count: count, into: &samples) } ?? false
    }
}
