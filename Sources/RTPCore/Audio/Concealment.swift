/// Fills short gaps in waveform audio: the last packet again and again, fading to silence within 60 ms.
struct Concealment: Sendable {
    private var history: [Int16] = []
    private var filled = 0
    private let fade: Int

    /// The longest gap that is filled; what is missing beyond is told and not made up.
    static let limit: Duration = .milliseconds(60)

    init(sampleRate: Int) {
        self.fade = sampleRate * 6 / 100
        self.history.reserveCapacity(sampleRate / 50)
    }

    /// Remembers audio that was heard: its last 20 ms at most.
    mutating func heard(_ samples: borrowing [Int16]) {
        let kept = min(samples.count, self.fade / 3)
        self.history.resize(to: kept)
        for index in 0..<kept { self.history[index] = samples[samples.count - kept + index] }
        self.filled = 0
    }

    /// Forgets the stream.
    mutating func reset() {
        self.history.removeAll(keepingCapacity: true)
        self.filled = 0
    }

    /// Replaces `samples` by `count` made-up ones.
    mutating func fill(count: Int, into samples: inout [Int16]) {
        samples.resize(to: count)
        for index in 0..<count {
            let gain = max(self.fade - self.filled, 0)
            let source = self.history.isEmpty ? 0 : Int(self.history[self.filled % self.history.count])
            samples[index] = Int16(truncatingIfNeeded: source * gain / max(self.fade, 1))
            self.filled &+= 1
        }
    }
}
