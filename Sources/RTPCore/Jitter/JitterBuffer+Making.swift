internal import CoreTypes

extension JitterBuffer {
    /// Appends `count` samples in place of missing ones.
    mutating func conceal(_ count: Int) {
        let count = min(count, self.line.count - self.end)
        guard count > 0 else { return }
        if self.phase != .concealing {
            if self.phase == .playing { self.concealmentBegins() }
            self.counters.concealments += 1
            self.phase = .concealing
        }
        let start = self.end
        if self.decoder.recovers, self.isOwnRate {
            self.concealByDecoder(count)
        } else {
            for index in 0..<count { self.line[start + index] = self.nextMadeUp() }
        }
        self.end += count
        self.madeUp += count
        self.frame.concealed += count
        self.counters.samplesConcealed += UInt64(count)
    }

    /// Appends the sound of the peer's room while it is silent on purpose.
    mutating func rest(_ count: Int) {
        if self.phase == .playing || self.phase == .concealing {
            if self.phase == .playing { self.concealmentBegins() }
            self.phase = .quiet
        }
        self.appendRoom(count)
    }

    /// Appends comfort noise; what was heard before fades into it.
    mutating func appendRoom(_ count: Int) {
        let count = min(count, self.line.count - self.end)
        guard count > 0 else { return }
        let start = self.end
        if self.phase == .waiting {
            for index in 0..<count { self.line[start + index] = 0 }
        } else if self.isDescribed {
            self.described.generate(count: count, into: &self.packet)
            for index in 0..<count {
                let fading = Int(self.concealment.next())
                self.line[start + index] = Int16(clamping: fading + Int(self.packet[index]))
            }
        } else {
            for index in 0..<count { self.line[start + index] = self.nextMadeUp() }
        }
        self.end += count
        self.madeUp += count
        self.frame.comfortNoise += count
        self.counters.samplesOfComfortNoise += UInt64(count)
    }

    /// Remembers what is to be gone on with.
    mutating func concealmentBegins() {
        self.concealment.heard(self.line, upTo: self.end)
    }

    /// Made-up audio that fades, over the sound of the room.
    private mutating func nextMadeUp() -> Int16 {
        let gain = self.concealment.gain
        let speech = Float(self.concealment.next())
        guard gain < 1 else { return Int16(clamping: Int(speech)) }
        return Int16(clamping: Int((speech + self.room.next() * (1 - gain)).rounded()))
    }

    /// A codec with a concealment of its own knows best; it works in steps.
    private mutating func concealByDecoder(_ count: Int) {
        let step = max(self.decoder.concealmentStep, 1)
        let whole = (count + step - 1) / step * step
        let start = self.end
        guard self.decoder.conceal(count: whole, into: &self.packet), self.packet.count >= count else {
            for index in 0..<count { self.line[start + index] = self.nextMadeUp() }
            return
        }
        for index in 0..<count { self.line[start + index] = self.packet[index] }
    }

    /// Appends what the next packet knows of the lost one before it; `false` when there is nothing to be known.
    mutating func recover(_ open: Int, before entry: PacketStore.Entry, from store: borrowing PacketStore) -> Bool {
        let codec = entry.codec ?? self.codec
        guard codec == self.decoder.codec, self.isOwnRate, self.decoder.recovers, open == self.packetSamples,
            open <= self.line.count - self.end,
            open % max(self.decoder.concealmentStep, 1) == 0
        else { return false }
        let isKnown = store.withFirstPayload { self.decoder.recover($0, count: open, into: &self.packet) } ?? false
        guard isKnown, self.packet.count == open else { return false }
        let start = self.end
        for index in 0..<open { self.line[start + index] = self.packet[index] }
        self.end += open
        self.madeUp += open
        self.counters.samplesRecovered += UInt64(open)
        self.phase = .concealing
        return true
    }

    /// Fades the audio that begins at `start` in over what was made up before it.
    mutating func merge(at start: Int, count: Int) {
        guard self.phase == .quiet || !self.decoder.recovers else { return }
        let seam = min(self.sampleRate * 6 / 1_000, count)
        for index in 0..<seam {
            let made = Int(self.nextMadeUp())
            self.line[start + index] = TimeStretch.mix(made, Int(self.line[start + index]), index + 1, seam + 1)
        }
    }

    /// Shortens or lengthens what is about to be given, so that the delay comes to the target.
    mutating func adjust(_ count: Int, from store: inout PacketStore, now: Instant) {
        guard self.phase == .playing, self.madeUp == 0 else { return }
        let frame = self.microseconds(count)
        let delay = self.estimator.delay(of: self.timestampPlayed, at: now)
        // What is ready beyond whole frames is of no use against lateness: it can go for nothing.
        let waste = self.ready % max(count, 1)
        let useful = delay - self.microseconds(waste)
        let excess = useful - self.estimator.target(reachableFrom: useful, steps: frame)
        if excess >= 0 {
            self.shorten(waste + self.samples(microseconds: excess), count, urgency: excess, from: &store)
        } else {
            self.lengthen(self.samples(microseconds: -excess), urgency: -excess)
        }
    }

    private mutating func shorten(_ most: Int, _ count: Int, urgency: Int64, from store: inout PacketStore) {
        guard most >= self.stretch.shortestPeriod, self.rest == 0 || urgency > 100_000 else { return }
        self.lookAhead(count + self.stretch.lookahead, from: &store)
        let permission = self.permission(urgency)
        // Whatever goes, the frame that was asked for has to stay.
        let before = self.end
        let spare = self.ready - count
        guard spare > 0 else { return }
        let removed = self.stretch.shorten(
            &self.line,
            from: self.played,
            to: before,
            most: min(most, spare),
            permission
        )
        guard removed > 0 else { return }
        self.end -= removed
        self.frame.stretched -= removed
        self.counters.samplesRemoved += UInt64(removed)
        self.takeRest(urgency, permission)
    }

    private mutating func lengthen(_ most: Int, urgency: Int64) {
        guard self.rest == 0, urgency >= 2_000, self.line.count - self.end > most else { return }
        let permission = self.permission(urgency)
        // A whole period goes in or none: a little more than is needed, and never twice that.
        let room = permission.isPause ? most : max(most * 3 / 2, self.stretch.lookahead)
        let added = self.stretch.lengthen(&self.line, from: self.played, to: self.end, most: room, permission)
        guard added > 0 else { return }
        self.end += added
        self.frame.stretched += added
        self.counters.samplesInserted += UInt64(added)
        self.takeRest(urgency, permission)
    }

    private mutating func takeRest(_ urgency: Int64, _ permission: TimeStretch.Permission) {
        guard !permission.isPause else { return }
        self.rest = self.samples(microseconds: self.settings.rest.nanoseconds / 1_000)
    }

    /// The further the delay is off, the more may be heard of its change.
    @inline(__always)
    private func permission(_ urgency: Int64) -> TimeStretch.Permission {
        let window = min(self.ready, self.sampleRate * 30 / 1_000)
        let energy = RoomNoise.energy(self.line.span.extracting(self.played..<(self.played + window)))
        let share = Float(min(max(urgency - 20_000, 0), 100_000)) / 100_000
        return TimeStretch.Permission(likeness: 0.85 - 0.45 * share, isPause: self.room.isPause(energy))
    }
}
