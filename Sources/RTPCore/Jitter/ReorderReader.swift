internal import CoreTypes

/// One stretch of audio that was heard.
///
/// The samples of all stretches and the `missingBefore` between them are the peer's timeline without holes: what was
/// made up in place of lost audio comes as samples (`isConcealed`) and is not in `missingBefore`, so that somebody who
/// puts silence for `missingBefore` keeps the time. Up to 60 ms of a gap are made up, the rest is only reported.
public struct InboundAudio: Sendable, Equatable {
    /// Samples per second.
    public var sampleRate: Int
    /// Media time just before the first sample for which there are no samples: lost, or not sent on purpose.
    public var missingBefore: Duration
    /// The part of `missingBefore` in which the peer sent nothing on purpose: silence suppression, DTMF digits, hold.
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

/// The audio of packets in order, as they come, with what is lost made up or reported: a reorder buffer, a timeline, a decoder.
struct ReorderReader: ~Copyable, Sendable {
    private var buffer = ReorderBuffer()
    private var timeline = Timeline()
    private var decoder: PayloadDecoders
    private var plan: PlaybackPlan?
    /// The codec that was agreed on, whose clock the timestamps count by.
    private var codec: AudioCodec

    init(_ codec: AudioCodec) {
        self.codec = codec
        self.decoder = PayloadDecoders(codec)
    }

    /// How long a packet behind a gap waits at present.
    var hold: Duration { self.buffer.hold }

    /// When a gap before the stored packets is given up.
    func deadline(of store: PacketStore) -> Instant? { self.buffer.deadline(of: store) }

    /// Goes on with another codec; what was stored by the old one is of no use.
    mutating func change(to codec: AudioCodec, in store: inout PacketStore) {
        self.codec = codec
        self.decoder = PayloadDecoders(codec)
        self.buffer.removeAll(from: &store)
        self.timeline.reset()
        self.plan = nil
    }

    mutating func insert(
        _ entry: PacketStore.Entry,
        payload: Span<UInt8>,
        into store: inout PacketStore
    ) -> ReorderBuffer.Insertion {
        let insertion = self.buffer.insert(entry, payload: payload, into: &store)
        // The plan was made for the packet that is gone.
        if insertion == .storedDroppingOldest { self.plan = nil }
        return insertion
    }

    /// Replaces `samples` by the next audio; `nil` when nothing is ready.
    mutating func pop(
        into samples: inout [Int16],
        from store: inout PacketStore,
        counters: inout MediaStatistics,
        now: Instant
    ) -> InboundAudio? {
        while let release = self.buffer.next(in: store, now: now) {
            if self.plan == nil {
                if release.beginsStream {
                    self.timeline.reset()
                    self.decoder.reset()
                }
                self.timeline.lose(release.missingPackets)
                counters.bursts.lose(release.missingPackets)
                counters.bursts.hear()
            }
            guard release.entry.kind == .audio else {
                self.buffer.removeFirst(from: &store)
                continue
            }
            let codec = self.codec(of: release.entry)
            self.decoder.use(codec)
            var plan = self.plan ?? self.makePlan(for: release.entry, counting: &counters)
            defer { self.plan = self.buffer.isBetweenPackets ? nil : plan }
            if let filled = self.fillGap(&plan, before: store, into: &samples) {
                counters.audioConcealed += .samples(samples.count, rate: filled.sampleRate)
                return filled
            }
            let isDecoded = store.decodeFirst(with: &self.decoder, into: &samples)
            self.buffer.removeFirst(from: &store)
            guard isDecoded else {
                counters.undecodable += 1
                self.timeline.lose(1)
                continue
            }
            self.timeline.heard(release.entry, ticks: self.ticks(samples.count, of: codec))
            counters.audioReceived += .samples(samples.count, rate: codec.audioRate)
            return InboundAudio(
                sampleRate: codec.audioRate,
                missingBefore: plan.missing,
                suppressedBefore: plan.suppressed
            )
        }
        return nil
    }

    /// The codec of a packet of audio.
    @inline(__always)
    private func codec(of entry: PacketStore.Entry) -> AudioCodec {
        entry.codec ?? self.codec
    }

    /// Samples of a codec in ticks of the stream's one clock.
    private func ticks(_ samples: Int, of codec: AudioCodec) -> Int {
        samples &* self.codec.clockRate / codec.audioRate
    }

    /// Ticks of the stream's one clock in samples of a codec.
    private func samples(_ ticks: Int, of codec: AudioCodec) -> Int {
        ticks &* codec.audioRate / self.codec.clockRate
    }

    private func makePlan(for entry: PacketStore.Entry, counting counters: inout MediaStatistics) -> PlaybackPlan {
        let codec = self.codec(of: entry)
        let rate = self.codec.clockRate
        let hole = self.timeline.hole(before: entry, clockRate: rate)
        let step = self.decoder.concealmentStep
        let most = codec.samples(in: Concealment.limit)
        let filled = min(self.samples(hole.lost, of: codec), most) / step * step
        var recovered = 0
        if self.decoder.recovers, filled > 0 {
            let packet = self.samples(self.timeline.packetTicks, of: codec)
            recovered = packet <= filled ? packet / step * step : 0
        }
        let reported = max(hole.lost - self.ticks(filled, of: codec), 0)
        counters.audioMissing += .samples(reported, rate: rate)
        counters.audioSuppressed += .samples(hole.suppressed, rate: rate)
        return PlaybackPlan(
            concealed: filled - recovered,
            recovered: recovered,
            missing: .samples(reported + hole.suppressed, rate: rate),
            suppressed: .samples(hole.suppressed, rate: rate)
        )
    }

    /// Makes up the next part of a gap; `nil` when there is none left to make up.
    private mutating func fillGap(
        _ plan: inout PlaybackPlan,
        before store: PacketStore,
        into samples: inout [Int16]
    ) -> InboundAudio? {
        let codec = self.decoder.codec
        var audio = InboundAudio(sampleRate: codec.audioRate, isConcealed: true)
        if plan.concealed > 0 {
            let packet = self.samples(self.timeline.packetTicks, of: codec)
            let step = self.decoder.concealmentStep
            // A peer whose packets hold a sample each does not get its gaps filled sample by sample.
            let least = codec.audioRate / 100 / step * step
            let count = min(plan.concealed, max(packet / step * step, step, least))
            plan.concealed -= count
            return self.decoder.conceal(count: count, into: &samples) ? audio : nil
        }
        guard plan.recovered > 0 else { return nil }
        let count = plan.recovered
        plan.recovered = 0
        audio.missingBefore = plan.missing
        audio.suppressedBefore = plan.suppressed
        guard store.recoverBeforeFirst(with: &self.decoder, count: count, into: &samples) else { return nil }
        plan.missing = .zero
        plan.suppressed = .zero
        return audio
    }
}

extension PacketStore {
    // The payload is borrowed from the store while the decoder changes, so they are taken apart.

    func decodeFirst(with decoder: inout PayloadDecoders, into samples: inout [Int16]) -> Bool {
        self.withFirstPayload { decoder.decode($0, into: &samples) } ?? false
    }

    func recoverBeforeFirst(with decoder: inout PayloadDecoders, count: Int, into samples: inout [Int16]) -> Bool {
        self.withFirstPayload { decoder.recover($0, count: count, into: &samples) } ?? false
    }
}
