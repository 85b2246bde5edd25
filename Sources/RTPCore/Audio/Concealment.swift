/// Fills short gaps in waveform audio with what was there before, by its pitch, fading to silence within 60 ms.
///
/// Voiced sound goes on as its last period, again and again; sound without a pitch as snippets of itself in random
/// order, since a repeated snippet would buzz. The two are mixed as the sound was, all is faded, and what comes after the
/// gap is faded in. No sample jumps: the first made-up one goes on from the last that was heard.
struct Concealment: Sendable {
    /// The longest gap that is filled; what is missing beyond is reported and not made up.
    static let limit: Duration = .milliseconds(60)

    /// The latest audio, the newest last.
    private var history: [Int16]
    private var known = 0
    /// One period that goes on into itself.
    private var period: [Int16]
    private var lag = 1
    private var voicing: Float = 0
    /// How far the first sample of the period lies from where the audio ended.
    private var step: Float = 0
    private var snippets = Snippets()
    /// Samples made up in this gap.
    private(set) var filled = 0

    private let rate: Int
    private let longest: Int
    private let shortest: Int
    private let window: Int
    private let plateau: Int
    private let fade: Int
    private let correction: Int
    private let seam: Int

    init(sampleRate: Int) {
        self.rate = max(sampleRate, 1_000)
        self.longest = self.rate * 16 / 1_000
        self.shortest = self.rate * 25 / 10_000
        self.window = self.rate * 10 / 1_000
        self.plateau = self.rate * 10 / 1_000
        self.fade = self.rate * 6 / 100
        self.correction = self.rate * 15 / 10_000
        self.seam = self.rate * 6 / 1_000
        self.history = [Int16](repeating: 0, count: self.rate * 45 / 1_000)
        self.period = [Int16](repeating: 0, count: self.longest)
    }

    /// How long a history is of use.
    var memory: Int { self.history.count }

    /// How loud made-up audio is at present, 1 to 0.
    var gain: Float { self.gain(at: self.filled) }

    /// Remembers audio that was heard.
    mutating func heard(_ samples: borrowing [Int16]) {
        self.heard(samples, upTo: samples.count)
    }

    /// Remembers audio that was heard: what stands before `end`.
    mutating func heard(_ samples: borrowing [Int16], upTo end: Int) {
        let size = self.history.count
        let kept = min(max(min(end, samples.count), 0), size)
        if kept < size { TimeStretch.move(&self.history, from: kept, to: 0, count: size - kept) }
        var history = self.history.mutableSpan
        for index in 0..<kept { history[size - kept + index] = samples[end - kept + index] }
        self.known = min(self.known + kept, size)
        self.filled = 0
    }

    /// Forgets the stream.
    mutating func reset() {
        self.known = 0
        self.filled = 0
        for index in 0..<self.history.count { self.history[index] = 0 }
    }

    /// Replaces `samples` by `count` made-up ones.
    mutating func fill(count: Int, into samples: inout [Int16]) {
        samples.resize(to: count)
        self.fill(&samples, at: 0, count: count)
    }

    /// Writes `count` made-up samples to `samples` from `start` on.
    mutating func fill(_ samples: inout [Int16], at start: Int, count: Int) {
        guard start >= 0, count > 0, start + count <= samples.count else { return }
        for index in 0..<count { samples[start + index] = self.next() }
    }

    /// Fades the head of the audio behind a gap in over what would have been made up there, and remembers it.
    ///
    /// Without a gap it only remembers.
    mutating func resume(_ samples: inout [Int16]) {
        self.merge(&samples, at: 0, count: samples.count)
        self.heard(samples)
    }

    /// Fades `samples[start..<start + count]` in over what would have been made up there.
    mutating func merge(_ samples: inout [Int16], at start: Int, count: Int) {
        guard self.filled > 0, start >= 0, start + count <= samples.count else { return }
        let seam = min(self.seam, count)
        for index in 0..<max(seam, 0) {
            let made = Int(self.next())
            samples[start + index] = TimeStretch.mix(made, Int(samples[start + index]), index + 1, seam + 1)
        }
        self.filled = 0
    }

    private func gain(at position: Int) -> Float {
        guard position >= self.plateau else { return 1 }
        return max(0, Float(self.fade - position) / Float(self.fade - self.plateau))
    }

    mutating func next() -> Int16 {
        if self.filled == 0 { self.begin() }
        let position = self.filled
        self.filled = min(position + 1, Int.max - 1)
        let gain = self.gain(at: position)
        guard gain > 0, self.known > 0 else { return 0 }
        var value = Float(self.period[position % self.lag]) * self.voicing
        if self.voicing < 1 {
            value += (1 - self.voicing) * self.snippets.next(self.history)
        }
        if position < self.correction {
            value += self.step * Float(self.correction - position) / Float(self.correction)
        }
        return Int16(clamping: Int((value * gain).rounded()))
    }

    /// Looks at what was heard and prepares one period of it.
    private mutating func begin() {
        let size = self.history.count
        self.snippets.begin(hop: self.rate * 4 / 1_000, region: min(self.rate * 24 / 1_000, size))
        self.lag = self.longest
        self.voicing = 0
        if self.known >= self.window + self.longest,
            let match = PitchSearch.best(
                in: self.history.span,
                start: size - self.window,
                length: self.window,
                shifts: (-self.longest)...(-self.shortest),
                thinning: max(self.rate / 8_000, 1)
            )
        {
            self.lag = min(max(-match.shift, 1), self.longest)
            self.voicing = min(max((match.likeness - 0.3) / 0.4, 0), 1)
        }
        // The last quarter of the period fades into what stood before its beginning, so that it can go on into itself.
        let overlap = max(self.lag / 4, 1)
        for index in 0..<self.lag {
            let sample = Int(self.history[size - self.lag + index])
            let into = index - (self.lag - overlap)
            guard into >= 0, size - 2 * self.lag + index >= 0 else {
                self.period[index] = Int16(truncatingIfNeeded: sample)
                continue
            }
            let before = Int(self.history[size - 2 * self.lag + index])
            self.period[index] = TimeStretch.mix(sample, before, into + 1, overlap)
        }
        // Where the audio would go if its slope stayed, less where the mixture begins, fades away in 1.5 ms.
        let last = Float(self.history[size - 1])
        let slope = Float(self.period[0]) - Float(self.history[max(size - self.lag - 1, 0)])
        self.step = last + slope * self.voicing - Float(self.period[0]) * self.voicing
        // The snippets begin at nothing, so that they need no correction.
    }
}

/// Sound without a pitch, from random places of what was heard, overlapping.
struct Snippets: Sendable {
    private var hop = 1
    private var region = 1
    private var position = 0
    private var rising = 0
    private var falling = 0
    private var isFirst = true
    /// Where the snippets come from has to differ, no more: no secret hangs on it.
    private var state: UInt32 = 0x9E37_79B9

    /// Begins a sound from the last `region` samples of a history.
    mutating func begin(hop: Int, region: Int) {
        self.hop = max(hop, 1)
        self.region = max(region, 1)
        self.position = 0
        self.isFirst = true
        self.rising = self.place()
        self.falling = self.rising
    }

    /// The next sample.
    mutating func next(_ history: [Int16]) -> Float {
        if self.position == self.hop {
            self.position = 0
            self.isFirst = false
            self.falling = self.rising + self.hop
            self.rising = self.place()
        }
        let weight = Float(self.position) / Float(self.hop)
        let up = self.sample(history, self.rising + self.position)
        let down = self.isFirst ? 0 : self.sample(history, self.falling + self.position)
        self.position += 1
        // Two sounds that know nothing of each other add as powers do.
        return (up * weight + down * (1 - weight)) / (weight * weight + (1 - weight) * (1 - weight)).squareRoot()
    }

    private func sample(_ history: [Int16], _ index: Int) -> Float {
        let place = history.count - self.region + index
        return place >= 0 && place < history.count ? Float(history[place]) : 0
    }

    private mutating func place() -> Int {
        self.state = self.state &* 1_664_525 &+ 1_013_904_223
        return Int(self.state >> 8) % max(self.region - 2 * self.hop, 1)
    }
}
