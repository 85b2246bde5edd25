/// The sound of the peer's room: learned in the pauses of speech, given where nothing is sent or a gap is long.
///
/// The quietest audio of the last seconds is kept and played in random order. A peer that describes its noise (RFC 3389)
/// is taken at its word instead: see `ComfortNoise`.
struct RoomNoise: Sendable {
    private var room: [Int16]
    private var isKnown = false
    private var snippets = Snippets()
    /// The mean square of a quiet frame; it is taken down at once and drifts up.
    private var floor: Float = RoomNoise.unknown

    /// The energy of audio that nobody hears: an amplitude of 4.
    private static let inaudible: Float = 16
    private static let unknown: Float = 1e9

    init(sampleRate: Int) {
        self.room = [Int16](repeating: 0, count: max(sampleRate * 32 / 1_000, 8))
        self.snippets.begin(hop: max(sampleRate * 4 / 1_000, 1), region: self.room.count)
    }

    /// Whether audio of this mean square is a pause.
    func isPause(_ energy: Float) -> Bool {
        energy <= 4 * self.floor + RoomNoise.inaudible
    }

    /// Looks at a packet of audio.
    mutating func listen(_ samples: borrowing [Int16]) {
        guard !samples.isEmpty else { return }
        let energy = RoomNoise.energy(samples.span)
        if energy < self.floor {
            self.floor = energy
        } else {
            self.floor = min(max(self.floor, 1) * 1.01, RoomNoise.unknown)
        }
        guard energy <= 2.5 * self.floor + RoomNoise.inaudible else { return }
        let size = self.room.count
        let kept = min(samples.count, size)
        TimeStretch.move(&self.room, from: kept, to: 0, count: size - kept)
        var room = self.room.mutableSpan
        for index in 0..<kept { room[size - kept + index] = samples[samples.count - kept + index] }
        self.isKnown = true
    }

    /// The next sample.
    mutating func next() -> Float {
        guard self.isKnown else { return 0 }
        return self.snippets.next(self.room)
    }

    /// Forgets the stream.
    mutating func reset() {
        self.isKnown = false
        self.floor = RoomNoise.unknown
    }

    /// The mean square of samples.
    static func energy(_ samples: Span<Int16>) -> Float {
        guard !samples.isEmpty else { return 0 }
        var sum: Int64 = 0
        // A square fits 32 bits, and 2^33 of them 64.
        for index in samples.indices {
            let sample = Int32(samples[index])
            sum &+= Int64(sample &* sample)
        }
        return Float(sum) / Float(samples.count)
    }
}
