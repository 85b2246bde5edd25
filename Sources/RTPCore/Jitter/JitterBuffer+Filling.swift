internal import AudioCore
internal import CoreTypes

extension JitterBuffer {
    /// Decodes, conceals or waits until `count` samples are ready.
    mutating func fill(_ count: Int, from store: inout PacketStore, now: Instant) {
        // Every turn decodes a packet or appends a sample; the bound is for the proof.
        var turns = count + store.capacity + 8
        while self.ready < count, turns > 0 {
            turns -= 1
            self.dropLate(from: &store)
            let missing = count - self.ready
            guard let entry = store.first else {
                self.fillWithout(missing)
                continue
            }
            if self.expected?.epoch != entry.position.epoch {
                self.begin(entry, missing, from: &store, now: now)
            } else if entry.kind == .audio {
                self.fillTowards(entry, missing, from: &store, now: now)
            } else {
                self.takePlaceholder(entry, missing, from: &store)
            }
        }
        if self.ready < count { self.appendRoom(count - self.ready) }
    }

    /// Decodes packets beyond what is about to be given, as far as they follow each other without a gap.
    mutating func lookAhead(_ wanted: Int, from store: inout PacketStore) {
        while self.ready < wanted, self.phase == .playing, self.madeUp == 0, let entry = store.first,
            entry.kind == .audio, entry.position == self.expected, entry.timestamp == self.timestamp
        {
            guard self.decodeFirst(entry, from: &store) else { return }
        }
    }

    private mutating func dropLate(from store: inout PacketStore) {
        guard let expected else { return }
        while let entry = store.first, entry.position < expected {
            if entry.kind == .audio { self.counters.packetsLate += 1 }
            store.removeFirst()
        }
    }

    /// Nothing is there: a pause goes on, or the network stalls.
    private mutating func fillWithout(_ missing: Int) {
        switch self.phase {
        case .waiting, .quiet: self.appendRoom(missing)
        case .playing, .concealing: self.conceal(missing)
        }
    }

    /// The first packet of a stream waits until it is as late as the target.
    private mutating func begin(_ entry: PacketStore.Entry, _ missing: Int, from store: inout PacketStore, now: Instant)
    {
        guard entry.kind == .audio else {
            // It holds no audio, and the stream begins with audio.
            self.hear(entry, in: store)
            store.removeFirst()
            return
        }
        if self.expected == nil {
            let wait = self.wait(for: entry, now: now)
            guard wait <= 0 else { return self.appendRoom(min(wait, missing)) }
        } else {
            self.counters.restarts += 1
            self.decoder.reset()
        }
        self.expected = entry.position
        self.timestamp = entry.timestamp
        if self.phase == .waiting { self.madeUp = 0 }
        self.lastArrival = entry.arrival
        _ = self.decodeFirst(entry, from: &store)
    }

    /// Samples until a packet is as late as the target, if it were appended now.
    @inline(__always)
    private func wait(for entry: PacketStore.Entry, now: Instant) -> Int {
        let cursor = now + .microseconds(self.microseconds(self.ready))
        return self.samples(microseconds: self.estimator.target - self.estimator.delay(of: entry.timestamp, at: cursor))
    }

    /// A packet of audio is there; whether it follows, or there is a hole before it.
    private mutating func fillTowards(
        _ entry: PacketStore.Entry,
        _ missing: Int,
        from store: inout PacketStore,
        now: Instant
    ) {
        guard let expected else { return }
        let hole = self.hole(before: entry)
        let lostPackets = Int(clamping: entry.position.sequence &- expected.sequence)
        guard hole > 0 else {
            // In its turn; or its timestamp goes back, and then it is played all the same.
            if lostPackets > 0 || entry.timestamp != self.timestamp { self.jump(to: entry) }
            self.skipWhatWasMadeUp(of: entry, now: now)
            _ = self.decodeFirst(entry, from: &store)
            return
        }
        let (product, overflow) = lostPackets.multipliedReportingOverflow(by: self.packetSamples)
        let lost = overflow ? hole : min(product, hole)
        let open = hole - self.madeUp
        if hole > lost || self.phase == .quiet {
            // The peer was silent on purpose, and its next words may come when they are best.
            self.excuse(beyond: lost)
            let wait = min(self.wait(for: entry, now: now), self.sampleRate)
            if self.madeUp < lost, wait > 0 { return self.conceal(min(lost - self.madeUp, wait, missing)) }
            if wait > 0 { return self.rest(min(wait, missing)) }
        } else if open > 0 {
            let excess = -self.wait(for: entry, now: now) - self.samples(microseconds: self.beyond)
            if excess < open {
                if self.recover(open, before: entry, from: store) { return }
                return self.conceal(min(open, missing))
            }
        }
        self.jump(to: entry)
        _ = self.decodeFirst(entry, from: &store)
    }

    /// What was taken for loss beyond `lost` samples was silence of the peer.
    private mutating func excuse(beyond lost: Int) {
        guard self.phase == .concealing else { return }
        self.phase = .quiet
        // Only what was counted as concealed can be counted otherwise.
        let excused = min(UInt64(max(self.madeUp - lost, 0)), self.counters.samplesConcealed)
        self.counters.samplesConcealed -= excused
        self.counters.samplesOfComfortNoise += excused
    }

    @inline(__always)
    private var beyond: Int64 { self.settings.skipsBeyond.nanoseconds / 1_000 }

    /// Samples between the last packet and this one, as far as they can be believed.
    @inline(__always)
    private func hole(before entry: PacketStore.Entry) -> Int {
        let ticks = self.timestamp.distance(to: entry.timestamp)
        guard ticks > 0 else { return 0 }
        // A sender cannot have been silent for longer than the clock on our wall says, give or take a second.
        let elapsed = max((entry.arrival - self.lastArrival).milliseconds, 0)
        let believed = Int(clamping: min(elapsed, 3_600_000) + 1_000) * self.sampleRate / 1_000
        let samples = self.samples(ticks: ticks)
        return samples <= believed ? samples : 0
    }

    private mutating func jump(to entry: PacketStore.Entry) {
        self.timestamp = entry.timestamp
    }

    /// A packet that comes while it is being concealed goes on where the concealment is, if there is time to spare.
    private mutating func skipWhatWasMadeUp(of entry: PacketStore.Entry, now: Instant) {
        guard self.phase == .concealing, self.madeUp > 0, self.madeUp < self.packetSamples else { return }
        let excess = -self.wait(for: entry, now: now)
        guard excess > 0 else { return }
        self.skipped = min(excess, self.madeUp)
    }

    /// Appends the audio of the first packet; `false` when it cannot be read.
    @discardableResult
    mutating func decodeFirst(_ entry: PacketStore.Entry, from store: inout PacketStore) -> Bool {
        let codec = entry.codec ?? self.codec
        if codec != self.decoder.codec { self.conversion?.value.reset() }
        self.decoder.use(codec)
        let isDecoded = store.withFirstPayload { self.decoder.decode($0, into: &self.packet) } ?? false
        if isDecoded, !self.isOwnRate { self.convertPacket() }
        store.removeFirst()
        self.expected = entry.position.next
        self.lastArrival = entry.arrival
        let skipped = self.skipped
        self.skipped = 0
        let count = self.packet.count
        guard isDecoded, count > 0, count <= self.line.count - self.end else {
            // It leaves a hole, as a lost one does.
            self.counters.packetsUndecodable += 1
            return false
        }
        self.room.listen(self.packet)
        self.counters.packetsPlayed += 1
        let start = self.end
        let kept = count - min(skipped, count - 1)
        TimeStretch.copy(self.packet, from: count - kept, into: &self.line, at: start, count: kept)
        self.end += kept
        if self.phase == .concealing || self.phase == .quiet { self.merge(at: start, count: kept) }
        self.timestamp = entry.timestamp.advanced(by: self.ticks(count))
        self.madeUp = 0
        self.packetSamples = count
        self.phase = .playing
        return true
    }

    /// Whether the codec that came last has the rate of what is given.
    var isOwnRate: Bool { self.decoder.codec.audioRate == self.sampleRate }

    /// Brings the packet of another codec to our rate, as long as it was.
    private mutating func convertPacket() {
        let rate = self.decoder.codec.audioRate
        let wanted = self.packet.count * self.sampleRate / max(rate, 1)
        let conversion = self.conversion ?? Owned(Resampler(to: self.sampleRate))
        self.conversion = conversion
        self.converted.removeAll(keepingCapacity: true)
        Self.convert(self.packet, rate, with: conversion, appendingTo: &self.converted)
        // The filter keeps its delay in the beginning: that much silence is put before it, once.
        let short = wanted - self.converted.count
        if short > 0 { self.converted.insert(contentsOf: repeatElement(0, count: short), at: 0) }
        self.converted.resize(to: wanted)
        swap(&self.packet, &self.converted)
    }

    // It takes the parts that it works on, so that they are borrowed one by one.
    private static func convert(
        _ samples: borrowing [Int16],
        _ rate: Int,
        with conversion: Owned<Resampler>,
        appendingTo output: inout [Int16]
    ) {
        conversion.value.process(samples.span, sampleRate: rate, appendingTo: &output)
    }

    /// Takes a packet without audio.
    private mutating func takePlaceholder(_ entry: PacketStore.Entry, _ missing: Int, from store: inout PacketStore) {
        guard let expected, entry.position == expected || store.second != nil || self.phase == .quiet else {
            // Something before it may come still, or never.
            return self.fillWithout(missing)
        }
        self.hear(entry, in: store)
        store.removeFirst()
        self.expected = entry.position.next
        // What was heard so far ends here; DTMF digits and comfort noise alike mean that no audio is coming.
        if self.phase != .quiet {
            self.concealmentBegins()
            self.phase = .quiet
        }
    }

    private mutating func hear(_ entry: PacketStore.Entry, in store: borrowing PacketStore) {
        guard entry.kind == .comfortNoise else { return }
        let isUnderstood = store.withFirstPayload { self.described.update($0) } ?? false
        self.isDescribed = self.isDescribed || isUnderstood
    }
}
